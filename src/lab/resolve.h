/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of a server's name. */
#ifndef LAB_RESOLVE_H
#define LAB_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>

/* A name has one or two addresses, that of a cluster some more; a client that
 * tried each for its whole time would not end. */
#define RESOLVE_MAX 8

/*
 * Look @host up; its addresses of @family (AF_INET, AF_INET6, or AF_UNSPEC for
 * both) with @port go into @out, in the order in which
 * a client should try them (RFC 6724), and their number into *@count, at least
 * 1. Gives NULL, or what is wrong, in the C library's words. DNS is asked with
 * a timeout of 3 s, twice (RES_OPTIONS, unless it is set already); there is no
 * way to bound what else nsswitch.conf(5) names.
 */
const char *resolve(const char *host, int family, uint16_t port,
		    struct endpoint out[RESOLVE_MAX], size_t *count);

#endif
