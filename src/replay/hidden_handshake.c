/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/hidden_handshake.h"

#include <string.h>

#include <sallyport/tls_handshake.h>
#include <sallyport/tls_hello.h>

/* Of a chain and of each certificate in it. */
#define LENGTH_LEN 3

static void put_be24(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 16);
	at[1] = (uint8_t)(value >> 8);
	at[2] = (uint8_t)value;
}

/*
 * RFC 8446 4.4.2: a context, and behind each certificate its extensions; both
 * are left out, so that it becomes RFC 5246 7.4.2. Empty: it cannot be read.
 */
static struct span as_tls_1_2(struct span body, uint8_t out[TLS_MESSAGE_MAX])
{
	struct cursor c = cursor_of(body), list;
	size_t len = LENGTH_LEN;

	rd_take(&c, rd_u8(&c));
	list = cursor_of(rd_take(&c, rd_be24(&c)));
	while (list.rest.len > 0) {
		struct span der = rd_take(&list, rd_be24(&list));

		rd_take(&list, rd_be16(&list));
		if (list.bad)
			return span_of(NULL, 0);
		/* There is room: it only becomes shorter. */
		put_be24(out + len, der.len);
		len += LENGTH_LEN;
		if (der.len > 0)
			memcpy(out + len, der.at, der.len);
		len += der.len;
	}
	put_be24(out, len - LENGTH_LEN);
	return c.bad ? span_of(NULL, 0) : span_of(out, len);
}

static void take_certificate(const struct hidden_talk *t,
			     const struct decryptor *d, enum decrypt_side from,
			     struct span body)
{
	struct span list;
	struct event ev = {
		.type = EVENT_TLS,
		.tls = { .step = TLS_STEP_CERTIFICATE,
			 .from_client = from == DECRYPT_CLIENT,
			 .chain = body,
			 .sni = decrypt_sni(d) },
	};

	if (decrypt_status(d)->version == TLS_1_3)
		ev.tls.chain = as_tls_1_2(body, t->scratch->chain);
	if (tls_certificates_parse(ev.tls.chain, &list) == PARSE_OK && list.len)
		hidden_talk_tell(t, &ev);
}

void hidden_handshake(const struct hidden_talk *t, const struct decryptor *d,
		      enum decrypt_side from, struct span message)
{
	struct event request = {
		.type = EVENT_TLS,
		.tls = { .step = TLS_STEP_CERTIFICATE_REQUEST },
	};
	struct tls_message head;

	if (tls_message_head(message, &head) != PARSE_OK)
		return;
	if (head.type == TLS_CERTIFICATE)
		take_certificate(t, d, from,
				 span_sub(message, TLS_MESSAGE_HEADER,
					  SIZE_MAX));
	else if (head.type == TLS_CERTIFICATE_REQUEST)
		hidden_talk_tell(t, &request);
}
