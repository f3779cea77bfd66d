/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine alone: time per packet, and memory per session.
 *
 *   engine_bench ROUNDS SESSIONS_MAX
 *
 * Packets are made before the clock starts. What a caller does with an outcome
 * is not counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "trace.h"

#define CONVERSATIONS 256

/* Times that a trace is run for one sample: some milliseconds. */
#define PASSES 8

/* Results of loops that would else be optimised away. */
static volatile uint64_t sink;

/* --- next to reading the headers ------------------------------------------ */

static uint64_t run_engine(struct rig *r, const struct trace *t)
{
	uint64_t ns = 0;

	for (int pass = 0; pass < PASSES; pass++) {
		uint64_t start;

		rig_reset(r);
		start = bench_now();
		for (size_t i = 0; i < t->count; i++)
			rig_feed(r, t->packet[i]);
		ns += bench_now() - start;
	}
	return ns;
}

static uint64_t run_decode(const struct trace *t)
{
	uint64_t start = bench_now(), sum = 0;

	for (int pass = 0; pass < PASSES; pass++) {
		for (size_t i = 0; i < t->count; i++) {
			struct packet p;

			if (packet_decode(t->packet[i], &p) == PACKET_TCP &&
			    packet_checksum_ok(&p))
				sum += p.seq;
		}
	}
	sink = sum;
	return bench_now() - start;
}

