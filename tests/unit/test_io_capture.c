/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files: formats, byte orders, times, what is no capture. */
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
#include "known.h"
#include "support.h"

#define LINK_ETHERNET 1
#define LINK_RAW      101

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

static void other_packers(void **state)
{
	static const struct {
		const char *begin, *why;
	} row[] = {
		{ "\xfd"
		  "7zXZ",
		  "packed with xz; unpack it into a pipe" },
		{ "\x28\xb5\x2f\xfd",
		  "packed with zstd; unpack it into a pipe" },
		{ "\x04\x22\x4d\x18",
		  "packed with lz4; unpack it into a pipe" },
		{ "BZh9", "packed with bzip2; unpack it into a pipe" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char why[CAPTURE_WHY_MAX];
		struct capture *c;

		f.len = strlen(row[i].begin);
		memcpy(f.bytes, row[i].begin, f.len);
		assert_int_equal(capture_open_fd(file_open(&f, f.len), &c, why),
				 -EBADMSG);
		assert_string_equal(why, row[i].why);
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
	if (geteuid() == 0 && seteuid(65534) != 0) {
		print_message("skip: root may read all, and cannot be less\n");
		unlink(path);
		skip();
	}
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

/* Ahead of the packets by no more than the buffers, and right at the end. */
static void progress(void **state)
{
	static uint8_t filler[1400];
	struct record r = { 1, 2, span_of(filler, sizeof(filler)), 0 };

	(void)state;
	file_pcap(&f, LINK_RAW);
	for (size_t i = 0; i < 500; i++) {
		uint64_t seed = i;

		for (size_t n = 1; n < sizeof(filler); n++)
			filler[n] = (uint8_t)random_next(&seed);
		filler[0] = 0x45;
		file_pcap_record(&f, &r);
	}
	packed.len = 0;
	file_gzip(&f, &packed);
	for (int gz = 0; gz < 2; gz++) {
		const struct file *from = gz ? &packed : &f;
		struct capture *c = file_capture(from);
		uint64_t before = 0, used = 24, ahead = 0;
		struct capture_packet p;

		while (capture_next(c, &p) == CAPTURE_PACKET) {
			uint64_t read = capture_progress(c).read;

			used += 16 + sizeof(filler);
			ahead = read > used && read - used > ahead ? read - used
								   : ahead;
			assert_true(read >= before && read <= from->len);
			before = read;
			assert_int_equal(capture_progress(c).size, from->len);
		}
		assert_true(ahead > 0 && ahead <= 2 * 65536);
		assert_int_equal(before, from->len);
		capture_close(c);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_formats),
		cmocka_unit_test(pcapng_formats),
		cmocka_unit_test(pcapng_interfaces),
		cmocka_unit_test(times),
		cmocka_unit_test(gzip_members),
		cmocka_unit_test(no_captures),
		cmocka_unit_test(other_packers),
		cmocka_unit_test(no_permission),
		cmocka_unit_test(link_types_that_we_do_not_read),
		cmocka_unit_test(progress),
		cmocka_unit_test(standard_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
