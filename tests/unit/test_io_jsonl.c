/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as JSON lines and as lines for people; clock and log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <sallyport/tls_handshake.h>

#include "cert_facts.h"
#include "io/clock.h"
#include "io/log.h"
#include "report/jsonl.h"
#include "report/text.h"
#include "support.h"

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(span_str(text), &a), PARSE_OK);
	return a;
}

static struct endpoint at(const char *addr, uint16_t port)
{
	return (struct endpoint){ addr_of(addr), port };
}

/* What every event of the tests begins with. */
#define JSON_HEAD(type)                                                       \
	"{\"ts\":\"2025-11-23T10:15:42.000007Z\",\"event\":\"" type           \
	"\",\"session\":7,\"client\":{\"addr\":\"10.1.4.4\",\"port\":40000}," \
	"\"server\":{\"addr\":\"10.2.5.5\",\"port\":21}"
#define TEXT_HEAD "10:15:42.000007 #7 10.1.4.4:40000 > 10.2.5.5:21 "

static struct event event_of(enum event_type type)
{
	struct event e;

	memset(&e, 0, sizeof(e));
	e.type = type;
	e.at_us = 1763892942000007;
	e.session = 7;
	e.client = at("10.1.4.4", 40000);
	e.server = at("10.2.5.5", 21);
	return e;
}

static void check(const struct event *e, const char *json, const char *text)
{
	char *line = jsonl_format(e);

	assert_string_equal(line, json);
	free(line);
	line = text_format(e);
	assert_string_equal(line, text);
	free(line);
}

static void test_session_open(void **state)
{
	struct event e = event_of(EVENT_SESSION_OPEN);

	(void)state;
	check(&e,
	      JSON_HEAD("session_open") ",\"implicit_tls\":false,"
					"\"midstream\":false}",
	      TEXT_HEAD "session_open");
	e.session_open.implicit_tls = e.session_open.midstream = true;
	check(&e,
	      JSON_HEAD("session_open") ",\"implicit_tls\":true,"
					"\"midstream\":true}",
	      TEXT_HEAD "session_open implicit-tls midstream");
}

static void test_command(void **state)
{
	struct event e = event_of(EVENT_COMMAND);

	(void)state;
	e.command.verb = span_str("PASV");
	check(&e, JSON_HEAD("command") ",\"verb\":\"PASV\"}",
	      TEXT_HEAD "command PASV");
	e.command.verb = span_str("RETR");
	e.command.has_arg = true;
	check(&e, JSON_HEAD("command") ",\"verb\":\"RETR\",\"arg\":\"\"}",
	      TEXT_HEAD "command RETR ");
	e.command.arg = span_of("a\"\xff\n\0", 5);
	check(&e,
	      JSON_HEAD("command") ",\"verb\":\"RETR\","
				   "\"arg\":\"a\\\"\\\\xff\\\\n\\\\x00\"}",
	      TEXT_HEAD "command RETR a\"\\xff\\n\\x00");
}

/* Even if the engine forgot to mask it. */
static void test_secret(void **state)
{
	struct event e = event_of(EVENT_COMMAND);

	(void)state;
	e.command.verb = span_str("PASS");
	e.command.has_arg = e.command.secret = true;
	e.command.arg = span_str("hunter2");
	check(&e, JSON_HEAD("command") ",\"verb\":\"PASS\",\"arg\":\"***\"}",
	      TEXT_HEAD "command PASS ***");
}

static void test_reply(void **state)
{
	struct event e = event_of(EVENT_REPLY);

	(void)state;
	e.reply.code = 230;
	e.reply.text = span_str("caf\xc3\xa9\r");
	e.reply.lines = 1;
	check(&e,
	      JSON_HEAD("reply") ",\"code\":230,\"text\":\"caf\xc3\xa9\\\\r\","
				 "\"lines\":1}",
	      TEXT_HEAD "reply 230 caf\xc3\xa9\\r");
	e.reply.text = span_str("");
	e.reply.lines = 3;
	check(&e, JSON_HEAD("reply") ",\"code\":230,\"text\":\"\",\"lines\":3}",
	      TEXT_HEAD "reply 230  (3 lines)");
}

