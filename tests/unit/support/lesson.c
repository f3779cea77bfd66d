/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A story, what report/suggest.h makes of it, and that it loads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cert_facts.h"
#include "lesson.h"

/* Of a P-256 certificate with two names. */
#define CHAIN_MAX 4096

struct saga *lesson_begin(struct lesson *l)
{
	saga_begin(&l->saga);
	l->suggest = suggest_new(l->saga.out);
	assert_non_null(l->suggest);
	l->saga.to = suggest_listener(l->suggest);
	return &l->saga;
}

void lesson_end(struct lesson *l)
{
	struct problems problems;
	enum config_result result;

	l->text = saga_end(&l->saga);
	suggest_free(l->suggest);
	result = config_load_bytes(&l->config, span_str(l->text), &problems);
	if (result != CONFIG_OK)
		fail_msg("%u: %s in:\n%.3000s", problems.item[0].line,
			 problems.item[0].text, l->text);
}

void lesson_free(struct lesson *l)
{
	config_free(&l->config);
	free(l->text);
}

void lesson_expect(struct lesson *l, const char *text)
{
	const char *at;

	lesson_end(l);
	at = l->text;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(*at, '#');
		at = strchr(at, '\n') + 1;
	}
	assert_string_equal(at, text);
	lesson_free(l);
}

/* RFC 5246 7.4.2: lengths of three bytes, of the list and of each. */
static struct span chain_of(const struct cert *c, uint8_t out[CHAIN_MAX])
{
	assert_true(c->len + 6 <= CHAIN_MAX);
	for (int i = 0; i < 3; i++) {
		out[i] = (uint8_t)((c->len + 3) >> (16 - 8 * i));
		out[3 + i] = (uint8_t)(c->len >> (16 - 8 * i));
	}
	memcpy(out + 6, c->der, c->len);
	return span_of(out, c->len + 6);
}

void lesson_certificate(struct saga *t, const char *name)
{
	const struct cert_bytes bytes = { name, strlen(name) };
	const struct cert_san san[] = { { CERT_SAN_DNS, bytes },
					{ CERT_SAN_DNS, bytes },
					{ CERT_SAN_END, { 0 } } };
	struct cert_spec spec = cert_plain;
	struct event e = saga_event(t, EVENT_TLS);
	uint8_t chain[CHAIN_MAX];
	struct cert made;

	spec.common_name = bytes;
	spec.name_type = V_ASN1_T61STRING; /* takes any byte */
	spec.san = san;
	made = make_cert(&spec);
	e.tls.step = TLS_STEP_CERTIFICATE;
	e.tls.chain = chain_of(&made, chain);
	saga_note(t, &e);
	saga_note(t, &e);
	cert_free(&made);
}
