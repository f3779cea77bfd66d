/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS 1.3 without its arithmetic: see sham_tls.h. */
#include "sham_tls.h"

#include <string.h>
#include <sys/socket.h>

#include "bench.h"
#include "ftp_socket.h"

/* RFC 8446 B.1 */
#define CHANGE_CIPHER_SPEC 20
#define APPLICATION_DATA   23

/* The longest text that is sent in one record. */
#define TEXT_MAX 512

/* Bodies as OpenSSL has them with one RSA certificate and SHA-256. */
#define CERTIFICATE_LEN 1400
#define FINISHED_LEN    53
#define TICKET_LEN      250

static const uint8_t client_hello[] = {
	0x16, 0x03, 0x01, 0x00, 0x52, 0x01, 0x00, 0x00, 0x4e, 0x03, 0x03,
	0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x00,
	0x00, 0x04, 0x13, 0x01, 0xc0, 0x2f, 0x01, 0x00, 0x00, 0x21, 0x00,
	0x00, 0x00, 0x14, 0x00, 0x12, 0x00, 0x00, 0x0f, 0x66, 0x74, 0x70,
	0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6e, 0x65,
	0x74, 0x00, 0x2b, 0x00, 0x05, 0x04, 0x03, 0x04, 0x03, 0x03,
};
static const uint8_t server_hello[] = {
	0x16, 0x03, 0x01, 0x00, 0x32, 0x02, 0x00, 0x00, 0x2e, 0x03, 0x03,
	0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
	0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
	0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x00,
	0x13, 0x01, 0x00, 0x00, 0x06, 0x00, 0x2b, 0x00, 0x02, 0x03, 0x04,
};

/* Hellos that say TLS 1.3; supported_versions is all that is read of them. */

struct flight {
	uint8_t bytes[2048];
	size_t len;
};

static void add(struct flight *f, const void *bytes, size_t len)
{
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static void add_record(struct flight *f, uint8_t type, size_t len)
{
	const uint8_t header[SHAM_HEADER] = { type, 3, 3, (uint8_t)(len >> 8),
					      (uint8_t)len };

	add(f, header, sizeof(header));
	memset(f->bytes + f->len, 1, len);
	f->len += len;
}

/* What the server sends behind the client's hello. */
static struct flight server_flight(void)
{
	struct flight f = { .len = 0 };

	add(&f, server_hello, sizeof(server_hello));
	add_record(&f, CHANGE_CIPHER_SPEC, 1);
	add_record(&f, APPLICATION_DATA, CERTIFICATE_LEN);
	add_record(&f, APPLICATION_DATA, FINISHED_LEN);
	return f;
}

static struct flight client_flight(void)
{
	struct flight f = { .len = 0 };

	add_record(&f, CHANGE_CIPHER_SPEC, 1);
	add_record(&f, APPLICATION_DATA, FINISHED_LEN);
	return f;
}

static struct flight ticket(void)
{
	struct flight f = { .len = 0 };

	add_record(&f, APPLICATION_DATA, TICKET_LEN);
	return f;
}

static bool hear(int fd, size_t len)
{
	uint8_t bytes[sizeof(((struct flight *)0)->bytes)];

	return recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

bool sham_connect(int fd)
{
	const struct flight mine = client_flight();

	return socket_send(fd, client_hello, sizeof(client_hello)) &&
	       hear(fd, server_flight().len) &&
	       socket_send(fd, mine.bytes, mine.len) && hear(fd, ticket().len);
}

bool sham_begin(int fd, enum sham_state *state)
{
	*state = SHAM_HELLO;
	return socket_send(fd, client_hello, sizeof(client_hello));
}

size_t sham_answer(int fd, enum sham_state *state, const uint8_t *in,
		   size_t used)
{
	bool hello = *state == SHAM_HELLO;
	const struct flight answer = client_flight();
	size_t want = hello ? server_flight().len : ticket().len;

	(void)in;
	if (used < want)
		return 0;
	*state = hello ? SHAM_FINISHED : SHAM_UP;
	if (hello)
		(void)socket_send(fd, answer.bytes, answer.len);
	return want;
}

size_t sham_accept(int fd, enum sham_state *state, const uint8_t *in,
		   size_t used)
{
	bool hello = *state == SHAM_HELLO;
	const struct flight answer = hello ? server_flight() : ticket();
	size_t want = hello ? sizeof(client_hello) : client_flight().len;

	(void)in; /* there is one client, and it says what it should */
	if (used < want)
		return 0;
	*state = hello ? SHAM_FINISHED : SHAM_UP;
	/* The client is gone if this fails, and recv() will tell. */
	(void)socket_send(fd, answer.bytes, answer.len);
	return want;
}

bool sham_send(int fd, const void *text, size_t len)
{
	uint8_t bytes[SHAM_HEADER + TEXT_MAX + SHAM_TRAILER] = {
		APPLICATION_DATA, 3, 3, (uint8_t)((len + SHAM_TRAILER) >> 8),
		(uint8_t)(len + SHAM_TRAILER)
	};

	if (len > TEXT_MAX)
		return false;
	memcpy(bytes + SHAM_HEADER, text, len);
	return socket_send(fd, bytes, SHAM_HEADER + len + SHAM_TRAILER);
}

size_t sham_record(const uint8_t *in, size_t used, const uint8_t **text,
		   size_t *len)
{
	size_t body;

	if (used < SHAM_HEADER)
		return 0;
	body = (size_t)in[3] << 8 | in[4];
	if (used < SHAM_HEADER + body || body < SHAM_TRAILER)
		return 0;
	*text = in + SHAM_HEADER;
	*len = body - SHAM_TRAILER;
	return SHAM_HEADER + body;
}
