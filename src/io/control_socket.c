/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name in the file system where the daemon is asked. */
#include "io/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

/* Twice what may be served at once (control_server.h): the rest is told so,
 * and not left waiting. */
#define BACKLOG 64

#define MODE       (S_IRUSR | S_IWUSR)
#define MODE_GROUP (MODE | S_IRGRP | S_IWGRP)

static const char *const result_text[] = {
	[CONTROL_FINE] = "fine",
	[CONTROL_TOO_LONG] = "the path is too long for a socket; set a shorter "
			     "control-socket",
	[CONTROL_NO_DIRECTORY] = "the directory of the control socket is not "
				 "there; make it or set another control-socket",
	[CONTROL_NOT_SOCKET] = "what is there is not a socket; remove it or "
			       "set another control-socket",
	[CONTROL_BUSY] = "another daemon answers there; stop it or set another "
			 "control-socket",
	[CONTROL_NO_DAEMON] = "no daemon answers; start it: sallyport run",
	[CONTROL_SILENT] = "the daemon does not answer; see what it does",
	[CONTROL_DENIED] = "not permitted to use the control socket; run as "
			   "root",
	[CONTROL_FAILED] = "the system refused the control socket",
};

const char *control_text(enum control_result result)
{
	return result_text[result];
}

/* What the errors of bind(2) and connect(2) mean; see unix(7). */
static enum control_result result_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return CONTROL_NO_DIRECTORY;
	case ECONNREFUSED:
		return CONTROL_NO_DAEMON;
	case EAGAIN:
		return CONTROL_SILENT;
	case EACCES:
	case EPERM:
	case EROFS:
		return CONTROL_DENIED;
	default:
		errno = error;
		return CONTROL_FAILED;
	}
}

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == CONTROL_PATH_MAX,
	       "what fits into the one fits into the other");

static enum control_result address_of(const char *path, struct sockaddr_un *out)
{
	size_t len = strlen(path);

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len == 0 || len >= sizeof(out->sun_path))
		return CONTROL_TOO_LONG;
	memcpy(out->sun_path, path, len);
	return CONTROL_FINE;
}

/* For connect(2), send(2) and recv(2). */
static void set_patience(int fd, bool wait_forever)
{
	struct timeval t = { .tv_sec = CONTROL_PATIENCE_S };
	const struct timeval forever = { 0 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, wait_forever ? &forever : &t,
		   sizeof(t));
}

static bool is_socket(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

enum control_result control_connect(const char *path, int *fd)
{
	struct sockaddr_un to;
	enum control_result result = address_of(path, &to);
	int s, error;

	if (result != CONTROL_FINE)
		return result;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return result_of(errno);
	set_patience(s, false);
	if (connect(s, (const struct sockaddr *)&to, sizeof(to)) == 0) {
		*fd = s;
		return CONTROL_FINE;
	}
	error = errno;
	close(s);
	/* A missing name is a missing daemon. A file that is no socket refuses
	 * the connection too. */
	if (error == ENOENT || error == ENOTDIR)
		return CONTROL_NO_DAEMON;
	if (error == ECONNREFUSED && !is_socket(path))
		return CONTROL_NOT_SOCKET;
	return result_of(error);
}

int control_request(int fd, const char *request, bool wait_forever)
{
	struct iovec part[] = {
		{ (void *)(uintptr_t)request, strlen(request) },
		{ (char[]){ '\n' }, 1 },
	};
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = 2 };

	set_patience(fd, wait_forever);
	/* A line is far below what a socket takes at once. */
	return sendmsg(fd, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Remove the socket that a dead daemon has left. */
static enum control_result clear_stale(const char *path)
{
	int fd;

	switch (control_connect(path, &fd)) {
	case CONTROL_FINE:
		close(fd);
		return CONTROL_BUSY;
	case CONTROL_NO_DAEMON:
		if (unlink(path) < 0 && errno != ENOENT)
			return result_of(errno);
		return CONTROL_FINE;
	case CONTROL_NOT_SOCKET:
		return CONTROL_NOT_SOCKET;
	case CONTROL_DENIED:
		return CONTROL_DENIED;
	default:
		/* Whatever else it does, it lives. */
		return CONTROL_BUSY;
	}
}

static enum control_result bind_name(int fd, const char *path,
				     const struct sockaddr_un *at)
{
	enum control_result result = CONTROL_FINE;

	/* The name gets this mode: nobody comes in between. */
	if (fchmod(fd, MODE) < 0)
		return result_of(errno);
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0)
		return CONTROL_FINE;
	if (errno != EADDRINUSE)
		return result_of(errno);
	result = clear_stale(path);
	if (result == CONTROL_FINE &&
	    bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0)
		result = errno == EADDRINUSE ? CONTROL_BUSY : result_of(errno);
	return result;
}

static enum control_result start_listening(struct control_name *out)
{
	struct stat st;
	int error = place_hold(&out->place, out->path);

	if (error < 0)
		return result_of(-error);
	if (listen(out->fd, BACKLOG) < 0 || lstat(out->path, &st) < 0)
		return result_of(errno);
	out->dev = st.st_dev;
	out->ino = st.st_ino;
	return CONTROL_FINE;
}

enum control_result control_listen(struct control_name *out, const char *path)
{
	struct sockaddr_un at;
	enum control_result result = address_of(path, &at);
	bool bound;
	int saved;

	*out = (struct control_name){ .fd = -1, .place.dir = -1 };
	if (result != CONTROL_FINE)
		return result;
	memcpy(out->path, path, strlen(path) + 1);
	out->fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (out->fd < 0)
		return result_of(errno);
	result = bind_name(out->fd, path, &at);
	bound = result == CONTROL_FINE;
	if (bound)
		result = start_listening(out);
	if (result == CONTROL_FINE)
		return CONTROL_FINE;
	saved = errno;
	if (bound)
		unlink(path);
	place_release(&out->place);
	close(out->fd);
	out->fd = -1;
	errno = saved;
	return result;
}

/* Where others may write to the directory a link could have the name by now:
 * it is not followed. */
int control_give(const struct control_name *name, uid_t uid, gid_t group)
{
	const struct place *p = &name->place;
	const int flag = AT_SYMLINK_NOFOLLOW;

	if (fchownat(p->dir, p->name, uid, group, flag) < 0)
		return -errno;
	if (group != (gid_t)-1 &&
	    fchmodat(p->dir, p->name, MODE_GROUP, flag) < 0)
		return -errno;
	return 0;
}

int control_unlisten(struct control_name *name)
{
	const struct place *p = &name->place;
	struct stat st;
	int error = 0;

	if (name->fd < 0)
		return 0;
	if (fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == name->dev && st.st_ino == name->ino &&
	    unlinkat(p->dir, p->name, 0) < 0)
		error = -errno;
	place_release(&name->place);
	close(name->fd);
	name->fd = -1;
	return error;
}
