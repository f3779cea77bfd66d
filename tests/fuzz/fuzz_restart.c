/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs of fuzz_engine.c again, under an engine that is restarted all the
 * time: its records are read into another engine, which goes on.
 *
 *   twin      A second engine sees the same calls and is restarted after each.
 *             What it decides must be what the first one decides, byte by byte.
 *   killed    There is but one engine, of which only what engine_changed() names
 *             is ever saved. It dies after every third call or so: behind it, in
 *             the middle of it, or before its verdicts are given. All that holds
 *             in fuzz_engine.c must hold still.
 */
#include <sallyport/record.h>

enum engine_result restart_packet(struct engine *e, struct span packet,
				  uint32_t tag, uint64_t now_us,
				  struct outcome *out);
void restart_nat(struct engine *e, const struct ends *ask,
		 const struct nat_view *view);
uint64_t restart_tick(struct engine *e, uint64_t now_us, struct outcome *out);
void restart_failed(struct engine *e, const struct action *failed,
		    uint64_t now_us, struct outcome *out);
void restart_data_closed(struct engine *e, const struct endpoint *from,
			 const struct endpoint *to, bool has_bytes,
			 uint64_t bytes_from, uint64_t bytes_to,
			 uint64_t now_us, struct outcome *out);
void restart_data_over(struct engine *e, const struct endpoint *from,
		       const struct endpoint *to, bool reset, uint64_t now_us,
		       struct outcome *out);
void restart_control_closed(struct engine *e, const struct ends *ends,
			    uint64_t now_us, struct outcome *out);
bool restart_shutdown(struct engine *e, uint64_t now_us, struct outcome *out);
void restart_policy(struct engine *e, const struct policy *policy);

#define engine_packet          restart_packet
#define engine_nat             restart_nat
#define engine_tick            restart_tick
#define engine_action_failed   restart_failed
#define engine_data_closed     restart_data_closed
#define engine_data_over       restart_data_over
#define engine_control_closed  restart_control_closed
#define engine_shutdown        restart_shutdown
#define engine_set_policy      restart_policy
#define LLVMFuzzerTestOneInput run_program

#include "fuzz_engine.c"

#undef engine_packet
#undef engine_nat
#undef engine_tick
#undef engine_action_failed
#undef engine_data_closed
#undef engine_data_over
#undef engine_control_closed
#undef engine_shutdown
#undef engine_set_policy
#undef LLVMFuzzerTestOneInput

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Records of one kind; more than the engine of fuzz_engine.c has. */
#define RECORDS 8

/* Two engines at once, and one that is being made. */
#define PLACES 3

enum mode { TWIN, KILLED };

static struct restart {
	enum mode mode;
	unsigned int every; /* KILLED: so many calls are one life */
	unsigned int calls;
	bool stays;   /* TWIN: it is restarted no more */
	bool opening; /* a SYN, which these ends send but once */
	struct engine *twin;
	bool begun; /* the program has called its engine */
	void *place[PLACES];
	unsigned int next; /* place of the next engine */
	/* What was saved last, by kind and index. */
	uint8_t record[RECORD_KINDS][RECORDS][RECORD_MAX];
	size_t len[RECORD_KINDS][RECORDS];
} r;

static struct outcome shadow;

/* --- saving and restoring ------------------------------------------------------ */

static void save(const struct engine *e, struct record_name name)
{
	must(name.index < RECORDS);
	r.len[name.kind][name.index] =
		engine_save(e, name, r.record[name.kind][name.index]);
}

static void save_all(const struct engine *e)
{
	for (int kind = 0; kind < RECORD_KINDS; kind++)
		for (uint32_t i = 0; i < engine_records(&e->limits, kind); i++)
			save(e, (struct record_name){ kind, i });
}

static void save_changed(struct engine *e)
{
	struct record_name name;

	while (engine_changed(e, &name))
		save(e, name);
}

/* An engine that knows nothing yet but what @like was made with. */
static struct engine *another(const struct engine *like, uint8_t secret)
{
	const uint8_t key[ENGINE_KEY_LEN] = { secret };
	size_t size = engine_size(&like->limits);
	void **place = &r.place[r.next++ % PLACES];

	if (!*place)
		*place = calloc(1, size);
	must(*place != NULL);
	memset(*place, 0, sizeof(struct engine));
	return engine_init(*place, size, &like->limits, like->policy, key);
}

