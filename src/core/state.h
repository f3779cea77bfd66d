/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's state, and what its parts offer one another. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <sallyport/engine.h>
#include <sallyport/packet.h>

#include "pool.h"
#include "session.h"
#include "siphash.h"

/* Longest line with its end, and the longest IP packet. */
#define LINE_ROOM (ENGINE_LINE_MAX + 2)
#define PACKET_ROOM 65536

#define US_PER_S 1000000ull

/* Longest wait for each life; see enum session_life. A SYN is retried for a
 * minute; conntrack itself keeps an idle connection five days; a closed one
 * is needed while its last segments may be sent again. */
#define LIFE_HALF_OPEN_US (60 * US_PER_S)
#define LIFE_OPEN_US (5 * 86400 * US_PER_S)
#define LIFE_CLOSING_US (30 * US_PER_S)

/*
 * A pinhole, then the data connection that came through it.
 *
 *   ASKED  PORT or EPRT was read; the port is reserved, nothing is open. Ends
 *          with the reply: OPEN for 2yz, gone for others.
 *   OPEN   In the kernel's set. Ends by use, timeout, a newer endpoint, the
 *          end of the transfer or of the session.
 *   USED   A SYN took it: no more in the set. Stays as the record of its data
 *          connection until conntrack says that this ended, also after the
 *          session; the oldest gives way when the table is full.
 */
enum hole_state { HOLE_ASKED, HOLE_OPEN, HOLE_USED, HOLE_STATES };

struct hole {
	uint32_t hash_next;
	uint32_t session; /* owner; NIL once that is gone */
	uint8_t state;
	bool active;
	uint16_t from_port; /* the SYN must come from it; 0: any */
	uint16_t used_port; /* USED: source port of the SYN */
	uint64_t id, session_id, since_us;
	struct link by_state, by_owner;
	struct pinhole_key key;
	struct endpoint target;
	struct addr snat_to;
	struct ends ends;
	struct endpoint master_to; /* master_from is ends.client */
	uint32_t mark;
};

/* A host: counts for the caps. Gone when all are 0. */
struct peer {
	uint32_t hash_next;
	struct addr addr;
	uint32_t sessions; /* as client */
	uint32_t holes_client, holes_server;
};

/* Out-of-order packets: so many, and so many bytes, wait in one direction of
 * a session. A window of 16 segments is what Linux sends at first. */
#define HELD_PER_STREAM_MAX 16
#define HELD_BYTES_MAX (32u * 1024)

/* In all sessions together: they occupy places in the kernel's queue. */
#define HELD_MAX 1024

/* A lost segment is sent again after 0.2 to 1 second (RFC 6298 2); after two
 * the sender will repeat what is held as well. */
#define HELD_US (2 * US_PER_S)

struct held {
	struct link by_seq; /* in the stream's list */
	struct link by_age; /* in the engine's list */
	uint32_t session;
	uint8_t direction;
	uint32_t tag, seq;
	uint64_t since_us;
	struct store bytes;
};

struct engine {
	struct engine_limits limits;
	const struct policy *policy;
	struct siphash_key key;
	struct outcome *out; /* of the call that is running */
	uint64_t now;

	struct pool sessions, holes, peers, chunks, held, edits;
	struct table by_ends, by_key, by_addr;
	struct links life_via, held_via, age_via, state_via, owner_via;
	struct list life[LIVES];
	struct list hole_state[HOLE_STATES];
	struct list held_age;

	struct engine_stats stats;
	uint64_t last_session, last_hole, draws;
	uint64_t alerted; /* alerts that belong to no session */

	bool answer_there, answer_known;
	struct ends answer_ends;
	struct nat_view answer;

	/* Room to work in, for the length of one call. */
	uint8_t *line;    /* a line gathered from parts */
	uint8_t *plain;   /* the same without Telnet */
	uint8_t *packet;  /* a held packet, whole again */
	uint8_t *payload; /* what a changed packet carries */
};

/* --- outcome.c: the only way to tell anything ------------------------- */

void outcome_begin(struct engine *e, struct outcome *out, uint64_t now_us);

/* Is there room for all that one line of @len bytes may cause? */
bool outcome_has_room(const struct engine *e, size_t len);

/* Is there room for the end of any one session, with all that it holds? */
bool outcome_has_room_for_end(const struct engine *e);

/* A new event about @s (NULL: about none); never NULL: when all are taken,
 * which outcome_has_room() prevents, the last one is written over. */
struct event *outcome_event(struct engine *e, const struct session *s,
			    enum event_type type);
struct action *outcome_action(struct engine *e, enum action_type type,
			      uint64_t session_id);
void outcome_verdict(struct engine *e, uint32_t tag, enum verdict_kind kind,
		     struct span bytes);

/* Copy @s into the outcome, where the event that names it lives. */
struct span outcome_text(struct engine *e, struct span s);

/* Room for a packet of @len bytes; NULL if there is none. */
uint8_t *outcome_bytes(struct engine *e, size_t len);

/* Raise @rule, once a session (once in all if @s is NULL). */
void alert_raise(struct engine *e, struct session *s, enum alert rule);

/* --- session.c: the table of sessions --------------------------------- */

/* The session of @src and @dst in either order; @direction says who sends. */
struct session *session_find(struct engine *e, const struct endpoint *src,
			     const struct endpoint *dst,
			     enum direction *direction);

/* A new one, HALF_OPEN; NULL if the table or its client is full. */
struct session *session_new(struct engine *e, const struct ends *ends);
void session_open(struct engine *e, struct session *s);

/* Tell session_close, take its pinholes away, go to CLOSING. */
void session_end(struct engine *e, struct session *s, const char *reason);
void session_free(struct engine *e, struct session *s);

