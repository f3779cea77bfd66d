/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes out of the queue in the namespace we are in. */
#include "tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <poll.h>
#include <string.h>

#include <cmocka.h>

#include "netns.h"

struct endpoint tally_packet_end(const uint8_t *p, bool source)
{
	bool v4 = p[0] >> 4 == 4;
	size_t tcp = v4 ? 20 : 40;
	struct endpoint e;

	if (v4)
		e.addr = addr_v4(p + (source ? 12 : 16));
	else
		e.addr = addr_v6(p + (source ? 8 : 24));
	tcp += source ? 0 : 2;
	e.port = (uint16_t)(p[tcp] << 8 | p[tcp + 1]);
	return e;
}

static void tally_packet(void *arg, const struct queue_packet *p)
{
	struct tally *t = arg;
	struct endpoint from = tally_packet_end(p->bytes.at, true);
	struct endpoint to = tally_packet_end(p->bytes.at, false);
	bool forth = endpoint_equal(&from, &t->ends.client) &&
		     endpoint_equal(&to, &t->ends.server);
	bool back = endpoint_equal(&from, &t->ends.server) &&
		    endpoint_equal(&to, &t->ends.client);

	t->packets++;
	t->hook[p->hook]++;
	t->odd += !forth && !back;
	queue_batch_add(t->q, t->batch, p->id, VERDICT_ACCEPT,
			span_of(NULL, 0));
}

void tally_run(struct tally *t)
{
	while (queue_receive(t->q, false, tally_packet, t) > 0)
		queue_batch_send(t->q, t->batch);
}

bool tally_until(struct tally *t, int fd, short events)
{
	struct pollfd p[2] = { { .fd = fd, .events = events },
			       { .fd = queue_fd(t->q), .events = POLLIN } };

	while (poll(p, 2, NETNS_PATIENCE_MS) > 0) {
		tally_run(t);
		if (p[0].revents & events)
			return true;
	}
	return false;
}

void tally_open(struct tally *t)
{
	struct queue_options o = { 0, 1024, true };

	memset(t, 0, sizeof(*t));
	t->batch = queue_batch_new();
	assert_int_equal(queue_open(&t->q, &o), QUEUE_FINE);
}

void tally_close(struct tally *t)
{
	queue_close(t->q);
	queue_batch_free(t->batch);
}
