/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bad piece of wire: takes each frame from one interface to another, but
 * loses some, sends some twice, and some later than those behind them.
 *
 *   load_relay SEED LOST TWICE LATE A=B...
 *
 * Each A=B is a pair of interfaces without addresses of their own. LOST, TWICE
 * and LATE are chances in ten thousand; what is to become of the n-th frame
 * follows from SEED. It prints "ready", and at its end, by SIGTERM, what it
 * has done.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bench.h"
#include "noise.h"

/* An Ethernet frame with a VLAN tag: offloads must be off on the other ends. */
#define FRAME_MAX 1518

#define PAIRS_MAX 4

/* Frames that wait to be late. When these are not enough, frames are in time. */
#define LATE_MAX 256

/* The most that a frame comes late: some more segments of a window pass it. */
#define LATE_NS 8000000u

/* Frames of one interface before the others have their turn. */
#define BURST 64

/* What the kernel keeps for one interface while this process waits. */
#define BUFFER (4 << 20)

struct frame {
	int to;
	uint64_t due; /* 0: unused */
	size_t len;
	uint8_t bytes[FRAME_MAX];
};

static uint64_t seed, lost, twice, late;
static struct frame waiting[LATE_MAX];
static unsigned int waiting_count;
static struct {
	uint64_t frames, lost, twice, late, failed;
} done;
static volatile sig_atomic_t ending;

static void out(const struct frame *f)
{
	/* The receiver's end may be full, as any wire may be. */
	if (send(f->to, f->bytes, f->len, 0) < 0)
		done.failed++;
}

static bool keep(const struct frame *f, uint64_t due)
{
	for (unsigned int i = 0; i < LATE_MAX; i++) {
		if (waiting[i].due)
			continue;
		waiting[i] = *f;
		waiting[i].due = due;
		waiting_count++;
		done.late++;
		return true;
	}
	return false;
}

static void send_late(uint64_t now)
{
	for (unsigned int i = 0; waiting_count && i < LATE_MAX; i++) {
		if (!waiting[i].due || waiting[i].due > now)
			continue;
		out(&waiting[i]);
		waiting[i].due = 0;
		waiting_count--;
	}
}

static void pass(const struct frame *f)
{
	uint64_t fate = noise(seed + done.frames++);
	uint64_t chance = fate % 10000;

	if (chance < lost) {
		done.lost++;
		return;
	}
	chance -= lost;
	if (chance < late && keep(f, bench_now() + 1 + (fate >> 32) % LATE_NS))
		return;
	out(f);
	if (chance >= late && chance - late < twice) {
		out(f);
		done.twice++;
	}
}

static void take(int from, int to)
{
	struct frame f = { .to = to };

	for (int i = 0; i < BURST; i++) {
		ssize_t n = recv(from, f.bytes, FRAME_MAX, MSG_DONTWAIT);

		if (n < 0)
			return;
		f.len = (size_t)n;
		pass(&f);
	}
}

static int interface_open(const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int on = 1, size = BUFFER;

	if (fd < 0 || !at.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
		       sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) <
		    0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		bench_die(name);
	return fd;
}

static void end(int number)
{
	(void)number;
	ending = 1;
}

static void relay(struct pollfd *p, int count)
{
	while (!ending) {
		poll(p, (nfds_t)count, waiting_count ? 1 : 100);
		for (int i = 0; i < count; i++)
			if (p[i].revents & POLLIN)
				take(p[i].fd, p[i ^ 1].fd);
		send_late(bench_now());
	}
}

int main(int argc, char **argv)
{
	struct sigaction on_term = { .sa_handler = end };
	struct pollfd p[2 * PAIRS_MAX];
	int count = 0;

	if (argc < 6 || argc > 5 + PAIRS_MAX) {
		fputs("usage: see the head of relay.c\n", stderr);
		return 2;
	}
	seed = noise(bench_number(argv[1]));
	lost = bench_number(argv[2]);
	twice = bench_number(argv[3]);
	late = bench_number(argv[4]);
	for (int i = 5; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals)
			return 2;
		*equals = '\0';
		p[count++] =
			(struct pollfd){ interface_open(argv[i]), POLLIN, 0 };
		p[count++] = (struct pollfd){ interface_open(equals + 1),
					      POLLIN, 0 };
	}
	sigaction(SIGTERM, &on_term, NULL);
	puts("ready");
	fflush(stdout);
	relay(p, count);
	printf("{\"frames\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"twice\": %" PRIu64 ", \"late\": %" PRIu64
	       ", \"failed\": %" PRIu64 "}\n",
	       done.frames, done.lost, done.twice, done.late, done.failed);
	return 0;
}
