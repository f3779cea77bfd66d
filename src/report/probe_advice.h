/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a firewall in front of a surveyed server must allow. */
#ifndef REPORT_PROBE_ADVICE_H
#define REPORT_PROBE_ADVICE_H

#include <stdbool.h>
#include <stdio.h>

#include "lab/survey.h"

/* Is there anything to say: was a server reached? */
bool probe_advice_exists(const struct survey *s);

/*
 * The server's entry in `servers:`, and `control:` where its port is unusual,
 * as a configuration file with comments that config_load() accepts. Where a 227
 * names another host that one is taken for the server's own address, and the
 * one that was probed for its public address.
 */
void probe_advice_config(FILE *to, const struct survey *s);

/* Rules for iptables or ip6tables on the gateway, one a line. @sallyport: they
 * are for a gateway where `sallyport run` works with that configuration;
 * otherwise for one that has nothing but its rules. */
void probe_advice_rules(FILE *to, const struct survey *s, bool sallyport);

#endif
