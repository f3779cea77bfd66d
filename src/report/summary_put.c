/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the summary that a session and all of them together share. */
#include "report/summary_put.h"

#include "report/amount.h"
#include "report/phrase.h"

/* Of a list of things, so many "what" of each. */
struct part {
	enum summary_count count;
	const char *what;
};

void summary_put_comma(FILE *to, bool *any)
{
	if (*any)
		fputs(", ", to);
	*any = true;
}

/* "HEAD: 2 opened, 1 used" of those that are not 0; nothing if all are. */
static void put_parts(FILE *to, const struct summary_sum *s, const char *head,
		      const struct part *part, size_t parts)
{
	bool any = false;

	for (size_t i = 0; i < parts; i++) {
		uint64_t n = s->count[part[i].count];

		if (n == 0)
			continue;
		if (!any)
			fprintf(to, "  %s: ", head);
		summary_put_comma(to, &any);
		amount_put(to, n);
		fprintf(to, " %s", part[i].what);
	}
	if (any)
		fputc('\n', to);
}

#define PUT_PARTS(to, s, head, part) \
	put_parts(to, s, head, part, sizeof(part) / sizeof((part)[0]))

void summary_put_things(FILE *to, const struct summary_sum *s,
			const struct words *words, enum summary_kind kind,
			const char *what)
{
	for (uint16_t i = 0; i < s->things; i++) {
		const struct summary_thing *t = &s->thing[i];

		if (t->kind != kind)
			continue;
		fputs("    ", to);
		amount_put(to, t->count);
		fprintf(to, " %s: %s\n", what, words_text(words, t->what));
	}
}

static void put_endpoints(FILE *to, const struct summary_sum *s,
			  const struct words *words)
{
	static const struct part part[] = {
		{ COUNT_VIA + VIA_PASV, "PASV (passive)" },
		{ COUNT_VIA + VIA_EPSV, "EPSV (passive)" },
		{ COUNT_VIA + VIA_LPSV, "LPSV (passive)" },
		{ COUNT_VIA + VIA_PORT, "PORT (active)" },
		{ COUNT_VIA + VIA_EPRT, "EPRT (active)" },
		{ COUNT_VIA + VIA_LPRT, "LPRT (active)" },
	};

	PUT_PARTS(to, s, "modes", part);
	summary_put_things(to, s, words, KIND_ENDPOINT, "refused");
}

/* --- data connections ----------------------------------------------------- */

static const char *const class_name[CLASSES] = {
	[CLASS_MATCHED] = "matched (related)",
	[CLASS_UNMATCHED] = "unmatched",
	[CLASS_MIDSTREAM] = "midstream (begun before the capture; no verdict)",
};

static void put_ports(FILE *to, const struct port_set ports[2])
{
	static const char *const mode[] = { "passive", "active" };
	bool any = false;

	for (int active = 0; active < 2; active++) {
		if (ports[active].ranges == 0 && !ports[active].more)
			continue;
		fputs(any ? "; " : "    ports: ", to);
		any = true;
		fprintf(to, "%s ", mode[active]);
		port_set_put(to, &ports[active], UINT16_MAX);
	}
	if (any)
		fputc('\n', to);
}

static void put_class(FILE *to, const struct summary_sum *s,
		      enum summary_class class)
{
	fputs("  data connections: ", to);
	amount_put(to, s->count[COUNT_FLOW + class]);
	fprintf(to, " %s; ", class_name[class]);
	phrase_count(to, s->count[COUNT_TO_SERVER + class], "byte");
	fputs(" to the server, ", to);
	amount_put(to, s->count[COUNT_TO_CLIENT + class]);
	fputs(" to the client\n", to);
}

static void put_flows(FILE *to, const struct summary_sum *s,
		      const struct words *words,
		      const struct port_set ports[CLASSES][2])
{
	static const struct part matched[] = {
		{ COUNT_PASSIVE, "passive" },
		{ COUNT_ACTIVE, "active" },
		{ COUNT_GRANTED, "by a grant" },
		{ COUNT_UNANSWERED, "without a finished handshake" },
	};

	for (int class = 0; class < CLASSES; class ++) {
		if (!s->count[COUNT_FLOW + class])
			continue;
		put_class(to, s, class);
		if (class == CLASS_MATCHED)
			PUT_PARTS(to, s, "  of these", matched);
		if (ports)
			put_ports(to, ports[class]);
		if (class == CLASS_UNMATCHED)
			summary_put_things(to, s, words, KIND_UNMATCHED,
					   "unmatched");
	}
}

static void put_protection(FILE *to, const struct summary_sum *s)
{
	static const struct part part[] = {
		{ COUNT_DATA_RESUMED, "TLS and resumed" },
		{ COUNT_DATA_IN_VAIN, "TLS but not resumed as asked" },
		{ COUNT_DATA_FULL, "TLS that did not ask to resume" },
		{ COUNT_DATA_CLEAR, "in clear" },
		{ COUNT_DATA_UNKNOWN, "unknown, as no bytes came" },
	};
	static const struct part reset[] = { { COUNT_RESET, "by a reset" } };

	PUT_PARTS(to, s, "data protection", part);
	PUT_PARTS(to, s, "data connections ended", reset);
}

