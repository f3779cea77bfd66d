/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the engine refused, dropped or ended something: the label of a counter
 * (stats.h), and the text that an event has, in one table each (reason.c).
 *
 * Labels are part of the contract: scripts match on them. A NAME_text() that is
 * missing here is the label itself.
 */
#ifndef SALLYPORT_REASON_H
#define SALLYPORT_REASON_H

/* A packet that was dropped. Its sender sends it again, where that helps. */
enum drop_reason {
	DROP_MALFORMED,      /* no IP packet */
	DROP_FRAGMENT,       /* a part of one, of a control connection */
	DROP_OVERLAP,        /* other bytes than the first copy had */
	DROP_HOLD_PACKETS,   /* HELD_PER_STREAM_MAX were waiting */
	DROP_HOLD_BYTES,     /* HELD_BYTES_MAX were */
	DROP_HOLD_TABLE,     /* of all sessions together, no place is left */
	DROP_HOLD_TIMEOUT,   /* it was held, and HELD_US went by */
	DROP_HOLD_END,       /* it was held, and its session went away */
	DROP_POLICY,         /* of a session that was reset */
	DROP_NO_ROOM,        /* the changed packet did not fit the outcome */
	DROP_DATA_CLEARTEXT, /* of a data connection that must be TLS */
	DROP_DATA_ORDER,     /* the same, and too early to be judged */
	DROP_DATA_LATE,      /* the SYN, once more, of one that is over */
	DROP_REASONS
};

const char *drop_reason_name(enum drop_reason why);

/* A connection to a control port that is not followed. */
enum session_refusal {
	SESSION_REFUSED_TABLE,  /* limits.sessions */
	SESSION_REFUSED_CLIENT, /* limits.sessions-per-client */
	SESSION_REFUSALS
};

const char *session_refusal_name(enum session_refusal why);

/* The end of a session. */
enum session_end {
	SESSION_END_FIN,
	SESSION_END_RST,
	SESSION_END_TIMEOUT,
	SESSION_END_REPLACED, /* by a connection with the same ports */
	SESSION_END_UNSEEN,   /* conntrack told of it: it had left the queue */
	SESSION_END_POLICY,   /* reset because of tls.explicit */
	SESSION_END_NUMBERS,  /* reset: bytes passed by untranslated */
	SESSION_END_MISSED,   /* it ended while no daemon ran */
	SESSION_END_EVICTED,  /* half open, and room was wanted */
	SESSION_END_SHUTDOWN, /* of the engine */
	SESSION_ENDS
};

const char *session_end_name(enum session_end why);
const char *session_end_text(enum session_end why);

/* An endpoint that opens nothing. */
enum endpoint_refusal {
	/* As hostport.h has them. */
	ENDPOINT_MISSING,
	ENDPOINT_MALFORMED,
	ENDPOINT_AMBIGUOUS,
	ENDPOINT_UNKNOWN_FAMILY,
	ENDPOINT_UNTRUSTED, /* the session is not trusted any more */
	/* As the alerts of these names tell. */
	ENDPOINT_FAMILY_MISMATCH,
	ENDPOINT_BOUNCE,
	ENDPOINT_THIRD_HOST,
	ENDPOINT_TELNET_EVASION,
	ENDPOINT_BAD_REPLY, /* no greeting came */
	ENDPOINT_NOT_LOGGED_IN,
	ENDPOINT_EPSV_ALL,
	ENDPOINT_ACTIVE_REFUSED,
	ENDPOINT_LOW_PORT,
	ENDPOINT_DENIED_PORT,
	ENDPOINT_FLOOD,
	ENDPOINT_NAT_UNKNOWN,
	ENDPOINT_REFUSALS,
	ENDPOINT_FINE = ENDPOINT_REFUSALS
};

const char *endpoint_refusal_name(enum endpoint_refusal why);
const char *endpoint_refusal_text(enum endpoint_refusal why);

/* A pinhole for an endpoint that is fine. */
enum pinhole_refusal {
	PINHOLE_REFUSED_PORT,    /* another pinhole has it */
	PINHOLE_REFUSED_TABLE,   /* full, or a client's or server's share is */
	PINHOLE_REFUSED_REWRITE, /* the line has left already, or is too full */
	PINHOLE_REFUSED_KERNEL,
	PINHOLE_REFUSALS
};

const char *pinhole_refusal_name(enum pinhole_refusal why);
const char *pinhole_refusal_text(enum pinhole_refusal why);

/* A grant, or a data connection under one. */
enum grant_refusal {
	GRANT_REFUSED_UNTRUSTED,
	GRANT_REFUSED_NAT_UNKNOWN,
	GRANT_REFUSED_NO_SERVER, /* of the configuration */
	GRANT_REFUSED_NO_PORTS,  /* passive-ports of that one */
	GRANT_REFUSED_NAT,       /* active mode, and the client's address is
				  * translated */
	GRANT_REFUSED_TABLE,
	/* A data connection. */
	GRANT_REFUSED_SERVER_GONE, /* a reload took its entry away */
	GRANT_REFUSED_MAX_DATA,
	GRANT_REFUSED_MAX_NEW,
	GRANT_REFUSED_PINHOLES, /* the table of pinholes is full */
	GRANT_REFUSALS,
	GRANT_FINE = GRANT_REFUSALS
};

const char *grant_refusal_name(enum grant_refusal why);
const char *grant_refusal_text(enum grant_refusal why);

/* The SYN of a data connection that nothing lets in. */
enum data_refusal {
	DATA_REFUSED_NOT_PEER, /* a pinhole's port, but not its host */
	DATA_REFUSED_NOT_DATA_PORT,
	DATA_REFUSED_NO_SESSION, /* encrypted, of this pair */
	DATA_REFUSED_GRANT,      /* see enum grant_refusal */
	DATA_REFUSALS
};

const char *data_refusal_name(enum data_refusal why);
const char *data_refusal_text(enum data_refusal why);

/* TLS of a control connection that came to nothing. */
enum tls_failure {
	TLS_FAILED_ALERT,     /* the handshake, and a peer said so */
	TLS_FAILED_CLEARTEXT, /* lines came without an end of TLS */
	TLS_FAILED_MALFORMED,
	TLS_FAILED_SSLV2,
	TLS_FAILED_MEMORY, /* a message is longer than can be remembered */
	TLS_FAILURES
};

const char *tls_failure_name(enum tls_failure why);

/* A session that opens nothing any more: the alert's name, or, at ALERTS,
 * "tls-failed". */
#define UNTRUSTED_TLS     ALERTS
#define UNTRUSTED_REASONS (ALERTS + 1)

const char *untrusted_name(unsigned int why);
const char *untrusted_text(unsigned int why);

#endif
