/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conntrack, against this kernel: the ends of connections as it tells them.
 * Real connections through a gateway between two hosts, all in namespaces of
 * the test's own, each case over both families.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctlab.h"
#include "io/ctevents.h"

/* Ends that may wait to be heard. */
#define ROOM 4000

static const struct conntrack_marks marks = { CTLAB_MARK, CTLAB_FAST_MARK };

struct heard {
	struct conntrack_end last;
	int count, gone, control;
};

static void hear(void *arg, const struct conntrack_end *e)
{
	struct heard *h = arg;

	h->last = *e;
	h->count++;
	h->gone += e->gone;
	h->control += e->control;
}

/* What there is to hear now. */
static struct heard hear_all(struct conntrack_events *ev)
{
	struct heard h = { .count = 0 };

	assert_int_equal(conntrack_events_receive(ev, hear, &h),
			 CONNTRACK_FINE);
	return h;
}

/* The kernel itself kept back what is of no use. */
static void assert_silent(const struct conntrack_events *ev)
{
	struct pollfd p = { conntrack_events_fd(ev), POLLIN, 0 };

	assert_int_equal(poll(&p, 1, 0), 0);
}

/* What there is to hear, once there is any. */
static struct heard hear_next(struct conntrack_events *ev)
{
	assert_true(netns_wait(conntrack_events_fd(ev), POLLIN));
	return hear_all(ev);
}

static void end_is_told(struct ctlab *f, const struct ctlab_family *fam,
			struct conntrack_events *ev)
{
	struct ctlab_link l = ctlab_link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->client, 40001);
	struct endpoint to = netns_endpoint(fam->server, 42000);
	struct data_entry d = ctlab_entry(&l, &from, &to);
	struct heard h;
	int a, b;

	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = ctlab_data_connect(f->lab.client, &from, &to, f->lab.server, &to,
			       &a);
	assert_true(b >= 0);
	ctlab_talk(a, b);
	netns_go(f->lab.gateway);
	assert_int_equal(conntrack_data_delete(f->ct, &d), CONNTRACK_FINE);
	h = hear_all(ev);
	assert_int_equal(h.count, 1);
	assert_true(h.last.gone);
	assert_false(h.last.control);
	assert_endpoint(&h.last.from, &from);
	assert_endpoint(&h.last.to, &to);
	assert_true(h.last.has_bytes);
	assert_in_range(h.last.bytes_from, 100, 400);
	assert_in_range(h.last.bytes_to, 100, 400);
	close(a);
	close(b);
	ctlab_link_close(&l);
}

static void ends_of_marked_entries_are_told(void **state)
{
	struct ctlab *f = ctlab_of(state);
	struct conntrack_events *ev;

	assert_int_equal(conntrack_events_open(&ev, &marks, ROOM),
			 CONNTRACK_FINE);
	netns_sh("echo 1 >/proc/sys/net/netfilter/nf_conntrack_acct");
	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		end_is_told(f, &ctlab_families[i], ev);
	}
	/* The control connections have no mark. */
	netns_sh("conntrack -F 2>/dev/null");
	assert_silent(ev);
	conntrack_events_close(ev);
}

/* Half a close is none; a reset is a whole one. */
static void data_is_over(struct ctlab *f, const struct ctlab_family *fam,
			 struct conntrack_events *ev, bool reset)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct ctlab_link l = ctlab_link_make(f, fam, fam->server);
	struct endpoint from = netns_endpoint(fam->client, 40001 + reset);
	struct endpoint to = netns_endpoint(fam->server, 42000);
	struct data_entry d = ctlab_entry(&l, &from, &to);
	struct heard h;
	char byte;
	int a, b;

	assert_int_equal(conntrack_data_create(f->ct, &d), CONNTRACK_FINE);
	b = ctlab_data_connect(f->lab.client, &from, &to, f->lab.server, &to,
			       &a);
	assert_true(b >= 0);
	ctlab_talk(a, b);
	netns_go(f->lab.gateway);
	assert_int_equal(conntrack_alive(f->ct, &from, &to, CTLAB_MARK),
			 CONNTRACK_FINE);
	assert_int_equal(conntrack_alive(f->ct, &from, &to,
					 CTLAB_MARK | CTLAB_FAST_MARK),
			 CONNTRACK_MISSING);
	assert_int_equal(conntrack_alive(f->ct, &to, &from, CTLAB_MARK),
			 CONNTRACK_MISSING);
	if (reset) {
		setsockopt(a, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	} else {
		shutdown(b, SHUT_WR);
		assert_true(netns_wait(a, POLLIN));
		assert_int_equal(recv(a, &byte, 1, 0), 0);
		assert_silent(ev);
	}
	close(a);
	h = hear_next(ev);
	assert_int_equal(h.count, 1);
	assert_false(h.last.gone);
	assert_false(h.last.control);
	assert_endpoint(&h.last.from, &from);
	assert_endpoint(&h.last.to, &to);
	assert_int_equal(conntrack_alive(f->ct, &from, &to, CTLAB_MARK),
			 CONNTRACK_OVER);
	assert_int_equal(conntrack_data_delete(f->ct, &d), CONNTRACK_FINE);
	assert_int_equal(conntrack_alive(f->ct, &from, &to, CTLAB_MARK),
			 CONNTRACK_MISSING);
	h = hear_next(ev);
	assert_int_equal(h.count, 1);
	assert_true(h.last.gone);
	close(b);
	ctlab_link_close(&l);
}

