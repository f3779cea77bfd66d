/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A survey of an FTP server for people. */
#include "report/probe_text.h"

#include <stdint.h>
#include <string.h>

#include <sallyport/tls_hello.h>

#include "lab/survey_judge.h"
#include "report/certificate_text.h"
#include "report/escape.h"
#include "report/probe_advice.h"
#include "report/probe_stop.h"
#include "report/text.h"

/* "TLS sessions" and a space. */
#define LABEL_WIDTH 13

/* Bytes of a feature; MLST's can be long. */
#define FEATURE_MAX 40

/* Features end a line before they go beyond this. */
#define LINE_WIDTH 76

/* A line of a reply is shown up to here. */
#define SHOWN_MAX 200

static void put_label(FILE *to, const char *label)
{
	fprintf(to, "  %-*s", LABEL_WIDTH, label);
}

static struct span line_of(struct span *rest)
{
	size_t end = span_find(*rest, '\n');
	struct span line = span_sub(*rest, 0, end);

	*rest = span_sub(*rest, end + 1, rest->len);
	return line;
}

static void put_escaped(FILE *to, struct span raw)
{
	char shown[SHOWN_MAX];

	escape_text(raw, shown, sizeof(shown));
	fputs(shown, to);
}

/* The addresses that were not probed. */
static void put_others(FILE *to, const struct survey *s)
{
	char text[ADDR_TEXT_MAX];
	const char *before = "";

	for (size_t i = 0; i < s->addresses; i++) {
		if (addr_equal(&s->address[i].addr, &s->server.addr))
			continue;
		if (!*before)
			put_label(to, "not probed");
		addr_format(&s->address[i].addr, text);
		fprintf(to, "%s%s", before, text);
		before = ", ";
	}
	if (*before)
		fputc('\n', to);
}

/* --- the control connection ------------------------------------------------------------ */

static void put_server(FILE *to, const struct survey *s)
{
	char url[URL_TEXT_MAX], server[ENDPOINT_TEXT_MAX],
		client[ENDPOINT_TEXT_MAX];

	url_format(&s->url, url);
	fprintf(to, "%s\n\n", url);
	if (s->server.port == 0)
		return;
	endpoint_format(&s->server, server);
	endpoint_format(&s->client, client);
	put_label(to, "server");
	fprintf(to, "%s%s, from %s\n", server,
		addr_is_private(&s->server.addr) ? " (private)" : "", client);
	put_others(to, s);
}

static void put_greeting(FILE *to, const struct survey *s)
{
	struct span rest = span_of(s->greeting.text, s->greeting.len);

	if (s->greeting.code == 0)
		return;
	put_label(to, "greeting");
	fprintf(to, "%u ", s->greeting.code);
	put_escaped(to, line_of(&rest));
	fputc('\n', to);
}

/* With a comma before it unless it is the first, on a new line where this one is
 * full. */
static void put_feature(FILE *to, struct span feature, size_t *column)
{
	const char *more = feature.len > FEATURE_MAX ? "..." : "";
	char shown[ESCAPE_SIZE(FEATURE_MAX)];
	bool first = *column == LABEL_WIDTH;
	size_t len;

	feature = span_sub(feature, 0, FEATURE_MAX);
	len = escape_text(feature, shown, sizeof(shown)) + strlen(more);
	if (!first && *column + len + 2 > LINE_WIDTH) {
		fprintf(to, ",\n  %*s", LABEL_WIDTH, "");
		*column = LABEL_WIDTH;
	} else if (!first) {
		*column += (size_t)fprintf(to, ", ");
	}
	*column += (size_t)fprintf(to, "%s%s", shown, more);
}

/* The lines between the first and the last. */
static void put_features(FILE *to, const struct survey *s)
{
	struct span rest = span_of(s->feat.text, s->feat.len);
	size_t column = LABEL_WIDTH;

	if (s->greeting.code == 0)
		return;
	put_label(to, "FEAT");
	line_of(&rest);
	while (span_find(rest, '\n') < rest.len)
		put_feature(to, span_sub(line_of(&rest), 1, SIZE_MAX), &column);
	fputs(column == LABEL_WIDTH ? "not told\n" : "\n", to);
}

static void put_chain(FILE *to, const struct survey *s)
{
	char label[LABEL_WIDTH + 1];

	if (s->certificate_result != CERTIFICATE_OK) {
		put_label(to, "certificate");
		fprintf(to, "%s\n",
			certificate_result_text(s->certificate_result));
		return;
	}
	snprintf(label, sizeof(label), "chain of %u",
		 s->certificate.chain_count);
	put_label(to, label);
	certificate_text(to, &s->certificate, true);
	fputc('\n', to);
}

