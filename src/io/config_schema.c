/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of configuration keys. */
#include "io/config_schema.h"

#include <assert.h>
#include <string.h>

/* Words are stored by width; enums must have the width of uint32_t. */
static_assert(sizeof(enum policy_active) == sizeof(uint32_t), "enum width");

static const struct schema_word when_down_words[] = {
	{ "pass", WHEN_DOWN_PASS },
	{ "drop", WHEN_DOWN_DROP },
	{ NULL, 0 },
};

static const struct schema_word explicit_words[] = {
	{ "allow", TLS_ALLOW },
	{ "require", TLS_REQUIRE },
	{ "forbid", TLS_FORBID },
	{ NULL, 0 },
};

/* RFC 8446 4.2.1, RFC 5246 E.1: the version as the wire has it. */
static const struct schema_word version_words[] = {
	{ "1.0", 0x0301 }, { "1.1", 0x0302 }, { "1.2", 0x0303 },
	{ "1.3", 0x0304 }, { NULL, 0 },
};

static const struct schema_word active_words[] = {
	{ "allow", ACTIVE_ALLOW },
	{ "refuse", ACTIVE_REFUSE },
	{ NULL, 0 },
};

static const struct schema_word server_tls_words[] = {
	{ "unknown", SERVER_TLS_UNKNOWN },
	{ "expected", SERVER_TLS_EXPECTED },
	{ NULL, 0 },
};

static const struct schema_word data_words[] = {
	{ "any", DATA_ANY },
	{ "require", DATA_REQUIRE_TLS },
	{ NULL, 0 },
};

static const struct schema_word source_words[] = {
	{ "any", ACTIVE_SOURCE_ANY },
	{ "data", ACTIVE_SOURCE_DATA },
	{ NULL, 0 },
};

