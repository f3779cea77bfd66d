/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as records. The input is a list of them: kind, length (big endian)
 * and bytes. Whatever an engine makes of it, it stands: its numbers agree with
 * its tables, what it saves again another one takes, time passes, and in the end
 * nothing is left but records of data connections.
 */
#include <stdlib.h>
#include <string.h>

#include <sallyport/record.h>

#include "core/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct engine_limits limits = { 3, 4, 3, 4, 5, 512, true };
static struct policy policy;
static struct policy_server server;
static struct outcome out;
static void *memory[2];

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void configure(void)
{
	policy.control_port[0] = 21;
	policy.control_ports = 1;
	policy.implicit_port[0] = 990;
	policy.implicit_ports = 1;
	policy.pinhole_timeout_us = 60 * US_PER_S;
	policy.minimum_port = 1024;
	policy.server = &server;
	policy.servers = 1;
	server.addresses = 1;
	server.passive = (struct port_range){ 42000, 42020 };
	server.max_data = 2;
	server.new_data = 600;
}

static struct engine *begin(int which)
{
	const uint8_t key[ENGINE_KEY_LEN] = { 7 };
	size_t bytes = engine_size(&limits);

	if (!memory[which])
		memory[which] = calloc(1, bytes);
	must(memory[which] != NULL);
	memset(memory[which], 0, sizeof(struct engine));
	return engine_init(memory[which], bytes, &limits, &policy, key);
}

static void check(const struct engine *e)
{
	struct session_info s;
	struct pinhole_info h;
	struct engine_stats n;
	uint64_t sessions = 0, open = 0, used = 0;
	uint32_t at = 0;

	engine_stats(e, &n);
	while (engine_next_session(e, &at, &s))
		sessions += strcmp(s.state, "closing") != 0;
	for (at = 0; engine_next_pinhole(e, &at, &h);) {
		open += h.state[0] == 'o';
		used += h.state[0] == 'u';
	}
	must(n.sessions == sessions && n.pinholes == open);
	must(n.data_connections == used);
}

/* What was taken is as good as what the engine makes by itself. */
static void take_again(const struct engine *e, uint64_t now)
{
	static uint8_t bytes[RECORD_MAX];
	struct engine *f = begin(1);

	for (int kind = 0; kind < RECORD_KINDS; kind++) {
		for (uint32_t i = 0; i < engine_records(&limits, kind); i++) {
			size_t len =
				engine_save(e, (struct record_name){ kind, i },
					    bytes);

			must(len <= sizeof(bytes));
			if (len)
				must(engine_restore(f, kind,
						    span_of(bytes, len), 0, now,
						    &out) == RESTORE_FINE);
		}
	}
	engine_restored(f);
	check(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_of(span_of(data, size));
	uint64_t now = 1000 * US_PER_S;
	struct engine *e;

	configure();
	e = begin(0);
	while (in.rest.len) {
		enum record_kind kind = rd_u8(&in) % RECORD_KINDS;
		size_t len = rd_be16(&in);
		struct span record =
			rd_take(&in, len < in.rest.len ? len : in.rest.len);

		engine_restore(e, kind, record, 0, now, &out);
		check(e);
	}
	engine_restored(e);
	take_again(e, now);
	for (int i = 0; i < 3; i++, now += 61 * US_PER_S)
		engine_tick(e, now, &out);
	while (engine_shutdown(e, now, &out))
		;
	must(!e->sessions.used && !e->chunks.used && !e->edits.used);
	must(!e->grants.used && !e->peers.used);
	must(e->holes.used == e->stats.data_connections);
	return 0;
}
