/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripted server and the client's settings, as the tests of both want
 * them. Include it after cmocka's own headers. */
#ifndef SUPPORT_LAB_PEERS_H
#define SUPPORT_LAB_PEERS_H

#include "lab/client.h"
#include "lab/server.h"
#include "netns.h"

#define LAB_NAME     "ftp.example"
#define LAB_USER     "ftpuser"
#define LAB_PASSWORD "secret"

/* Skip the test, and say so, where this machine has no IPv6. */
void lab_needs_ipv6(void);

/* A TLS role, made once for all tests of a program; @version is a wire value, 0
 * for all. lab_expired_role() shows a certificate of the last century. */
const struct tls_role *lab_server_role(uint16_t version);
const struct tls_role *lab_expired_role(void);
const struct tls_role *lab_client_role(void);

/* On 127.0.0.1, with TLS and LAB_USER's login; no fault. */
struct server_spec lab_server_spec(void);

/* The teardown of a test: ends what lab_start() began. */
int lab_stop(void **state);

/* Start it; one at a time. Gives where it listens. */
struct endpoint lab_start(const struct server_spec *spec);

/* A client of that server with times that a test can wait for. */
struct client_spec lab_client_spec(const struct endpoint *server,
				   enum client_tls tls);

/* Fails the test, and prints the stop, unless it is at @stage for @reason. */
void assert_stop(const struct stop *s, enum stage stage,
		 enum stop_reason reason);

/* The same unless it did not stop. */
void assert_well(const struct stop *s);

#endif
