/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The URL of an FTP server (RFC 1738 3.2, RFC 3986):
 *
 *	ftp://[USER[:PASSWORD]@]HOST[:PORT][/]
 *
 * and the same with ftpes (explicit TLS) and ftps (implicit TLS). A whole
 * server is meant, so there is no path.
 */
#ifndef LAB_URL_H
#define LAB_URL_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/span.h>

#include "lab/client.h"

/* A DNS name has 253 bytes at most (RFC 1035 2.3.4), an IPv6 address 39. */
#define URL_HOST_MAX 254

/* A command line has room for them. */
#define URL_LOGIN_MAX 256

#define URL_PORT_FTP  21
#define URL_PORT_FTPS 990 /* implicit TLS */

struct url {
	enum client_tls tls;
	char host[URL_HOST_MAX]; /* without the brackets of an IPv6 address */
	bool is_addr;            /* it is an address: */
	struct addr addr;
	uint16_t port;
	char user[URL_LOGIN_MAX];     /* "anonymous" where none is given */
	char password[URL_LOGIN_MAX]; /* a secret: never printed */
	bool has_password;            /* one was given */
};

/*
 * Read a whole URL. NULL: @out is written, owning nothing. Else what is wrong,
 * in stable words without any part of the URL, which may hold a password; @out
 * is not written. %XX in user and password stands for a byte; what could end
 * an FTP command is refused.
 */
const char *url_parse(struct span text, struct url *out);

/* "ftp", "ftpes" or "ftps" */
const char *url_scheme(enum client_tls tls);

/* "ftpes://[2001:db8::5]:2121" and a NUL; the password and the user are left
 * out, the port where it is the scheme's own. */
#define URL_TEXT_MAX (URL_HOST_MAX + 20)
void url_format(const struct url *u, char out[URL_TEXT_MAX]);

#endif
