/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the twin's files know of each other. */
#ifndef LAB_TWIN_PRIVATE_H
#define LAB_TWIN_PRIVATE_H

#include "lab/twin.h"

#include "lab/scenario.h"

/* The process inside the box. */
struct twin {
	const struct twin_spec *spec;
	struct twin_result *out;      /* shared with the process outside */
	struct scenario_result *said; /* likewise, with the clients */
	struct twin_net net;
	struct trace *trace;
	struct trace_rules rules[TWIN_FAMILIES];
	struct tls_role *server, *client;
	/* Waiting longer has changed nothing for such a stop before. */
	bool confirmed[2][TWIN_FAMILIES][TWIN_STOPS];
};

/* One conversation. */
struct twin_talk {
	enum twin_place client; /* where the client is */
	enum twin_family family;
	enum client_tls tls;
	enum twin_ways way;
};

/* --- twin_load.c ------------------------------------------------------------------ */

/* Load sets and rules; what cannot be loaded is noted. False: see @out. */
bool twin_load(struct twin *t);

/* --- twin_talk.c ------------------------------------------------------------------ */

/* Have all conversations; @to is written. */
void twin_talks(struct twin *t, struct twin_answers *to);

/* --- twin_judge.c ----------------------------------------------------------------- */

/* What decided about a conversation that stopped as @cell says. */
void twin_judge(const struct twin *t, const struct twin_talk *talk,
		struct twin_cell *cell);

/* Was a SYN dropped, or its answer? Then no more comes of it: *@out is where
 * the client would stop. */
bool twin_is_lost(const struct twin *t, struct stop *out);

/* Where the client connects to. */
struct endpoint twin_server(const struct twin_spec *s,
			    const struct twin_talk *talk);

/* --- twin_gate.c ------------------------------------------------------------------ */

/* Start sallyport on the firewall. False: see out->gate_text. */
bool twin_gate(struct twin *t);

/* --- twin_open.c ------------------------------------------------------------------ */

/* Let the stranger try ports. */
void twin_knock(struct twin *t);

#endif
