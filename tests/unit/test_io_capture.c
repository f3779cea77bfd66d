/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files: formats, byte orders, times, what is no capture; several at
 * once; captures that others made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "captures.h"
#include "io/capture_merge.h"
#include "io/reassemble.h"
#include "known.h"
#include "support.h"

#define LINK_ETHERNET 1
#define LINK_RAW      101
#define SHARED        "../shared/pcaps/"

static struct file f, packed;

static void expect_syn(const struct capture_packet *p, uint64_t number,
		       uint64_t at_us)
{
	uint8_t b[KNOWN_MAX];
	size_t len = known_unhex(known_syn4, b);

	assert_int_equal(p->number, number);
	assert_int_equal(p->at_us, at_us);
	assert_int_equal(p->ip.len, len);
	assert_memory_equal(p->ip.at, b, len);
}

/* --- formats ---------------------------------------------------------------- */

static void pcap_formats(void **state)
{
	struct record r = { 1700000000, 123456, frame_known(known_syn4), 0 };

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		struct capture_packet p;
		enum capture_result end;
		struct capture *c;

		f.big = i & 1;
		f.nano = i & 2;
		r.fraction = f.nano ? 123456789 : 123456;
		file_pcap(&f, LINK_ETHERNET);
		file_pcap_record(&f, &r);
		file_pcap_record(&f, &r);
		packed.len = 0;
		file_gzip(&f, &packed);
		c = file_capture(i & 4 ? &packed : &f);
		assert_int_equal(capture_drain(c, &end, &p), 2);
		assert_int_equal(end, CAPTURE_END);
		assert_null(capture_damage(c));
		capture_close(c);
		c = file_capture(i & 4 ? &packed : &f);
		assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
		expect_syn(&p, 1, 1700000000123456);
		assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
		expect_syn(&p, 2, 1700000000123456);
		capture_close(c);
	}
	f.big = f.nano = false;
}

static void pcapng_formats(void **state)
{
	static const struct {
		uint8_t resolution;
		uint64_t time, at_us;
	} row[] = {
		{ 0, 1700000000123456, 1700000000123456 },
		{ 6, 1700000000123456, 1700000000123456 },
		{ 9, 1700000000123456789, 1700000000123456 },
		{ 3, 1700000000123, 1700000000123000 },
		{ 0x80 | 10, 1700000000ull << 10 | 512, 1700000000500000 },
	};
	struct capture_packet p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row) * 2; i++) {
		struct capture *c;

		f.big = i % 2;
		file_pcapng(&f);
		file_pcapng_interface(&f, LINK_ETHERNET, row[i / 2].resolution);
		file_pcapng_packet(&f, 0, row[i / 2].time,
				   frame_known(known_syn4));
		c = file_capture(&f);
		assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
		expect_syn(&p, 1, row[i / 2].at_us);
		assert_int_equal(capture_next(c, &p), CAPTURE_END);
		capture_close(c);
	}
	f.big = false;
}

/* Two interfaces of one kind are read; of two kinds, libpcap says no. */
static void pcapng_interfaces(void **state)
{
	struct capture_packet p;
	enum capture_result end;

	(void)state;
	for (unsigned int other = 0; other < 2; other++) {
		struct capture *c;

		file_pcapng(&f);
		file_pcapng_interface(&f, LINK_ETHERNET, 0);
		file_pcapng_packet(&f, 0, 1, frame_known(known_syn4));
		file_pcapng_interface(&f, other ? LINK_RAW : LINK_ETHERNET, 0);
		file_pcapng_packet(&f, other ? 0 : 1, 2,
				   frame_known(known_syn4));
		c = file_capture(&f);
		assert_int_equal(capture_drain(c, &end, &p), other ? 1 : 2);
		assert_int_equal(end, other ? CAPTURE_DAMAGED : CAPTURE_END);
		if (other)
			assert_non_null(strstr(capture_damage(c)->reason,
					       "different from the type"));
		capture_close(c);
	}
}

/* What RFC 3339 can name, and what the format can but libpcap cannot. */
static void times(void **state)
{
	static const struct {
		uint64_t time, at_us;
	} row[] = {
		{ 0, 0 },
		{ 253402300799999999, CAPTURE_TIME_MAX },
		{ 253402300800000000, CAPTURE_TIME_MAX },
		{ UINT64_MAX, CAPTURE_TIME_MAX },
	};
	struct record late = { 0xfffffffe, 5, frame_known(known_syn4), 0 };
	struct capture_packet p;
	struct capture *c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		file_pcapng(&f);
		file_pcapng_interface(&f, LINK_ETHERNET, 0);
		file_pcapng_packet(&f, 0, row[i].time, late.frame);
		c = file_capture(&f);
		assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
		expect_syn(&p, 1, row[i].at_us);
		capture_close(c);
	}
	/* after 2038 */
	file_pcap(&f, LINK_ETHERNET);
	file_pcap_record(&f, &late);
	c = file_capture(&f);
	assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
	expect_syn(&p, 1, 4294967294000005);
	capture_close(c);
}

