/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is suggested for one server, as an entry of `servers:`. */
#ifndef REPORT_SUGGEST_PUT_H
#define REPORT_SUGGEST_PUT_H

#include <stdio.h>

#include "report/suggest_server.h"

/* The servers, in the order they were first seen. */
struct suggest_list {
	struct suggest_server *const *server;
	size_t servers;
};

/* The entry of server @i, at most 4,000 bytes, so that CONFIG_SERVERS_MAX of
 * them fit into a configuration (CONFIG_FILE_MAX). */
void suggest_put(FILE *to, const struct suggest_list *list, size_t i);

/* Parts of it: comments about TLS and certificates; `tls` and
 * `data-protection`; `public-address`. */
void suggest_put_tls_facts(FILE *to, const struct suggest_server *s);
void suggest_put_tls(FILE *to, const struct suggest_server *s);
void suggest_put_public(FILE *to, const struct suggest_list *list, size_t i);

#endif