static const struct schema_word level_words[] = {
	{ "error", LOG_LEVEL_ERROR },
	{ "warning", LOG_LEVEL_WARNING },
	{ "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG },
	{ NULL, 0 },
};

static const struct schema_word log_to_words[] = {
	{ "auto", LOG_TO_AUTO },
	{ "stderr", LOG_TO_STDERR },
	{ "journal", LOG_TO_JOURNAL },
	{ NULL, 0 },
};

/* Where a member lies, and how wide it, or one element of it, is. */
#define AT(s, member)                         \
	.offset = offsetof(struct s, member), \
	.size = sizeof(((struct s *)0)->member)
#define ARRAY(s, member, count)                       \
	.offset = offsetof(struct s, member),         \
	.size = sizeof(((struct s *)0)->member[0]),   \
	.count_offset = offsetof(struct s, count),    \
	.capacity = sizeof(((struct s *)0)->member) / \
		    sizeof(((struct s *)0)->member[0])
/* An array on the heap, of which the member is the pointer. */
#define HEAP(s, member, count, most)              \
	.offset = offsetof(struct s, member),     \
	.size = sizeof(*((struct s *)0)->member), \
	.count_offset = offsetof(struct s, count), .capacity = (most)
#define BOUNDS(from, to) .lo = (from), .hi = (to)
#define DEFAULT(text)    .fallback = (text)
#define REQUIRED         .fallback = NULL
#define HELP(text)       .help = (text)
#define SECTION(name)                                               \
	{                                                           \
		.path = (name), .type = SCHEMA_SECTION, DEFAULT("") \
	}

#define PORTS BOUNDS(1, UINT16_MAX)

/* Below 1024 live the services that a pinhole must never reach (RFC 2577 3):
 * the least that pinhole.minimum-port may be. */
#define UNPRIVILEGED 1024

const struct schema_row schema[] = {
	SECTION("control"),
	{ "control.ports", SCHEMA_NUMBER,
	  ARRAY(config, policy.control_port, policy.control_ports), PORTS,
	  DEFAULT("21"), HELP("FTP and explicit FTPS") },
	{ "control.implicit-tls-ports", SCHEMA_NUMBER,
	  ARRAY(config, policy.implicit_port, policy.implicit_ports), PORTS,
	  DEFAULT("990"), HELP("TLS from the first byte") },

	SECTION("queue"),
	{ "queue.first", SCHEMA_NUMBER, AT(config, queue_first),
	  BOUNDS(0, UINT16_MAX), DEFAULT("0"),
	  HELP("NFQUEUE number of the first worker") },
	{ "queue.workers", SCHEMA_NUMBER, AT(config, queue_workers),
	  BOUNDS(1, CONFIG_WORKERS_MAX), DEFAULT("1"), HELP("one queue each") },
	{ "queue.when-down", SCHEMA_WORD, AT(config, when_down),
	  .words = when_down_words, DEFAULT("pass"),
	  HELP("what becomes of packets without a daemon") },
	{ "queue.length", SCHEMA_NUMBER, AT(config, queue_length),
	  BOUNDS(1, CONFIG_QUEUE_LENGTH_MAX), DEFAULT("4096"),
	  HELP("packets that may wait in each queue") },

	SECTION("tls"),
	{ "tls.explicit", SCHEMA_WORD, AT(config, policy.explicit_tls),
	  .words = explicit_words, DEFAULT("allow"),
	  HELP("AUTH TLS on control.ports") },
	{ "tls.minimum-version", SCHEMA_WORD, AT(config, policy.minimum_tls),
	  .words = version_words, DEFAULT("1.2"),
	  HELP("older handshakes raise an alert") },
	{ "tls.fast-path", SCHEMA_BOOL, AT(config, policy.fast_path),
	  DEFAULT("false"), HELP("let encrypted sessions leave the queue") },
	{ "tls.fast-mark", SCHEMA_MARK, AT(config, policy.fast_mark),
	  BOUNDS(1, UINT32_MAX), DEFAULT("0x2000"),
	  HELP("or-ed into the mark of those sessions") },
	{ "tls.data-mark", SCHEMA_MARK, AT(config, policy.data_mark),
	  BOUNDS(1, UINT32_MAX), DEFAULT("0x4000"),
	  HELP("or-ed into data connections that must show TLS") },

	{ "servers", SCHEMA_SECTIONS,
	  HEAP(config, policy.server, policy.servers, CONFIG_SERVERS_MAX),
	  DEFAULT(""), HELP("FTPS servers, whose passive range must be told") },
	{ "servers.name", SCHEMA_NAME, AT(policy_server, name), REQUIRED,
	  HELP("as events and rules call it") },
	{ "servers.address", SCHEMA_PREFIX,
	  ARRAY(policy_server, address, addresses), REQUIRED,
	  HELP("addresses or prefixes, as it knows itself") },
	{ "servers.public-address", SCHEMA_ADDR,
	  ARRAY(policy_server, public_address, public_addresses), DEFAULT(""),
	  HELP("as clients outside know it") },
	{ "servers.passive-ports", SCHEMA_RANGE, AT(policy_server, passive),
	  PORTS, DEFAULT(""), HELP("what passive mode may use") },
	{ "servers.active", SCHEMA_WORD, AT(policy_server, active),
	  .words = active_words, DEFAULT("allow"),
	  HELP("may active mode open pinholes?") },
	{ "servers.tls", SCHEMA_WORD, AT(policy_server, tls),
	  .words = server_tls_words, DEFAULT("unknown"),
	  HELP("expected: cleartext logins are alerts") },
	{ "servers.data-protection", SCHEMA_WORD, AT(policy_server, data),
	  .words = data_words, DEFAULT("any"),
	  HELP("require: data without TLS is dropped") },
	{ "servers.max-data", SCHEMA_NUMBER, AT(policy_server, max_data),
	  BOUNDS(1, CONFIG_MAX_DATA_MAX), DEFAULT("8"),
	  HELP("data connections at once per session") },
	{ "servers.max-new", SCHEMA_NUMBER, AT(policy_server, new_data),
	  BOUNDS(1, CONFIG_MAX_NEW_MAX), DEFAULT("600"),
	  HELP("new ones a minute per session") },

	{ "clients", SCHEMA_SECTIONS,
	  HEAP(config, policy.client, policy.clients, CONFIG_CLIENTS_MAX),
	  DEFAULT(""), HELP("FTPS clients that tell a public address") },
	{ "clients.name", SCHEMA_NAME, AT(policy_client, name), REQUIRED,
	  HELP("as messages call it") },
	{ "clients.address", SCHEMA_PREFIX,
	  ARRAY(policy_client, address, addresses), REQUIRED,
	  HELP("addresses or prefixes, as it knows itself") },
	{ "clients.public-address", SCHEMA_ADDR,
	  AT(policy_client, public_address), REQUIRED,
	  HELP("what it tells servers") },
	{ "clients.active-ports", SCHEMA_RANGE, AT(policy_client, active),
	  PORTS, REQUIRED, HELP("what it lets servers connect to") },

	SECTION("pinhole"),
	{ "pinhole.timeout", SCHEMA_DURATION,
	  AT(config, policy.pinhole_timeout_us),
	  BOUNDS(1, CONFIG_TIMEOUT_MAX_S), DEFAULT("60s"),
	  HELP("how long one waits for its connection") },
	{ "pinhole.minimum-port", SCHEMA_NUMBER,
	  AT(config, policy.minimum_port), BOUNDS(UNPRIVILEGED, UINT16_MAX),
	  DEFAULT("1024"), HELP("lowest port one leads to") },
	{ "pinhole.denied-ports", SCHEMA_RANGE,
	  ARRAY(config, policy.denied, policy.denied_count), PORTS, DEFAULT(""),
	  HELP("ports and ranges none leads to") },
	{ "pinhole.require-login", SCHEMA_BOOL,
	  AT(config, policy.require_login), DEFAULT("true"),
	  HELP("none before reply 230") },
	{ "pinhole.connect-before-reply", SCHEMA_BOOL,
	  AT(config, policy.early_connect), DEFAULT("true"),
	  HELP("the server's own SYN answers PORT as a 200 does") },
	{ "pinhole.active-source-port", SCHEMA_WORD,
	  AT(config, policy.active_source), .words = source_words,
	  DEFAULT("any"), HELP("data: only from the control port - 1") },
	{ "pinhole.connmark", SCHEMA_MARK, AT(config, policy.connmark),
	  BOUNDS(1, UINT32_MAX), DEFAULT("0x1000"),
	  HELP("or-ed into the mark of data connections") },

	SECTION("limits"),
	{ "limits.sessions", SCHEMA_NUMBER, AT(config, limits.sessions),
	  BOUNDS(1, ENGINE_SESSIONS_MAX), DEFAULT("65536"),
	  HELP("control connections") },
	{ "limits.pinholes", SCHEMA_NUMBER, AT(config, limits.pinholes),
	  BOUNDS(1, ENGINE_PINHOLES_MAX), DEFAULT("65536"),
	  HELP("open at once") },
	{ "limits.sessions-per-client", SCHEMA_NUMBER,
	  AT(config, limits.sessions_per_client),
	  BOUNDS(1, ENGINE_SESSIONS_MAX), DEFAULT("1024"),
	  HELP("of one client address") },
	{ "limits.pinholes-per-client", SCHEMA_NUMBER,
	  AT(config, limits.pinholes_per_client),
	  BOUNDS(1, ENGINE_PINHOLES_MAX), DEFAULT("1024"),
	  HELP("of one client address") },
	{ "limits.pinholes-per-server", SCHEMA_NUMBER,
	  AT(config, limits.pinholes_per_server),
	  BOUNDS(1, ENGINE_PINHOLES_MAX), DEFAULT("16384"),
	  HELP("of one server address") },
	{ "limits.line-length", SCHEMA_NUMBER, AT(config, limits.line_length),
	  BOUNDS(ENGINE_LINE_MIN, ENGINE_LINE_MAX), DEFAULT("4096"),
	  HELP("bytes of a control line") },

	SECTION("replay"),
	{ "replay.nat", SCHEMA_SECTIONS,
	  HEAP(config, nat, nats, CONFIG_NAT_MAX), DEFAULT(""),
	  HELP("how the gateway of a capture translates") },
	{ "replay.nat.inside", SCHEMA_PREFIX, AT(config_nat, inside), REQUIRED,
	  HELP("prefix inside") },
	{ "replay.nat.public", SCHEMA_ADDR, AT(config_nat, public_address),
	  REQUIRED, HELP("address it goes out with") },

	SECTION("log"),
	{ "log.level", SCHEMA_WORD, AT(config, log_level), .words = level_words,
	  DEFAULT("info"), HELP("least severity that is logged") },
	{ "log.to", SCHEMA_WORD, AT(config, log_to), .words = log_to_words,
	  DEFAULT("auto"),
	  HELP("the journal, where standard error leads there") },

	SECTION("metrics"),
	{ "metrics.listen", SCHEMA_ENDPOINT, AT(config, metrics), DEFAULT(""),
	  HELP("where Prometheus finds the counters") },

	{ "control-socket", SCHEMA_PATH, AT(config, control_socket),
	  DEFAULT(CONFIG_SOCKET),
	  HELP("where sallyport ctl finds the daemon") },
	{ "state-file", SCHEMA_PATH, AT(config, state_file), BOUNDS(0, 1),
	  DEFAULT(CONFIG_STATE),
	  HELP("what sessions need to outlive the daemon") },
	{ "control-socket-group", SCHEMA_NAME, AT(config, control_group),
	  DEFAULT(""), HELP("may ask there, but not stop or reload") },
	{ "user", SCHEMA_NAME, AT(config, user), DEFAULT(""),
	  HELP("whom the daemon becomes") },
	{ "sandbox", SCHEMA_BOOL, AT(config, sandbox), DEFAULT("true"),
	  HELP("give up what is needed no more, once started") },
};

const size_t schema_rows = sizeof(schema) / sizeof(schema[0]);

static_assert(sizeof(schema) / sizeof(schema[0]) <= SCHEMA_ROWS_MAX, "rows");

const char *schema_key(const struct schema_row *row)
{
	const char *dot = strrchr(row->path, '.');

	return dot ? dot + 1 : row->path;
}

bool schema_below(const struct schema_row *row, const struct schema_row *parent)
{
	size_t head = (size_t)(schema_key(row) - row->path);
	size_t len = parent ? strlen(parent->path) + 1 : 0;

	if (head != len)
		return false;
	return !parent || memcmp(row->path, parent->path, len - 1) == 0;
}

const struct schema_row *schema_find(const struct schema_row *parent,
				     struct span key)
{
	for (size_t i = 0; i < schema_rows; i++)
		if (schema_below(&schema[i], parent) &&
		    span_equal(key, span_str(schema_key(&schema[i]))))
			return &schema[i];
	return NULL;
}