static void test_auth(void **state)
{
	struct event e = event_of(EVENT_AUTH);

	(void)state;
	e.auth.mechanism = span_str("TLS");
	e.auth.code = 234;
	e.auth.accepted = true;
	check(&e,
	      JSON_HEAD("auth") ",\"mechanism\":\"TLS\",\"code\":234,"
				"\"accepted\":true}",
	      TEXT_HEAD "auth TLS accepted (234)");
}

static struct event tls_event(enum tls_step step)
{
	struct event e = event_of(EVENT_TLS);

	e.tls.step = step;
	return e;
}

static void test_tls_hellos(void **state)
{
	struct event e = tls_event(TLS_STEP_CLIENT_HELLO);

	(void)state;
	check(&e,
	      JSON_HEAD("tls") ",\"state\":\"client_hello\","
			       "\"resumption\":\"none\"}",
	      TEXT_HEAD "tls client_hello");
	e.tls.version = TLS_1_3;
	e.tls.sni = span_str("ftp.example\n");
	e.tls.alpn = span_str("ftp");
	e.tls.resumption = TLS_RESUME_PSK;
	check(&e,
	      JSON_HEAD("tls") ",\"state\":\"client_hello\","
			       "\"version\":\"TLS 1.3\","
			       "\"sni\":\"ftp.example\\\\n\","
			       "\"alpn\":\"ftp\",\"resumption\":\"psk\"}",
	      TEXT_HEAD "tls client_hello TLS 1.3 for ftp.example\\n alpn ftp "
			"resumption psk");
	e = tls_event(TLS_STEP_SERVER_HELLO);
	e.tls.version = TLS_1_2;
	e.tls.cipher = 0xc030;
	check(&e,
	      JSON_HEAD("tls") ",\"state\":\"server_hello\","
			       "\"version\":\"TLS 1.2\",\"cipher\":"
			       "\"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\","
			       "\"resumed\":false}",
	      TEXT_HEAD "tls server_hello TLS 1.2 "
			"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
	e.tls.version = 0x7f1c;
	e.tls.cipher = 0xeeee;
	e.tls.alpn = span_str("ftp");
	e.tls.resumed = e.tls.retry = true;
	check(&e,
	      JSON_HEAD("tls") ",\"state\":\"server_hello\","
			       "\"version\":\"0x7f1c\",\"cipher\":\"0xeeee\","
			       "\"alpn\":\"ftp\",\"resumed\":true,"
			       "\"retry\":true}",
	      TEXT_HEAD "tls server_hello 0x7f1c 0xeeee alpn ftp resumed "
			"retry");
}

/* RFC 5246 7.4.2: lengths of three bytes, of the list and of each. */
static struct span certificate_body(const struct cert *c, uint8_t *out)
{
	size_t len = c->len;

	for (int i = 0; i < 3; i++) {
		out[i] = (uint8_t)((len + 3) >> (16 - 8 * i));
		out[3 + i] = (uint8_t)(len >> (16 - 8 * i));
	}
	memcpy(out + 6, c->der, len);
	return span_of(out, len + 6);
}

static void test_tls_certificate(void **state)
{
	struct event e = tls_event(TLS_STEP_CERTIFICATE);
	struct cert made = make_cert(&cert_plain);
	uint8_t body[4096];

	(void)state;
	e.tls.chain = certificate_body(&made, body);
	e.tls.sni = span_str("ftp.example.org");
	check(&e,
	      JSON_HEAD("tls") ",\"state\":\"certificate\","
			       "\"subject\":\"CN=ftp.example\","
			       "\"issuer\":\"CN=ftp.example\","
			       "\"not_before\":\"2025-11-22T10:15:42Z\","
			       "\"not_after\":\"2025-11-24T10:15:42Z\","
			       "\"san\":[],\"key\":\"EC P-256\","
			       "\"side\":\"server\","
			       "\"self_signed\":true,\"name_mismatch\":true,"
			       "\"chain\":1}",
	      TEXT_HEAD "tls certificate server CN=ftp.example, issued by "
			"CN=ftp.example, EC P-256, valid until 2025-11-24 "
			"(self-signed, not for \"ftp.example.org\")");
	/* Cut short it is told, not guessed at. */
	e.tls.chain.len--;
	e.tls.from_client = true;
	check(&e,
	      JSON_HEAD("tls") ",\"state\":\"certificate\","
			       "\"side\":\"client\",\"reason\":"
			       "\"a certificate cannot be decoded\"}",
	      TEXT_HEAD "tls certificate client: a certificate cannot be "
			"decoded");
	memset(body, 0, 3);
	e.tls.chain = span_of(body, 3);
	check(&e,
	      JSON_HEAD("tls") ",\"state\":\"certificate\","
			       "\"side\":\"client\",\"reason\":"
			       "\"there is no certificate\"}",
	      TEXT_HEAD "tls certificate client: there is no "
			"certificate");
	cert_free(&made);
}

static void test_tls_others(void **state)
{
	struct event e = tls_event(TLS_STEP_ESTABLISHED);

	(void)state;
	e.tls.version = TLS_1_3;
	check(&e,
	      JSON_HEAD("tls") ",\"state\":\"established\","
			       "\"version\":\"TLS 1.3\"}",
	      TEXT_HEAD "tls established TLS 1.3");
	e = tls_event(TLS_STEP_FAILED);
	e.tls.from_client = true;
	e.tls.reason = "unknown_ca";
	check(&e,
	      JSON_HEAD("tls") ",\"state\":\"failed\",\"side\":\"client\","
			       "\"reason\":\"unknown_ca\"}",
	      TEXT_HEAD "tls failed client: unknown_ca");
	e = tls_event(TLS_STEP_CLEARED);
	e.tls.reason = "CCC";
	check(&e, JSON_HEAD("tls") ",\"state\":\"cleared\",\"reason\":\"CCC\"}",
	      TEXT_HEAD "tls cleared: CCC");
	e = tls_event(TLS_STEP_CERTIFICATE_REQUEST);
	check(&e, JSON_HEAD("tls") ",\"state\":\"certificate_request\"}",
	      TEXT_HEAD "tls certificate_request");
}

static void test_grant(void **state)
{
	struct event e = event_of(EVENT_GRANT);

	(void)state;
	e.grant.server_name = span_str("lab");
	e.grant.ports = (struct port_range){ 42000, 42999 };
	check(&e,
	      JSON_HEAD("grant") ",\"op\":\"open\",\"mode\":\"passive\","
				 "\"server_name\":\"lab\","
				 "\"ports\":\"42000-42999\"}",
	      TEXT_HEAD "grant open passive server lab ports 42000-42999");
	e.grant.op = GRANT_CLOSE;
	e.grant.active = true;
	e.grant.ports = (struct port_range){ 5000, 5000 };
	e.grant.reason = "session closed";
	check(&e,
	      JSON_HEAD("grant") ",\"op\":\"close\",\"mode\":\"active\","
				 "\"server_name\":\"lab\","
				 "\"ports\":\"5000\","
				 "\"reason\":\"session closed\"}",
	      TEXT_HEAD "grant close active server lab ports 5000: session "
			"closed");
	e = event_of(EVENT_GRANT);
	e.grant.op = GRANT_REFUSE;
	e.grant.reason = "no such server";
	check(&e,
	      JSON_HEAD("grant") ",\"op\":\"refuse\",\"mode\":\"passive\","
				 "\"reason\":\"no such server\"}",
	      TEXT_HEAD "grant refuse passive: no such server");
}

static void test_endpoint(void **state)
{
	struct event e = event_of(EVENT_ENDPOINT);

	(void)state;
	e.endpoint.via = VIA_EPSV;
	e.endpoint.endpoint = at("10.2.5.5", 42000);
	e.endpoint.accepted = true;
	check(&e,
	      JSON_HEAD("endpoint") ",\"via\":\"EPSV\",\"mode\":\"passive\","
				    "\"addr\":\"10.2.5.5\",\"port\":42000,"
				    "\"accepted\":true}",
	      TEXT_HEAD "endpoint EPSV 10.2.5.5:42000 accepted");
	e.endpoint.via = VIA_PORT;
	e.endpoint.accepted = false;
	e.endpoint.reason = "bounce";
	check(&e,
	      JSON_HEAD("endpoint") ",\"via\":\"PORT\",\"mode\":\"active\","
				    "\"addr\":\"10.2.5.5\",\"port\":42000,"
				    "\"accepted\":false,\"reason\":\"bounce\"}",
	      TEXT_HEAD "endpoint PORT 10.2.5.5:42000 refused: bounce");
}

static void test_rewrite(void **state)
{
	struct event e = event_of(EVENT_REWRITE);

	(void)state;
	e.rewrite.via = VIA_PORT;
	e.rewrite.from = at("10.1.4.4", 40001);
	e.rewrite.to = at("203.0.113.1", 40001);
	e.rewrite.delta = -2;
	check(&e,
	      JSON_HEAD("rewrite") ",\"via\":\"PORT\","
				   "\"from\":{\"addr\":\"10.1.4.4\","
				   "\"port\":40001},"
				   "\"to\":{\"addr\":\"203.0.113.1\","
				   "\"port\":40001},\"delta\":-2}",
	      TEXT_HEAD "rewrite PORT 10.1.4.4:40001 > 203.0.113.1:40001 "
			"(-2 bytes)");
}

static void test_pinhole(void **state)
{
	struct event e = event_of(EVENT_PINHOLE);

	(void)state;
	e.pinhole.op = PINHOLE_OPEN;
	e.pinhole.id = 12;
	e.pinhole.from = addr_of("fc00::4");
	e.pinhole.to = at("fc00::5", 42001);
	check(&e,
	      JSON_HEAD("pinhole") ",\"op\":\"open\",\"id\":12,"
				   "\"mode\":\"passive\","
				   "\"from\":{\"addr\":\"fc00::4\"},"
				   "\"to\":{\"addr\":\"fc00::5\","
				   "\"port\":42001}}",
	      TEXT_HEAD "pinhole open 12 passive fc00::4 > [fc00::5]:42001");
	e.pinhole.op = PINHOLE_REFUSE;
	e.pinhole.id = 0;
	e.pinhole.active = true;
	e.pinhole.from_port = 20;
	e.pinhole.reason = "table full";
	check(&e,
	      JSON_HEAD("pinhole") ",\"op\":\"refuse\",\"mode\":\"active\","
				   "\"from\":{\"addr\":\"fc00::4\","
				   "\"port\":20},"
				   "\"to\":{\"addr\":\"fc00::5\","
				   "\"port\":42001},"
				   "\"reason\":\"table full\"}",
	      TEXT_HEAD "pinhole refuse active [fc00::4]:20 > [fc00::5]:42001: "
			"table full");
}

static void test_data(void **state)
{
	struct event e = event_of(EVENT_DATA);

	(void)state;
	e.data.open = true;
	e.data.from = at("10.1.4.4", 40002);
	e.data.to = at("10.2.5.5", 42000);
	e.data.related = true;
	check(&e,
	      JSON_HEAD("data") ",\"op\":\"open\",\"mode\":\"passive\","
				"\"from\":{\"addr\":\"10.1.4.4\","
				"\"port\":40002},"
				"\"to\":{\"addr\":\"10.2.5.5\","
				"\"port\":42000},\"verdict\":\"related\"}",
	      TEXT_HEAD "data open passive 10.1.4.4:40002 > 10.2.5.5:42000 "
			"related");
	e.data.open = e.data.related = false;
	e.data.active = e.data.has_bytes = true;
	e.data.bytes_from = 5000000000;
	e.data.reason = "no pinhole";
	check(&e,
	      JSON_HEAD("data") ",\"op\":\"close\",\"mode\":\"active\","
				"\"from\":{\"addr\":\"10.1.4.4\","
				"\"port\":40002},"
				"\"to\":{\"addr\":\"10.2.5.5\","
				"\"port\":42000},\"bytes_from\":5000000000,"
				"\"bytes_to\":0,\"verdict\":\"unrelated\","
				"\"reason\":\"no pinhole\"}",
	      TEXT_HEAD "data close active 10.1.4.4:40002 > 10.2.5.5:42000 "
			"unrelated 5000000000/0 bytes: no pinhole");
	e.data.reason = NULL;
	e.data.has_bytes = false;
	e.data.related = e.data.granted = true;
	e.data.tls = DATA_TLS_YES;
	check(&e,
	      JSON_HEAD("data") ",\"op\":\"close\",\"mode\":\"active\","
				"\"from\":{\"addr\":\"10.1.4.4\","
				"\"port\":40002},"
				"\"to\":{\"addr\":\"10.2.5.5\","
				"\"port\":42000},\"verdict\":\"related\","
				"\"tls\":true,\"granted\":true}",
	      TEXT_HEAD "data close active 10.1.4.4:40002 > 10.2.5.5:42000 "
			"related granted TLS");
	e.data.granted = false;
	e.data.tls = DATA_TLS_NO;
	check(&e,
	      JSON_HEAD("data") ",\"op\":\"close\",\"mode\":\"active\","
				"\"from\":{\"addr\":\"10.1.4.4\","
				"\"port\":40002},"
				"\"to\":{\"addr\":\"10.2.5.5\","
				"\"port\":42000},\"verdict\":\"related\","
				"\"tls\":false}",
	      TEXT_HEAD "data close active 10.1.4.4:40002 > 10.2.5.5:42000 "
			"related no-TLS");
}

static void test_session_close(void **state)
{
	struct event e = event_of(EVENT_SESSION_CLOSE);

	(void)state;
	e.session_close.reason = "fin";
	e.session_close.commands = 5;
	e.session_close.replies = 6;
	e.session_close.data_connections = 1;
	e.session_close.duration_us = 1000042;
	check(&e,
	      JSON_HEAD("session_close") ",\"reason\":\"fin\",\"commands\":5,"
					 "\"replies\":6,"
					 "\"data_connections\":1,"
					 "\"tls\":false,"
					 "\"duration_us\":1000042}",
	      TEXT_HEAD "session_close: fin (5 commands, 6 replies, 1 data "
			"connections, 1.000042 s)");
}

/* Each rule appears under its own name, severity and text. */
static void test_alerts(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule < ALERTS; rule++) {
		struct event e = event_of(EVENT_ALERT);
		enum severity severity = alert_severity(rule);
		char *line;
		json_t *json;

		e.alert.rule = rule;
		line = jsonl_format(&e);
		json = json_loads(line, 0, NULL);
		assert_string_equal(json_string_value(
					    json_object_get(json, "rule")),
				    alert_name(rule));
		assert_string_equal(json_string_value(
					    json_object_get(json, "severity")),
				    severity_name(severity));
		assert_string_equal(json_string_value(
					    json_object_get(json, "text")),
				    alert_text(rule));
		json_decref(json);
		free(line);
		line = text_format(&e);
		assert_non_null(strstr(line, alert_name(rule)));
		assert_non_null(strstr(line, alert_text(rule)));
		free(line);
	}
}

