/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scripted FTP and FTPS server: data connections. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/server_private.h"
#include "lab/socket.h"

void server_forget_data(struct session_state *s)
{
	if (s->listener >= 0)
		close(s->listener);
	s->listener = -1;
	s->active = false;
}

/* --- endpoints ------------------------------------------------------------------------ */

/* A passive listener within the range; a negative errno where none is left. */
static int listen_in_range(const struct session_state *s)
{
	const struct port_range *range = &s->spec->passive;
	struct endpoint at = s->local;
	int fd = -EADDRINUSE;

	at.port = 0;
	if (range->lo == 0)
		return socket_listen(&at);
	for (uint32_t port = range->lo; port <= range->hi; port++) {
		at.port = (uint16_t)port;
		fd = socket_listen(&at);
		if (fd != -EADDRINUSE)
			break;
	}
	return fd;
}

static bool announce(struct session_state *s, enum via via)
{
	struct hostport hp = { .via = via, .delimiter = '|' };
	char text[HOSTPORT_TEXT_MAX + 1];

	if (socket_local(s->listener, &hp.endpoint) != 0)
		return false;
	if (s->spec->announces)
		hp.endpoint.addr = s->spec->announced;
	/* The port leads nowhere where there is no listener any more. */
	if (s->spec->fault.at == STAGE_DATA_CONNECT &&
	    s->spec->fault.does == SERVER_CUTS)
		server_forget_data(s);
	text[hostport_format(&hp, text)] = '\0';
	/* RFC 2428 3, RFC 959 4.2.2: each has its parentheses. */
	if (via == VIA_EPSV)
		return server_say(s, "229 Extended passive mode (%s)", text);
	return server_say(s, "227 Passive mode (%s)", text);
}

bool server_passive(struct session_state *s, const struct ftp_command *cmd)
{
	bool extended = cmd->verb == FTP_EPSV, on;

	if (!server_goes_on(s, STAGE_ENDPOINT, &on))
		return on;
	server_forget_data(s);
	if (extended && s->spec->no_epsv)
		return server_say(s, "502 Not implemented");
	/* RFC 2428 1: PASV is for IPv4 alone. */
	if (!extended && !addr_is_v4(&s->local.addr))
		return server_say(s, "425 PASV is not for IPv6");
	s->listener = listen_in_range(s);
	if (s->listener < 0) {
		s->listener = -1;
		return server_say(s, "425 No passive port is free");
	}
	return announce(s, extended ? VIA_EPSV : VIA_PASV);
}

bool server_port(struct session_state *s, const struct ftp_command *cmd)
{
	enum via via = cmd->verb == FTP_EPRT ? VIA_EPRT : VIA_PORT;
	struct hostport hp;
	bool on;

	if (!server_goes_on(s, STAGE_ENDPOINT, &on))
		return on;
	server_forget_data(s);
	if (s->spec->no_active)
		return server_say(s, "502 Not implemented");
	if (hostport_parse_arg(via, cmd->arg, &hp) != HOSTPORT_FINE)
		return server_say(s, "501 Not an endpoint");
	/* RFC 2577 3: to the client and nobody else. */
	if (!addr_equal(&hp.endpoint.addr, &s->peer.addr))
		return server_say(s, "504 Not your address");
	s->active = true;
	s->data_to = hp.endpoint;
	return server_say(s, "200 Taken");
}

/* --- the connection ----------------------------------------------------------------------- */

static int connect_active(const struct session_state *s)
{
	struct endpoint from = s->local;

	from.port = s->spec->data_port;
	return socket_connect(&from, &s->data_to,
			      deadline_in(SERVER_PATIENCE_MS));
}

/* A negative errno; in passive mode the client must be the one we know. */
static int connect_data(const struct session_state *s)
{
	struct endpoint peer;
	int fd;

	if (s->active)
		return connect_active(s);
	fd = socket_accept(s->listener, &peer, deadline_in(SERVER_PATIENCE_MS));
	if (fd < 0 || addr_equal(&peer.addr, &s->peer.addr))
		return fd;
	close(fd);
	return -EACCES;
}

/* TLS on the data connection. True: go on; else *@on says whether the session
 * does. */