/* The members of a gzip file are one stream, cut anywhere. */
static void gzip_members(void **state)
{
	struct record r = { 1, 2, frame_known(known_syn4), 0 };
	static struct file part;
	struct capture_packet p;
	enum capture_result end;

	(void)state;
	file_pcap(&f, LINK_ETHERNET);
	file_pcap_record(&f, &r);
	file_pcap_record(&f, &r);
	for (size_t cut = 0; cut <= f.len; cut++) {
		struct capture *c;

		packed.len = part.len = 0;
		memcpy(part.bytes, f.bytes, cut);
		part.len = cut;
		file_gzip(&part, &packed);
		memcpy(part.bytes, f.bytes + cut, f.len - cut);
		part.len = f.len - cut;
		file_gzip(&part, &packed);
		c = file_capture(&packed);
		assert_int_equal(capture_drain(c, &end, &p), 2);
		assert_int_equal(end, CAPTURE_END);
		capture_close(c);
	}
}

/* --- opening, and how far we are ------------------------------------------- */

static void no_captures(void **state)
{
	static const struct {
		const char *path;
		int error;
		const char *why;
	} row[] = {
		{ "/nonexistent", -ENOENT, "cannot open: No such file" },
		{ "/dev/null", -EBADMSG, "the file is empty" },
		{ "/", -EISDIR, "cannot read: Is a directory" },
		{ "/proc/self/status", -EBADMSG,
		  "no capture, or damaged at byte 4: unknown file format" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char why[CAPTURE_WHY_MAX] = "";
		struct capture *c = NULL;

		assert_int_equal(capture_open(row[i].path, &c, why),
				 row[i].error);
		assert_null(c);
		if (strncmp(why, row[i].why, strlen(row[i].why)) != 0)
			fail_msg("'%s' is not '%s'", why, row[i].why);
	}
}

static void no_permission(void **state)
{
	char path[] = "/tmp/capture_XXXXXX", why[CAPTURE_WHY_MAX];
	int fd = mkstemp(path);
	struct capture *c;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	chmod(path, 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(capture_open(path, &c, why), -EACCES);
	assert_string_equal(why, "cannot open: Permission denied");
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	unlink(path);
}

static void link_types_that_we_do_not_read(void **state)
{
	char why[CAPTURE_WHY_MAX];
	struct capture *c;

	(void)state;
	file_pcap(&f, 105);
	assert_int_equal(capture_open_fd(file_open(&f, f.len), &c, why),
			 -ENOTSUP);
	assert_string_equal(why,
			    "link type 105 (IEEE802_11) is not one we read");
	file_pcap(&f, 60000);
	assert_int_equal(capture_open_fd(file_open(&f, f.len), &c, why),
			 -ENOTSUP);
}

static void progress(void **state)
{
	struct record r = { 1, 2, frame_known(known_syn4), 0 };
	struct capture_packet p;
	struct capture *c;

	(void)state;
	file_pcap(&f, LINK_ETHERNET);
	for (unsigned int i = 0; i < 3; i++)
		file_pcap_record(&f, &r);
	c = file_capture(&f);
	for (size_t i = 0; i <= 3; i++) {
		assert_int_equal(capture_progress(c).size, f.len);
		assert_int_equal(capture_progress(c).read,
				 24 + i * (16 + r.frame.len));
		capture_next(c, &p);
	}
	capture_close(c);
	packed.len = 0;
	file_gzip(&f, &packed);
	c = file_capture(&packed);
	while (capture_next(c, &p) == CAPTURE_PACKET)
		assert_true(capture_progress(c).read <= packed.len);
	assert_int_equal(capture_progress(c).read, packed.len);
	assert_int_equal(capture_progress(c).size, packed.len);
	capture_close(c);
}

/* "-", byte after byte through a pipe; the magic of gzip is found there too. */
static void standard_input(void **state)
{
	struct record r = { 1, 2, frame_known(known_syn4), 0 };
	int saved = dup(STDIN_FILENO);

	(void)state;
	file_pcap(&f, LINK_ETHERNET);
	file_pcap_record(&f, &r);
	packed.len = 0;
	file_gzip(&f, &packed);
	for (int gz = 0; gz < 2; gz++) {
		const struct file *from = gz ? &packed : &f;
		char why[CAPTURE_WHY_MAX] = "";
		struct capture_packet p;
		struct capture *c = NULL;
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		assert_int_equal(write(ends[1], from->bytes, from->len),
				 from->len);
		close(ends[1]);
		assert_int_equal(capture_open("-", &c, why), 0);
		assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
		expect_syn(&p, 1, 1000002);
		assert_int_equal(capture_next(c, &p), CAPTURE_END);
		assert_int_equal(capture_progress(c).read, from->len);
		assert_int_equal(capture_progress(c).size, 0);
		capture_close(c);
		assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	}
	dup2(saved, STDIN_FILENO);
	close(saved);
}

/* --- captures that others made ---------------------------------------------- */

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
		cmocka_unit_test(pcap_formats),
		cmocka_unit_test(pcapng_formats),
		cmocka_unit_test(pcapng_interfaces),
		cmocka_unit_test(times),
		cmocka_unit_test(gzip_members),
		cmocka_unit_test(no_captures),
		cmocka_unit_test(no_permission),
		cmocka_unit_test(link_types_that_we_do_not_read),
		cmocka_unit_test(progress),
		cmocka_unit_test(standard_input),
		cmocka_unit_test(captures_of_others),
		cmocka_unit_test(captures_of_others_merged),
		cmocka_unit_test(fragments_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
