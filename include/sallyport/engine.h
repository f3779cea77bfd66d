/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: packets and time in, decisions out.
 *
 * It reads no clock, no file and no socket, allocates nothing, and keeps all
 * state in one block of memory that the caller provides. The NFQUEUE daemon,
 * the replay of captures, the fuzzers and the tests all drive it in the same
 * way:
 *
 *	if (engine_packet(e, bytes, tag, now, out) == ENGINE_ASK_NAT) {
 *		engine_nat(e, &out->ask, looked_up ? &view : NULL);
 *		engine_packet(e, bytes, tag, now, out);
 *	}
 *	carry out every out->action[], in order;
 *	then, for each that failed: engine_action_failed(), and carry out what
 *	that adds;
 *	log every out->event[];
 *	give every out->verdict[] to the kernel, in order.
 *
 * Actions come before verdicts: when a packet that announces a pinhole leaves,
 * the pinhole is there. An outcome stays valid until the next call that gets
 * the same outcome.
 */
#ifndef SALLYPORT_ENGINE_H
#define SALLYPORT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/event.h>
#include <sallyport/nat.h>
#include <sallyport/policy.h>
#include <sallyport/span.h>
#include <sallyport/stats.h>

struct engine; /* opaque; lives in the memory given to engine_init() */

/* Sizes of the tables, fixed for the engine's life. */
struct engine_limits {
	uint32_t sessions;            /* 1 to ENGINE_SESSIONS_MAX */
	uint32_t pinholes;            /* 1 to ENGINE_PINHOLES_MAX */
	uint32_t sessions_per_client; /* >= 1 */
	uint32_t pinholes_per_client; /* >= 1 */
	uint32_t pinholes_per_server; /* >= 1 */
	uint32_t line_length;         /* ENGINE_LINE_MIN to ENGINE_LINE_MAX */
	bool verify_checksums; /* off only where they are known to be unset */
};

/* Four million sessions fill 4 GiB: more than a gateway has to spare. */
#define ENGINE_SESSIONS_MAX (4u << 20)
#define ENGINE_PINHOLES_MAX (4u << 20)

/* RFC 959 has no bound; 512 holds every endpoint line with room to spare. */
#define ENGINE_LINE_MIN 512
/* Longer than PATH_MAX four times over; lines are gathered in one buffer. */
#define ENGINE_LINE_MAX 16384

/* Secret key for tables that strangers can fill and ports they may not guess. */
#define ENGINE_KEY_LEN 16

/* Bytes that engine_init() needs for @limits; 0 if they are out of bounds. */
size_t engine_size(const struct engine_limits *limits);

/*
 * Make an engine in @memory (@size bytes from engine_size(), zeroed, aligned
 * as malloc aligns). @policy stays the caller's and must outlive the engine or
 * the next engine_set_policy(). @key must be random and secret. NULL if the
 * limits are out of bounds or @size is too small.
 */
struct engine *engine_init(void *memory, size_t size,
			   const struct engine_limits *limits,
			   const struct policy *policy,
			   const uint8_t key[ENGINE_KEY_LEN]);

/* A changed configuration; live sessions go on under the new one. */
void engine_set_policy(struct engine *e, const struct policy *policy);

enum verdict_kind {
	VERDICT_ACCEPT,
	VERDICT_DROP,
};

/* What becomes of the packet that came in with @tag. A packet without a
 * verdict in any outcome so far is held; its verdict comes in a later one. */
struct verdict {
	uint32_t tag;
	enum verdict_kind kind;
	struct span bytes; /* the whole new packet; empty: leave as it is */
};

enum action_type {
	ACTION_LIBERAL,     /* set "be liberal" on the control connection */
	ACTION_PINHOLE_ADD, /* put into the kernel's set */
	ACTION_PINHOLE_DEL, /* take out; not an error if it is gone already */
	ACTION_DATA_CREATE, /* create the data connection's conntrack entry */
	ACTION_INJECT,      /* send a packet of our own (an ACK or RST) */
	ACTION_DATA_PASS,   /* queue no more of this data connection */
	ACTION_FAST_PATH,   /* queue no more of this control connection */
	ACTION_DATA_QUEUE,  /* queue this data connection, after a restart */
};

#define ACTIONS (ACTION_FAST_PATH + 1)

/* "liberal", "pinhole-add", ...: the label of a counter. */
const char *action_name(enum action_type type);

/* The element of the kernel set: SYNs that match it are queued. */
struct pinhole_key {
	struct addr from;
	struct endpoint to; /* as the SYN names it, before translation */
};

/* The conntrack entry that makes a SYN RELATED and translates it. */
struct data_entry {
	struct endpoint from, to; /* original tuple: the SYN's own */
	struct endpoint dnat_to;  /* equal to @to: no DNAT */
	struct addr snat_to;      /* equal to from.addr: no SNAT */
	struct endpoint master_from, master_to; /* control, original tuple */
	uint32_t mark;
};

struct action {
	enum action_type type;
	uint64_t session;
	struct ends ends; /* of the control connection */
	uint64_t pinhole; /* id; 0 where it does not apply */
	union {
		struct {
			/* original tuple of the control connection */
			struct endpoint from, to;
		} liberal;
		struct {
			struct pinhole_key key;
			struct endpoint target; /* where key.to leads: behind
						 * DNAT another one */
			uint64_t timeout_us;    /* ADD: life from now */
		} hole;
		struct data_entry data;
		struct {
			/* original tuple of the entry; these bits of its mark
			 * are cleared (DATA_PASS) or set (FAST_PATH,
			 * DATA_QUEUE) */
			struct endpoint from, to;
			uint32_t bits;
		} mark;
		struct {
			struct span bytes; /* an IP packet, as the wire sees
					    * it before local translation */
		} inject;
	};
};

