/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One kind of FTP from its first packet to its last: TLS or not, one of the
 * four ways to a data connection, and data in both directions.
 *
 * The address family is that of the server's address.
 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/client.h"

/* Both directions fill more than a socket's first window and a TLS record. */
#define SCENARIO_BYTES 100000

struct scenario {
	struct client_spec client;
	enum via via; /* PORT, EPRT, PASV or EPSV */
	const char *user, *password;
};

/* Longest line of `scenario_name()`, and its NUL. */
#define SCENARIO_NAME_MAX 32

/* "FTPS explicit EPSV IPv4" */
void scenario_name(const struct scenario *s, char out[SCENARIO_NAME_MAX]);

/* PORT and PASV name IPv4 addresses alone (RFC 2428 1). */
bool scenario_exists(const struct scenario *s);

/* Where the data connections of a scenario went. */
struct scenario_result {
	struct stop stop; /* reason STOP_NOT: it works */
	struct client_transfer up, down;
	/* What was announced for the last data connection. */
	struct endpoint announced;
};

/*
 * Log in, store SCENARIO_BYTES of a pattern under the name "sallyport", fetch
 * them again, each over a data connection of its own, and compare. False: it
 * stopped at @out->stop. The file stays there.
 */
bool scenario_run(const struct scenario *s, struct scenario_result *out);

#endif