/* Elements that are put in again have the time left that they had. */
static void check_again(const struct outcome *out)
{
	for (size_t i = 0; i < out->actions; i++) {
		const struct action *a = &out->action[i];

		must(a->type == ACTION_PINHOLE_ADD ||
		     a->type == ACTION_DATA_QUEUE);
		if (a->type == ACTION_PINHOLE_ADD)
			must(a->hole.timeout_us <= f.policy.pinhole_timeout_us);
	}
}

/* The same again, from what was saved. */
static struct engine *restarted(const struct engine *old, uint8_t secret)
{
	struct engine *e = another(old, secret);

	for (int kind = 0; kind < RECORD_KINDS; kind++) {
		for (uint32_t i = 0; i < RECORDS; i++) {
			enum restore result;

			if (!r.len[kind][i])
				continue;
			result = engine_restore(e, kind,
						span_of(r.record[kind][i],
							r.len[kind][i]),
						0, f.now, &shadow);
			must(result == RESTORE_FINE ||
			     (result == RESTORE_REFUSED &&
			      kind == RECORD_HOLE));
			check_again(&shadow);
		}
	}
	engine_restored(e);
	return e;
}

/* --- twins --------------------------------------------------------------------- */

/* Pointers into an outcome become their distance from its start. */
static uint64_t word_of(const void *at, const struct outcome *base)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	if (word - (uintptr_t)base < sizeof(*base))
		word -= (uintptr_t)base;
	return word;
}

static void must_be_alike(const void *a, const struct outcome *of,
			  const void *b, const struct outcome *other,
			  size_t size)
{
	for (size_t i = 0; i < size; i += sizeof(uint64_t))
		must(word_of((const uint8_t *)a + i, of) ==
		     word_of((const uint8_t *)b + i, other));
}

static void compare(const struct outcome *a, const struct outcome *b)
{
	must(a->verdicts == b->verdicts && a->actions == b->actions);
	must(a->events == b->events && a->text_len == b->text_len);
	must(a->bytes_len == b->bytes_len);
	must(!memcmp(a->text, b->text, a->text_len));
	must(!memcmp(a->bytes, b->bytes, a->bytes_len));
	must_be_alike(a->event, a, b->event, b,
		      a->events * sizeof(a->event[0]));
	must_be_alike(a->action, a, b->action, b,
		      a->actions * sizeof(a->action[0]));
	for (size_t i = 0; i < a->verdicts; i++) {
		const struct verdict *v = &a->verdict[i], *w = &b->verdict[i];

		must(v->tag == w->tag && v->kind == w->kind);
		must(span_equal(v->bytes, w->bytes));
	}
}

/* --- lives -------------------------------------------------------------------- */

/* Not between a question to conntrack and its answer. */
static bool may_restart(const struct engine *e)
{
	return !e->answer_there;
}

/* The kernel drops what it has no verdict for. */
static void lose_verdicts(void)
{
	for (uint32_t i = 0; i < f.tags; i++)
		f.verdicts[i] = 1;
}

static void die(void)
{
	uint64_t evicted = f.e->stats.sessions_evicted;

	lose_verdicts();
	f.e = restarted(f.e, 9);
	f.e->stats.sessions_evicted = evicted;
	engine_track(f.e);
	save_all(f.e);       /* indices are others now */
	f.del_failed = true; /* elements may be left in the set */
}

enum death { NONE, BETWEEN, UNSAVED, SAVED };

/* How does the engine die in this call? In all ways, one after the other. */
static enum death death(void)
{
	static const enum death ways[] = { BETWEEN, UNSAVED, SAVED };

	if (r.calls % r.every || r.opening)
		return NONE;
	return ways[r.calls / r.every % 3];
}

/* Behind one, before its verdicts are given: with what it changed or without. */
static void maybe_die_behind(struct outcome *out)
{
	bool dies = death() == UNSAVED || death() == SAVED;
	bool saved = death() == SAVED;

	/* Who was told that we have his bytes is remembered first. */
	for (size_t i = 0; i < out->actions; i++)
		saved |= out->action[i].type == ACTION_INJECT;
	if (!dies || saved)
		save_changed(f.e);
	if (!dies)
		return;
	die();
	out->verdicts = 0;
	if (!saved)
		out->actions = out->events = 0;
}

/* --- the engine's calls ------------------------------------------------------- */

/* The first call of a program is near. */
static void begin_program(struct engine *e)
{
	if (!r.begun && r.mode == TWIN)
		r.twin = another(e, 7);
	if (!r.begun && r.mode == KILLED)
		engine_track(e);
	r.begun = true;
}

