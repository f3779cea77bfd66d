/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an FTP server's own configuration file says, as far as a firewall in
 * front of that server must know it: vsftpd.conf, proftpd.conf, and
 * pure-ftpd.conf as version 1.0.43 and later read it. Debian's directory for
 * pure-ftpd, with a file for each option, is not read.
 *
 * The file comes from anywhere. It is only read: nothing that it names is
 * opened, looked up or run, so what it includes stays unknown, and is reported.
 */
#ifndef LAB_SERVERFILE_H
#define LAB_SERVERFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sallyport/addr.h>
#include <sallyport/policy.h>
#include <sallyport/span.h>

/* Sample files with all their comments have 60 kB. */
#define SERVERFILE_SIZE_MAX (1u << 20)

/* The servers read their lines into buffers of one to four kB. */
#define SERVERFILE_LINE_MAX 4096

/* After that many somebody will mend the file and look again. */
#define SERVERFILE_PROBLEMS_MAX 64

/* proftpd's main server and its <VirtualHost>s. */
#define SERVERFILE_SITES_MAX 32

/* A DNS name has 253 bytes at most (RFC 1035 2.3.4). */
#define SERVERFILE_NAME_MAX 256

/* A range of fewer ports is used up by a client that gets many small files:
 * each port waits a minute (TIME_WAIT) before it is used again. */
#define SERVERFILE_FEW_PORTS 100

enum serverfile_kind {
	SERVERFILE_UNKNOWN,
	SERVERFILE_VSFTPD,
	SERVERFILE_PROFTPD,
	SERVERFILE_PUREFTPD,
	SERVERFILE_KINDS
};

enum serverfile_tls {
	SERVERFILE_TLS_OFF,
	SERVERFILE_TLS_ALLOWED,
	SERVERFILE_TLS_REQUIRED,
};

/* What is known of a server. Of flags, 1 is yes and 0 no. */
enum serverfile_fact {
	FACT_CONTROL_PORT,
	FACT_TLS,         /* of logins; enum serverfile_tls */
	FACT_DATA_TLS,    /* of data connections; enum serverfile_tls */
	FACT_IMPLICIT,    /* TLS from the first byte */
	FACT_REUSE,       /* data connections must resume the TLS session */
	FACT_PASSIVE,     /* PASV and EPSV are answered */
	FACT_PASSIVE_MIN, /* as written; 0: absent */
	FACT_PASSIVE_MAX,
	FACT_ACTIVE,    /* PORT and EPRT are answered */
	FACT_DATA_PORT, /* active connections come from it; 0: from any */
	FACT_FOREIGN,   /* data connections of third hosts are taken */
	FACT_IPV4,      /* it listens there */
	FACT_IPV6,
	SERVERFILE_FACTS
};

struct serverfile_value {
	uint32_t line; /* that says so, from 1; 0: the server's default */
	uint16_t value;
};

/* An address, or the name of a host, as the file has it. */
struct serverfile_host {
	uint32_t line;                  /* 0: none is given */
	char text[SERVERFILE_NAME_MAX]; /* as read: not fit to print */
	bool is_addr;
	struct addr addr;
};

/* One server: the only one, or one of proftpd's. */
struct serverfile_site {
	uint32_t line; /* of its <VirtualHost>; 0: the main one */
	struct serverfile_value fact[SERVERFILE_FACTS];
	struct serverfile_host advertised; /* in a 227, for its own */
	struct serverfile_host listen;     /* its address; absent: all */
	/* Ports that a passive connection may have: those that the server
	 * makes of min and max. Without any: 1024 to 65535. */
	struct port_range passive;
};

struct serverfile_problem {
	uint32_t line;    /* 0: the file as a whole */
	bool harmless;    /* it may well be meant so */
	const char *id;   /* stable: "passive-inverted" */
	const char *text; /* for people; fixed, without parts of the file */
};

struct serverfile {
	enum serverfile_kind kind;
	struct serverfile_site site[SERVERFILE_SITES_MAX];
	size_t sites; /* from 1 */
	struct serverfile_problem problem[SERVERFILE_PROBLEMS_MAX];
	size_t problems, problems_more; /* found but not kept */
};

enum serverfile_result {
	SERVERFILE_OK,
	SERVERFILE_NOT_ONE, /* no server's that is known */
	SERVERFILE_BINARY,  /* it has bytes that no text has */
	SERVERFILE_TOO_LARGE,
	SERVERFILE_DIRECTORY, /* pure-ftpd's in Debian, perhaps */
	SERVERFILE_SYSTEM,    /* see errno */
};

/*
 * Read @path ("-": standard input). What the file is shows in it; where that
 * leaves a doubt, in the name of the file. *@line is where a text turned
 * binary, else 0. @out owns nothing; it is written for SERVERFILE_OK only.
 */
enum serverfile_result serverfile_load(const char *path, struct serverfile *out,
				       uint32_t *line);

/* The same from memory. @name: of the file, as a hint, or NULL. */
enum serverfile_result serverfile_parse(struct span bytes, const char *name,
					struct serverfile *out, uint32_t *line);

/* Stable words for all but SERVERFILE_OK and SERVERFILE_SYSTEM. */
const char *serverfile_result_text(enum serverfile_result result);

/* "vsftpd", "proftpd", "pure-ftpd" */
const char *serverfile_kind_name(enum serverfile_kind kind);

/* "off", "allowed", "required" */
const char *serverfile_tls_name(enum serverfile_tls tls);

/* "control-port", "tls", ... */
const char *serverfile_fact_name(enum serverfile_fact fact);

/* Does the file limit passive ports, on either side? */
bool serverfile_has_range(const struct serverfile_site *site);

/* --- serverfile_config.c: the entry of `servers:` ---------------------------------- */

/*
 * The address that the server has for itself: the one that it listens on, else
 * @address; false where both are missing (NULL).
 */
bool serverfile_address(const struct serverfile_site *site,
			const struct addr *address, struct addr *out);

/*
 * Write a configuration, with comments, that config_load() accepts: the entry
 * of each site with an address of its own or, for the main one, with @address
 * (NULL: unknown), and `control:` where their ports are unusual. False: no site
 * has an address, and nothing was written.
 */
bool serverfile_put_config(FILE *to, const struct serverfile *f,
			   const struct addr *address);

#endif
