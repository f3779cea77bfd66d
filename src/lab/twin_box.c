/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place of its own for a function.
 *
 *	this process
 *	  keeper    made the namespaces; only waits
 *	    first   the first process of its process namespace: runs the work
 *
 * The kernel kills the keeper with this process, the first with the keeper, and
 * everything in the process namespace with the first.
 */
#include "lab/twin_box.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID)

#define MS_PER_S 1000

/* What the keeper and the first say through the pipe. */
struct word {
	enum twin_box_result result;
	int error;
};

static void say(int to, enum twin_box_result result, int error)
{
	struct word w = { result, error };

	if (write(to, &w, sizeof(w)) != (ssize_t)sizeof(w))
		_exit(1);
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text);
}

/* This user is root in the namespace (user_namespaces(7)). */
static bool become_root(uid_t uid, gid_t gid)
{
	char map[64];

	if (!put("/proc/self/setgroups", "deny"))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
	if (!put("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)gid);
	return put("/proc/self/gid_map", map);
}

static bool separate(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(NAMESPACES) == 0)
		return true;
	if (errno != EPERM)
		return false;
	return unshare(CLONE_NEWUSER | NAMESPACES) == 0 &&
	       become_root(uid, gid);
}

/* Locks and sockets go to a /run that ends with the mount namespace. */
static bool mount_run(void)
{
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("sallyport", TWIN_BOX_RUN, "tmpfs", MS_NOSUID | MS_NODEV,
		     "mode=755") == 0;
}

static void give_up(int signal_number)
{
	(void)signal_number;
	_exit(1);
}

static void first(void (*work)(void *), void *arg, int to, uint32_t seconds)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The keeper may be gone already, and nothing says so in here. */
	signal(SIGALRM, give_up);
	alarm(seconds);
	work(arg);
	say(to, TWIN_BOX_DONE, 0);
	_exit(0);
}

struct order {
	void (*work)(void *);
	void *arg;
	uint32_t seconds;
	pid_t parent;
};

static void keeper(const struct order *o, int to)
{
	pid_t child;

	if (!separate() || !mount_run()) {
		say(to, TWIN_BOX_DENIED, errno);
		_exit(1);
	}
	/* Not before: new credentials take it back. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != o->parent)
		_exit(1);
	child = fork();
	if (child < 0)
		say(to, TWIN_BOX_SYSTEM, errno);
	if (child == 0)
		first(o->work, o->arg, to, o->seconds);
	close(to);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	_exit(0);
}

static enum twin_box_result hear(int from, uint32_t seconds, int *error)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	struct word w;
	int n;

	do {
		n = poll(&p, 1, (int)(seconds * MS_PER_S));
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return TWIN_BOX_TIMEOUT;
	if (read(from, &w, sizeof(w)) != (ssize_t)sizeof(w))
		return TWIN_BOX_DIED;
	*error = w.error;
	return w.result;
}

enum twin_box_result twin_box_run(void (*work)(void *arg), void *arg,
				  uint32_t seconds, int *error)
{
	const struct order order = { work, arg, seconds, getpid() };
	enum twin_box_result result;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		*error = errno;
		return TWIN_BOX_SYSTEM;
	}
	/* Or the children would print what is buffered once more. */
	fflush(NULL);
	child = fork();
	if (child == 0)
		keeper(&order, ends[1]);
	*error = child < 0 ? errno : 0;
	close(ends[1]);
	result = child < 0 ? TWIN_BOX_SYSTEM : hear(ends[0], seconds, error);
	close(ends[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return result;
}