static void begin_call(struct engine *e)
{
	begin_program(e);
	r.calls++;
	if (r.mode == KILLED && may_restart(e) && death() == BETWEEN)
		die();
}

/* Behind one that filled @out. */
static void end_call(struct engine *e, struct outcome *out)
{
	if (r.mode == KILLED) {
		maybe_die_behind(out);
		return;
	}
	compare(out, &shadow);
	if (e->held.used || r.stays || !may_restart(e))
		return;
	save_all(r.twin);
	r.twin = restarted(r.twin, 7);
}

enum engine_result restart_packet(struct engine *e, struct span packet,
				  uint32_t tag, uint64_t now_us,
				  struct outcome *out)
{
	enum engine_result result;

	struct packet p;

	r.opening =
		packet_decode(packet, &p) == PACKET_TCP && p.flags & TCP_SYN;
	begin_call(e);
	f.verdicts[tag] = 0;
	result = engine_packet(f.e, packet, tag, now_us, out);
	if (r.mode == TWIN)
		must(engine_packet(r.twin, packet, tag, now_us, &shadow) ==
		     result);
	if (result == ENGINE_DONE)
		end_call(f.e, out);
	r.opening = false;
	return result;
}

void restart_nat(struct engine *e, const struct ends *ask,
		 const struct nat_view *view)
{
	engine_nat(e, ask, view);
	if (r.mode == TWIN)
		engine_nat(r.twin, ask, view);
}

uint64_t restart_tick(struct engine *e, uint64_t now_us, struct outcome *out)
{
	uint64_t next;

	begin_call(e);
	next = engine_tick(f.e, now_us, out);
	if (r.mode == TWIN)
		must(engine_tick(r.twin, now_us, &shadow) == next);
	end_call(f.e, out);
	return next;
}

/* In the middle of carrying out what another call asked for: nothing is
 * restarted here. */
void restart_failed(struct engine *e, const struct action *failed,
		    uint64_t now_us, struct outcome *out)
{
	engine_action_failed(e, failed, now_us, out);
	if (r.mode == KILLED) {
		save_changed(e);
		return;
	}
	engine_action_failed(r.twin, failed, now_us, &shadow);
	compare(out, &shadow);
}

void restart_data_closed(struct engine *e, const struct endpoint *from,
			 const struct endpoint *to, bool has_bytes,
			 uint64_t bytes_from, uint64_t bytes_to,
			 uint64_t now_us, struct outcome *out)
{
	begin_call(e);
	engine_data_closed(f.e, from, to, has_bytes, bytes_from, bytes_to,
			   now_us, out);
	if (r.mode == TWIN)
		engine_data_closed(r.twin, from, to, has_bytes, bytes_from,
				   bytes_to, now_us, &shadow);
	end_call(f.e, out);
}

void restart_data_over(struct engine *e, const struct endpoint *from,
		       const struct endpoint *to, bool reset, uint64_t now_us,
		       struct outcome *out)
{
	begin_call(e);
	engine_data_over(f.e, from, to, reset, now_us, out);
	if (r.mode == TWIN)
		engine_data_over(r.twin, from, to, reset, now_us, &shadow);
	end_call(f.e, out);
}

void restart_control_closed(struct engine *e, const struct ends *ends,
			    uint64_t now_us, struct outcome *out)
{
	begin_call(e);
	engine_control_closed(f.e, ends, now_us, out);
	if (r.mode == TWIN)
		engine_control_closed(r.twin, ends, now_us, &shadow);
	end_call(f.e, out);
}

bool restart_shutdown(struct engine *e, uint64_t now_us, struct outcome *out)
{
	bool more;

	begin_program(e);
	more = engine_shutdown(e, now_us, out);

	if (r.mode == TWIN) {
		must(engine_shutdown(r.twin, now_us, &shadow) == more);
		compare(out, &shadow);
	}
	return more;
}

/* A reload leaves grants as they are, a restart does not. */
void restart_policy(struct engine *e, const struct policy *policy)
{
	engine_set_policy(e, policy);
	r.stays |= e->grants.used > 0;
}

static void run(enum mode mode, unsigned int every, const uint8_t *data,
		size_t size)
{
	r.mode = mode;
	r.every = every;
	r.calls = 0;
	r.begun = r.stays = false;
	memset(r.len, 0, sizeof(r.len));
	run_program(data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(TWIN, 1, data, size);
	run(KILLED, 3, data, size);
	run(KILLED, 7, data, size);
	return 0;
}