/* What belongs to no session names none. */
static void test_no_session(void **state)
{
	struct event e = event_of(EVENT_ALERT);
	char *line;

	(void)state;
	e.session = 0;
	memset(&e.client, 0, sizeof(e.client));
	memset(&e.server, 0, sizeof(e.server));
	e.alert.rule = ALERT_FRAGMENT;
	line = jsonl_format(&e);
	assert_null(strstr(line, "session"));
	assert_null(strstr(line, "client"));
	assert_null(strstr(line, "server"));
	free(line);
}

/* Whole lines, and a device that takes none is noticed. */
static void test_write(void **state)
{
	struct event e = event_of(EVENT_SESSION_OPEN);
	FILE *full = fopen("/dev/full", "w");
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(jsonl_write(to, &e), 0);
	text_write(to, &e);
	fclose(to);
	assert_string_equal(
		text,
		JSON_HEAD("session_open") ",\"implicit_tls\":false,"
					  "\"midstream\":false}\n" TEXT_HEAD
					  "session_open\n");
	free(text);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(jsonl_write(full, &e), ENOSPC);
	fclose(full);
}

static void test_time(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000000Z" },
		{ 951782400000000, "2000-02-29T00:00:00.000000Z" },
		{ 4294967296999999, "2106-02-07T06:28:16.999999Z" },
		{ 253402300799999999, "9999-12-31T23:59:59.999999Z" },
		{ 253402300800000000, "9999-12-31T23:59:59.999999Z" },
		{ UINT64_MAX, "9999-12-31T23:59:59.999999Z" },
	};
	char text[TEXT_TIME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(text_time(cases[i].us, text), 27);
		assert_string_equal(text, cases[i].text);
	}
}

