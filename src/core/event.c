/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, severities and texts of events: one table per enum. */
#include <sallyport/event.h>

/*
 * How grave an alert is: INFO may be an oddity of an honest peer; WARNING cost
 * somebody something or may hide an attack; CRITICAL has no honest explanation
 * or touches a third party.
 */
static const struct alert_row {
	const char *name;
	enum severity severity;
	const char *text;
} alerts[ALERTS] = {
	/* clang-format off */
	[ALERT_BOUNCE] = { "bounce", SEVERITY_CRITICAL,
		"The client asked for a data connection to a host that is not "
		"itself." },
	[ALERT_THIRD_HOST] = { "third-host", SEVERITY_CRITICAL,
		"The server sent the client to a host that is not itself." },
	[ALERT_LOW_PORT] = { "low-port", SEVERITY_WARNING,
		"The data port is below the configured minimum." },
	[ALERT_DENIED_PORT] = { "denied-port", SEVERITY_WARNING,
		"The data port is one that the configuration denies." },
	[ALERT_MALFORMED_ENDPOINT] = { "malformed-endpoint", SEVERITY_WARNING,
		"The data endpoint does not follow the grammar." },
	[ALERT_AMBIGUOUS_ENDPOINT] = { "ambiguous-endpoint", SEVERITY_WARNING,
		"The reply can be read as more than one data endpoint." },
	[ALERT_FAMILY_MISMATCH] = { "family-mismatch", SEVERITY_WARNING,
		"The data endpoint is not of the control connection's address "
		"family." },
	[ALERT_UNREQUESTED_REPLY] = { "unrequested-reply", SEVERITY_WARNING,
		"The server named a data endpoint that nobody had asked for." },
	[ALERT_UNSOLICITED_REPLY] = { "unsolicited-reply", SEVERITY_INFO,
		"The server sent a final reply although no command was "
		"waiting." },
	[ALERT_NOT_LOGGED_IN] = { "not-logged-in", SEVERITY_WARNING,
		"A data endpoint was named before the login succeeded." },
	[ALERT_EPSV_ALL] = { "epsv-all", SEVERITY_WARNING,
		"The client used another endpoint command after EPSV ALL." },
	[ALERT_ACTIVE_REFUSED] = { "active-refused", SEVERITY_WARNING,
		"Active mode is refused for this server." },
	[ALERT_OUTSIDE_RANGE] = { "outside-range", SEVERITY_WARNING,
		"The passive port is outside the range configured for this "
		"server." },
	[ALERT_ENDPOINT_FLOOD] = { "endpoint-flood", SEVERITY_WARNING,
		"Many data endpoints were named without a data connection." },
	[ALERT_PINHOLE_TABLE_FULL] = { "pinhole-table-full", SEVERITY_WARNING,
		"No pinhole is free in the table or for this client or "
		"server." },
	[ALERT_OVERLAP_CONFLICT] = { "overlap-conflict", SEVERITY_CRITICAL,
		"A retransmission carried bytes that differ from the first "
		"copy." },
	[ALERT_GAP] = { "gap", SEVERITY_WARNING,
		"Bytes of the control connection passed without being seen "
		"here." },
	[ALERT_HOLD_OVERFLOW] = { "hold-overflow", SEVERITY_WARNING,
		"Too many packets out of order were waiting; one was dropped." },
	[ALERT_BUFFER_OVERFLOW] = { "buffer-overflow", SEVERITY_WARNING,
		"More bytes are unacknowledged than can be remembered." },
	[ALERT_LINE_TOO_LONG] = { "line-too-long", SEVERITY_WARNING,
		"A line of the control connection is longer than allowed." },
	[ALERT_REPLY_TOO_LONG] = { "reply-too-long", SEVERITY_WARNING,
		"A reply has more lines than allowed." },
	[ALERT_BAD_REPLY] = { "bad-reply", SEVERITY_WARNING,
		"The server sent a line that is not an FTP reply." },
	[ALERT_NOT_FTP] = { "not-ftp", SEVERITY_WARNING,
		"The client sent a line that is not an FTP command." },
	[ALERT_PIPELINE_OVERFLOW] = { "pipeline-overflow", SEVERITY_WARNING,
		"Too many commands are waiting for their replies." },
	[ALERT_TELNET_EVASION] = { "telnet-evasion", SEVERITY_WARNING,
		"A line that names a data endpoint holds Telnet commands or "
		"urgent data." },
	[ALERT_DEFAULT_DATA_PORT] = { "default-data-port", SEVERITY_INFO,
		"A transfer was asked for without PORT or PASV before it." },
	[ALERT_FRAGMENT] = { "fragment", SEVERITY_WARNING,
		"A packet of the control connection is an IP fragment." },
	[ALERT_BAD_CHECKSUM] = { "bad-checksum", SEVERITY_INFO,
		"A packet of the control connection has a wrong checksum." },
	[ALERT_TCP_SIGNED] = { "tcp-signed", SEVERITY_WARNING,
		"The control connection is signed with TCP MD5 or TCP-AO and "
		"cannot be rewritten." },
	[ALERT_NAT_UNKNOWN] = { "nat-unknown", SEVERITY_WARNING,
		"Conntrack does not know how this session is translated." },
	[ALERT_ACTION_FAILED] = { "action-failed", SEVERITY_WARNING,
		"The kernel refused what was asked for this session." },
	[ALERT_DATA_THEFT] = { "data-theft", SEVERITY_CRITICAL,
		"A third host tried to connect to the port of an open "
		"pinhole." },
	[ALERT_SESSION_TABLE_FULL] = { "session-table-full", SEVERITY_WARNING,
		"No session is free in the table or for this client." },
	[ALERT_UNSUPPORTED_SECURITY] = { "unsupported-security", SEVERITY_INFO,
		"The session chose a security mechanism that cannot be "
		"followed." },
	[ALERT_INJECTION] = { "injection", SEVERITY_CRITICAL,
		"Cleartext stood between AUTH and the TLS handshake." },
	[ALERT_CLEARTEXT_AFTER_AUTH] = { "cleartext-after-auth",
		SEVERITY_CRITICAL,
		"Cleartext came where the session had agreed on TLS." },
	[ALERT_CLEARTEXT_LOGIN] = { "cleartext-login", SEVERITY_WARNING,
		"A login was tried in the clear where TLS is required or "
		"expected." },
	[ALERT_TLS_STRIPPED] = { "tls-stripped", SEVERITY_CRITICAL,
		"AUTH was refused by a server that offers TLS or is expected "
		"to." },
	[ALERT_TLS_FORBIDDEN] = { "tls-forbidden", SEVERITY_INFO,
		"AUTH was refused because the configuration forbids it." },
	[ALERT_TLS_VERSION] = { "tls-version", SEVERITY_WARNING,
		"The TLS version is below the configured minimum." },
	[ALERT_TLS_MALFORMED] = { "tls-malformed", SEVERITY_WARNING,
		"The TLS records or the handshake cannot be read." },
	[ALERT_TLS_SSLV2] = { "tls-sslv2", SEVERITY_WARNING,
		"The client began with a hello of SSL 2, which is refused." },
	[ALERT_TLS_URGENT] = { "tls-urgent", SEVERITY_WARNING,
		"Urgent data came on an encrypted control connection." },
	[ALERT_TLS_NAME] = { "tls-name", SEVERITY_INFO,
		"The client named one host in HOST and another in its TLS "
		"hello." },
	[ALERT_GRANT_LIMIT] = { "grant-limit", SEVERITY_WARNING,
		"An encrypted session opens more data connections than "
		"allowed." },
	[ALERT_GRANT_TABLE_FULL] = { "grant-table-full", SEVERITY_WARNING,
		"No room is left for the grant of an encrypted session." },
	[ALERT_CLEARTEXT_DATA] = { "cleartext-data", SEVERITY_WARNING,
		"A data connection that must be TLS is not; it is dropped." },
	/* clang-format on */
};

