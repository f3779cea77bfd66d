/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: what its threads share, and who does what.
 *
 *   one worker per queue   packets in, verdicts out
 *   the main thread        signals, time, conntrack's events, control socket,
 *                          metrics
 *   the journal's thread   events to files and readers
 *
 * `lock` guards the engine, the configuration, and the handles with which
 * actions are carried out. It is held from engine_packet() until the outcome's
 * actions are done and its events copied, so that both keep the order in which
 * the engine decided. Verdicts need no lock.
 */
#ifndef CMD_DAEMON_H
#define CMD_DAEMON_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sallyport/engine.h>

#include "cmd/daemon_journal.h"
#include "io/account.h"
#include "io/config.h"
#include "io/conntrack.h"
#include "io/control_server.h"
#include "io/control_socket.h"
#include "io/ctevents.h"
#include "io/inject.h"
#include "io/loop.h"
#include "io/place.h"
#include "io/queue.h"
#include "io/scrape.h"
#include "io/sets.h"
#include "io/state_file.h"
#include "report/counts.h"

struct daemon_counts {
#define X(name, text) _Atomic uint64_t name;
	DAEMON_COUNTS(X)
#undef X
	/* Of each family its parts alone; the sum is made when asked for. */
#define X(name, label, values, value_name, text) \
	_Atomic uint64_t name##_by[values];
	DAEMON_FAMILIES(X)
#undef X
};

/* What is logged at most once a minute each: it may come with every packet. */
enum complaint {
	COMPLAINT_LOOKUP,
	COMPLAINT_ACTION,
	COMPLAINT_RECEIVE,
	COMPLAINT_VERDICT,
	COMPLAINT_OVERRUN,
	COMPLAINT_STATE,
	COMPLAINTS
};

#define COMPLAINT_PAUSE_US (60u * 1000000)

/* What one thread needs to drive the engine. */
struct hand {
	struct outcome *out, *again; /* see engine_action_failed() */
	struct queue *queue;         /* `own` gathers verdicts for this one */
	struct queue_batch *own;
	struct queue_batch *other; /* for any queue; never left filled */
};

struct worker {
	struct daemon *daemon;
	unsigned int index;
	struct queue *queue;
	struct hand hand;
	_Atomic uint32_t last_id; /* packet id; see daemon_tag() */
	_Atomic uint64_t refused; /* see queue_refused() */
	_Atomic uint32_t turns;   /* of its loop */
	pthread_t thread;
	bool started;
};

/* After events of conntrack were lost: a walk through what the engine believes
 * to live unseen, since nothing else tells its end. The lock guards it. */
struct recheck {
	enum { RECHECK_REST, RECHECK_SESSIONS, RECHECK_DATA } walk;
	bool due;    /* another one is wanted */
	bool all;    /* of sessions too that are queued: after a restart */
	uint32_t at; /* in the engine's table */
	uint64_t next_us;
};

/* Whom the daemon is to be, and who may ask it things. */
struct daemon_identity {
	bool change;
	struct account account; /* where there is a change */
	gid_t ask;              /* (gid_t)-1: no group may */
};

/* Pings for the service manager; belongs to the main thread. */
struct watchdog {
	uint64_t every_us; /* 0: none are wanted */
	uint64_t due_us;
	uint32_t turns[CONFIG_WORKERS_MAX]; /* when each was last woken */
	bool woken, stuck;
};

struct daemon {
	const char *config_path; /* as given with -c, or NULL */
	const char *event_log;   /* as given with --json, or NULL */
	struct place config_place;
	uint64_t started_us;

	pthread_mutex_t lock;
	struct config *config;
	struct engine *engine;
	size_t engine_size;
	struct conntrack *conntrack;
	struct sets *sets;
	struct inject inject;
	struct state_file *state; /* NULL: none is kept */
	uint8_t record[RECORD_MAX];
	bool forget; /* at its end it closes what lives */

	struct daemon_counts count;
	_Atomic uint64_t complaint_due[COMPLAINTS];

	struct journal *journal;
	struct worker *worker;
	unsigned int workers;
	struct hand hand; /* the main thread's */

	int stop; /* eventfd: written once, never read */
	atomic_bool failed;
	atomic_bool workers_end; /* no more packets are taken */

	int loop, signals; /* -1: not there */
	struct conntrack_events *ends;
	struct recheck recheck;
	int notify, queue_counts; /* the same */
	struct daemon_identity identity;
	struct watchdog watchdog;
	struct control_name name;
	struct control_server *control;
	struct scrape *scrape; /* NULL: none is wanted */
	struct loop_watch stop_watch, signals_watch, ends_watch;
	bool stopping;
};

/* --- daemon_start.c ----------------------------------------------------------- */

/*
 * Open all that the daemon needs, but start no worker. @d->config is loaded and
 * becomes the daemon's; everything else of @d is zero, but for the paths.
 * Gives an exit status; where that is not EXIT_WELL the one line is printed.
 * daemon_close() is due in either case.
 */
int daemon_open(struct daemon *d);
void daemon_close(struct daemon *d);

/* Where @path leads: if it is the @fallback, into the directory that
 * systemd.exec(5) makes for a service, which may not write to /run itself. */
const char *daemon_runtime_path(const char *path, const char *fallback,
				char room[CONTROL_PATH_MAX]);

/* --- daemon_isolate.c: what it may do once it is open ----------------------------- */

