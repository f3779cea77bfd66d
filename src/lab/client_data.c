/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scripted FTP and FTPS client: data connections.
 *
 * In passive mode it connects, sends the command, waits for the 1yz and only
 * then begins TLS, as RFC 4217 7 draws it: some servers refuse a ClientHello
 * before the command. In active mode the connection and the 1yz may come in
 * either order. Where the data connection fails, the reply that the server
 * gives for it tells more than the socket, so it is waited for a moment.
 */
#include "lab/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sallyport/ftp_reply.h>

#include "lab/client_private.h"
#include "lab/socket.h"

/* For the reply that explains a failure, and for the other end to close: it is
 * on its way or does not come. */
#define EXPLAIN_MS 2000

/* RFC 959 5.4: cannot open data connection. */
#define NO_DATA_CONNECTION 425

/* --- endpoints ------------------------------------------------------------------------ */

static void forget_data(struct client *c)
{
	link_close(&c->data);
	if (c->listener >= 0)
		close(c->listener);
	c->listener = -1;
}

bool client_passive(struct client *c, enum via via)
{
	/* RFC 959 5.4, RFC 2428 3: no other code names an endpoint. */
	const uint16_t code = via == VIA_EPSV ? 229 : 227;
	struct span text;
	enum hostport_error error;

	forget_data(c);
	if (!client_command(c, STAGE_ENDPOINT, "%s", via_name(via)))
		return false;
	if (c->reply.code != code)
		return client_refused(c, STAGE_ENDPOINT);
	text = span_of(c->reply.text, c->reply.len);
	error = hostport_parse_reply(via, text, &c->announced);
	if (error == HOSTPORT_FINE && c->announced.endpoint.port != 0)
		return true;
	client_stop(c, STAGE_ENDPOINT, STOP_MALFORMED, text);
	c->stop.code = code;
	return false;
}

bool client_active(struct client *c, enum via via)
{
	struct endpoint at = c->local;
	char text[HOSTPORT_TEXT_MAX + 1];
	size_t len;
	int error;

	forget_data(c);
	at.port = 0;
	c->listener = socket_listen(&at);
	error = c->listener < 0 ? c->listener : socket_local(c->listener, &at);
	if (error < 0)
		return client_system(c, STAGE_ENDPOINT, error);
	c->announced = (struct hostport){
		.via = via, .endpoint = at, .has_addr = true, .delimiter = '|'
	};
	len = hostport_format(&c->announced, text);
	text[len] = '\0';
	return client_command(c, STAGE_ENDPOINT, "%s %s", via_name(via), text);
}

/* Where a passive data connection goes. */
static struct endpoint destination(const struct client *c)
{
	struct endpoint to = c->announced.endpoint;

	/* 0.0.0.0 means "where you are talking to" anyway. */
	if (!c->spec.follow || !c->announced.has_addr ||
	    addr_is_unspecified(&to.addr))
		to.addr = c->spec.server.addr;
	return to;
}

/* --- the connection ----------------------------------------------------------------------- */

static bool data_ends(struct client *c, struct client_transfer *t, bool active)
{
	struct endpoint here, there;
	int error = socket_local(c->data.fd, &here);

	if (error == 0)
		error = socket_peer(c->data.fd, &there);
	if (error != 0)
		return client_system(c, STAGE_DATA_CONNECT, error);
	t->from = active ? there : here;
	t->to = active ? here : there;
	return true;
}

/* A reply while there is no data yet. False: it says no. */
static bool early_reply(struct client *c)
{
	if (ftp_reply_is_preliminary(c->reply.code))
		return true;
	return client_refused(c, c->reply.code == NO_DATA_CONNECTION
					 ? STAGE_DATA_CONNECT
					 : STAGE_TRANSFER);
}

static bool connect_passive(struct client *c, struct client_transfer *t)
{
	struct endpoint from = { c->local.addr, 0 }, to = destination(c);

	/* Servers take it from the address that they know alone. */
	return client_reach(c, STAGE_DATA_CONNECT, &from, &to, &c->data) &&
	       data_ends(c, t, false);
}

static bool begin_passive(struct client *c, struct client_transfer *t)
{
	return connect_passive(c, t) &&
	       client_send(c, STAGE_TRANSFER, "%s", t->command) &&
	       client_read_reply(c, STAGE_TRANSFER,
				 deadline_in(c->spec.times.reply)) &&
	       early_reply(c);
}

/* Somebody connected; a third host does not count. */
static bool take_caller(struct client *c, uint64_t until)
{
	struct endpoint peer;
	int fd = socket_accept(c->listener, &peer, until);

	if (fd < 0)
		return client_system(c, STAGE_DATA_CONNECT, fd);
	if (addr_equal(&peer.addr, &c->spec.server.addr))
		c->data = link_over(fd);
	else
		close(fd);
	return true;
}

/* What a wait in active mode waits for. */
static enum stage awaited(const struct client *c)
{
	return c->data.fd < 0 ? STAGE_DATA_CONNECT : STAGE_TRANSFER;
}

/* Wait until the listener (*@caller) or the control connection (*@reply) has
 * something. */
