/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of a server's name. */
#include "lab/resolve.h"

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lab/socket.h"

const char *resolve(const char *host, int family, uint16_t port,
		    struct endpoint out[RESOLVE_MAX], size_t *count)
{
	const struct addrinfo hints = { .ai_family = family,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	size_t n = 0;
	int error;

	/* See resolv.conf(5). */
	setenv("RES_OPTIONS", "timeout:3 attempts:2", 0);
	error = getaddrinfo(host, NULL, &hints, &found);
	if (error != 0)
		return gai_strerror(error);
	for (struct addrinfo *a = found; a && n < RESOLVE_MAX; a = a->ai_next) {
		if (!socket_endpoint(a->ai_addr, &out[n]))
			continue;
		out[n++].port = port;
	}
	freeaddrinfo(found);
	*count = n;
	return n > 0 ? NULL : "no IPv4 or IPv6 address";
}
