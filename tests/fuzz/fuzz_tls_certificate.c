/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificate chains: any bytes, one outcome, and it can be printed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/certificate_json.h"
#include "report/certificate_text.h"
#include "tls/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The length of the DER element at the start of @s with two bytes of length,
 * as every certificate has; all of @s if it is none. */
static size_t element(struct span s)
{
	size_t len;

	if (s.len < 4 || s.at[1] != 0x82)
		return s.len;
	len = 4 + ((size_t)s.at[2] << 8 | s.at[3]);
	return len < s.len ? len : s.len;
}

/* One certificate, or several one behind the other. */
static size_t split(struct span all, struct span chain[CERTIFICATE_CHAIN_MAX])
{
	size_t count = 0;

	while (all.len > 0 && count < CERTIFICATE_CHAIN_MAX) {
		chain[count] = span_sub(all, 0, element(all));
		all = span_sub(all, chain[count++].len, SIZE_MAX);
	}
	return count;
}

static void check_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

static void check_reports(const struct certificate *c)
{
	json_t *json = certificate_json(c, true);
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!json)
		abort();
	json_decref(json);
	certificate_text(to, c, false);
	fclose(to);
	check_printable(text);
	free(text);
}

static void check_facts(const struct certificate *c)
{
	if (c->chain_count == 0 || c->chain_count > CERTIFICATE_CHAIN_MAX ||
	    c->san_count > CERTIFICATE_SAN_MAX ||
	    (c->san_more > 0 && c->san_count < CERTIFICATE_SAN_MAX) ||
	    c->chain_not_after > c->not_after ||
	    (c->name_mismatch && c->address_mismatch) ||
	    (c->wanted.len > 0) != (c->name_mismatch || c->address_mismatch) ||
	    c->issued_by_next[c->chain_count - 1])
		abort();
	check_printable(c->key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t server[4] = { 10, 2, 5, 5 };
	struct addr address = addr_v4(server);
	struct certificate_view view = {
		.sni = size & 1 ? span_str("a.ftp.example") : span_str(""),
		.server = &address,
		.now_us = 1763892942000000,
	};
	struct span chain[CERTIFICATE_CHAIN_MAX];
	struct certificate c;
	size_t count = split(span_of(data, size), chain);

	if (certificate_read(chain, count, &view, &c) == CERTIFICATE_OK) {
		check_facts(&c);
		check_reports(&c);
	}
	return 0;
}
