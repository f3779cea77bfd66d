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
	/* clang-format on */
};

const char *event_type_name(enum event_type type)
{
	static const char *const name[EVENT_TYPES] = {
		[EVENT_SESSION_OPEN] = "session_open",
		[EVENT_COMMAND] = "command",
		[EVENT_REPLY] = "reply",
		[EVENT_AUTH] = "auth",
		[EVENT_ENDPOINT] = "endpoint",
		[EVENT_REWRITE] = "rewrite",
		[EVENT_PINHOLE] = "pinhole",
		[EVENT_DATA] = "data",
		[EVENT_ALERT] = "alert",
		[EVENT_SESSION_CLOSE] = "session_close",
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
