/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libmicrohttpd in the loop. */
#include "io/scrape.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "io/clock.h"
#include "io/listener.h"
#include "io/loop.h"

#define PATH "/metrics"

/* Of each connection: the head of a request, which has some 200 bytes, and of
 * its answer. */
#define ROOM 8192u

/* A turn reads 128 bytes or more of each connection that has some, and no
 * connection has more room than ROOM: this is twice what that takes. Were it not
 * enough, the next tick would go on. */
#define TURNS_MAX (2 * ROOM / 128)

struct peer {
	bool used;
	int fd;
	uint64_t since_us;
};

struct scrape {
	struct MHD_Daemon *http;
	struct scrape_handler handler;
	int loop, fd;
	struct listener listener;
	struct loop_watch watch; /* of the library's own epoll */
	struct peer peer[SCRAPE_PEERS_MAX];
	struct scrape_counts count;
};

/* --- the name ----------------------------------------------------------------- */

static int bind_to(int fd, const struct endpoint *at)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (addr_is_v4(&at->addr)) {
		memcpy(&in.sin_addr, addr_v4_bytes(&at->addr),
		       sizeof(in.sin_addr));
		in.sin_port = htons(at->port);
		return bind(fd, (struct sockaddr *)&in, sizeof(in));
	}
	memcpy(&in6.sin6_addr, at->addr.b, sizeof(in6.sin6_addr));
	in6.sin6_port = htons(at->port);
	return bind(fd, (struct sockaddr *)&in6, sizeof(in6));
}

int scrape_listen(const struct endpoint *at)
{
	int family = addr_is_v4(&at->addr) ? AF_INET : AF_INET6;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;
	int error;

	if (fd < 0)
		return -errno;
	/* A daemon before this one left connections in TIME_WAIT. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind_to(fd, at) == 0 && listen(fd, SCRAPE_PEERS_MAX) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* --- answers -------------------------------------------------------------------- */

/* Takes @r over. One request a connection, so that no idle peer keeps its
 * place. */
static enum MHD_Result give(struct MHD_Connection *c, unsigned int status,
			    struct MHD_Response *r)
{
	enum MHD_Result result;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result refuse(struct scrape *s, struct MHD_Connection *c,
			      unsigned int status, const char *why)
{
	/* The library copies nothing, and writes nothing into it. */
	struct MHD_Response *r =
		MHD_create_response_from_buffer(strlen(why),
						(void *)(uintptr_t)why,
						MHD_RESPMEM_PERSISTENT);

	s->count.refused++;
	/* RFC 9110 15.5.6: a 405 names what is allowed. */
	if (r && status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW,
					MHD_HTTP_METHOD_GET);
	return give(c, status, r);
}

static enum MHD_Result give_text(struct scrape *s, struct MHD_Connection *c)
{
	struct MHD_Response *r;
	size_t len = 0;
	char *text = s->handler.text(s->handler.arg, &len);

	if (!text)
		return refuse(s, c, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "no memory\n");
	s->count.served++;
	r = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	if (r)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE,
					s->handler.type);
	else
		free(text);
	return give(c, MHD_HTTP_OK, r);
}

/* Called when the head of a request is there; a body is never waited for. */
static enum MHD_Result take_request(void *arg, struct MHD_Connection *c,
				    const char *url, const char *method,
				    const char *version, const char *body,
				    size_t *body_len, void **context)
{
	(void)version, (void)body, (void)body_len, (void)context;
	if (strcmp(url, PATH) != 0)
		return refuse(arg, c, MHD_HTTP_NOT_FOUND,
			      "there is " PATH " alone\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return refuse(arg, c, MHD_HTTP_METHOD_NOT_ALLOWED,
			      "GET alone\n");
	return give_text(arg, c);
}

/* --- connections ------------------------------------------------------------------ */

static struct peer *free_place(struct scrape *s)
{
	for (size_t i = 0; i < SCRAPE_PEERS_MAX; i++)
		if (!s->peer[i].used)
			return &s->peer[i];
	return NULL;
}

static void begin(struct scrape *s, struct MHD_Connection *c, void **context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct peer *p = free_place(s);

	if (!info || !p)
		return;
	*p = (struct peer){ true, info->connect_fd, clock_now_us() };
	*context = p;
}

/* The descriptor is still open, in either case. */
static void take_connection(void *arg, struct MHD_Connection *c, void **context,
			    enum MHD_ConnectionNotificationCode code)
{
	struct scrape *s = arg;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		begin(s, c, context);
		return;
	}
	if (*context)
		((struct peer *)*context)->used = false;
	listener_wake(&s->listener);
}

