/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures that nobody in this project made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "captures.h"
#include "io/capture_merge.h"
#include "io/reassemble.h"
#include "support.h"

#define SHARED "../shared/pcaps/"

/* Frames in each, all of them with IP: by `tcpdump -r FILE 'ip or ip6'`. */
static const struct {
	const char *path;
	size_t packets;
} shared[] = {
	{ SHARED "OISF__suricata-verify__ftp-bounce.pcap", 34 },
	{ SHARED "OISF__suricata-verify__ftp-download-active.pcap", 63 },
	{ SHARED "OISF__suricata-verify__ftp-download-passive.pcap", 63 },
	{ SHARED "OISF__suricata-verify__ftp-epsv.pcap", 112 },
	{ SHARED "OISF__suricata-verify__ftp-too-long-command-buffered.pcap",
	  117 },
	{ SHARED "OISF__suricata-verify__ruletype-firewall-116-ftp-all-data-"
		 "ipv4.pcap",
	  254 },
	{ SHARED "arkime__arkime__ftp.pcap", 10 },
	{ SHARED "cisco__mercury__ftp2.pcap", 38 },
	{ SHARED "ntop__nDPI__ftp.pcap", 209 },
	{ SHARED "zeek__zeek__fake-long-commands.pcap", 40 },
	{ SHARED "zeek__zeek__fragmented-3.pcap", 5 },
	{ SHARED "zeek__zeek__ftp-auth-tls.pcap", 84 },
	{ SHARED "zeek__zeek__ftp-invalid-reply-code.pcap", 23 },
	{ SHARED "zeek__zeek__ftp-many-port-expected.pcap", 1008 },
	{ SHARED "zeek__zeek__ipv4.pcap", 95 },
	{ SHARED "zeek__zeek__ipv6.pcap", 136 },
	{ SHARED "zeek__zeek__retr.pcap", 67 },
};

static bool are_there(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (access(shared[i].path, R_OK) != 0)
			return false;
	return true;
}

static void captures_of_others(void **state)
{
	(void)state;
	if (!are_there()) {
		print_message("skip: no captures in " SHARED "\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		char why[CAPTURE_WHY_MAX] = "";
		struct capture_packet p;
		enum capture_result end;
		struct capture *c;

		if (capture_open(shared[i].path, &c, why) != 0)
			fail_msg("%s: %s", shared[i].path, why);
		if (capture_drain(c, &end, &p) != shared[i].packets)
			fail_msg("%s", shared[i].path);
		assert_int_equal(end, CAPTURE_END);
		assert_int_equal(capture_counts(c).other, 0);
		assert_int_equal(capture_counts(c).frames, shared[i].packets);
		capture_close(c);
	}
}

/* All of them as one: nothing is lost, and time does not go back. */
static void captures_of_others_merged(void **state)
{
	const char *paths[ARRAY_SIZE(shared)];
	size_t which, file, got[ARRAY_SIZE(shared)] = { 0 };
	char why[CAPTURE_WHY_MAX];
	struct capture_merge *m;
	struct capture_packet p;
	uint64_t before = 0;

	(void)state;
	if (!are_there()) {
		print_message("skip: no captures in " SHARED "\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		paths[i] = shared[i].path;
	assert_int_equal(capture_merge_open(paths, ARRAY_SIZE(shared), &m,
					    &which, why),
			 0);
	while (capture_merge_next(m, &p, &file) == CAPTURE_PACKET) {
		assert_true(p.at_us >= before);
		before = p.at_us;
		assert_int_equal(p.number, ++got[file]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		assert_int_equal(got[i], shared[i].packets);
	assert_int_equal(capture_merge_progress(m).read,
			 capture_merge_progress(m).size);
	capture_merge_close(m);
}

/* A PORT in the first of five fragments; the sixth was never captured. */
static void fragments_of_others(void **state)
{
	struct reassemble *r = reassemble_new(1);
	char why[CAPTURE_WHY_MAX];
	struct capture_packet p;
	struct capture *c;
	struct span out;

	(void)state;
	assert_non_null(r);
	if (!are_there()) {
		print_message("skip: no captures in " SHARED "\n");
		reassemble_free(r);
		skip();
	}
	assert_int_equal(capture_open(SHARED "zeek__zeek__fragmented-3.pcap",
				      &c, why),
			 0);
	while (capture_next(c, &p) == CAPTURE_PACKET)
		assert_int_equal(reassemble_packet(r, p.ip, p.at_us, &out),
				 REASSEMBLE_WAITS);
	assert_int_equal(reassemble_counts(r)->fragments, 5);
	assert_int_equal(reassemble_waiting(r), 1);
	capture_close(c);
	reassemble_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_of_others),
		cmocka_unit_test(captures_of_others_merged),
		cmocka_unit_test(fragments_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
