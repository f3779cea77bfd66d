/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proftpd's directives, read, and what they mean together. */
#ifndef LAB_SERVERFILE_PROFTPD_H
#define LAB_SERVERFILE_PROFTPD_H

#include "lab/serverfile_private.h"

/* Commands that a <Limit> denies: PORT and EPRT, PASV and EPSV. */
#define PROFTPD_ACTIVE  0x3
#define PROFTPD_PASSIVE 0xc

enum proftpd_setting {
	PROFTPD_PORT,
	PROFTPD_ENGINE,
	PROFTPD_LOGIN,    /* TLSRequired, of logins */
	PROFTPD_DATA,     /* and of data connections */
	PROFTPD_IMPLICIT, /* TLSOptions */
	PROFTPD_NO_REUSE,
	PROFTPD_PASSIVE_MIN,
	PROFTPD_PASSIVE_MAX,
	PROFTPD_FOREIGN,
	PROFTPD_DENIED, /* PROFTPD_ACTIVE, PROFTPD_PASSIVE */
	PROFTPD_IPV6,
	PROFTPD_SETTINGS
};

struct proftpd_server {
	struct serverfile_value of[PROFTPD_SETTINGS];
	struct serverfile_host masquerade;
};

/* Fill f->site from as many @server; they take from @global what they do not
 * have. */
void proftpd_derive(struct proftpd_server *server,
		    const struct proftpd_server *global, struct serverfile *f);

#endif