/*
 * Bounds of one outcome. A packet whose lines would overflow them is cut after
 * the last line that fits; TCP sends the rest again. 64 lines in one packet is
 * twice the pipeline that the engine follows.
 */
#define OUTCOME_EVENTS_MAX   256
#define OUTCOME_ACTIONS_MAX  128
/* The packet itself and everything that it releases. */
#define OUTCOME_VERDICTS_MAX 128
/* Text of events: a dozen lines of the longest kind. */
#define OUTCOME_TEXT_MAX     (12 * ENGINE_LINE_MAX)
/* Rewritten packets: the largest IP packet twice over. */
#define OUTCOME_BYTES_MAX    (2 * 65536 + 4096)

struct outcome {
	/* What every packet sets lies together. */
	size_t verdicts, actions, events;
	size_t text_len, bytes_len;
	struct verdict verdict[OUTCOME_VERDICTS_MAX];
	struct action action[OUTCOME_ACTIONS_MAX];
	struct event event[OUTCOME_EVENTS_MAX];
	struct ends ask; /* ENGINE_ASK_NAT: whose translation is wanted */
	uint8_t text[OUTCOME_TEXT_MAX];
	uint8_t bytes[OUTCOME_BYTES_MAX];
};

enum engine_result {
	ENGINE_DONE,
	ENGINE_ASK_NAT, /* nothing has changed; answer and call again */
};

/*
 * Take one IP packet. @tag comes back with its verdict. @now_us must not go
 * back between calls. Packets that concern no session are accepted unchanged.
 */
enum engine_result engine_packet(struct engine *e, struct span packet,
				 uint32_t tag, uint64_t now_us,
				 struct outcome *out);

/* The answer to ENGINE_ASK_NAT; @view NULL: nobody knows. The session then
 * opens nothing. */
void engine_nat(struct engine *e, const struct ends *ask,
		const struct nat_view *view);

/* "No deadline" from engine_tick(). */
#define ENGINE_NEVER UINT64_MAX

/* Let time pass: expires pinholes, held packets and dead sessions. Gives the
 * time in microseconds (same clock as @now_us) of the next deadline. */
uint64_t engine_tick(struct engine *e, uint64_t now_us, struct outcome *out);

/* The kernel refused @failed, an action of the last outcome: take back what
 * depended on it. @out must be another outcome than the one of @failed. */
void engine_action_failed(struct engine *e, const struct action *failed,
			  uint64_t now_us, struct outcome *out);

/* Conntrack says that a data connection of ours ended. The endpoints are its
 * original tuple. */
void engine_data_closed(struct engine *e, const struct endpoint *from,
			const struct endpoint *to, bool has_bytes,
			uint64_t bytes_from, uint64_t bytes_to, uint64_t now_us,
			struct outcome *out);

/* Both ends of a data connection of ours have closed it, or (@reset) one has
 * reset it; its entry lives on for a while. It counts no more towards
 * servers[].max-data. */
void engine_data_over(struct engine *e, const struct endpoint *from,
		      const struct endpoint *to, bool reset, uint64_t now_us,
		      struct outcome *out);

/* Conntrack says that the control connection between @ends (the inside view),
 * which had left the queue (ACTION_FAST_PATH), ended. */
void engine_control_closed(struct engine *e, const struct ends *ends,
			   uint64_t now_us, struct outcome *out);

/* Close every session and pinhole: what a daemon does before it stops. Call
 * again until it gives false: each call fills one outcome. */
bool engine_shutdown(struct engine *e, uint64_t now_us, struct outcome *out);

/* Counters since start, and levels now: see stats.h. */
void engine_stats(const struct engine *e, struct engine_stats *out);

/* One row of `ctl sessions`. */
struct session_info {
	uint64_t id;
	struct ends ends;
	struct nat_view nat;
	bool nat_known;
	const char *state; /* "greeting", "login", "ready", "encrypted", ... */
	bool trusted;
	bool fast; /* it left the queue (ACTION_FAST_PATH) */
	uint64_t opened_us, last_us;
	uint32_t commands, replies, data_connections;
};

/* One row of `ctl pinholes`. */
struct pinhole_info {
	uint64_t id, session;
	struct pinhole_key key;
	struct endpoint target; /* where the data connection really ends */
	bool active;
	uint16_t from_port;  /* of the data connection; 0: none yet */
	const char *state;   /* "asked", "open", "used" */
	uint64_t expires_us; /* ENGINE_NEVER once used */
};

/* One row of `ctl grants`. */
struct grant_info {
	uint64_t session;
	struct ends ends; /* of the control connection */
	bool active;
	struct addr from, to;    /* as a SYN names them */
	struct port_range ports; /* that it may be to */
	uint32_t open, most;     /* data connections of the session: now, and
				  * servers[].max-data */
};

/* Walk a table: start with *@at = 0, call until it gives false. Entries made
 * or gone during the walk may be missed; none is seen twice. */
bool engine_next_session(const struct engine *e, uint32_t *at,
			 struct session_info *out);
bool engine_next_pinhole(const struct engine *e, uint32_t *at,
			 struct pinhole_info *out);
bool engine_next_grant(const struct engine *e, uint32_t *at,
		       struct grant_info *out);

#endif
