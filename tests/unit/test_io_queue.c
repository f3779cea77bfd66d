/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFQUEUE, against this kernel: packets on lo in a namespace of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <sallyport/checksum.h>

#include "io/queue.h"
#include "io/queue_counts.h"
#include "netns.h"

#define NUMBER   5
#define UDP_PORT 4009
#define TCP_PORT 4010

/* A namespace in which UDP to one port and TCP to another are queued. */
struct fixture {
	struct queue *q;
	struct queue_batch *batch;
	int sender, receiver; /* UDP */
};

static struct queue_options options_of(uint32_t length, bool fail_open)
{
	return (struct queue_options){ NUMBER, length, fail_open };
}

/* Open the queue anew, of this length. */
static void reopen(struct fixture *f, uint32_t length, bool fail_open)
{
	struct queue_options o = options_of(length, fail_open);

	queue_close(f->q);
	f->q = NULL;
	assert_int_equal(queue_open(&f->q, &o), QUEUE_FINE);
}

static void udp_open(struct fixture *f)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(UDP_PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr *to = (const struct sockaddr *)&at;

	f->receiver = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	f->sender = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(f->receiver, to, sizeof(at)), 0);
	assert_int_equal(connect(f->sender, to, sizeof(at)), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	if (!netns_possible())
		return 0;
	close(netns_new());
	netns_sh("iptables -A INPUT -p udp --dport %d -j NFQUEUE --queue-num "
		 "%d; iptables -A OUTPUT -p tcp --dport %d -j NFQUEUE "
		 "--queue-num %d",
		 UDP_PORT, NUMBER, TCP_PORT, NUMBER);
	f->batch = queue_batch_new();
	udp_open(f);
	reopen(f, 1024, true);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->batch) {
		close(f->sender);
		close(f->receiver);
	}
	queue_close(f->q);
	queue_batch_free(f->batch);
	free(f);
	return 0;
}

static struct fixture *fixture(void **state)
{
	struct fixture *f = *state;

	if (!f->batch)
		skip();
	return f;
}

/* What came out of the queue. */
struct seen {
	struct queue_packet packet[QUEUE_RECEIVE_MAX];
	uint8_t bytes[QUEUE_RECEIVE_MAX][2048];
	int count;
};

static void see(void *arg, const struct queue_packet *p)
{
	struct seen *s = arg;

	s->packet[s->count] = *p;
	if (p->bytes.len <= sizeof(s->bytes[0]))
		memcpy(s->bytes[s->count], p->bytes.at, p->bytes.len);
	s->count++;
}

static void udp_send(struct fixture *f, const char *text)
{
	assert_int_equal(send(f->sender, text, strlen(text), 0), strlen(text));
}

/* The next datagram is @text; NULL: there is none. */
static void assert_received(struct fixture *f, const char *text)
{
	char got[64] = "";
	ssize_t len = recv(f->receiver, got, sizeof(got) - 1, 0);

	if (text) {
		assert_int_equal(len, strlen(text));
		assert_string_equal(got, text);
	} else {
		assert_int_equal(len, -1);
		assert_int_equal(errno, EAGAIN);
	}
}

static void accept_as_is(struct fixture *f, uint32_t id)
{
	assert_int_equal(queue_batch_add(f->q, f->batch, id, VERDICT_ACCEPT,
					 span_of(NULL, 0)),
			 0);
}

static void send_verdicts(struct fixture *f)
{
	assert_int_equal(queue_batch_send(f->q, f->batch), 0);
}

/* A datagram's payload becomes @text: IPv4 header of 20 bytes, UDP of 8. */
static size_t udp_rewrite(uint8_t *packet, const char *text)
{
	size_t udp_len = 8 + strlen(text), len = 20 + udp_len;

	memcpy(packet + 28, text, strlen(text));
	packet[2] = (uint8_t)(len >> 8);
	packet[3] = (uint8_t)len;
	packet[24] = (uint8_t)(udp_len >> 8);
	packet[25] = (uint8_t)udp_len;
	memset(packet + 26, 0, 2); /* RFC 768: no checksum */
	checksum_set_ipv4(packet);
	return len;
}

static void verdicts_do_what_they_say(void **state)
{
	struct fixture *f = fixture(state);
	struct seen *s = calloc(1, sizeof(*s));
	size_t len;

	udp_send(f, "one");
	udp_send(f, "two");
	udp_send(f, "three");
	assert_true(netns_wait(queue_fd(f->q), POLLIN));
	assert_int_equal(queue_receive(f->q, false, see, s), 3);
	assert_int_equal(queue_receive(f->q, false, see, s), 0);
	assert_int_equal(s->packet[0].hook, 1); /* NF_INET_LOCAL_IN */
	assert_true(s->packet[0].whole);
	assert_int_equal(s->packet[0].bytes.len, 31);
	assert_memory_equal(s->bytes[0] + 28, "one", 3);
	assert_received(f, NULL);
	accept_as_is(f, s->packet[0].id);
	queue_batch_add(f->q, f->batch, s->packet[1].id, VERDICT_DROP,
			span_of(NULL, 0));
	len = udp_rewrite(s->bytes[2], "thirty-three");
	queue_batch_add(f->q, f->batch, s->packet[2].id, VERDICT_ACCEPT,
			span_of(s->bytes[2], len));
	assert_received(f, NULL); /* nothing is sent before it is */
	send_verdicts(f);
	assert_received(f, "one");
	assert_received(f, "thirty-three");
	assert_received(f, NULL);
	assert_int_equal(queue_refused(f->q), 0);
	free(s);
}