const char *event_type_name(enum event_type type)
{
	static const char *const name[EVENT_TYPES] = {
		[EVENT_SESSION_OPEN] = "session_open",
		[EVENT_COMMAND] = "command",
		[EVENT_REPLY] = "reply",
		[EVENT_AUTH] = "auth",
		[EVENT_TLS] = "tls",
		[EVENT_ENDPOINT] = "endpoint",
		[EVENT_REWRITE] = "rewrite",
		[EVENT_PINHOLE] = "pinhole",
		[EVENT_GRANT] = "grant",
		[EVENT_DATA] = "data",
		[EVENT_ALERT] = "alert",
		[EVENT_SESSION_CLOSE] = "session_close",
		[EVENT_SESSION_RESTORE] = "session_restore",
	};

	return name[type];
}

const char *alert_name(enum alert rule)
{
	return alerts[rule].name;
}

enum severity alert_severity(enum alert rule)
{
	return alerts[rule].severity;
}

const char *alert_text(enum alert rule)
{
	return alerts[rule].text;
}

const char *severity_name(enum severity s)
{
	static const char *const name[] = {
		[SEVERITY_INFO] = "info",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_CRITICAL] = "critical",
	};

	return name[s];
}

const char *pinhole_op_name(enum pinhole_op op)
{
	static const char *const name[] = {
		[PINHOLE_OPEN] = "open",     [PINHOLE_USE] = "use",
		[PINHOLE_CLOSE] = "close",   [PINHOLE_EXPIRE] = "expire",
		[PINHOLE_REFUSE] = "refuse",
	};

	return name[op];
}

const char *tls_step_name(enum tls_step step)
{
	static const char *const name[TLS_STEPS] = {
		[TLS_STEP_CLIENT_HELLO] = "client_hello",
		[TLS_STEP_SERVER_HELLO] = "server_hello",
		[TLS_STEP_CERTIFICATE] = "certificate",
		[TLS_STEP_CERTIFICATE_REQUEST] = "certificate_request",
		[TLS_STEP_ESTABLISHED] = "established",
		[TLS_STEP_FAILED] = "failed",
		[TLS_STEP_CLEARED] = "cleared",
	};

	return name[step];
}

const char *tls_resumption_name(enum tls_resumption r)
{
	static const char *const name[] = {
		[TLS_RESUME_NONE] = "none",
		[TLS_RESUME_SESSION_ID] = "session_id",
		[TLS_RESUME_TICKET] = "ticket",
		[TLS_RESUME_PSK] = "psk",
	};

	return name[r];
}

const char *grant_op_name(enum grant_op op)
{
	static const char *const name[] = {
		[GRANT_OPEN] = "open",
		[GRANT_CLOSE] = "close",
		[GRANT_REFUSE] = "refuse",
	};

	return name[op];
}
