/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/data_hello.h"

#include <stdlib.h>
#include <string.h>

#include <sallyport/tls_handshake.h>

static void give_up(struct data_hello **hello)
{
	free(*hello);
	*hello = NULL;
}

static void client_hello(struct data_hello *h, struct story_flow *flow,
			 struct span body)
{
	struct tls_client_hello hello;

	if (tls_client_hello_parse(body, &hello) != PARSE_OK)
		return;
	h->offered = true;
	h->session_id_len = (uint8_t)hello.session_id.len;
	if (hello.session_id.len)
		memcpy(h->session_id, hello.session_id.at,
		       hello.session_id.len);
	flow->tls_resumption = hello.resumption != TLS_RESUME_NONE;
}

/* Gives whether it was the last one: behind a HelloRetryRequest comes another
 * (RFC 8446 4.1.4). */
static bool server_hello(const struct data_hello *h, struct story_flow *flow,
			 struct span body)
{
	struct tls_server_hello hello;

	if (!h->offered || tls_server_hello_parse(body, &hello) != PARSE_OK)
		return true;
	flow->tls_resumed =
		tls_server_hello_resumes(&hello, span_of(h->session_id,
							 h->session_id_len));
	return !hello.retry;
}

/* The first message of @s, once it is whole. */
static void message(struct data_hello *h, struct data_hello_side *s,
		    struct story_flow *flow)
{
	struct span bytes = span_of(s->message, s->len);
	struct tls_message head;
	struct span body;

	switch (tls_message_head(bytes, &head)) {
	case PARSE_PARTIAL:
		return;
	case PARSE_BAD:
		s->done = true;
		return;
	case PARSE_OK:
		break;
	}
	body = span_sub(bytes, TLS_MESSAGE_HEADER, head.length);
	if (body.len < head.length)
		return;
	s->done = true;
	if (head.type == TLS_CLIENT_HELLO)
		client_hello(h, flow, body);
	else if (head.type == TLS_SERVER_HELLO)
		s->done = server_hello(h, flow, body);
	/* Nothing follows in the same record: it waits for its answer. */
	if (!s->done)
		s->len = 0;
}

/* False: this is not the beginning of a handshake. */
static bool add(struct data_hello_side *s, const struct tls_piece *piece)
{
	if (piece->type != TLS_HANDSHAKE ||
	    piece->body.len > sizeof(s->message) - s->len)
		return false;
	if (piece->body.len)
		memcpy(s->message + s->len, piece->body.at, piece->body.len);
	s->len = (uint16_t)(s->len + piece->body.len);
	return true;
}

static void read_on(struct data_hello *h, struct data_hello_side *s,
		    struct story_flow *flow, struct span bytes)
{
	struct tls_piece piece;

	while (!s->done && tls_record_take(&s->record, &bytes, &piece) ==
				   TLS_RECORD_PIECE) {
		/* RFC 8446 D.4: means nothing there. */
		if (piece.type == TLS_CHANGE_CIPHER_SPEC)
			continue;
		if (!add(s, &piece))
			s->done = true;
		else
			message(h, s, flow);
	}
}

/* RFC 8446 5.1: a handshake record, of a version that begins with 3. */
static bool looks_like_tls(struct span payload)
{
	return payload.at[0] == TLS_HANDSHAKE &&
	       (payload.len < 2 || payload.at[1] == 3);
}

void data_hello_take(struct data_hello **hello, struct story_flow *flow,
		     int side, uint64_t at, struct span payload)
{
	struct data_hello_side *s;

	if (!payload.len)
		return;
	if (flow->tls == DATA_TLS_UNKNOWN && at == 0) {
		flow->tls =
			looks_like_tls(payload) ? DATA_TLS_YES : DATA_TLS_NO;
		if (flow->tls == DATA_TLS_YES)
			*hello = calloc(1, sizeof(**hello));
	}
	if (!*hello)
		return;
	s = &(*hello)->side[side];
	/* Out of order: then nothing is known, rather than something wrong. */
	if (at > s->taken) {
		give_up(hello);
		return;
	}
	if (at + payload.len <= s->taken)
		return;
	payload = span_sub(payload, s->taken - at, SIZE_MAX);
	s->taken += (uint32_t)payload.len;
	read_on(*hello, s, flow, payload);
	if ((*hello)->side[0].done && (*hello)->side[1].done)
		give_up(hello);
}
