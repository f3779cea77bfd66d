/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run another program to its end; no shell is involved. */
#include "io/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One read: as much as a pipe holds. */
#define CHUNK 65536

enum { IN, OUT, ERR, STREAMS };

/* A program that runs: our ends of its streams (-1: closed). */
struct child {
	pid_t pid;
	int fd[STREAMS];
	struct span input; /* what is left to write */
	struct process_result *result;
	size_t err_len;
};

static void stream_close(struct child *c, int which)
{
	if (c->fd[which] >= 0)
		close(c->fd[which]);
	c->fd[which] = -1;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Socket pairs rather than pipes: writing to one whose reader is gone is an
 * error and no signal. */
static int streams_open(struct child *c, int theirs[STREAMS])
{
	for (int i = 0; i < STREAMS; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) <
		    0)
			return -errno;
		c->fd[i] = pair[0];
		theirs[i] = pair[1];
	}
	return 0;
}

static int child_spawn(struct child *c, const char *const argv[],
		       const int theirs[STREAMS])
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return -error;
	for (int i = 0; i < STREAMS && error == 0; i++)
		error = posix_spawn_file_actions_adddup2(&actions, theirs[i],
							 i);
	/* It only reads argv; its type is older than const. */
	if (error == 0)
		error = posix_spawnp(&c->pid, argv[0], &actions, NULL,
				     (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static int child_start(struct child *c, const char *const argv[])
{
	int theirs[STREAMS] = { -1, -1, -1 };
	int error = streams_open(c, theirs);

	if (error == 0)
		error = child_spawn(c, argv, theirs);
	for (int i = 0; i < STREAMS; i++)
		if (theirs[i] >= 0)
			close(theirs[i]);
	return error;
}

static void input_feed(struct child *c)
{
	ssize_t n = send(c->fd[IN], c->input.at, c->input.len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		c->input = span_sub(c->input, (size_t)n, c->input.len);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->input.len = 0; /* it reads no more */
	if (c->input.len == 0)
		stream_close(c, IN);
}

static int out_append(struct process_result *r, const char *bytes, size_t len)
{
	char *grown;

	if (r->out_len + len > PROCESS_OUT_MAX)
		return -EFBIG;
	grown = realloc(r->out, r->out_len + len + 1);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + r->out_len, bytes, len);
	r->out = grown;
	r->out_len += len;
	r->out[r->out_len] = '\0';
	return 0;
}

static void err_append(struct child *c, const char *bytes, size_t len)
{
	size_t room = PROCESS_ERR_MAX - 1 - c->err_len;

	if (len > room)
		len = room;
	memcpy(c->result->err + c->err_len, bytes, len);
	c->err_len += len;
	c->result->err[c->err_len] = '\0';
}

static int output_take(struct child *c, int which)
{
	char bytes[CHUNK];
	ssize_t n = recv(c->fd[which], bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		stream_close(c, which);
	else if (which == OUT)
		return out_append(c->result, bytes, (size_t)n);
	else
		err_append(c, bytes, (size_t)n);
	return 0;
}

/* Serve the streams once; poll() passes over those that are closed. */
static int child_serve(struct child *c, int64_t deadline)
{
	struct pollfd p[STREAMS] = {
		[IN] = { .fd = c->fd[IN], .events = POLLOUT },
		[OUT] = { .fd = c->fd[OUT], .events = POLLIN },
		[ERR] = { .fd = c->fd[ERR], .events = POLLIN },
	};
	int64_t left = deadline - now_ms();
	int error = 0;

	if (left <= 0)
		return -ETIMEDOUT;
	if (poll(p, STREAMS, (int)left) < 0)
		return errno == EINTR ? 0 : -errno;
	if (p[IN].revents)
		input_feed(c);
	for (int i = OUT; i <= ERR && error == 0; i++)
		if (p[i].revents)
			error = output_take(c, i);
	return error;
}

static int child_wait(struct child *c)
{
	int status;

	while (waitpid(c->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	c->result->status = WIFEXITED(status) ? WEXITSTATUS(status)
					      : 128 + WTERMSIG(status);
	return 0;
}

int process_run(const char *const argv[], struct span input,
		struct process_result *r)
{
	struct child c = { .fd = { -1, -1, -1 }, .input = input, .result = r };
	int64_t deadline = now_ms() + PROCESS_TIMEOUT_S * 1000;
	int error, wait_error = 0;

	*r = (struct process_result){ .status = 0 };
	error = out_append(r, "", 0);
	if (error == 0)
		error = child_start(&c, argv);
	while (error == 0 && (c.fd[OUT] >= 0 || c.fd[ERR] >= 0))
		error = child_serve(&c, deadline);
	if (c.pid > 0 && error < 0)
		kill(c.pid, SIGKILL);
	for (int i = 0; i < STREAMS; i++)
		stream_close(&c, i);
	if (c.pid > 0)
		wait_error = child_wait(&c);
	if (error == 0)
		error = wait_error;
	if (error < 0)
		process_free(r);
	return error;
}

void process_free(struct process_result *r)
{
	free(r->out);
	r->out = NULL;
	r->out_len = 0;
}