/* Find out whom it is to be. Gives an exit status, as daemon_open() does. */
int daemon_identify(struct daemon *d);

/* Give up what is needed no more, before there are threads. What cannot be
 * given up here is told in the log. Gives an exit status. */
int daemon_isolate(struct daemon *d);

/* --- daemon_engine.c: every call of the engine that changes it ----------------- */

/* One packet of @h->queue; its verdict, and those it releases, go to their
 * batches. */
void daemon_packet(struct daemon *d, struct hand *h, struct span packet,
		   uint32_t tag);

/* Let time pass; gives the next deadline as engine_tick() does. */
uint64_t daemon_tick(struct daemon *d);

/* Close all sessions and pinholes; no worker runs any more. */
void daemon_shutdown(struct daemon *d);

/*
 * Carry out the actions of @h->out and hand its events on; the lock is held.
 * hand_give() is due afterwards.
 */
void daemon_settle(struct daemon *d, struct hand *h, uint64_t now);

/* --- daemon_ended.c: what conntrack tells, and what it lost ---------------------- */

/* A connection of ours is over. */
void daemon_ended(struct daemon *d, const struct conntrack_end *end);

/* Some may be over unheard. */
void daemon_ends_lost(struct daemon *d);

/* While no daemon ran, anything may have ended; the lock is held. */
void daemon_ends_missed(struct daemon *d);

/* Go on looking for them; the lock is held. Gives when to come again, as
 * engine_tick() does. */
uint64_t daemon_recheck(struct daemon *d, uint64_t now);

/* --- daemon_state.c: what outlives the daemon ------------------------------------ */

/* Go on where the last one was, and keep what is needed for the next. Nothing
 * else drives the engine yet. Gives an exit status, as daemon_open() does. */
int daemon_state_open(struct daemon *d);

/* Write what has changed; the lock is held. */
void daemon_state_save(struct daemon *d);
void daemon_state_close(struct daemon *d);

/* --- daemon_action.c ------------------------------------------------------------ */

/* Carry out one action; the lock is held. NULL, or why the kernel refused. */
const char *daemon_act(struct daemon *d, const struct action *a);

/* May the complaint be logged now? Then not again for a minute. */
bool daemon_complains(struct daemon *d, enum complaint about);

/* --- daemon_rules.c ------------------------------------------------------------- */

/* Look which rules are loaded: pinholes go to their sets. Logs it, and what is
 * wrong with them. */
void daemon_rules_look(struct daemon *d);

/* --- daemon_worker.c ------------------------------------------------------------ */

/* Start one thread for each queue. Gives 0 or a negative errno. */
int daemon_workers_start(struct daemon *d);

/* Let them end, and wait for it. */
void daemon_workers_join(struct daemon *d);

/* Make what a thread needs to drive the engine; @queue may be NULL. Gives 0 or
 * -ENOMEM. */
int hand_make(struct hand *h, struct queue *queue);
void hand_free(struct hand *h);

/* Give all verdicts of @out; those for h->queue wait for hand_flush(). */
void hand_give(struct daemon *d, struct hand *h, const struct outcome *out);
void hand_flush(struct daemon *d, struct hand *h);

/*
 * The engine's tag of packet @id in the queue of worker @index: the number of
 * the worker and the low bits of the id. The kernel counts ids up by one, so
 * the rest follows from the @last id that came: what is held is younger than
 * 2^DAEMON_TAG_ID_BITS packets, or 26 million packets a second.
 */
#define DAEMON_TAG_ID_BITS 26
uint32_t daemon_tag(unsigned int index, uint32_t id);
unsigned int daemon_tag_worker(uint32_t tag);
uint32_t daemon_tag_id(uint32_t tag, uint32_t last);

_Static_assert(CONFIG_WORKERS_MAX <= 1u << (32 - DAEMON_TAG_ID_BITS),
	       "a tag has room for every worker");

/* --- daemon_watchdog.c ------------------------------------------------------------ */

/* Does the service manager want to know that we live? */
void daemon_watchdog_open(struct daemon *d);

/* Tell it, where it is due and every worker has gone once through its loop since
 * the last time. Gives when to come again, as engine_tick() does. */
uint64_t daemon_watchdog(struct daemon *d, uint64_t now);

/* --- daemon_control.c, daemon_answer.c ------------------------------------------- */

/* What the control server calls; @arg is the daemon. */
void daemon_request(void *arg, struct control_peer *peer, struct span line);
void daemon_reader_gone(void *arg, struct control_peer *peer);

/* Stop, as soon as the main thread gets to it. Any thread may call. */
void daemon_stop(struct daemon *d);

/* --- daemon_reload.c -------------------------------------------------------------- */

/* What became of a reload. */
struct reload {
	enum config_result result;
	int error; /* CONFIG_SYSTEM: the errno */
	struct problems problems;
	const char *ignored[24]; /* settings that need a restart */
	size_t ignores;
	bool rules;    /* the rules loaded do not fit any more */
	int log_error; /* of reopening the event log: a negative errno */
};

/* Read the configuration again and go on under it. A broken one changes
 * nothing. Only the main thread calls. */
void daemon_reload(struct daemon *d, struct reload *r);

/* Say in the log what became of it. */
void daemon_reload_log(const struct daemon *d, const struct reload *r);

/* The file that is read. */
const char *daemon_config_path(const struct daemon *d);

#endif
