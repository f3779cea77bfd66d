/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels and texts of reasons: one table per enum. */
#include <sallyport/reason.h>

#include <sallyport/event.h>

const char *drop_reason_name(enum drop_reason why)
{
	static const char *const name[DROP_REASONS] = {
		[DROP_MALFORMED] = "malformed",
		[DROP_FRAGMENT] = "fragment",
		[DROP_OVERLAP] = "overlap",
		[DROP_HOLD_PACKETS] = "hold-packets",
		[DROP_HOLD_BYTES] = "hold-bytes",
		[DROP_HOLD_TABLE] = "hold-table",
		[DROP_HOLD_TIMEOUT] = "hold-timeout",
		[DROP_HOLD_END] = "hold-end",
		[DROP_POLICY] = "policy",
		[DROP_NO_ROOM] = "no-room",
		[DROP_DATA_CLEARTEXT] = "data-cleartext",
		[DROP_DATA_ORDER] = "data-order",
		[DROP_DATA_LATE] = "data-late",
	};

	return name[why];
}

const char *session_refusal_name(enum session_refusal why)
{
	static const char *const name[SESSION_REFUSALS] = {
		[SESSION_REFUSED_TABLE] = "table",
		[SESSION_REFUSED_CLIENT] = "client",
	};

	return name[why];
}

/* --- reasons that events tell in words of their own -------------------------- */

struct reason {
	const char *name, *text;
};

static const struct reason session_ends[SESSION_ENDS] = {
	[SESSION_END_FIN] = { "fin", "fin" },
	[SESSION_END_RST] = { "rst", "rst" },
	[SESSION_END_TIMEOUT] = { "timeout", "timeout" },
	[SESSION_END_REPLACED] = { "replaced", "replaced by a new connection" },
	[SESSION_END_UNSEEN] = { "unseen", "closed outside of the queue" },
	[SESSION_END_POLICY] = { "policy", "refused by policy" },
	[SESSION_END_NUMBERS] = { "numbers", "translated numbers are lost" },
	[SESSION_END_MISSED] = { "missed", "ended while no daemon ran" },
	[SESSION_END_EVICTED] = { "evicted", "given up" },
	[SESSION_END_SHUTDOWN] = { "shutdown", "shutdown" },
};

const char *session_end_name(enum session_end why)
{
	return session_ends[why].name;
}

const char *session_end_text(enum session_end why)
{
	return session_ends[why].text;
}

/* The words are those of hostport_reason() and alert_name(), but for one. */
const char *endpoint_refusal_name(enum endpoint_refusal why)
{
	static const char *const name[ENDPOINT_REFUSALS] = {
		[ENDPOINT_MISSING] = "missing",
		[ENDPOINT_MALFORMED] = "malformed",
		[ENDPOINT_AMBIGUOUS] = "ambiguous",
		[ENDPOINT_UNKNOWN_FAMILY] = "unknown-family",
		[ENDPOINT_UNTRUSTED] = "untrusted",
		[ENDPOINT_FAMILY_MISMATCH] = "family-mismatch",
		[ENDPOINT_BOUNCE] = "bounce",
		[ENDPOINT_THIRD_HOST] = "third-host",
		[ENDPOINT_TELNET_EVASION] = "telnet-evasion",
		[ENDPOINT_BAD_REPLY] = "bad-reply",
		[ENDPOINT_NOT_LOGGED_IN] = "not-logged-in",
		[ENDPOINT_EPSV_ALL] = "epsv-all",
		[ENDPOINT_ACTIVE_REFUSED] = "active-refused",
		[ENDPOINT_LOW_PORT] = "low-port",
		[ENDPOINT_DENIED_PORT] = "denied-port",
		[ENDPOINT_FLOOD] = "endpoint-flood",
		[ENDPOINT_NAT_UNKNOWN] = "nat-unknown",
	};

	return name[why];
}

const char *endpoint_refusal_text(enum endpoint_refusal why)
{
	return why == ENDPOINT_UNTRUSTED ? "session not trusted"
					 : endpoint_refusal_name(why);
}

static const struct reason pinhole_refusals[PINHOLE_REFUSALS] = {
	[PINHOLE_REFUSED_PORT] = { "port", "port taken" },
	[PINHOLE_REFUSED_TABLE] = { "table", "table full" },
	[PINHOLE_REFUSED_REWRITE] = { "rewrite", "cannot be rewritten" },
	[PINHOLE_REFUSED_KERNEL] = { "kernel", "the kernel refused" },
};

const char *pinhole_refusal_name(enum pinhole_refusal why)
{
	return pinhole_refusals[why].name;
}

const char *pinhole_refusal_text(enum pinhole_refusal why)
{
	return pinhole_refusals[why].text;
}

static const struct reason grant_refusals[GRANT_REFUSALS] = {
	/* clang-format off */
	[GRANT_REFUSED_UNTRUSTED] = { "untrusted", "session not trusted" },
	[GRANT_REFUSED_NAT_UNKNOWN] = { "nat-unknown", "nat-unknown" },
	[GRANT_REFUSED_NO_SERVER] = { "no-server",
		"no servers entry has this server's address" },
	[GRANT_REFUSED_NO_PORTS] = { "no-ports",
		"passive-ports is not set for this server" },
	[GRANT_REFUSED_NAT] = { "nat",
		"FTPS active cannot cross this NAT: the client's encrypted "
		"PORT names its inside address, which nobody can rewrite" },
	[GRANT_REFUSED_TABLE] = { "table", "no room for another grant" },
	[GRANT_REFUSED_SERVER_GONE] = { "server-gone",
		"no servers entry has this server's address any more" },
	[GRANT_REFUSED_MAX_DATA] = { "max-data",
		"max-data: too many data connections are open" },
	[GRANT_REFUSED_MAX_NEW] = { "max-new",
		"max-new: too many new data connections in a minute" },
	[GRANT_REFUSED_PINHOLES] = { "pinholes", "table full" },
	/* clang-format on */
};

const char *grant_refusal_name(enum grant_refusal why)
{
	return grant_refusals[why].name;
}

const char *grant_refusal_text(enum grant_refusal why)
{
	return grant_refusals[why].text;
}

static const struct reason data_refusals[DATA_REFUSALS] = {
	[DATA_REFUSED_NOT_PEER] = { "not-peer", "not from the session's peer" },
	[DATA_REFUSED_NOT_DATA_PORT] = { "not-data-port",
					 "not from the data port" },
	[DATA_REFUSED_NO_SESSION] = { "no-session",
				      "no encrypted session of this pair" },
	[DATA_REFUSED_GRANT] = { "grant", "a grant's limit" },
};

const char *data_refusal_name(enum data_refusal why)
{
	return data_refusals[why].name;
}

const char *data_refusal_text(enum data_refusal why)
{
	return data_refusals[why].text;
}

const char *tls_failure_name(enum tls_failure why)
{
	static const char *const name[TLS_FAILURES] = {
		[TLS_FAILED_ALERT] = "alert",
		[TLS_FAILED_CLEARTEXT] = "cleartext",
		[TLS_FAILED_MALFORMED] = "malformed",
		[TLS_FAILED_SSLV2] = "sslv2",
		[TLS_FAILED_MEMORY] = "memory",
	};

	return name[why];
}

const char *untrusted_name(unsigned int why)
{
	return why == UNTRUSTED_TLS ? "tls-failed"
				    : alert_name((enum alert)why);
}

const char *untrusted_text(unsigned int why)
{
	return why == UNTRUSTED_TLS ? "TLS handshake failed"
				    : alert_name((enum alert)why);
}
