/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine tells about a session; one object a line in the event log. */
#ifndef SALLYPORT_EVENT_H
#define SALLYPORT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>
#include <sallyport/hostport.h>
#include <sallyport/policy.h>
#include <sallyport/span.h>
#include <sallyport/tls_hello.h>

enum event_type {
	EVENT_SESSION_OPEN,
	EVENT_COMMAND,
	EVENT_REPLY,
	EVENT_AUTH,
	EVENT_TLS,
	EVENT_ENDPOINT,
	EVENT_REWRITE,
	EVENT_PINHOLE,
	EVENT_GRANT,
	EVENT_DATA,
	EVENT_ALERT,
	EVENT_SESSION_CLOSE,
	EVENT_SESSION_RESTORE, /* it goes on after a restart */
	EVENT_TYPES
};

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };

enum pinhole_op {
	PINHOLE_OPEN,
	PINHOLE_USE,
	PINHOLE_CLOSE,
	PINHOLE_EXPIRE,
	PINHOLE_REFUSE,
};

/* Steps of TLS on the control connection, in the order they come. */
enum tls_step {
	TLS_STEP_CLIENT_HELLO,
	TLS_STEP_SERVER_HELLO,
	TLS_STEP_CERTIFICATE, /* TLS 1.2 and older: later ones hide it */
	TLS_STEP_CERTIFICATE_REQUEST,
	TLS_STEP_ESTABLISHED,
	TLS_STEP_FAILED,
	TLS_STEP_CLEARED, /* the session speaks in the clear again */
	TLS_STEPS
};

enum grant_op { GRANT_OPEN, GRANT_CLOSE, GRANT_REFUSE };

/* Is a data connection TLS? Only looked at where the configuration asks. */
enum data_tls { DATA_TLS_UNKNOWN, DATA_TLS_YES, DATA_TLS_NO };

/*
 * Every alert the engine can raise. The name is part of the contract: scripts
 * match on it. event.c holds name, severity and text of each, in one table.
 */
enum alert {
	ALERT_BOUNCE,             /* PORT/EPRT/LPRT names a third host */
	ALERT_THIRD_HOST,         /* 227/228 names a third host */
	ALERT_LOW_PORT,           /* below pinhole.minimum-port */
	ALERT_DENIED_PORT,        /* on pinhole.denied-ports */
	ALERT_MALFORMED_ENDPOINT, /* not the grammar */
	ALERT_AMBIGUOUS_ENDPOINT, /* more than one reading */
	ALERT_FAMILY_MISMATCH,    /* EPRT family differs from the control's */
	ALERT_UNREQUESTED_REPLY,  /* 227/228/229 that nobody asked for */
	ALERT_UNSOLICITED_REPLY,  /* a final reply to no command */
	ALERT_NOT_LOGGED_IN,      /* endpoint before 230 */
	ALERT_EPSV_ALL,           /* PORT/PASV/EPRT after EPSV ALL */
	ALERT_ACTIVE_REFUSED,     /* servers[].active: refuse */
	ALERT_OUTSIDE_RANGE,  /* passive port outside the configured range */
	ALERT_ENDPOINT_FLOOD, /* many endpoints and no data connection */
	ALERT_PINHOLE_TABLE_FULL, /* or a cap per client or server reached */
	ALERT_OVERLAP_CONFLICT,   /* retransmission with different bytes */
	ALERT_GAP,                /* bytes passed that were never seen here */
	ALERT_HOLD_OVERFLOW,      /* too much out of order; dropped */
	ALERT_BUFFER_OVERFLOW,    /* too much unacknowledged to remember */
	ALERT_LINE_TOO_LONG,
	ALERT_REPLY_TOO_LONG,
	ALERT_BAD_REPLY,         /* the server does not speak FTP */
	ALERT_NOT_FTP,           /* the client does not speak FTP */
	ALERT_PIPELINE_OVERFLOW, /* too many commands without a reply */
	ALERT_TELNET_EVASION,    /* Telnet or urgent data in an endpoint line */
	ALERT_DEFAULT_DATA_PORT, /* transfer without PORT or PASV */
	ALERT_FRAGMENT,          /* an IP fragment of a control connection */
	ALERT_BAD_CHECKSUM,
	ALERT_TCP_SIGNED,    /* TCP MD5 or AO: cannot be rewritten */
	ALERT_NAT_UNKNOWN,   /* conntrack does not know the session */
	ALERT_ACTION_FAILED, /* the kernel refused what the engine asked */
	ALERT_DATA_THEFT,    /* a third host tried an open pinhole's port */
	ALERT_SESSION_TABLE_FULL, /* or sessions-per-client reached */
	ALERT_UNSUPPORTED_SECURITY, /* AUTH GSSAPI and the like: inspection ends */
	ALERT_INJECTION,            /* bytes between AUTH and the handshake */
	ALERT_CLEARTEXT_AFTER_AUTH, /* no handshake after 234, or no end of TLS */
	ALERT_CLEARTEXT_LOGIN,      /* USER where TLS is required or expected */
	ALERT_TLS_STRIPPED,     /* AUTH refused though offered or expected */
	ALERT_TLS_FORBIDDEN,    /* AUTH where tls.explicit is forbid */
	ALERT_TLS_VERSION,      /* below tls.minimum-version */
	ALERT_TLS_MALFORMED,    /* records or hellos that cannot be read */
	ALERT_TLS_SSLV2,        /* a hello of SSL 2 */
	ALERT_TLS_URGENT,       /* TCP urgent data under TLS */
	ALERT_TLS_NAME,         /* HOST and SNI differ (RFC 7151 3.2.2) */
	ALERT_GRANT_LIMIT,      /* servers[].max-data or max-new reached */
	ALERT_GRANT_TABLE_FULL, /* no room to remember one more grant */
	ALERT_CLEARTEXT_DATA, /* data-protection is require, and no TLS came */
	ALERTS
};

