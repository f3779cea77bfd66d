/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of both ends of the load, and the endpoint that 227 and PORT name. */
#include "ftp_socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* Enough for every connection of a round to wait at once. */
#define BACKLOG 256

struct sockaddr_in socket_name(const char *addr, uint16_t port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons(port) };

	if (inet_pton(AF_INET, addr, &name.sin_addr) != 1) {
		fprintf(stderr, "bench: not an address: %s\n", addr);
		exit(2);
	}
	return name;
}

struct sockaddr_in socket_local(int fd)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &len) < 0)
		bench_die("getsockname");
	return name;
}

static int socket_new(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		bench_die("socket");
	return fd;
}

int socket_listen(const struct sockaddr_in *at)
{
	int fd = socket_new(), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0)
		bench_die("bind");
	if (listen(fd, BACKLOG) < 0)
		bench_die("listen");
	return fd;
}

int socket_accept(int listener)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	if (poll(&p, 1, PATIENCE_MS) != 1)
		return -1;
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

int socket_connect(const struct sockaddr_in *to, uint64_t *took_ns)
{
	const struct timeval patience = { PATIENCE_MS / 1000, 0 };
	int fd = socket_new();
	uint64_t start;

	/* connect() obeys the time limit for sending. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	start = bench_now();
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0) {
		close(fd);
		return -1;
	}
	*took_ns = bench_now() - start;
	return fd;
}

void socket_nodelay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

bool socket_send(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

bool hostport_read(const char *text, struct sockaddr_in *out)
{
	const char *at = text + strcspn(text, "0123456789");
	uint8_t byte[6];

	for (int i = 0; i < 6; i++) {
		char *end;
		unsigned long value = strtoul(at, &end, 10);

		if (end == at || value > 255 || (i < 5 && *end != ','))
			return false;
		byte[i] = (uint8_t)value;
		at = end + 1;
	}
	*out = (struct sockaddr_in){ .sin_family = AF_INET };
	memcpy(&out->sin_addr, byte, 4);
	memcpy(&out->sin_port, byte + 4, 2);
	return true;
}

void hostport_write(const struct sockaddr_in *at, char out[HOSTPORT_MAX])
{
	uint8_t b[6];

	memcpy(b, &at->sin_addr, 4);
	memcpy(b + 4, &at->sin_port, 2);
	snprintf(out, HOSTPORT_MAX, "%u,%u,%u,%u,%u,%u", b[0], b[1], b[2], b[3],
		 b[4], b[5]);
}
