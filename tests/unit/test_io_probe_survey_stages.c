/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A survey ends at whatever stage a server stops it, and names that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "lab/socket.h"
#include "lab/survey_judge.h"
#include "support.h"
#include "surveys.h"

/* Nothing comes on loopback that has not come by then. */
#define SHORT_MS 100
#define LONG_MS  10000

/* A survey of at most @ms a stage; 0: of any time. */
static const struct survey *with_fault(enum stage stage, enum server_does does,
				       uint32_t ms)
{
	struct server_spec spec = lab_server_spec();

	spec.fault.at = stage;
	spec.fault.does = does;
	return survey_of(&spec, CLIENT_EXPLICIT, false, ms);
}

/* Where the session ended, or else where all data connections did; STAGES if
 * neither is so. */
static enum stage stopped_at(const struct survey *s)
{
	const struct stop *epsv = &s->way[VIA_EPSV].stop;
	const struct stop *pasv = &s->way[VIA_PASV].stop;

	if (s->stop.reason != STOP_NOT)
		return s->stop.stage;
	return epsv->reason != STOP_NOT && epsv->stage == pasv->stage
		       ? epsv->stage
		       : STAGES;
}

/* The survey ends, and names the stage. A loaded machine may need more time to
 * come to it, and gets it. */
static void stops_at(enum stage stage, enum server_does does, uint32_t ms)
{
	enum finding wanted = stage < STAGE_ENDPOINT ? FINDING_STOPPED
						     : FINDING_PASSIVE_FAILS;
	const struct survey *s;

	do {
		s = with_fault(stage, does, ms);
		ms *= 4;
	} while (stopped_at(s) != stage && ms > 0 && ms < LONG_MS);
	assert_int_equal(stopped_at(s), stage);
	assert_true(survey_findings(s) & 1u << wanted);
	assert_int_equal(s->way[VIA_EPSV].tried, stage >= STAGE_ENDPOINT);
}

static void stops_at_every_stage(enum server_does does, uint32_t ms)
{
	static const enum stage stages[] = {
		STAGE_GREETING,  STAGE_FEAT,     STAGE_AUTH,
		STAGE_HANDSHAKE, STAGE_LOGIN,    STAGE_PBSZ,
		STAGE_PROT,      STAGE_ENDPOINT, STAGE_DATA_HANDSHAKE,
		STAGE_TRANSFER,
	};

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		stops_at(stages[i], does, ms);
}

static void test_cut_at_every_stage(void **state)
{
	(void)state;
	stops_at_every_stage(SERVER_CUTS, 0);
}

static void test_stalled_at_every_stage(void **state)
{
	(void)state;
	stops_at_every_stage(SERVER_STALLS, SHORT_MS);
}

static void test_nobody_there(void **state)
{
	struct url url = { .tls = CLIENT_IMPLICIT, .is_addr = true };
	struct survey_spec how = { .url = &url, .times = CLIENT_TIMES_DEFAULT };
	struct endpoint at = netns_endpoint("127.0.0.1", 0);
	static struct survey s;
	int fd = socket_listen(&at);

	(void)state;
	assert_int_equal(socket_local(fd, &at), 0);
	close(fd);
	url.addr = at.addr;
	url.port = at.port;
	survey_run(&how, &s);
	assert_stop(&s.stop, STAGE_CONNECT, STOP_BROKEN);
	assert_int_equal(s.server.port, 0);
	assert_findings(&s, "stopped");
}

static void test_no_such_name(void **state)
{
	/* RFC 6761 6.4: it never exists, and DNS need not be asked. */
	struct url url = { .tls = CLIENT_FTP, .host = "ftp.invalid" };
	struct survey_spec how = { .url = &url, .times = CLIENT_TIMES_DEFAULT };
	static struct survey s;

	(void)state;
	survey_run(&how, &s);
	assert_stop(&s.stop, STAGE_RESOLVE, STOP_REFUSED);
	assert_true(s.stop.text_len > 0);
	assert_int_equal(s.addresses, 0);
}

/* Each way has a session of its own where the one before has ended. */
static void test_refused_and_closed(void **state)
{
	struct server_spec spec = lab_server_spec();
	const struct survey *s;

	(void)state;
	spec.fault.at = STAGE_ENDPOINT;
	spec.fault.does = SERVER_QUITS;
	s = survey_of(&spec, CLIENT_EXPLICIT, true, 0);
	assert_well(&s->stop);
	for (enum via via = VIA_PORT; via <= VIA_EPSV; via++)
		if (via != VIA_LPRT)
			assert_stop(&s->way[via].stop, STAGE_ENDPOINT,
				    STOP_REFUSED);
	assert_int_equal(s->logins, 4);
}

#define peers_test(test) cmocka_unit_test_teardown(test, lab_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		peers_test(test_cut_at_every_stage),
		peers_test(test_stalled_at_every_stage),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_no_such_name),
		peers_test(test_refused_and_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
