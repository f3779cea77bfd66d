/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the packets that the kernel told of decided about a
 * conversation. */
#include "lab/twin_private.h"

#include <netinet/in.h>
#include <string.h>

/* Neighbour solicitation and advertisement (RFC 4861 4.3, 4.4): without them
 * no other packet is sent. */
#define ICMPV6_SOLICITATION  135
#define ICMPV6_ADVERTISEMENT 136

const char *twin_stop_name(enum twin_stop stop)
{
	static const char *const name[TWIN_STOPS] = {
		[TWIN_WORKS] = "works",
		[TWIN_CONTROL] = "control connect",
		[TWIN_LOGIN] = "login",
		[TWIN_AUTH] = "AUTH",
		[TWIN_DATA_CONNECT] = "data connect",
		[TWIN_DATA_TRANSFER] = "data transfer",
	};

	return name[stop];
}

static enum twin_stop stop_of(const struct stop *s)
{
	static const enum twin_stop at[STAGES] = {
		[STAGE_RESOLVE] = TWIN_CONTROL,
		[STAGE_CONNECT] = TWIN_CONTROL,
		[STAGE_GREETING] = TWIN_CONTROL,
		[STAGE_FEAT] = TWIN_LOGIN,
		[STAGE_AUTH] = TWIN_AUTH,
		[STAGE_HANDSHAKE] = TWIN_AUTH,
		[STAGE_LOGIN] = TWIN_LOGIN,
		[STAGE_PBSZ] = TWIN_LOGIN,
		[STAGE_PROT] = TWIN_LOGIN,
		[STAGE_TYPE] = TWIN_LOGIN,
		[STAGE_ENDPOINT] = TWIN_DATA_CONNECT,
		[STAGE_DATA_CONNECT] = TWIN_DATA_CONNECT,
		[STAGE_DATA_HANDSHAKE] = TWIN_DATA_TRANSFER,
		[STAGE_TRANSFER] = TWIN_DATA_TRANSFER,
		[STAGE_QUIT] = TWIN_DATA_TRANSFER,
	};

	return s->reason == STOP_NOT ? TWIN_WORKS : at[s->stage];
}

static bool is_neighbour(const struct trace_packet *p)
{
	return p->known && p->protocol == IPPROTO_ICMPV6 &&
	       (p->icmp_type == ICMPV6_SOLICITATION ||
		p->icmp_type == ICMPV6_ADVERTISEMENT);
}

static bool is_tcp(const struct trace_packet *p)
{
	return p->known && p->protocol == IPPROTO_TCP;
}

static bool is_control(const struct twin *t, const struct trace_packet *p)
{
	uint16_t ftp = t->spec->control_port, tls = t->spec->implicit_port;

	return p->from.port == ftp || p->to.port == ftp ||
	       p->from.port == tls || p->to.port == tls;
}

/* A connection whose first packets are dropped does not come about. */
#define WEIGHT_FIRST 3

/* How much a packet that was dropped has to do with a connection that did not
 * come about; 0: nothing. */
static unsigned int weight(const struct twin *t, const struct trace_packet *p,
			   bool control)
{
	if (!p->known || !p->dropped)
		return 0;
	if (is_neighbour(p))
		return 1;
	if (!is_tcp(p) || is_control(t, p) != control)
		return 0;
	return p->syn ? WEIGHT_FIRST : 2;
}

/* The first of the weightiest. */
static const struct trace_packet *dropped(const struct twin *t, bool control)
{
	const struct trace_packet *best = NULL, *p;
	unsigned int most = 0;

	for (uint32_t i = 0; (p = trace_at(t->trace, i)) != NULL; i++)
		if (weight(t, p, control) > most) {
			most = weight(t, p, control);
			best = p;
		}
	return best;
}

bool twin_is_lost(const struct twin *t, struct stop *out)
{
	for (int control = 1; control >= 0; control--) {
		const struct trace_packet *p = dropped(t, control);

		if (!p || weight(t, p, control) < WEIGHT_FIRST)
			continue;
		*out = (struct stop){ .stage = control ? STAGE_CONNECT
						       : STAGE_DATA_CONNECT,
				      .reason = STOP_TIMEOUT };
		return true;
	}
	return false;
}

/* The packet with which the control connection was translated. */
static const struct trace_packet *translated(const struct twin *t)
{
	const struct trace_packet *p;

	for (uint32_t i = 0; (p = trace_at(t->trace, i)) != NULL; i++)
		if (is_tcp(p) && is_control(t, p) && p->translated)
			return p;
	return NULL;
}

