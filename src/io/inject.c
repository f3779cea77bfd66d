/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Send an IP packet of our own into a connection that passes here. */
#include "io/inject.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* IPPROTO_RAW brings its own IP header, in both families. */
static int socket_open(int family, uint32_t mark)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

int inject_open(struct inject *in, uint32_t mark)
{
	in->v4 = socket_open(AF_INET, mark);
	in->v6 = in->v4 < 0 ? in->v4 : socket_open(AF_INET6, mark);
	/* A host without IPv6 has nothing to send there. */
	if (in->v6 < 0 && in->v6 != -EAFNOSUPPORT) {
		int error = in->v6;

		inject_close(in);
		return error;
	}
	return 0;
}

void inject_close(struct inject *in)
{
	if (in->v4 >= 0)
		close(in->v4);
	if (in->v6 >= 0)
		close(in->v6);
	in->v4 = in->v6 = -1;
}

static int send_to(int fd, struct span packet, const void *to, socklen_t len)
{
	ssize_t sent;

	if (fd < 0)
		return -EAFNOSUPPORT;
	do
		sent = sendto(fd, packet.at, packet.len, 0, to, len);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Destination addresses: RFC 791 3.1, RFC 8200 3. */
static int send_v4(const struct inject *in, struct span packet)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct cursor c = cursor_of(packet);
	struct span dst;

	rd_take(&c, 16);
	dst = rd_take(&c, sizeof(to.sin_addr));
	if (c.bad)
		return -EINVAL;
	memcpy(&to.sin_addr, dst.at, dst.len);
	return send_to(in->v4, packet, &to, sizeof(to));
}

static int send_v6(const struct inject *in, struct span packet)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	struct cursor c = cursor_of(packet);
	struct span dst;

	rd_take(&c, 24);
	dst = rd_take(&c, sizeof(to.sin6_addr));
	if (c.bad)
		return -EINVAL;
	memcpy(&to.sin6_addr, dst.at, dst.len);
	return send_to(in->v6, packet, &to, sizeof(to));
}

int inject_send(const struct inject *in, struct span packet)
{
	struct cursor c = cursor_of(packet);

	switch (rd_u8(&c) >> 4) {
	case 4:
		return send_v4(in, packet);
	case 6:
		return send_v6(in, packet);
	default:
		return -EINVAL;
	}
}
