/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several captures in the order of time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "captures.h"
#include "io/capture_merge.h"
#include "known.h"
#include "support.h"

#define LINK_ETHERNET 1
#define FILES         4
#define PATH_ROOM     64

static struct file f;

/* Files in memory that have paths. */
struct rig {
	size_t count;
	int fd[FILES];
	char path[FILES][PATH_ROOM];
	const char *paths[FILES];
	struct capture_merge *m;
};

/* One file with a packet for each character of @times, at that second; "|"
 * cuts the file within the record before. */
static void add_file(struct rig *rig, const char *times)
{
	size_t i = rig->count++;

	file_pcap(&f, LINK_ETHERNET);
	for (; *times; times++) {
		struct record r = { (uint32_t)(*times - '0'), 0,
				    frame_known(known_syn4), 0 };

		if (*times == '|')
			f.len -= 1;
		else
			file_pcap_record(&f, &r);
	}
	rig->fd[i] = file_open(&f, f.len);
	snprintf(rig->path[i], PATH_ROOM, "/proc/self/fd/%d", rig->fd[i]);
	rig->paths[i] = rig->path[i];
}

static void rig_open(struct rig *rig, const char *const times[FILES])
{
	char why[CAPTURE_WHY_MAX];
	size_t which;

	memset(rig, 0, sizeof(*rig));
	for (size_t i = 0; i < FILES && times[i]; i++)
		add_file(rig, times[i]);
	assert_int_equal(capture_merge_open(rig->paths, rig->count, &rig->m,
					    &which, why),
			 0);
}

static void rig_close(struct rig *rig)
{
	capture_merge_close(rig->m);
	for (size_t i = 0; i < rig->count; i++)
		close(rig->fd[i]);
}

/* Each packet as "second, file, number in the file". */
static void orders(void **state)
{
	static const struct {
		const char *times[FILES];
		const char *want;
		enum capture_result end;
	} row[] = {
		{ { "123" }, "1a1 2a2 3a3 ", CAPTURE_END },
		{ { "", "" }, "", CAPTURE_END },
		{ { "135", "246" }, "1a1 2b1 3a2 4b2 5a3 6b3 ", CAPTURE_END },
		{ { "456", "123" }, "1b1 2b2 3b3 4a1 5a2 6a3 ", CAPTURE_END },
		/* equal times: by file, and within each in its own order */
		{ { "112", "112", "1" },
		  "1a1 1a2 1b1 1b2 1c1 2a3 2b3 ",
		  CAPTURE_END },
		/* a file that goes back is not sorted */
		{ { "31", "2" }, "2b1 3a1 1a2 ", CAPTURE_END },
		{ { "9", "", "18", "5" }, "1c1 5d1 8c2 9a1 ", CAPTURE_END },
		/* damage in one: the others go on */
		{ { "12|", "34" }, "1a1 3b1 4b2 ", CAPTURE_DAMAGED },
		{ { "34", "1|" }, "3a1 4a2 ", CAPTURE_DAMAGED },
		{ { "1|", "1|" }, "", CAPTURE_DAMAGED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char got[256] = "";
		enum capture_result end;
		struct capture_packet p;
		size_t file, len = 0;
		struct rig rig;

		rig_open(&rig, row[i].times);
		while ((end = capture_merge_next(rig.m, &p, &file)) ==
		       CAPTURE_PACKET) {
			assert_int_equal(p.ip.len, 60);
			assert_int_equal(p.ip.at[0], 0x45);
			len += (size_t)snprintf(
				got + len, sizeof(got) - len, "%u%c%u ",
				(unsigned int)(p.at_us / 1000000),
				(char)('a' + file), (unsigned int)p.number);
		}
		assert_string_equal(got, row[i].want);
		assert_int_equal(end, row[i].end);
		assert_int_equal(capture_merge_next(rig.m, &p, &file), end);
		for (size_t n = 0; n < rig.count; n++)
			assert_int_equal(capture_damage(
						 capture_merge_file(rig.m,
								    n)) != NULL,
					 strchr(row[i].times[n], '|') != NULL);
		rig_close(&rig);
	}
}

static void progress(void **state)
{
	static const char *const times[FILES] = { "12", "3" };
	struct capture_packet p;
	struct rig rig;
	size_t file;

	(void)state;
	rig_open(&rig, times);
	assert_int_equal(capture_merge_progress(rig.m).size,
			 2 * 24 + 3 * (16 + 74));
	while (capture_merge_next(rig.m, &p, &file) == CAPTURE_PACKET)
		;
	assert_int_equal(capture_merge_progress(rig.m).read,
			 capture_merge_progress(rig.m).size);
	rig_close(&rig);
}

static void refused(void **state)
{
	static const char *const twice[] = { "-", "/dev/null", "-" };
	static const char *many[CAPTURE_FILES_MAX + 1];
	char why[CAPTURE_WHY_MAX];
	struct capture_merge *m = NULL;
	struct rig rig = { 0 };
	size_t which = 99;

	(void)state;
	assert_int_equal(capture_merge_open(twice, 0, &m, &which, why),
			 -EINVAL);
	assert_int_equal(capture_merge_open(twice, 3, &m, &which, why),
			 -EINVAL);
	assert_int_equal(which, 2);
	assert_string_equal(why, "standard input can be read once");
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = "/nonexistent";
	assert_int_equal(capture_merge_open(many, ARRAY_SIZE(many), &m, &which,
					    why),
			 -E2BIG);
	assert_int_equal(which, CAPTURE_FILES_MAX);
	/* the second of two */
	add_file(&rig, "1");
	rig.paths[1] = "/nonexistent";
	assert_int_equal(capture_merge_open(rig.paths, 2, &m, &which, why),
			 -ENOENT);
	assert_int_equal(which, 1);
	assert_null(m);
	rig_close(&rig);
}

/* As many as there may be. */
static void many_files(void **state)
{
	static const char *paths[CAPTURE_FILES_MAX];
	char why[CAPTURE_WHY_MAX];
	struct capture_merge *m;
	struct capture_packet p;
	struct rig rig = { 0 };
	size_t which, file, n = 0;

	(void)state;
	add_file(&rig, "12");
	for (size_t i = 0; i < CAPTURE_FILES_MAX; i++)
		paths[i] = rig.path[0];
	assert_int_equal(capture_merge_open(paths, CAPTURE_FILES_MAX, &m,
					    &which, why),
			 0);
	for (; capture_merge_next(m, &p, &file) == CAPTURE_PACKET; n++)
		assert_int_equal(file, n % CAPTURE_FILES_MAX);
	assert_int_equal(n, 2 * CAPTURE_FILES_MAX);
	capture_merge_close(m);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
		cmocka_unit_test(progress),
		cmocka_unit_test(refused),
		cmocka_unit_test(many_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