/* Never back, and within a second of the wall clock. */
static void test_clock(void **state)
{
	uint64_t last = clock_now_us();
	int64_t apart = (int64_t)(last / 1000000) - (int64_t)time(NULL);

	(void)state;
	assert_true(apart >= -1 && apart <= 1);
	for (int i = 0; i < 100000; i++) {
		uint64_t now = clock_now_us();

		assert_true(now >= last);
		last = now;
	}
}

/* What @level lets through to standard error, in @text. */
static void log_at(enum log_level level, char *text, size_t size)
{
	int fd[2], saved = dup(STDERR_FILENO);
	ssize_t len;

	assert_int_equal(pipe(fd), 0);
	dup2(fd[1], STDERR_FILENO);
	close(fd[1]);
	log_set_level(level);
	log_error("ftp", "e %d", 1);
	log_warn("ftp", "w");
	log_info("queue", "i");
	log_debug("queue", "%0*d", 2 * LOG_LINE_MAX, 7);
	dup2(saved, STDERR_FILENO);
	close(saved);
	len = read(fd[0], text, size - 1);
	assert_true(len > 0);
	text[len] = '\0';
	close(fd[0]);
}

static void test_log(void **state)
{
	char text[4 * LOG_LINE_MAX];

	(void)state;
	log_at(LOG_LEVEL_ERROR, text, sizeof(text));
	assert_string_equal(text, "sallyport: ftp: error: e 1\n");
	log_at(LOG_LEVEL_INFO, text, sizeof(text));
	assert_string_equal(text, "sallyport: ftp: error: e 1\n"
				  "sallyport: ftp: warning: w\n"
				  "sallyport: queue: info: i\n");
	log_at(LOG_LEVEL_DEBUG, text, sizeof(text));
	/* A line too long is cut, but it is still one line. */
	assert_int_equal(strlen(strstr(text, "sallyport: queue: debug: 0")),
			 LOG_LINE_MAX - 1);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

/* Gathered lines look like the others, and go out together. */
static void test_log_batch(void **state)
{
	static struct log_batch b;
	char text[4 * LOG_LINE_MAX], want[2 * LOG_LINE_MAX];
	uint8_t nines[2 * LOG_LINE_MAX];
	int fd[2], saved = dup(STDERR_FILENO);
	ssize_t len;

	(void)state;
	memset(nines, '9', sizeof(nines));
	assert_int_equal(pipe(fd), 0);
	dup2(fd[1], STDERR_FILENO);
	log_set_level(LOG_LEVEL_INFO);
	log_batch_add(&b, LOG_LEVEL_WARNING, "event", span_str("one"));
	log_batch_add(&b, LOG_LEVEL_DEBUG, "event", span_str("two"));
	log_batch_add(&b, LOG_LEVEL_INFO, "event",
		      span_of(nines, sizeof(nines)));
	log_batch_write(&b);
	log_batch_write(&b);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd[1]);
	len = read(fd[0], text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	close(fd[0]);
	snprintf(want, sizeof(want),
		 "sallyport: event: warning: one\n"
		 "sallyport: event: info: %.*s\n",
		 (int)(LOG_LINE_MAX - strlen("sallyport: event: info: \n")),
		 (char *)nines);
	assert_string_equal(text, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_open),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_auth),
		cmocka_unit_test(test_tls_hellos),
		cmocka_unit_test(test_tls_certificate),
		cmocka_unit_test(test_tls_others),
		cmocka_unit_test(test_grant),
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_rewrite),
		cmocka_unit_test(test_pinhole),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_session_close),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_no_session),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