/* What the library has read or could read and did not, no event tells again. */
static bool has_more(const struct scrape *s)
{
	MHD_UNSIGNED_LONG_LONG ms;

	return MHD_get_timeout(s->http, &ms) == MHD_YES && ms == 0;
}

static void run(struct scrape *s)
{
	unsigned int turns = 0;

	do
		MHD_run(s->http);
	while (has_more(s) && ++turns < TURNS_MAX);
}

/* Not the library's own listening: without a descriptor for its first
 * connection it would turn round and round. */
static bool accepted(void *arg, int fd)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(from);
	struct scrape *s = arg;

	getpeername(fd, (struct sockaddr *)&from, &len);
	/* Where it cannot take it, it closes it. */
	if (MHD_add_connection(s->http, fd, (struct sockaddr *)&from, len) ==
	    MHD_YES)
		run(s);
	return free_place(s) != NULL;
}

static void take_events(void *arg, uint32_t events)
{
	(void)events;
	run(arg);
}

/* The library's own timeout begins anew with every byte; this one does not. A
 * peer that left in the middle of its request goes here too: the library does
 * not see an end that came along with bytes. */
void scrape_tick(struct scrape *s, uint64_t now_us)
{
	if (!s)
		return;
	listener_tick(&s->listener, now_us);
	for (size_t i = 0; i < SCRAPE_PEERS_MAX; i++) {
		struct peer *p = &s->peer[i];

		if (!p->used || p->since_us + SCRAPE_PATIENCE_US > now_us)
			continue;
		s->count.given_up++;
		shutdown(p->fd, SHUT_RDWR); /* it reads the end then */
	}
	run(s);
}

void scrape_counts(const struct scrape *s, struct scrape_counts *out)
{
	*out = s ? s->count : (struct scrape_counts){ 0 };
}

/* --- all of it ---------------------------------------------------------------------- */

/* It says nothing on standard error by itself: no MHD_USE_ERROR_LOG. */
static struct MHD_Daemon *start(struct scrape *s)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0,
				NULL, NULL, take_request, s,
				MHD_OPTION_CONNECTION_LIMIT,
				(unsigned int)SCRAPE_PEERS_MAX,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				(size_t)ROOM, MHD_OPTION_NOTIFY_CONNECTION,
				take_connection, s, MHD_OPTION_END);
}

static bool watch(struct scrape *s)
{
	const struct listener_handler handler = { accepted, s, "metrics" };
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(s->http, MHD_DAEMON_INFO_EPOLL_FD);

	if (!info)
		return false;
	s->watch = (struct loop_watch){ info->epoll_fd, take_events, s };
	return loop_add(s->loop, &s->watch, EPOLLIN) == 0 &&
	       listener_open(&s->listener, s->loop, s->fd, &handler) == 0;
}

struct scrape *scrape_open(int loop, int listener,
			   const struct scrape_handler *handler)
{
	struct scrape *s = calloc(1, sizeof(*s));

	if (!s) {
		close(listener);
		return NULL;
	}
	s->handler = *handler;
	s->loop = loop;
	s->fd = listener;
	s->http = start(s);
	if (s->http && watch(s))
		return s;
	scrape_close(s);
	return NULL;
}

void scrape_close(struct scrape *s)
{
	if (!s)
		return;
	if (s->http) {
		loop_remove(s->loop, &s->watch);
		MHD_stop_daemon(s->http);
	}
	listener_close(&s->listener);
	close(s->fd);
	free(s);
}