/* --- what the engine did -------------------------------------------------- */

static void put_doors(FILE *to, const struct summary_sum *s,
		      const struct words *words)
{
	static const struct part holes[] = {
		{ COUNT_HOLE + PINHOLE_OPEN, "opened" },
		{ COUNT_HOLE + PINHOLE_USE, "used" },
		{ COUNT_HOLE + PINHOLE_CLOSE, "closed" },
		{ COUNT_HOLE + PINHOLE_EXPIRE, "expired unused" },
		{ COUNT_HOLE + PINHOLE_REFUSE, "refused" },
	};
	static const struct part grants[] = {
		{ COUNT_GRANT + GRANT_OPEN, "opened" },
		{ COUNT_GRANT + GRANT_REFUSE, "refused" },
	};
	static const struct part fates[] = {
		{ COUNT_FATE + STORY_CHANGED, "changed" },
		{ COUNT_FATE + STORY_HELD, "held back" },
		{ COUNT_FATE + STORY_DROPPED, "dropped" },
	};

	PUT_PARTS(to, s, "pinholes", holes);
	summary_put_things(to, s, words, KIND_HOLE, "refused");
	PUT_PARTS(to, s, "grants", grants);
	summary_put_things(to, s, words, KIND_GRANT, "refused");
	PUT_PARTS(to, s, "control packets", fates);
}

static void put_alerts(FILE *to, const struct summary_sum *s)
{
	bool any = false;

	for (uint16_t i = 0; i < s->things; i++) {
		const struct summary_thing *t = &s->thing[i];
		enum alert rule = t->what;

		if (t->kind != KIND_ALERT)
			continue;
		if (!any)
			fputs("  alerts:\n", to);
		any = true;
		fputs("    ", to);
		amount_put(to, t->count);
		fprintf(to, " %s %s: %s\n", severity_name(alert_severity(rule)),
			alert_name(rule), alert_text(rule));
	}
	if (s->more) {
		fputs("  more alerts and refusals, of other kinds: ", to);
		amount_put(to, s->more);
		fputc('\n', to);
	}
}

/* --- control traffic ------------------------------------------------------- */

/*
 * What TLS added is the handshake, all of it, and of the records what they have
 * more than the lines in them, which only a key log could show. So the two are
 * told apart, and the sum of both as the share of TLS.
 */
static void put_tls_share(FILE *to, uint64_t clear, uint64_t handshake,
			  uint64_t records)
{
	uint64_t tls = handshake + records;

	if (tls == 0)
		return;
	fputs("  what TLS added: ", to);
	amount_percent(to, tls, clear + tls);
	fputs(" of the control payload is TLS", to);
	if (handshake > 0 && clear + records > 0) {
		fputs("; the handshake alone is ", to);
		amount_times(to, handshake, clear + records);
		fputs(" all else", to);
	}
	fputc('\n', to);
}

static void put_control(FILE *to, const struct summary_sum *s)
{
	static const struct {
		enum summary_count bytes, packets;
		const char *what;
	} share[] = {
		{ COUNT_CLEAR_BYTES, COUNT_CLEAR_PACKETS, "lines in clear" },
		{ COUNT_HANDSHAKE_BYTES, COUNT_HANDSHAKE_PACKETS,
		  "TLS handshake" },
		{ COUNT_RECORD_BYTES, COUNT_RECORD_PACKETS, "TLS records" },
	};

	if (!s->count[COUNT_PACKETS])
		return;
	fputs("  control: ", to);
	phrase_count(to, s->count[COUNT_PACKETS], "packet");
	fputs(", ", to);
	phrase_count(to, s->count[COUNT_WIRE], "byte");
	fputs(" on the wire\n", to);
	for (size_t i = 0; i < sizeof(share) / sizeof(share[0]); i++) {
		if (!s->count[share[i].bytes])
			continue;
		fprintf(to, "    %s: ", share[i].what);
		phrase_count(to, s->count[share[i].bytes], "byte");
		fputs(" in ", to);
		phrase_count(to, s->count[share[i].packets], "packet");
		fputc('\n', to);
	}
	put_tls_share(to, s->count[COUNT_CLEAR_BYTES],
		      s->count[COUNT_HANDSHAKE_BYTES],
		      s->count[COUNT_RECORD_BYTES]);
}

void summary_put_sum(FILE *to, const struct summary_sum *s,
		     const struct words *words,
		     const struct port_set ports[CLASSES][2])
{
	put_endpoints(to, s, words);
	put_flows(to, s, words, ports);
	put_protection(to, s);
	put_doors(to, s, words);
	put_alerts(to, s);
	put_control(to, s);
}