static bool await(struct client *c, bool *caller, bool *reply, uint64_t until)
{
	struct socket_wait wait[2] = {
		{ c->control.fd, POLLIN, 0 },
		{ c->data.fd < 0 ? c->listener : -1, POLLIN, 0 },
	};
	bool left = lines_left(&c->lines, &c->control);
	int error = socket_wait(wait, 2, left ? 0 : until);

	*caller = wait[1].got != 0;
	*reply = left || wait[0].got != 0;
	/* Third hosts that connect do not keep it busy for ever. */
	if (deadline_passed(until))
		return client_system(c, awaited(c), -ETIMEDOUT);
	return error == 0 || left || client_system(c, awaited(c), error);
}

/* Wait for the server's connection and for its 1yz, whichever comes first. */
static bool begin_active(struct client *c, struct client_transfer *t)
{
	bool begun = false, caller, reply;
	uint64_t until;

	if (!client_send(c, STAGE_TRANSFER, "%s", t->command))
		return false;
	until = deadline_in(c->spec.times.data);
	while (!begun || c->data.fd < 0) {
		if (!await(c, &caller, &reply, until))
			return false;
		/* The connection first: the reply may be about its end. */
		if (caller && !take_caller(c, until))
			return false;
		if (caller || !reply)
			continue;
		if (!client_read_reply(c, awaited(c), until) || !early_reply(c))
			return false;
		begun = true;
	}
	return data_ends(c, t, true);
}

/* --- the transfer -------------------------------------------------------------------------- */

static bool secure_data(struct client *c, struct client_transfer *t)
{
	uint64_t until = deadline_in(c->spec.times.handshake);
	enum link_result r;

	if (!c->protected)
		return true;
	r = link_secure(&c->data, c->spec.role, c->spec.sni,
			t->fresh ? NULL : c->control.tls, until);
	if (!client_link(c, STAGE_DATA_HANDSHAKE, &c->data, r))
		return false;
	t->tls = true;
	tls_peer_facts(c->data.tls, &t->facts);
	return true;
}

static bool receive(struct client *c, struct client_transfer *t, uint64_t until)
{
	enum link_result r = LINK_DONE;
	uint8_t more;
	size_t got;

	while (t->moved < t->size) {
		r = link_read(&c->data, (uint8_t *)t->bytes + t->moved,
			      t->size - t->moved, &got, until);
		if (r != LINK_DONE)
			break;
		t->moved += got;
	}
	if (r == LINK_DONE)
		r = link_read(&c->data, &more, sizeof(more), &got, until);
	t->more = r == LINK_DONE;
	t->truncated = c->data.truncated;
	return t->more || r == LINK_ENDED ||
	       client_link(c, STAGE_TRANSFER, &c->data, r);
}

static uint64_t soon(const struct client *c)
{
	uint32_t ms = c->spec.times.reply;

	return deadline_in(ms < EXPLAIN_MS ? ms : EXPLAIN_MS);
}

static bool move(struct client *c, struct client_transfer *t)
{
	uint64_t until = deadline_in(c->spec.times.transfer);
	struct span all = span_of(t->bytes, t->size);

	if (t->direction == CLIENT_DOWN) {
		if (!receive(c, t, until))
			return false;
		/* It has told its end, or shall not tell more. */
		if (!t->more)
			link_finish(&c->data, soon(c));
		return true;
	}
	if (!client_link(c, STAGE_TRANSFER, &c->data,
			 link_write(&c->data, all, until)))
		return false;
	t->moved = all.len;
	return client_link(c, STAGE_TRANSFER, &c->data,
			   link_finish(&c->data, until));
}

/* The server's reply to a transfer that failed, if it comes soon. */
static void explain(struct client *c)
{
	struct stop stop = c->stop;
	uint64_t until = soon(c);

	link_close(&c->data);
	if (stop.reason == STOP_REFUSED || stop.stage < STAGE_DATA_HANDSHAKE)
		return;
	do {
		c->stop.reason = STOP_NOT;
		if (!client_read_reply(c, stop.stage, until)) {
			c->stop = stop;
			return;
		}
	} while (ftp_reply_is_preliminary(c->reply.code));
	client_refused(c, stop.stage);
	c->stop.reason = stop.reason;
	c->stop.error = stop.error;
}

/* With @more the server finds its connection closed, and may say 426. */
static bool finish(struct client *c, const struct client_transfer *t)
{
	uint64_t until = deadline_in(c->spec.times.reply);

	link_close(&c->data);
	do {
		if (!client_read_reply(c, STAGE_TRANSFER, until))
			return false;
	} while (ftp_reply_is_preliminary(c->reply.code));
	return ftp_reply_is_success(c->reply.code) || t->more ||
	       client_refused(c, STAGE_TRANSFER);
}

bool client_transfer(struct client *c, struct client_transfer *t)
{
	bool active = c->listener >= 0, fine;

	t->from = t->to = (struct endpoint){ .port = 0 };
	t->moved = 0;
	t->more = t->tls = t->truncated = false;
	fine = (active ? begin_active(c, t) : begin_passive(c, t)) &&
	       secure_data(c, t) && move(c, t);
	if (!fine)
		explain(c);
	fine = fine && finish(c, t);
	forget_data(c);
	return fine;
}
