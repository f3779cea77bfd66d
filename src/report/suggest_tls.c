/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen of a server's TLS, and what that suggests. */
#include "report/suggest_put.h"

#include "report/amount.h"
#include "report/certificate_text.h"
#include "report/phrase.h"
#include "report/tls_event.h"

/* Names of a certificate shown. */
#define NAMES_SHOWN 4

static void put_versions(FILE *to, const struct suggest_server *s)
{
	char hex[TLS_EVENT_HEX_MAX];

	for (size_t i = 0; i < s->versions; i++) {
		fprintf(to, "%s%s in ", i ? ", " : "    # ",
			tls_event_version(s->version[i].version, hex));
		phrase_count(to, s->version[i].sessions, "session");
	}
	if (s->versions)
		fputc('\n', to);
}

static void put_certificate_name(FILE *to, const struct certificate_name *name)
{
	phrase_text(to, certificate_name_span(name), PHRASE_TEXT_MAX);
}

static void put_names(FILE *to, const struct certificate *c)
{
	uint32_t shown =
		c->san_count < NAMES_SHOWN ? c->san_count : NAMES_SHOWN;

	for (uint32_t i = 0; i < shown; i++) {
		fputs(i ? ", " : "; for ", to);
		put_certificate_name(to, &c->san[i]);
	}
	if (c->san_count + c->san_more > shown) {
		fputs(" and ", to);
		amount_put(to, c->san_count + c->san_more - shown);
		fputs(" more", to);
	}
}

static void put_certificate(FILE *to, const struct certificate *c)
{
	char until[CERTIFICATE_TIME_MAX];

	certificate_time(c->not_after, until);
	fputs("    # certificate: ", to);
	if (c->subject.len > 0)
		put_certificate_name(to, &c->subject);
	else
		fputs("without a subject", to);
	put_names(to, c);
	fprintf(to, "; %s; valid until %s%s%s\n", c->key, until,
		c->self_signed ? ", self-signed" : "",
		c->expired ? ", EXPIRED" : "");
}

void suggest_put_tls_facts(FILE *to, const struct suggest_server *s)
{
	put_versions(to, s);
	for (size_t i = 0; i < s->certificates; i++)
		put_certificate(to, s->certificate[i]);
	if (s->certificates_more)
		fputs("    # it has shown other certificates too\n", to);
	if (s->certificate_bad)
		fputs("    # a certificate could not be read\n", to);
}

static void put_protection(FILE *to, const struct suggest_server *s)
{
	uint64_t yes = s->protection[DATA_TLS_YES];
	uint64_t no = s->protection[DATA_TLS_NO];

	fputs("    # data connections: ", to);
	amount_put(to, yes);
	fputs(" showed TLS, ", to);
	amount_put(to, no);
	fputs(" were in clear, ", to);
	amount_put(to, s->protection[DATA_TLS_UNKNOWN]);
	fputs(" showed nothing\n", to);
	fprintf(to, "    data-protection: %s\n",
		yes && !no ? "require" : "any");
}

void suggest_put_tls(FILE *to, const struct suggest_server *s)
{
	bool expected = s->tls && !s->clear;

	fputs("    # ", to);
	phrase_count(to, s->tls, "session");
	fputs(" under TLS, ", to);
	phrase_count(to, s->clear, "login");
	fputs(" in clear\n", to);
	fprintf(to, "    tls: %s\n", expected ? "expected" : "unknown");
	put_protection(to, s);
	if (s->sessions == 1)
		fputs("    # thin evidence: all of this is from one session\n",
		      to);
}
