/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command line of the client (RFC 959 5.3 and the IANA registry). */
#ifndef SALLYPORT_FTP_COMMAND_H
#define SALLYPORT_FTP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/span.h>

/*
 * The commands that change what the engine does have a name; all others that
 * are registered are FTP_OTHER, and unregistered words FTP_UNKNOWN.
 */
enum ftp_verb {
	FTP_UNKNOWN, /* a word of letters that no registry knows */
	FTP_NOT_FTP, /* not the shape of a command, or an HTTP or SIP verb */
	FTP_OTHER,
	FTP_ABOR,
	FTP_ACCT,
	FTP_ADAT,
	FTP_ALLO,
	FTP_APPE,
	FTP_AUTH,
	FTP_CCC,
	FTP_CDUP,
	FTP_CONF,
	FTP_CWD,
	FTP_DELE,
	FTP_ENC,
	FTP_EPRT,
	FTP_EPSV,
	FTP_FEAT,
	FTP_HELP,
	FTP_HOST,
	FTP_LANG,
	FTP_LIST,
	FTP_LPRT,
	FTP_LPSV,
	FTP_MDTM,
	FTP_MIC,
	FTP_MKD,
	FTP_MLSD,
	FTP_MLST,
	FTP_MODE,
	FTP_NLST,
	FTP_NOOP,
	FTP_OPTS,
	FTP_PASS,
	FTP_PASV,
	FTP_PBSZ,
	FTP_PORT,
	FTP_PROT,
	FTP_PWD,
	FTP_QUIT,
	FTP_REIN,
	FTP_REST,
	FTP_RETR,
	FTP_RMD,
	FTP_RNFR,
	FTP_RNTO,
	FTP_SITE,
	FTP_SIZE,
	FTP_SMNT,
	FTP_STAT,
	FTP_STOR,
	FTP_STOU,
	FTP_STRU,
	FTP_SYST,
	FTP_TYPE,
	FTP_USER,
	FTP_GREETING, /* not a command: what the first reply answers */
	FTP_VERBS
};

/*
 * Longest word taken for a verb. Registered ones have 3 or 4 letters (RFC
 * 959 5.3.1), vendors' up to 9 (XSHA512, XRMD160 ...); over it: NOT_FTP.
 */
#define FTP_VERB_MAX 12

struct ftp_command {
	enum ftp_verb verb;
	struct span word; /* the verb as it was typed */
	struct span arg;  /* behind the one space; empty where there is none */
	bool has_arg;
};

/*
 * Read one line without its end and without Telnet sequences. Always gives a
 * verb; the views point into @line. Letter case does not matter (RFC 959 5.3).
 */
struct ftp_command ftp_command_parse(struct span line);

/* Upper-case name; "" for FTP_UNKNOWN, FTP_NOT_FTP and FTP_OTHER. */
const char *ftp_verb_name(enum ftp_verb verb);

/* The argument is a secret and never leaves the engine: PASS, ACCT, ADAT and
 * unregistered words that begin with PASS. */
bool ftp_command_is_secret(const struct ftp_command *cmd);

/* RETR STOR STOU APPE LIST NLST MLSD: opens a data connection (RFC 959 4.1.3,
 * RFC 3659 7). */
bool ftp_verb_transfers(enum ftp_verb verb);

/*
 * Could more bytes turn @start, the beginning of a line, into PORT, EPRT or
 * LPRT? If so @arg_at is where the argument starts, or would start (which
 * may lie behind the end of @start).
 */
bool ftp_command_may_name_endpoint(struct span start, size_t *arg_at);

#endif
