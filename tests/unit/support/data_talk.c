/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data connections: see data_talk.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data_talk.h"

#define ACCEPTOR_ISN 4999

static bool try(struct wire *w, const struct endpoint *from,
		const struct endpoint *to, uint32_t isn)
{
	const struct wire_tcp syn = { .src = *from,
				      .dst = *to,
				      .seq = isn,
				      .flags = TCP_SYN,
				      .mss = 1460 };
	unsigned int had = w->actions[ACTION_DATA_CREATE];

	wire_tcp(w, &syn);
	/* Whoever is not let in is left to the user's rules. */
	assert_false(wire_dropped(w));
	return w->actions[ACTION_DATA_CREATE] > had;
}

bool data_try(struct wire *w, const struct endpoint *from,
	      const struct endpoint *to)
{
	return try(w, from, to, DATA_ISN);
}

bool data_try_new(struct wire *w, const struct endpoint *from,
		  const struct endpoint *to)
{
	return try(w, from, to, DATA_ISN + 64000);
}

static struct endpoint client_at(const struct wire *w, uint16_t port)
{
	return (struct endpoint){ w->end[CLIENT].at.addr, port };
}

static struct endpoint data_port(const struct wire *w)
{
	struct endpoint e = w->end[SERVER].at;

	e.port--;
	return e;
}

bool data_passive(struct wire *w, uint16_t sport, uint16_t port)
{
	const struct endpoint from = client_at(w, sport);
	const struct endpoint to = { w->nat.server_public.addr, port };

	return data_try(w, &from, &to);
}

bool data_active(struct wire *w, uint16_t port)
{
	const struct endpoint from = data_port(w);
	const struct endpoint to = { w->nat.client_public.addr, port };

	return data_try(w, &from, &to);
}

void data_open(struct wire *w, struct data_talk *t, const struct endpoint *from,
	       const struct endpoint *to)
{
	*t = (struct data_talk){ .from = *from, .to = *to };
	assert_true(data_try(w, from, to));
	t->target = w->last[ACTION_DATA_CREATE].data.dnat_to;
	/* Payload is looked at where addresses are the real ones. */
	wire_tcp(w, &(struct wire_tcp){ .src = t->target,
					.dst = t->from,
					.seq = ACCEPTOR_ISN,
					.ack = DATA_ISN + 1,
					.flags = TCP_SYN | TCP_ACK,
					.mss = 1460 });
	assert_false(wire_dropped(w));
	assert_true(data_segment(w, t, false, 0, "", 0, 0));
}

void data_open_passive(struct wire *w, struct data_talk *t, uint16_t sport,
		       uint16_t port)
{
	const struct endpoint from = client_at(w, sport);
	const struct endpoint to = { w->nat.server_public.addr, port };

	data_open(w, t, &from, &to);
}

void data_open_active(struct wire *w, struct data_talk *t, uint16_t port)
{
	const struct endpoint from = data_port(w);
	const struct endpoint to = { w->nat.client_public.addr, port };

	data_open(w, t, &from, &to);
}

bool data_segment(struct wire *w, struct data_talk *t, bool back, uint32_t at,
		  const void *bytes, size_t len, uint8_t flags)
{
	const uint32_t start[2] = { DATA_ISN + 1, ACCEPTOR_ISN + 1 };

	if (at + len > t->next[back])
		t->next[back] = at + (uint32_t)len;
	wire_tcp(w, &(struct wire_tcp){ .src = back ? t->target : t->from,
					.dst = back ? t->from : t->target,
					.seq = start[back] + at,
					.ack = start[!back] + t->next[!back],
					.flags = flags | TCP_ACK,
					.bytes = bytes,
					.len = len });
	return !wire_dropped(w);
}

void data_over(struct wire *w, const struct endpoint *from,
	       const struct endpoint *to)
{
	engine_data_over(w->engine, from, to, false, w->now, w->out);
	wire_deliver(w);
}

void data_reset(struct wire *w, const struct endpoint *from,
		const struct endpoint *to)
{
	engine_data_over(w->engine, from, to, true, w->now, w->out);
	wire_deliver(w);
}

void data_closed(struct wire *w, const struct endpoint *from,
		 const struct endpoint *to)
{
	engine_data_closed(w->engine, from, to, true, 10, 20, w->now, w->out);
	wire_deliver(w);
}