static void a_verdict_on_nothing_is_counted(void **state)
{
	struct fixture *f = fixture(state);
	struct seen *s = calloc(1, sizeof(*s));

	accept_as_is(f, 4711);
	send_verdicts(f);
	assert_true(netns_wait(queue_fd(f->q), POLLIN));
	assert_int_equal(queue_receive(f->q, false, see, s), 0);
	assert_int_equal(queue_refused(f->q), 1);
	free(s);
}

/* More than one receive can take, and a batch that must be sent early. */
static void floods_come_in_pieces(void **state)
{
	enum { PACKETS = 150 };
	struct fixture *f = fixture(state);
	struct seen *s = calloc(1, sizeof(*s));
	static uint8_t big[QUEUE_BYTES_MAX];
	int total = 0, got = 0;
	char byte;

	for (int i = 0; i < PACKETS; i++)
		udp_send(f, "x");
	while (total < PACKETS) {
		int n = queue_receive(f->q, false, see, s);

		assert_in_range(n, 1, QUEUE_RECEIVE_MAX);
		total += n;
		for (int i = 0; i < n; i++)
			accept_as_is(f, s->packet[i].id);
		s->count = 0;
	}
	/* Two of these fill the batch: what is before them leaves. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(queue_batch_add(f->q, f->batch, 99999,
						 VERDICT_ACCEPT,
						 span_of(big, sizeof(big))),
				 0);
	while (recv(f->receiver, &byte, 1, 0) == 1)
		got++;
	assert_int_equal(got, PACKETS);
	send_verdicts(f);
	assert_int_equal(queue_batch_add(f->q, f->batch, 1, VERDICT_ACCEPT,
					 span_of(big, sizeof(big) + 1)),
			 -EMSGSIZE);
	free(s);
}

static void a_packet_too_long_for_netlink_is_told(void **state)
{
	enum { PAYLOAD = 65507 }; /* the longest UDP datagram of IPv4 */
	struct fixture *f = fixture(state);
	struct seen *s = calloc(1, sizeof(*s));
	static char payload[PAYLOAD];

	assert_int_equal(send(f->sender, payload, sizeof(payload), 0), PAYLOAD);
	assert_true(netns_wait(queue_fd(f->q), POLLIN));
	assert_int_equal(queue_receive(f->q, false, see, s), 1);
	assert_false(s->packet[0].whole);
	assert_int_equal(s->packet[0].bytes.len, QUEUE_BYTES_MAX);
	accept_as_is(f, s->packet[0].id);
	send_verdicts(f);
	assert_int_equal(recv(f->receiver, payload, sizeof(payload), 0),
			 PAYLOAD);
	free(s);
}

/* Send more than it holds; how many got through without any verdict? */
static int passed_when_full(struct fixture *f, bool fail_open)
{
	int passed = 0;
	char byte;

	reopen(f, 4, fail_open);
	for (int i = 0; i < 10; i++)
		udp_send(f, "x");
	while (recv(f->receiver, &byte, 1, 0) == 1)
		passed++;
	return passed;
}

static void a_full_queue_fails_as_configured(void **state)
{
	struct fixture *f = fixture(state);

	assert_int_equal(passed_when_full(f, true), 6);
	assert_int_equal(passed_when_full(f, false), 0);
}

/* It is not the socket that says how many may wait. */
static void a_long_queue_has_the_room(void **state)
{
	struct fixture *f = fixture(state);
	struct queue_counts counts;
	const uint32_t length = 65536;
	int fd = queue_counts_open();

	assert_true(fd >= 0);
	reopen(f, length, false);
	for (uint32_t i = 0; i < length; i++)
		udp_send(f, "x");
	assert_true(queue_counts_read(fd, NUMBER, &counts));
	assert_int_equal(counts.waiting, length);
	assert_int_equal(counts.socket_drops, 0);
	close(fd);
	reopen(f, length, false); /* they go with the old one */
}

static void a_taken_number_is_told(void **state)
{
	struct queue_options o = options_of(10, true);
	struct queue *other = NULL;

	fixture(state);
	assert_int_equal(queue_open(&other, &o), QUEUE_TAKEN);
	assert_null(other);
	o.number++;
	assert_int_equal(queue_open(&other, &o), QUEUE_FINE);
	queue_close(other);
}

static void a_missing_permission_is_told(void **state)
{
	struct queue_options o = options_of(10, true);
	struct queue *other;
	int status;
	pid_t child;

	fixture(state);
	child = fork();
	if (child == 0) {
		o.number++;
		if (setuid(65534) < 0)
			_exit(99);
		_exit(queue_open(&other, &o));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), QUEUE_DENIED);
}

struct helper {
	struct fixture *f;
	struct seen *s;
	int error;
};

