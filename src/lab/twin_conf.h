/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other files say of a firewall and a server: the configuration of vsftpd,
 * ProFTPD or Pure-FTPd, and the options of kernel modules (modprobe.d(5)). Only
 * what matters to a firewall is read, and nothing of it is followed.
 */
#ifndef LAB_TWIN_CONF_H
#define LAB_TWIN_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/policy.h>
#include <sallyport/span.h>

enum twin_conf_tls {
	TWIN_CONF_TLS_UNSAID,
	TWIN_CONF_TLS_OFF,
	TWIN_CONF_TLS_ON,
	TWIN_CONF_TLS_REQUIRED,
};

struct twin_conf {
	/* "vsftpd", "ProFTPD", "Pure-FTPd"; NULL: it is none of theirs. */
	const char *server;
	struct port_range passive; /* 0-0: any port */
	bool announces;            /* an address of its own in a 227 */
	bool announced_known;      /* it is an address, not a name: */
	struct addr announced;
	enum twin_conf_tls tls;
	bool implicit;
	bool no_active;
	uint16_t port;     /* 0: unsaid */
	uint32_t bad_line; /* the first value that makes no sense; 0: none */
};

/* Read a server's configuration. A key that comes again counts again, as it
 * does there. */
void twin_conf_read(struct span text, struct twin_conf *out);

struct twin_modules {
	bool ports; /* nf_conntrack_ftp has ports= */
	bool loose; /* and loose=1 */
};

/* Read options of modules. */
void twin_modules_read(struct span text, struct twin_modules *out);

#endif