/* One event. Views point into the outcome that carries the event and live as
 * long as it does. Text is raw network text: escape before printing. */
struct event {
	enum event_type type;
	uint64_t at_us;                 /* microseconds since the epoch */
	uint64_t session;               /* 0: belongs to no session */
	struct endpoint client, server; /* the inside view */
	union {
		struct {
			bool implicit_tls, midstream;
		} session_open;
		struct {
			struct span verb; /* upper case */
			struct span arg;
			bool has_arg;
			bool secret; /* arg holds "***" */
		} command;
		struct {
			uint16_t code;
			struct span text;
			uint32_t lines;
		} reply;
		struct {
			struct span mechanism;
			uint16_t code;
			bool accepted;
		} auth;
		struct {
			enum tls_step step;
			/* CLIENT_HELLO: the highest offered; SERVER_HELLO and
			 * ESTABLISHED: the one agreed upon. Wire value. */
			uint16_t version;
			uint16_t cipher;  /* SERVER_HELLO; wire value */
			struct span sni;  /* CLIENT_HELLO, CERTIFICATE */
			struct span alpn; /* hellos: the (first) protocol */
			enum tls_resumption resumption; /* CLIENT_HELLO */
			bool resumed;                   /* SERVER_HELLO */
			bool retry;        /* SERVER_HELLO: HelloRetryRequest */
			bool from_client;  /* CERTIFICATE, FAILED: whose */
			struct span chain; /* CERTIFICATE: its whole message
					      * body (RFC 5246 7.4.2) */
			const char *reason; /* FAILED, CLEARED */
		} tls;
		struct {
			enum via via;
			struct endpoint endpoint;
			bool accepted;
			const char *reason; /* NULL when accepted */
		} endpoint;
		struct {
			enum via via;
			struct endpoint from, to;
			int32_t delta; /* bytes */
		} rewrite;
		struct {
			enum pinhole_op op;
			uint64_t id;
			bool active;
			struct addr from;   /* any source port unless... */
			uint16_t from_port; /* ...this is not 0 */
			struct endpoint to; /* as the SYN will name it */
			const char *reason; /* NULL for open and use */
		} pinhole;
		struct {
			enum grant_op op;
			bool active;
			struct span server_name; /* of its servers entry, or
						  * empty */
			struct port_range ports; /* of whoever is connected to;
						  * 0-0: none */
			const char *reason;      /* NULL for open */
		} grant;
		struct {
			bool open; /* or close */
			bool active;
			struct endpoint from, to;
			bool has_bytes; /* conntrack accounting was on */
			uint64_t bytes_from, bytes_to;
			bool related;
			bool granted; /* by a grant, not by a pinhole */
			enum data_tls tls;
			const char *reason; /* NULL when all is well */
		} data;
		struct {
			enum alert rule;
		} alert;
		struct {
			const char *reason;
			uint32_t commands, replies, data_connections;
			bool tls;
			uint64_t duration_us;
		} session_close;
		struct {
			bool trusted, tls;
			uint64_t opened_us;
		} session_restore;
	};
};

/* "session_open", ... as the event log names it. */
const char *event_type_name(enum event_type type);

/* "bounce", "third-host", ...: the stable id. */
const char *alert_name(enum alert rule);
enum severity alert_severity(enum alert rule);

/* One sentence for people. */
const char *alert_text(enum alert rule);

const char *severity_name(enum severity s);

/* "open", "use", ... */
const char *pinhole_op_name(enum pinhole_op op);

/* "client_hello", "server_hello", ... */
const char *tls_step_name(enum tls_step step);

/* "none", "session_id", "ticket", "psk" */
const char *tls_resumption_name(enum tls_resumption r);

/* "open", "close", "refuse" */
const char *grant_op_name(enum grant_op op);

#endif