static bool secure_data(struct session_state *s, struct link *data, bool *on)
{
	struct tls_facts facts;

	if (!server_goes_on(s, STAGE_DATA_HANDSHAKE, on))
		return false;
	if (!s->protected)
		return true;
	if (link_secure(data, s->spec->role, NULL, NULL,
			deadline_in(SERVER_PATIENCE_MS)) != LINK_DONE) {
		*on = server_say(s, "522 TLS failed");
		return false;
	}
	tls_peer_facts(data->tls, &facts);
	if (!s->spec->reuse || facts.resumed)
		return true;
	link_close(data);
	*on = server_say(s, "522 Session reuse is required");
	return false;
}

/* --- the transfer --------------------------------------------------------------------------- */

static bool send_file(struct session_state *s, struct link *data)
{
	uint64_t until = deadline_in(SERVER_PATIENCE_MS);

	return link_write(data, span_of(s->file, s->file_len), until) ==
		       LINK_DONE &&
	       link_finish(data, until) == LINK_DONE;
}

static bool send_list(struct session_state *s, struct link *data)
{
	uint64_t until = deadline_in(SERVER_PATIENCE_MS);
	char line[80];
	int len = snprintf(line, sizeof(line),
			   "-rw-r--r-- 1 ftp ftp %zu Jan 01 00:00 file\r\n",
			   s->file_len);

	return link_write(data, span_of(line, (size_t)len), until) ==
		       LINK_DONE &&
	       link_finish(data, until) == LINK_DONE;
}

static bool receive_file(struct session_state *s, struct link *data)
{
	uint64_t until = deadline_in(SERVER_PATIENCE_MS);
	enum link_result r = LINK_DONE;
	size_t len = 0, got;

	while (r == LINK_DONE && len < SERVER_FILE_MAX) {
		r = link_read(data, s->file + len, SERVER_FILE_MAX - len, &got,
			      until);
		if (r == LINK_DONE)
			len += got;
	}
	s->file_len = len;
	s->has_file = r == LINK_ENDED;
	return s->has_file && link_finish(data, until) == LINK_DONE;
}

/* A part of what there is, and then the fault. */
static bool fail_halfway(struct session_state *s, struct link *data, bool *on)
{
	if (s->spec->fault.at == STAGE_TRANSFER)
		link_write(data, span_str("some bytes"),
			   deadline_in(SERVER_PATIENCE_MS));
	return server_goes_on(s, STAGE_TRANSFER, on);
}

static bool transfer(struct session_state *s, const struct ftp_command *cmd,
		     struct link *data)
{
	bool on, fine;

	if (!secure_data(s, data, &on) || !fail_halfway(s, data, &on))
		return on;
	if (cmd->verb == FTP_STOR)
		fine = receive_file(s, data);
	else if (cmd->verb == FTP_RETR)
		fine = send_file(s, data);
	else
		fine = send_list(s, data);
	link_close(data);
	return server_say(s, fine ? "226 Done" : "426 Connection failed");
}

static bool refuses(const struct session_state *s, enum stage stage)
{
	return s->spec->fault.at == stage &&
	       s->spec->fault.does == SERVER_REFUSES;
}

/* A refusal comes in place of the 150. */
static bool begin(struct session_state *s, const struct ftp_command *cmd,
		  bool *on)
{
	if (refuses(s, STAGE_TRANSFER))
		return server_goes_on(s, STAGE_TRANSFER, on);
	if (!server_goes_on(s, STAGE_DATA_CONNECT, on))
		return false;
	*on = true;
	if (cmd->verb == FTP_RETR && !s->has_file)
		return server_say(s, "550 No such file") && false;
	if (!s->active && s->listener < 0)
		return server_say(s, "425 PORT or PASV first") && false;
	return true;
}

bool server_transfer(struct session_state *s, const struct ftp_command *cmd)
{
	struct link data;
	bool on;
	int fd;

	if (!begin(s, cmd, &on))
		return on;
	fd = connect_data(s);
	server_forget_data(s);
	if (fd < 0)
		return server_say(s, "425 Cannot open data connection");
	data = link_over(fd);
	on = server_say(s, "150 Here it comes") && transfer(s, cmd, &data);
	link_close(&data);
	return on;
}
