/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An HTTP server for counters, on libmicrohttpd: GET /metrics and nothing else.
 *
 * It lives in the caller's loop, without a thread of its own. One request a
 * connection; at most SCRAPE_PEERS_MAX of them at a time, the rest wait in the
 * kernel; and none lasts longer than SCRAPE_PATIENCE_US, whatever its peer does
 * or leaves undone.
 *
 * Threads: all of it belongs to the thread that runs the loop.
 */
#ifndef IO_SCRAPE_H
#define IO_SCRAPE_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>

/* Some servers of a monitoring system; one asks every few seconds. */
#define SCRAPE_PEERS_MAX 8

/* As long as Prometheus waits for an answer, its scrape_timeout. */
#define SCRAPE_PATIENCE_US (10u * 1000000)

struct scrape_handler {
	/* The text of an answer, of *@len bytes from malloc(); NULL: there was
	 * no memory. */
	char *(*text)(void *arg, size_t *len);
	const char *type; /* its Content-Type */
	void *arg;
};

struct scrape;

/* A socket that listens on @at (port 0: any) and does not block, for
 * scrape_open(), or a negative errno. */
int scrape_listen(const struct endpoint *at);

/*
 * Serve those who connect to @listener, which is the server's own from now on.
 * @handler is copied. NULL: it could not be started. scrape_close() ends all
 * connections; NULL is fine.
 */
struct scrape *scrape_open(int loop, int listener,
			   const struct scrape_handler *handler);
void scrape_close(struct scrape *s);

struct scrape_counts {
	uint64_t served;
	uint64_t refused;  /* asked for something else, or without memory */
	uint64_t given_up; /* too slow */
};

/* Since the start. NULL is fine: nothing was counted. */
void scrape_counts(const struct scrape *s, struct scrape_counts *out);

/* End what takes too long; @now_us is clock_now_us(). Call it about once a
 * second. NULL is fine. */
void scrape_tick(struct scrape *s, uint64_t now_us);

#endif
