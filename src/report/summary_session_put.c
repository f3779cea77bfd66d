/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block of one session in the summary. */
#include "report/summary_session.h"

#include <inttypes.h>

#include "report/amount.h"
#include "report/phrase.h"
#include "report/summary_put.h"
#include "report/text.h"
#include "report/tls_event.h"

static void put_ends(FILE *to, const struct summary_session *s)
{
	fprintf(to, "session %" PRIu64 ": ", s->page.session);
	phrase_pair(to, &s->client, &s->server);
	fputc('\n', to);
}

static void put_time(FILE *to, const struct summary_session *s,
		     const struct words *words)
{
	char begin[TEXT_TIME_MAX];
	uint64_t us = s->closed ? s->duration_us : s->last_us - s->opened_us;

	text_time(s->opened_us, begin);
	fprintf(to, "  time: %s, ", begin);
	amount_seconds(to, us);
	if (s->closed)
		fprintf(to, "; ended: %s", words_text(words, s->end));
	else
		fputs("; open when the capture ended", to);
	fputs(s->midstream ? "; begun before the capture\n" : "\n", to);
}

static bool is_hidden(const struct summary_session *s)
{
	return summary_session_cover(s) == COVER_TLS && !s->decrypted;
}

static void put_user(FILE *to, const struct summary_session *s)
{
	if (s->user)
		fprintf(to, "  user: %s (%s)\n", s->user,
			s->logged_in ? "logged in" : "no login seen");
	else if (is_hidden(s))
		fputs("  user: hidden by TLS\n", to);
}

/* Of a session under TLS the data connections show the modes. */
static void put_hidden_modes(FILE *to, const struct summary_session *s)
{
	for (int via = VIA_PORT; via <= VIA_LPSV; via++)
		if (s->sum.count[COUNT_VIA + via])
			return;
	if (is_hidden(s))
		fputs("  modes: hidden by TLS\n", to);
}

/* Version and cipher suite, as far as they were seen. */
static void put_suite(FILE *to, const struct summary_session *s)
{
	char hex[TLS_EVENT_HEX_MAX];

	if (s->implicit || s->auth)
		fputs(s->implicit ? "implicit " : "explicit ", to);
	fputs(s->version ? tls_event_version(s->version, hex) : "TLS", to);
	if (s->cipher)
		fprintf(to, ", %s", tls_event_cipher(s->cipher, hex));
	if (s->resumed)
		fputs(", resumed", to);
	if (!s->hello && summary_session_cover(s) == COVER_TLS)
		fputs(", its handshake was before the capture", to);
	if (s->cleared)
		fputs(", in clear again at the end", to);
}

static void put_cover(FILE *to, const struct summary_session *s)
{
	fputs("  encryption: ", to);
	switch (summary_session_cover(s)) {
	case COVER_TLS:
		put_suite(to, s);
		break;
	case COVER_BROKEN:
		put_suite(to, s);
		fputs("; the handshake did not finish", to);
		break;
	default:
		fputs("none", to);
		if (s->auth_code)
			fprintf(to, "; AUTH was answered with %u",
				s->auth_code);
		break;
	}
	fputs(s->decrypted ? "; decrypted with the key log\n" : "\n", to);
	if (s->sni)
		fprintf(to, "  server name: %s\n", s->sni);
}

void summary_session_put(FILE *to, const struct summary_session *s,
			 const struct words *words)
{
	put_ends(to, s);
	put_time(to, s, words);
	put_user(to, s);
	put_cover(to, s);
	summary_put_things(to, &s->sum, words, KIND_TLS,
			   "TLS handshake failed");
	put_hidden_modes(to, s);
	summary_put_sum(to, &s->sum, words, s->ports);
}