/* The one that came in and went no further than the firewall. */
static const struct trace_packet *let_in(const struct twin *t, bool control)
{
	const struct trace_packet *p;

	for (uint32_t i = 0; (p = trace_at(t->trace, i)) != NULL; i++)
		if (is_tcp(p) && is_control(t, p) == control && p->syn &&
		    !p->ack && !p->dropped && p->in != 0 && p->out == 0)
			return p;
	return NULL;
}

/* --- what let packets through ------------------------------------------------------- */

static enum twin_packet packet_kind(const struct twin *t,
				    const struct trace_packet *p)
{
	bool control;

	if (is_neighbour(p))
		return TWIN_NEIGHBOUR;
	if (!is_tcp(p) || !p->syn)
		return TWIN_OTHER;
	control = is_control(t, p);
	if (p->ack)
		return control ? TWIN_CONTROL_ANSWER : TWIN_DATA_ANSWER;
	return control ? TWIN_CONTROL_SYN : TWIN_DATA_SYN;
}

static uint32_t rule_of(const struct twin *t, const struct trace_packet *p,
			bool told, const struct trace_place *place)
{
	enum twin_family family = p->v4 ? TWIN_V4 : TWIN_V6;
	const struct rulefile *f = t->spec->rules[family];

	return f && told ? trace_rules_find(&t->rules[family], f, place)
			 : RULEFILE_NONE;
}

static void note_pass(const struct twin *t, const struct trace_packet *p,
		      struct twin_pass *out)
{
	out->accept = rule_of(t, p, p->accepted, &p->accept);
	out->nat = rule_of(t, p, p->translated, &p->nat);
	for (uint32_t i = 0; i < p->jumps && i < TRACE_JUMPS; i++)
		out->jump[i] = rule_of(t, p, true, &p->jump[i]);
}

static void note_passes(const struct twin *t, struct twin_cell *cell)
{
	bool seen[TWIN_PACKETS] = { false };
	const struct trace_packet *p;

	memset(cell->pass, 0xff, sizeof(cell->pass)); /* NONE */
	for (uint32_t i = 0; (p = trace_at(t->trace, i)) != NULL; i++) {
		enum twin_packet kind = packet_kind(t, p);

		if (kind == TWIN_OTHER || seen[kind] || p->dropped)
			continue;
		seen[kind] = true;
		note_pass(t, p, &cell->pass[kind]);
	}
}

/* --- what stopped them -------------------------------------------------------------- */

static void blame(const struct twin *t, const struct trace_packet *p,
		  enum twin_cause_kind kind, struct twin_cause *out)
{
	const struct trace_place *place = kind == TWIN_CAUSE_DROPPED ? &p->drop
					  : kind == TWIN_CAUSE_TRANSLATED
						  ? &p->nat
						  : &p->accept;

	*out = (struct twin_cause){
		.kind = kind,
		.packet = packet_kind(t, p),
		.family = p->v4 ? TWIN_V4 : TWIN_V6,
		.rule = rule_of(t, p, true, place),
		.place = *place,
		.translated = p->translated,
		.protocol = p->protocol,
		.icmp_type = p->icmp_type,
		.from = p->from,
		.to = p->to,
	};
}

void twin_judge(const struct twin *t, const struct twin_talk *talk,
		struct twin_cell *cell)
{
	bool control, host = t->spec->layout.port[TWIN_INSIDE].name[0] == '\0';
	const struct trace_packet *p;

	(void)talk;
	cell->stop = stop_of(&cell->detail);
	cell->cause = (struct twin_cause){ .rule = RULEFILE_NONE,
					   .packet = TWIN_OTHER };
	note_passes(t, cell);
	if (cell->stop == TWIN_WORKS)
		return;
	control = cell->stop < TWIN_DATA_CONNECT;
	if ((p = dropped(t, control)) != NULL)
		blame(t, p, TWIN_CAUSE_DROPPED, &cell->cause);
	else if (trace_lost(t->trace))
		cell->cause.kind = TWIN_CAUSE_LOST;
	else if (!host && (p = let_in(t, control)) != NULL)
		blame(t, p, TWIN_CAUSE_FIREWALL, &cell->cause);
	else if (!control && (p = translated(t)) != NULL)
		blame(t, p, TWIN_CAUSE_TRANSLATED, &cell->cause);
}
