/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would the gateway let a data connection through whose endpoint is hidden
 * from it? */
#ifndef REPLAY_HIDDEN_VERDICT_H
#define REPLAY_HIDDEN_VERDICT_H

#include <stdbool.h>

#include <sallyport/event.h>
#include <sallyport/hostport.h>
#include <sallyport/nat.h>
#include <sallyport/policy.h>

#include "io/config.h"

/* Longest: "names ", an address, " and that is none of server ", a name, and
 * some more. */
#define HIDDEN_WHY_MAX 192

struct hidden_verdict {
	bool through;
	enum alert rule;          /* what the engine would raise, could it read;
			  * ALERTS: nothing */
	char why[HIDDEN_WHY_MAX]; /* !through: in plain words */
};

/* How replay.nat translates a session between @ends. */
struct nat_view hidden_nat(const struct config *config,
			   const struct ends *ends);

/*
 * Judge @hp, which an encrypted session between @ends has agreed on. The answer
 * is that of the grants (the engine has them for each encrypted session):
 * passive-ports and public-address of the servers entry, its active, clients
 * entries and the translation @nat. Not looked at is what a grant counts
 * (max-data, max-new), and whether the engine trusts the session.
 */
void hidden_judge(const struct policy *policy, const struct ends *ends,
		  const struct nat_view *nat, const struct hostport *hp,
		  struct hidden_verdict *out);

#endif
