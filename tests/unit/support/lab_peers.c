/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripted server and the client's settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "lab/socket.h"
#include "lab_peers.h"

/* 2001-09-09, 2065-01-24; 1970-04-26, 1999-12-31. */
#define VALID_FROM   1000000000
#define VALID_TO     3000000000
#define EXPIRED_FROM 10000000
#define EXPIRED_TO   946598400

static struct server running;

void lab_needs_ipv6(void)
{
	struct endpoint at = netns_endpoint("::1", 0);
	int fd = socket_listen(&at);

	if (fd < 0) {
		print_message("skip: no IPv6 on the loopback interface\n");
		skip();
	}
	close(fd);
}

static struct tls_role *server_role(uint16_t version, int64_t from, int64_t to)
{
	struct identity_spec who = { LAB_NAME, from, to };
	struct identity *id = identity_new(&who);
	struct tls_role_spec spec = { true, version, version, id };
	struct tls_role *role;

	assert_non_null(id);
	role = tls_role_new(&spec);
	assert_non_null(role);
	identity_free(id);
	return role;
}

const struct tls_role *lab_server_role(uint16_t version)
{
	static struct tls_role *made[5];
	int i = version ? version - 0x0300 : 0;

	if (!made[i])
		made[i] = server_role(version, VALID_FROM, VALID_TO);
	return made[i];
}

const struct tls_role *lab_expired_role(void)
{
	static struct tls_role *made;

	if (!made)
		made = server_role(0, EXPIRED_FROM, EXPIRED_TO);
	return made;
}

const struct tls_role *lab_client_role(void)
{
	static const struct tls_role_spec spec = { .server = false };
	static struct tls_role *made;

	if (!made)
		made = tls_role_new(&spec);
	assert_non_null(made);
	return made;
}

struct server_spec lab_server_spec(void)
{
	return (struct server_spec){ .at = netns_endpoint("127.0.0.1", 0),
				     .role = lab_server_role(0),
				     .user = LAB_USER,
				     .password = LAB_PASSWORD };
}

struct endpoint lab_start(const struct server_spec *spec)
{
	assert_int_equal(running.pid, 0);
	assert_int_equal(server_start(&running, spec), 0);
	return running.at;
}

int lab_stop(void **state)
{
	(void)state;
	if (running.pid > 0)
		server_stop(&running);
	running.pid = 0;
	return 0;
}

struct client_spec lab_client_spec(const struct endpoint *server,
				   enum client_tls tls)
{
	return (struct client_spec){
		.server = *server,
		.tls = tls,
		.sni = LAB_NAME,
		.role = tls == CLIENT_FTP ? NULL : lab_client_role(),
		/* A loaded machine answers within these on loopback. */
		.times = { 5000, 5000, 5000, 5000, 5000 },
	};
}

void assert_stop(const struct stop *s, enum stage stage,
		 enum stop_reason reason)
{
	if (s->stage == stage && s->reason == reason)
		return;
	fail_msg("stopped at %s: %s, %u %.*s (errno %d), not at %s: %s",
		 stage_name(s->stage), stop_reason_name(s->reason), s->code,
		 s->text_len, s->text, s->error, stage_name(stage),
		 stop_reason_name(reason));
}

void assert_well(const struct stop *s)
{
	if (s->reason != STOP_NOT)
		assert_stop(s, s->stage, STOP_NOT);
}
