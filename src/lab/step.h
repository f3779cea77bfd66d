/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of an FTP or FTPS conversation, and how one of them can stop it.
 * The scripted client and the scripted server have them in common. */
#ifndef LAB_STEP_H
#define LAB_STEP_H

#include <stdint.h>

/* In the order in which an explicit FTPS session takes them; an implicit one
 * has its handshake before the greeting. */
enum step {
	STEP_CONNECT,
	STEP_GREETING,
	STEP_FEAT,
	STEP_AUTH,
	STEP_HANDSHAKE,
	STEP_LOGIN, /* USER and PASS */
	STEP_PBSZ,
	STEP_PROT,
	STEP_TYPE,
	STEP_ENDPOINT, /* EPSV, PASV, EPRT or PORT */
	STEP_DATA_CONNECT,
	STEP_DATA_HANDSHAKE,
	STEP_TRANSFER, /* the bytes, and the replies around them */
	STEP_QUIT,
	STEPS
};

/* Stable words: "greeting", "data connect". */
const char *step_name(enum step step);

enum stop_reason {
	STOP_NOT,       /* it went on */
	STOP_TIMEOUT,   /* nothing, or not enough, within the step's time */
	STOP_CLOSED,    /* the other end closed the connection */
	STOP_BROKEN,    /* reset, unreachable ...: see error */
	STOP_TLS,       /* TLS failed: see text */
	STOP_REFUSED,   /* a reply that says no: see code and text */
	STOP_MALFORMED, /* what came is not FTP: see text */
	STOP_TOO_LONG,  /* more came than this step has room for */
	STOP_DIFFERENT, /* what came is not what was sent; see text */
	STOP_SYSTEM,    /* this machine refuses what it takes: see error */
	STOP_REASONS
};

/* A reply's first words say enough. */
#define STOP_TEXT_MAX 256

/* Where a conversation stopped, and why. All zero: it did not. */
struct stop {
	enum step step;
	enum stop_reason reason;
	int error;     /* positive errno of BROKEN and SYSTEM; else 0 */
	uint16_t code; /* of the server's reply that came with it; or 0 */
	/* The reply's or OpenSSL's words, as they came: escape them. */
	uint16_t text_len;
	char text[STOP_TEXT_MAX];
};

/* Stable words: "timeout", "refused". */
const char *stop_reason_name(enum stop_reason reason);

#endif
