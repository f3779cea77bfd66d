/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tell the service manager. */
#include "io/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <sallyport/span.h>

int notify_open(int *fd)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int error;

	*fd = -1;
	if (len == 0)
		return 0;
	if (len >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, len);
	/* "@name" is a name of the abstract kind (unix(7)). */
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	len += offsetof(struct sockaddr_un, sun_path);
	*fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return -errno;
	if (connect(*fd, (const struct sockaddr *)&to, (socklen_t)len) == 0)
		return 0;
	error = -errno;
	close(*fd);
	*fd = -1;
	return error;
}

int notify_send(int fd, const char *state)
{
	if (fd < 0)
		return 0;
	return send(fd, state, strlen(state), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* A number of the environment; 0: it is none. */
static uint64_t number_of(const char *name)
{
	const char *text = getenv(name);
	struct cursor c = cursor_of(span_str(text ? text : ""));
	uint32_t number = rd_decimal(&c, 10, UINT32_MAX);

	return c.bad || rd_peek(&c) >= 0 ? 0 : number;
}

uint64_t notify_watchdog_us(void)
{
	uint64_t pid = number_of("WATCHDOG_PID");

	if (getenv("WATCHDOG_PID") && pid != (uint64_t)getpid())
		return 0;
	return number_of("WATCHDOG_USEC");
}