/* Something was not understood: raise @rule, open nothing any more. */
void session_doubt(struct engine *e, struct session *s, enum alert rule);

/* Read nothing any more. */
void session_opaque(struct session *s);
uint32_t session_index(const struct engine *e, const struct session *s);

/* Expire what is due; gives the next deadline. */
uint64_t session_tick(struct engine *e);

/* May a line of this direction have to be rewritten? */
bool session_may_edit(const struct session *s, enum direction d);

/* --- control.c: packets of a control connection ------------------------ */

void control_packet(struct engine *e, struct session *s, enum direction d,
		    const struct packet *p, uint32_t tag);

/* --- stream.c: bytes in order ----------------------------------------- */

enum fate { FATE_FORWARD, FATE_DROP, FATE_HOLD };

/* Start at @seq; @at_line_start false: skip to the next line end first. */
void stream_sync(struct engine *e, struct stream *st, uint32_t seq,
		 bool at_line_start);

/* Read the payload and FIN of @p. */
enum fate stream_take(struct engine *e, struct session *s, enum direction d,
		      const struct packet *p);

/* The receiver acknowledges @ack (new number). */
void stream_acked(struct engine *e, struct session *s, enum direction d,
		  uint32_t ack);

/* Withhold nothing any more. */
void stream_let_go(struct stream *st);

/* --- hold.c: packets that wait for a hole to be filled ----------------- */

bool hold_add(struct engine *e, struct session *s, enum direction d,
	      const struct packet *p, uint32_t tag);

/* The next one that can be read now, copied to e->packet. */
bool hold_take_ready(struct engine *e, struct stream *st, struct packet *p,
		     uint32_t *tag);
void hold_drop_all(struct engine *e, struct stream *st);
uint64_t hold_tick(struct engine *e);

/* --- forward.c: what leaves the gateway -------------------------------- */

/* Give @p its verdict: translated, with edits, without what is withheld.
 * @released is st->released from before @p was read. */
void forward_packet(struct engine *e, struct session *s, enum direction d,
		    const struct packet *p, uint32_t tag, uint32_t released);

/* The sender repeats bytes that are withheld and will send nothing more until
 * they are acknowledged (Nagle): acknowledge them for the receiver. */
void forward_forge_ack(struct engine *e, struct session *s, enum direction d,
		       const struct packet *p);

/* Before the first changed number leaves. */
void forward_ask_liberal(struct engine *e, struct session *s);

/* --- ftp_session.c: the conversation ----------------------------------- */

/* A line without its end. */
struct line {
	struct span text;
	uint32_t seq;  /* of its first byte */
	bool tainted; /* urgent data or Telnet in it */
};

void ftp_line_from_client(struct engine *e, struct session *s,
			  const struct line *line);
void ftp_line_from_server(struct engine *e, struct session *s,
			  const struct line *line);

/* --- endpoint.c: PORT, EPRT, LPRT and the replies 227, 228, 229 --------- */

/* Gives true if a pinhole is asked for and waits for the reply. */
bool endpoint_command(struct engine *e, struct session *s, enum via via,
		      struct span arg, const struct line *line, size_t arg_at);
void endpoint_reply(struct engine *e, struct session *s, enum via via,
		    struct span text, const struct line *line, size_t text_at,
		    uint32_t lines);

/* The reply to an active endpoint's command came. */
void endpoint_answered(struct engine *e, struct session *s, struct hole *h,
		       bool accepted);

/* --- pinhole.c: the table of pinholes and data connections ------------- */

/* Reserve @want (its key, target and so on are set), ASKED; NULL if a cap is
 * reached. */
struct hole *hole_reserve(struct engine *e, struct session *s,
			  const struct hole *want);
void hole_open(struct engine *e, struct hole *h);
void hole_use(struct engine *e, struct hole *h, uint16_t port);

/* Gone without a word if it was only asked for. */
void hole_close(struct engine *e, struct hole *h, enum pinhole_op op,
		const char *reason);

/* Every OPEN one of @s; with @asked those as well. */
void hole_close_all(struct engine *e, struct session *s, bool asked,
		    const char *reason);

/* The session's oldest ASKED one, or NULL. */
struct hole *hole_first_asked(struct engine *e, struct session *s);

/* One in @state with this key, or NULL. */
struct hole *hole_find(struct engine *e, const struct pinhole_key *key,
		       enum hole_state state);

/* An OPEN one to @to, whoever it is for; or NULL. */
struct hole *hole_find_to(struct engine *e, const struct endpoint *to);

/* Is @key free for a data connection to @target? */
bool hole_key_free(struct engine *e, const struct pinhole_key *key,
		   const struct endpoint *target);

/* A USED one by the tuple of its data connection. */
struct hole *hole_find_used(struct engine *e, const struct endpoint *from,
			    const struct endpoint *to);
struct hole *hole_by_id(struct engine *e, uint64_t id,
			const struct pinhole_key *key);
uint64_t hole_tick(struct engine *e);

/* --- data.c: the first SYN of a data connection ------------------------ */

/* False: it fits no pinhole. */
bool data_syn(struct engine *e, const struct packet *p, uint32_t tag);

/* The kernel refused the entry. */
void data_refused(struct engine *e, const struct action *failed);

/* --- peer.c: counts per host ------------------------------------------- */

/* Find or make; NULL if the table is full. */
struct peer *peer_get(struct engine *e, const struct addr *a);
/* Give it back if all its counts are 0. */
void peer_put(struct engine *e, struct peer *p);

/* --- random.c ----------------------------------------------------------- */

/* Numbers that nobody without the key can foresee. */
uint64_t random_draw(struct engine *e);
uint64_t hash_two(const struct engine *e, const struct endpoint *a,
		  const struct endpoint *b);

#endif