static uint32_t word_at(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

/* IPv4 and TCP without options, and nothing proven that is not used: what
 * somebody in a hurry would write. */
static uint64_t decode_by_hand(struct span s)
{
	const uint8_t *b = s.at;
	size_t ip = (size_t)(b[0] & 15) * 4, total = word_at(b + 2);
	uint32_t sum = 6 + (uint32_t)(total - ip);

	if (b[0] >> 4 != 4 || total > s.len || ip + 20 > total || b[9] != 6)
		return 0;
	for (size_t i = 12; i < 20; i += 2)
		sum += word_at(b + i);
	for (size_t i = ip; i + 1 < total; i += 2)
		sum += word_at(b + i);
	if ((total - ip) & 1)
		sum += (uint32_t)b[total - 1] << 8;
	sum = (sum >> 16) + (sum & 0xffff);
	if ((((sum >> 16) + sum) & 0xffff) != 0xffff)
		return 0;
	return word_at(b + ip) + word_at(b + ip + 2) + b[ip + 13] +
	       (word_at(b + ip + 4) << 16 | word_at(b + ip + 6));
}

static uint64_t run_by_hand(const struct trace *t)
{
	uint64_t start = bench_now(), sum = 0;

	for (int pass = 0; pass < PASSES; pass++)
		for (size_t i = 0; i < t->count; i++)
			sum += decode_by_hand(t->packet[i]);
	sink = sum;
	return bench_now() - start;
}

static void measure_mix(const char *metric, unsigned int rounds,
			unsigned int translate_every)
{
	struct trace t;
	struct rig r;
	double packets;

	rig_make(&r, 2 * CONVERSATIONS, 4 * CONVERSATIONS);
	r.translate_every = translate_every;
	trace_make(&t, &r, CONVERSATIONS);
	packets = (double)t.count * PASSES;
	for (unsigned int i = 0; i < rounds; i++) {
		bench_sample(metric, "engine",
			     (double)run_engine(&r, &t) / packets);
		bench_sample(metric, "decode",
			     (double)run_decode(&t) / packets);
		bench_sample(metric, "hand", (double)run_by_hand(&t) / packets);
	}
	trace_free(&t);
	rig_free(&r);
}

/* --- with many sessions ---------------------------------------------------- */

#define ACTIVE 64

/* NOOP, its reply, and the acknowledgement of that. */
#define VISIT_PACKETS 3
#define CHUNK_VISITS  1024
/* Chunks of one sample. */
#define CHUNKS        16

struct crowd {
	struct rig rig;
	uint32_t sessions;
	uint32_t at;      /* next one of the round robin */
	uint32_t *visits; /* that each session has had */
	struct talk idle; /* numbers of a session without any */
};

static void crowd_make(struct crowd *c, uint32_t sessions, uint32_t pinholes)
{
	rig_make(&c->rig, sessions, pinholes);
	c->sessions = sessions;
	c->at = 0;
	c->visits = bench_alloc(sessions * sizeof(*c->visits));
	rig_reset(&c->rig);
}

static void crowd_login(struct crowd *c)
{
	for (uint32_t i = 0; i < c->sessions; i++) {
		c->idle = talk_of(i);
		trace_login(&c->rig, &c->idle);
	}
}

static void crowd_free(struct crowd *c)
{
	rig_free(&c->rig);
	free(c->visits);
}

struct chunk {
	struct span packet[CHUNK_VISITS * VISIT_PACKETS];
	size_t count;
	uint8_t bytes[CHUNK_VISITS * VISIT_PACKETS][TALK_PACKET_MAX];
};

static void chunk_send(struct chunk *k, struct talk *t, enum side from,
		       const char *text)
{
	struct span sent =
		talk_send(t, from, TCP_ACK, text, k->bytes[k->count]);

	talk_hear(t, !from, sent);
	k->packet[k->count++] = sent;
}

static void visit(struct crowd *c, struct chunk *k, uint32_t i)
{
	static const char command[] = "NOOP\r\n", reply[] = "200 NOOP ok.\r\n";
	uint32_t sent = c->visits[i]++ * (uint32_t)(sizeof(command) - 1);
	uint32_t said = (c->visits[i] - 1) * (uint32_t)(sizeof(reply) - 1);
	struct talk t = talk_of(i);

	t.next[CLIENT] = c->idle.next[CLIENT] + sent;
	t.got[SERVER] = c->idle.got[SERVER] + sent;
	t.next[SERVER] = c->idle.next[SERVER] + said;
	t.got[CLIENT] = c->idle.got[CLIENT] + said;
	chunk_send(k, &t, CLIENT, command);
	chunk_send(k, &t, SERVER, reply);
	chunk_send(k, &t, CLIENT, "");
}

/* Which session a visit goes to. */
static uint32_t pick(struct crowd *c, uint32_t n, bool all)
{
	if (!all)
		return (uint32_t)((uint64_t)(n % ACTIVE) * c->sessions /
				  ACTIVE);
	c->at = (c->at + 1) % c->sessions;
	return c->at;
}

static double crowd_run(struct crowd *c, struct chunk *k, bool all)
{
	uint64_t ns = 0;
	size_t packets = 0;

	for (int i = 0; i < CHUNKS; i++) {
		uint64_t start;

		k->count = 0;
		for (uint32_t n = 0; n < CHUNK_VISITS; n++)
			visit(c, k, pick(c, n, all));
		start = bench_now();
		for (size_t n = 0; n < k->count; n++)
			rig_feed(&c->rig, k->packet[n]);
		ns += bench_now() - start;
		packets += k->count;
	}
	return (double)ns / (double)packets;
}

static void crowd_sample(struct crowd *c, struct chunk *k, bool all)
{
	char variant[32];

	snprintf(variant, sizeof(variant), "%u", c->sessions);
	bench_sample(all ? "engine.all" : "engine.active", variant,
		     crowd_run(c, k, all));
}

/* Every reply must have been read: then the packets were what they seem. */
static void crowd_check(const struct crowd *c, const char *what)
{
	struct engine_stats st;

	engine_stats(c->rig.engine, &st);
	if (st.sessions != c->sessions || st.alerts || st.packets_dropped ||
	    st.commands > st.replies)
		bench_die(what);
}

static void measure_crowds(unsigned int rounds, uint32_t most)
{
	static const uint32_t size[] = { 100, 1000, 10000, 100000, 1000000 };
	static struct crowd crowd[sizeof(size) / sizeof(size[0])];
	static struct chunk chunk;
	size_t crowds = 0;

	for (; crowds < sizeof(size) / sizeof(size[0]); crowds++) {
		if (size[crowds] > most)
			break;
		crowd_make(&crowd[crowds], size[crowds], 1024);
		crowd_login(&crowd[crowds]);
		/* The first visits touch memory that later ones find there. */
		crowd_run(&crowd[crowds], &chunk, false);
	}
	for (unsigned int r = 0; r < rounds; r++) {
		for (size_t i = 0; i < crowds; i++)
			crowd_sample(&crowd[i], &chunk, false);
		for (size_t i = 0; i < crowds; i++)
			crowd_sample(&crowd[i], &chunk, true);
	}
	for (size_t i = 0; i < crowds; i++) {
		crowd_check(&crowd[i], "a crowd lost its way");
		crowd_free(&crowd[i]);
	}
}

/* --- memory ------------------------------------------------------------------ */

#define DEFAULT_SESSIONS 65536
#define DEFAULT_PINHOLES 65536

static double resident(void)
{
	FILE *from = fopen("/proc/self/statm", "r");
	char text[128];
	char *at;

	if (!from || !fgets(text, sizeof(text), from))
		bench_die("/proc/self/statm");
	fclose(from);
	at = strchr(text, ' ');
	if (!at)
		bench_die("/proc/self/statm");
	return strtod(at, NULL) * (double)sysconf(_SC_PAGESIZE);
}

static void measure_memory(void)
{
	struct crowd c;
	struct rig few;
	double before = resident();

	crowd_make(&c, DEFAULT_SESSIONS, DEFAULT_PINHOLES);
	crowd_login(&c);
	bench_sample("memory.resident", "engine",
		     (resident() - before) / DEFAULT_SESSIONS);
	crowd_check(&c, "idle sessions were lost");
	bench_sample("memory.default", "engine",
		     (double)c.rig.size / DEFAULT_SESSIONS);
	crowd_free(&c);
	rig_make(&few, DEFAULT_SESSIONS, 1);
	bench_sample("memory.sessions", "engine",
		     (double)few.size / DEFAULT_SESSIONS);
	rig_free(&few);
}

int main(int argc, char **argv)
{
	unsigned int rounds;

	if (argc != 3) {
		fputs("usage: engine_bench ROUNDS SESSIONS_MAX\n", stderr);
		return 2;
	}
	rounds = (unsigned int)bench_number(argv[1]);
	measure_memory();
	/* In the mix one session in eight is translated. */
	measure_mix("engine.mix", rounds, 8);
	measure_mix("engine.translated", rounds, 1);
	measure_crowds(rounds, (uint32_t)bench_number(argv[2]));
	return 0;
}