static void data_is_over_long_before_its_entry_is_gone(void **state)
{
	struct ctlab *f = ctlab_of(state);
	struct conntrack_events *ev;

	assert_int_equal(conntrack_events_open(&ev, &marks, ROOM),
			 CONNTRACK_FINE);
	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		data_is_over(f, &ctlab_families[i], ev, false);
		data_is_over(f, &ctlab_families[i], ev, true);
	}
	conntrack_events_close(ev);
}

/* Both ends translated: the inside view is neither tuple. */
static void control_is_over(struct ctlab *f, const struct ctlab_family *fam,
			    struct conntrack_events *ev, uint32_t mark)
{
	struct ctlab_link l = ctlab_link_make(f, fam, fam->virtual_server);
	const struct endpoint *from = &l.ends.client, *to = &l.server_called;
	struct endpoint inside = netns_endpoint(fam->server, 21);
	struct endpoint client = l.ends.client, server = l.server_called;
	struct heard h;

	assert_int_equal(conntrack_mark(f->ct, from, to, mark, mark),
			 CONNTRACK_FINE);
	assert_int_equal(conntrack_alive(f->ct, from, to, mark),
			 CONNTRACK_FINE);
	assert_silent(ev);
	ctlab_link_close(&l);
	if (mark != CTLAB_FAST_MARK) {
		netns_sh("conntrack -D -p tcp --orig-port-src %u >/dev/null "
			 "2>&1",
			 from->port);
		assert_silent(ev);
		return;
	}
	h = hear_next(ev);
	assert_int_equal(h.count, 1);
	assert_false(h.last.gone);
	assert_true(h.last.control);
	assert_endpoint(&h.last.ends.client, &client);
	assert_endpoint(&h.last.ends.server, &inside);
	assert_endpoint(&h.last.to, &server);
	netns_sh("conntrack -f %s -D -p tcp --orig-port-src %u >/dev/null 2>&1",
		 fam == &ctlab_families[0] ? "ipv4" : "ipv6", from->port);
	h = hear_next(ev);
	assert_int_equal(h.count, 1);
	assert_true(h.last.gone && h.last.control);
	assert_endpoint(&h.last.ends.server, &inside);
}

static void ends_of_control_connections_are_told(void **state)
{
	struct ctlab *f = ctlab_of(state);
	struct conntrack_events *ev;

	assert_int_equal(conntrack_events_open(&ev, &marks, ROOM),
			 CONNTRACK_FINE);
	for (size_t i = 0; i < CTLAB_FAMILIES; i++) {
		ctlab_base(&ctlab_families[i]);
		ctlab_masquerade(&ctlab_families[i]);
		ctlab_dnat(&ctlab_families[i]);
		control_is_over(f, &ctlab_families[i], ev, CTLAB_FAST_MARK);
	}
	/* One bit of two, and one that is nobody's. */
	control_is_over(f, &ctlab_families[0], ev, CTLAB_STRANGER);
	conntrack_events_close(ev);
}

/* @count data connections begin and end; nobody listens meanwhile. */
static void begin_and_end(struct ctlab *f, const struct ctlab_link *l,
			  int count)
{
	struct endpoint from = netns_endpoint(ctlab_families[0].client, 0);
	struct endpoint to = netns_endpoint(ctlab_families[0].server, 42000);

	for (int i = 0; i < count; i++) {
		struct data_entry d;

		from.port = (uint16_t)(1024 + i);
		d = ctlab_entry(l, &from, &to);
		assert_int_equal(conntrack_data_create(f->ct, &d),
				 CONNTRACK_FINE);
		assert_int_equal(conntrack_data_delete(f->ct, &d),
				 CONNTRACK_FINE);
	}
}

/* Hear all that there is; gives how often a loss was told. */
static int hear_to_the_end(struct conntrack_events *ev, struct heard *h)
{
	enum conntrack_result result = CONNTRACK_FINE;
	int lost = 0, before = -1;

	while (h->count != before || result == CONNTRACK_LOST) {
		before = h->count;
		result = conntrack_events_receive(ev, hear, h);
		assert_int_not_equal(result, CONNTRACK_FAILED);
		lost += result == CONNTRACK_LOST;
	}
	return lost;
}

/* As many ends wait as there is room for. More are lost: that is told once,
 * and the socket works on. */
static void lost_events_are_told(void **state)
{
	struct ctlab *f = ctlab_of(state);
	const struct ctlab_family *fam = &ctlab_families[0];
	struct heard h = { .count = 0 };
	struct conntrack_events *ev;
	struct ctlab_link l;

	ctlab_base(fam);
	assert_int_equal(conntrack_events_open(&ev, &marks, ROOM),
			 CONNTRACK_FINE);
	l = ctlab_link_make(f, fam, fam->server);
	begin_and_end(f, &l, ROOM);
	assert_int_equal(hear_to_the_end(ev, &h), 0);
	assert_int_equal(h.count, ROOM);
	begin_and_end(f, &l, 4 * ROOM);
	assert_in_range(hear_to_the_end(ev, &h), 1, 2);
	assert_in_range(h.count, 2 * ROOM, 5 * ROOM - 1);
	h.count = 0;
	begin_and_end(f, &l, 1);
	assert_int_equal(conntrack_events_receive(ev, hear, &h),
			 CONNTRACK_FINE);
	assert_int_equal(h.count, 1);
	conntrack_events_close(ev);
	ctlab_link_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ctlab_test(ends_of_marked_entries_are_told),
		ctlab_test(data_is_over_long_before_its_entry_is_gone),
		ctlab_test(ends_of_control_connections_are_told),
		ctlab_test(lost_events_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