static void put_tls(FILE *to, const struct survey *s)
{
	const char *version = tls_version_name(s->tls.version);

	if (s->greeting.code != 0 && s->url.tls == CLIENT_FTP) {
		put_label(to, "AUTH TLS");
		fprintf(to, "not asked for, %s\n",
			survey_has(s, "AUTH TLS") ? "but offered"
						  : "and not offered");
	}
	if (!s->secured)
		return;
	put_label(to, "TLS");
	fprintf(to, "%s, %s, %s\n",
		s->url.tls == CLIENT_EXPLICIT ? "after AUTH TLS"
					      : "from the first byte on",
		version ? version : "unknown version", s->tls.cipher);
	put_chain(to, s);
}

static void put_login(FILE *to, const struct survey *s)
{
	if (!s->logged_in)
		return;
	put_label(to, "login");
	put_escaped(to, span_str(s->url.user));
	fputs(s->protected ? "; PBSZ 0 and PROT P taken\n" : "\n", to);
}

static void put_stop(FILE *to, const struct survey *s)
{
	if (s->stop.reason == STOP_NOT)
		return;
	put_label(to, "STOPPED AT");
	stop_text(to, &s->stop);
	fputc('\n', to);
}

/* --- data connections --------------------------------------------------------------------- */

static void put_announced(FILE *to, const struct survey *s,
			  const struct survey_way *way)
{
	char addr[ADDR_TEXT_MAX], range[TEXT_RANGE_MAX];

	if (way->has_addr) {
		addr_format(&way->addr, addr);
		fprintf(to, "announces %s%s%s%s, ", addr,
			addr_is_private(&way->addr) ? " (private)" : "",
			survey_elsewhere(s) ? ", NOT THE SERVER'S" : "",
			way->varies ? " and others" : "");
	}
	text_range(&way->ports, range);
	fprintf(to, "port%s %s in %u tr%s\n",
		way->ports.lo == way->ports.hi ? "" : "s", range,
		way->announced, way->announced == 1 ? "y" : "ies");
	put_label(to, "");
}

static void put_listing(FILE *to, const struct client_transfer *t)
{
	const char *version = tls_version_name(t->facts.version);

	fprintf(to, "LIST gave %s%zu bytes", t->more ? "over " : "", t->moved);
	if (t->tls)
		fprintf(to, " under %s%s", version ? version : "TLS",
			t->facts.resumed ? ", session resumed" : "");
	if (t->truncated)
		fputs(", ended without close_notify", to);
}

static void put_way(FILE *to, const struct survey *s, enum via via)
{
	const struct survey_way *way = &s->way[via];
	char from[ENDPOINT_TEXT_MAX];

	if (!way->tried)
		return;
	put_label(to, via_name(via));
	if (!via_is_active(via) && way->announced > 0)
		put_announced(to, s, way);
	if (way->stop.reason != STOP_NOT) {
		stop_text(to, &way->stop);
	} else {
		endpoint_format(&way->list.from, from);
		if (via_is_active(via))
			fprintf(to, "connected from %s; ", from);
		put_listing(to, &way->list);
	}
	fputc('\n', to);
}

static void put_ways(FILE *to, const struct survey *s)
{
	static const enum via order[] = { VIA_EPSV, VIA_PASV, VIA_EPRT,
					  VIA_PORT };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		put_way(to, s, order[i]);
}

static void put_reuse(FILE *to, const struct survey *s)
{
	if (s->reuse == REUSE_UNKNOWN)
		return;
	put_label(to, "TLS sessions");
	if (s->reuse == REUSE_NOT_REQUIRED) {
		fputs("data connections may begin new ones\n", to);
		return;
	}
	fputs("must be resumed on data connections; a new one: ", to);
	stop_text(to, &s->reuse_stop);
	fputc('\n', to);
}

/* --- what it means ------------------------------------------------------------------------ */

static void put_findings(FILE *to, const struct survey *s)
{
	uint32_t found = survey_findings(s);

	fputc('\n', to);
	for (unsigned int i = 0; i < FINDINGS; i++)
		if (found & 1u << i)
			fprintf(to, "%s: %s\n",
				finding_is_problem(i) ? "Problem" : "Note",
				finding_text(i));
	if (!findings_have_problem(found))
		fputs("All is well.\n", to);
}

static void put_advice(FILE *to, const struct survey *s)
{
	if (!probe_advice_exists(s))
		return;
	fputs("\nIn /etc/sallyport.conf on a firewall in front of it:\n\n", to);
	probe_advice_config(to, s);
	fputs("\nIts rules, with sallyport:\n\n", to);
	probe_advice_rules(to, s, true);
	fputs("\nWithout sallyport the ports of data connections are open to "
	      "everybody:\n\n",
	      to);
	probe_advice_rules(to, s, false);
}

void probe_text(FILE *to, const struct survey *s)
{
	static void (*const put[])(FILE * to, const struct survey *s) = {
		put_server,   put_greeting, put_features, put_tls,
		put_login,    put_ways,     put_reuse,    put_stop,
		put_findings, put_advice,
	};

	for (size_t i = 0; i < sizeof(put) / sizeof(put[0]); i++)
		put[i](to, s);
}