static void *helper_accepts(void *arg)
{
	struct helper *h = arg;
	struct queue_batch *own = queue_batch_new();

	for (int i = 0; i < h->s->count; i++)
		h->error |= queue_batch_add(h->f->q, own, h->s->packet[i].id,
					    VERDICT_ACCEPT, span_of(NULL, 0));
	h->error |= queue_batch_send(h->f->q, own);
	queue_batch_free(own);
	return NULL;
}

static void another_thread_may_give_verdicts(void **state)
{
	struct helper h = { .f = fixture(state) };
	pthread_t thread;

	h.s = calloc(1, sizeof(*h.s));
	udp_send(h.f, "one");
	assert_int_equal(queue_receive(h.f->q, false, see, h.s), 1);
	assert_int_equal(pthread_create(&thread, NULL, helper_accepts, &h), 0);
	/* Meanwhile we wait for more; the answer to nothing must not come. */
	assert_int_equal(queue_receive(h.f->q, false, see, h.s), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(h.error, 0);
	assert_received(h.f, "one");
	free(h.s);
}

/* Does the sum over a TCP segment and its pseudo header fit (RFC 9293 3.1)? */
static bool sum_is_right(struct span packet)
{
	uint64_t sum = checksum_add16(0, IPPROTO_TCP);

	sum = checksum_add16(sum, (uint16_t)(packet.len - 20));
	sum = checksum_add(sum, span_sub(packet, 12, SIZE_MAX));
	return checksum_finish(sum) == 0;
}

struct pump {
	struct fixture *f;
	int packets, bad_sums;
	size_t longest;
};

static void pump_packet(void *arg, const struct queue_packet *p)
{
	struct pump *pump = arg;

	pump->packets++;
	pump->bad_sums += !sum_is_right(p->bytes);
	if (p->bytes.len > pump->longest)
		pump->longest = p->bytes.len;
	accept_as_is(pump->f, p->id);
}

static void pump_run(struct pump *pump)
{
	while (queue_receive(pump->f->q, false, pump_packet, pump) > 0)
		send_verdicts(pump->f);
}

/* The kernel would like to hand over 64 KiB with no checksum at all. */
static void segments_come_whole_and_summed(void **state)
{
	enum { BYTES = 60000, MTU = 1500 };
	struct pump pump = { .f = fixture(state) };
	struct endpoint at = netns_endpoint("127.0.0.1", TCP_PORT);
	struct endpoint any = netns_endpoint("127.0.0.1", 0);
	static char data[BYTES];
	int ns = netns_new(), listener, a, b;
	size_t sent = 0;

	reopen(pump.f, 1024, true);
	netns_sh("ip link set lo mtu %d; iptables -A OUTPUT -p tcp --dport %d "
		 "-j NFQUEUE --queue-num %d",
		 MTU, TCP_PORT, NUMBER);
	listener = netns_listen(ns, &at);
	a = netns_connect(ns, &any, &at);
	while (!pump.packets || sent < BYTES) {
		ssize_t n = send(a, data + sent, BYTES - sent, MSG_DONTWAIT);

		if (n > 0)
			sent += (size_t)n;
		else
			assert_true(netns_wait(queue_fd(pump.f->q), POLLIN));
		pump_run(&pump);
	}
	b = netns_accept(listener);
	assert_true(b >= 0);
	assert_int_equal(pump.bad_sums, 0);
	assert_int_equal(pump.longest, MTU);
	assert_in_range(pump.packets, BYTES / MTU, 1000);
	close(listener);
	close(a);
	close(b);
	close(ns);
}

static void texts_name_the_cure(void **state)
{
	(void)state;
	assert_non_null(strstr(queue_text(QUEUE_DENIED), "root"));
	assert_non_null(strstr(queue_text(QUEUE_TAKEN), "queue.first"));
	assert_non_null(
		strstr(queue_text(QUEUE_UNSUPPORTED), "nfnetlink_queue"));
}

static void *wait_for_a_packet(void *arg)
{
	struct fixture *f = arg;
	struct seen s = { 0 };

	return (void *)(intptr_t)queue_receive(f->q, true, see, &s);
}

static void waiting_can_be_ended(void **state)
{
	struct fixture *f = fixture(state);
	pthread_t thread;
	void *result;

	/* Before it waits or while it does: both must end it. */
	assert_int_equal(pthread_create(&thread, NULL, wait_for_a_packet, f),
			 0);
	assert_int_equal(queue_wake(f->q), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((intptr_t)result, 0);
	assert_int_equal(queue_refused(f->q), 0);
}

#define live(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		live(verdicts_do_what_they_say),
		live(a_verdict_on_nothing_is_counted),
		live(floods_come_in_pieces),
		live(a_packet_too_long_for_netlink_is_told),
		live(a_full_queue_fails_as_configured),
		live(a_long_queue_has_the_room),
		live(a_taken_number_is_told),
		live(a_missing_permission_is_told),
		live(another_thread_may_give_verdicts),
		live(segments_come_whole_and_summed),
		live(waiting_can_be_ended),
		cmocka_unit_test(texts_name_the_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
