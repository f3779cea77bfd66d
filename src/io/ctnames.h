/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to src/io: the names (DNAT addresses and ports) by which connections
 * have reached a server. A gateway has few of them and needs each again for
 * every connection, so what one search of the whole table found is tried before
 * the next.
 */
#ifndef IO_CTNAMES_H
#define IO_CTNAMES_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/addr.h>

/* Names kept of servers that share a set; then the oldest gives way. */
#define CT_NAMES_WAYS 4
/* More servers than stand behind one gateway in both translations. */
#define CT_NAMES_SETS 256

struct ct_names {
	struct ct_name {
		struct endpoint server, called; /* port 0: none */
	} set[CT_NAMES_SETS][CT_NAMES_WAYS];
};

/* A connection to @called went to @server. */
void ct_names_note(struct ct_names *n, const struct endpoint *server,
		   const struct endpoint *called);

/* The next name of @server, newest first, or NULL. Start with *@at = 0. */
const struct endpoint *ct_names_next(const struct ct_names *n,
				     const struct endpoint *server, size_t *at);

#endif
