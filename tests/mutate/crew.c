/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases in child processes; see crew.h.
 *
 * Each child takes a piece of the cases and notes in shared memory where it
 * is; when it dies, that is the case that failed, and another child goes on
 * behind it.
 */
#include "crew.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Cases of a child. Starting one takes as long as some cases; leaks are told
 * when it ends. */
#define PIECE 500

/* The longest takes about a second; here machines are busy. */
#define HANG_SECONDS 60

#define FAULT_MAX 128

struct desk {
	/* Shared with the child. */
	_Atomic uint64_t at;
	char fault[FAULT_MAX];
};

struct seat {
	pid_t child; /* 0: free */
	uint64_t end;
	uint64_t seen; /* its case when we looked last... */
	time_t since;  /* ...and since when it is at that */
	char log[PATH_MAX];
};

struct shift {
	const struct crew *crew;
	struct desk *desk; /* one for each seat */
	struct seat seat[CREW_JOBS_MAX];
	uint64_t next, end, failures;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "mutate: %s: %s\n", what, strerror(errno));
	exit(3);
}

static void open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		die(path);
	close(fd);
}

static _Noreturn void work(const struct shift *s, struct seat *seat,
			   struct desk *desk, uint64_t first)
{
	const struct crew *crew = s->crew;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_log(seat->log);
	if (crew->begin)
		crew->begin(crew->arg);
	for (uint64_t n = first; n < seat->end; n++) {
		const char *fault;

		atomic_store(&desk->at, n);
		if (ftruncate(STDERR_FILENO, 0) < 0)
			die("log");
		fault = crew->run(crew->arg, n);
		if (fault) {
			snprintf(desk->fault, sizeof(desk->fault), "%s", fault);
			_exit(1);
		}
	}
	/* Not _exit(): leaks are looked for. */
	exit(0);
}

static void sit_down(struct shift *s, unsigned int i, uint64_t first,
		     uint64_t end)
{
	struct seat *seat = &s->seat[i];

	*seat = (struct seat){ .end = end, .seen = first, .since = time(NULL) };
	if (snprintf(seat->log, sizeof(seat->log), "%s/worker-%u.log",
		     s->crew->folder, i) >= (int)sizeof(seat->log)) {
		errno = ENAMETOOLONG;
		die(s->crew->folder);
	}
	atomic_store(&s->desk[i].at, first);
	s->desk[i].fault[0] = '\0';
	fflush(NULL);
	seat->child = fork();
	if (seat->child < 0)
		die("fork");
	if (seat->child == 0)
		work(s, seat, &s->desk[i], first);
}

static void describe(int status, const struct desk *desk, char how[FAULT_MAX])
{
	if (desk->fault[0])
		snprintf(how, FAULT_MAX, "%s", desk->fault);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		snprintf(how, FAULT_MAX, "no end in %d s", HANG_SECONDS);
	else if (WIFSIGNALED(status))
		snprintf(how, FAULT_MAX, "signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == CREW_SANITIZER)
		snprintf(how, FAULT_MAX, "a sanitizer stopped it");
	else
		snprintf(how, FAULT_MAX, "the process ended with %d",
			 WEXITSTATUS(status));
}

/* The child of seat @i ended. */
static void stand_up(struct shift *s, unsigned int i, int status)
{
	struct seat *seat = &s->seat[i];
	uint64_t at = atomic_load(&s->desk[i].at), end = seat->end;
	char how[FAULT_MAX];

	seat->child = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	describe(status, &s->desk[i], how);
	s->crew->failed(s->crew->arg, at, how, seat->log);
	s->failures++;
	if (at + 1 < end && s->failures < CREW_FAILURES_MAX)
		sit_down(s, i, at + 1, end);
}

static void hand_out(struct shift *s)
{
	for (unsigned int i = 0; i < s->crew->jobs; i++) {
		uint64_t first = s->next;

		if (s->seat[i].child || first >= s->end ||
		    s->failures >= CREW_FAILURES_MAX)
			continue;
		s->next = s->end - first > PIECE ? first + PIECE : s->end;
		sit_down(s, i, first, s->next);
	}
}

static bool anybody(const struct shift *s)
{
	for (unsigned int i = 0; i < s->crew->jobs; i++)
		if (s->seat[i].child)
			return true;
	return false;
}

static void reap(struct shift *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned int i = 0; i < s->crew->jobs; i++)
			if (s->seat[i].child == pid)
				stand_up(s, i, status);
}

static void kill_hanging(struct shift *s)
{
	time_t now = time(NULL);

	for (unsigned int i = 0; i < s->crew->jobs; i++) {
		struct seat *seat = &s->seat[i];
		uint64_t at = atomic_load(&s->desk[i].at);

		if (at != seat->seen) {
			seat->seen = at;
			seat->since = now;
		} else if (seat->child && now - seat->since > HANG_SECONDS) {
			kill(seat->child, SIGKILL);
		}
	}
}

uint64_t crew_work(const struct crew *crew, uint64_t first, uint64_t end)
{
	static const struct timespec look = { .tv_sec = 1 };
	struct shift s = { .crew = crew, .next = first, .end = end };
	size_t size = CREW_JOBS_MAX * sizeof(*s.desk);
	sigset_t child;

	s.desk = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.desk == MAP_FAILED)
		die("mmap");
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (hand_out(&s); anybody(&s); hand_out(&s)) {
		sigtimedwait(&child, NULL, &look);
		reap(&s);
		kill_hanging(&s);
	}
	sigprocmask(SIG_UNBLOCK, &child, NULL);
	munmap(s.desk, size);
	return s.failures;
}
