/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state file: what is written is read again, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/state_layout.h"
#include "support.h"

#define CLOCK 4711

static const struct engine_limits limits = { .sessions = 8, .pinholes = 4 };

static char directory[] = "/tmp/sallyport-state-XXXXXX";
static char path[64], fresh[64];

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/state", directory);
	snprintf(fresh, sizeof(fresh), "%s/state.new", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(path);
	unlink(fresh);
	return rmdir(directory);
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* Any bytes, other ones for each number. */
static void fill(uint8_t *bytes, size_t len, uint64_t number)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)random_next(&number);
}

static struct state_file *create(void)
{
	struct state_file *s;

	assert_int_equal(state_file_create(&s, path, &limits, CLOCK),
			 STATE_FINE);
	assert_int_equal(state_file_publish(s, path), 0);
	return s;
}

static int put(struct state_file *s, struct record_name name, size_t len)
{
	static uint8_t bytes[RECORD_MAX];

	fill(bytes, len, name.kind * 100 + name.index + len);
	return state_file_write(s, name, bytes, len);
}

static void expect(struct state_reader *r, struct record_name name, size_t len)
{
	static uint8_t bytes[RECORD_MAX];
	struct state_record got;

	assert_true(state_reader_next(r, &got));
	assert_int_equal(got.kind, name.kind);
	assert_false(got.damaged);
	assert_int_equal(got.bytes.len, len);
	fill(bytes, len, name.kind * 100 + name.index + len);
	assert_memory_equal(got.bytes.at, bytes, len);
}

static enum state_result open_result(void)
{
	struct state_reader *r;
	enum state_result result = state_reader_open(&r, path);

	assert_true((result == STATE_FINE) == (r != NULL));
	state_reader_close(r);
	return result;
}

/* Three records: one of them long. */
static void write_some(void)
{
	struct state_file *s = create();

	put(s, (struct record_name){ RECORD_ENGINE, 0 }, 57);
	put(s, (struct record_name){ RECORD_SESSION, 7 }, RECORD_MAX);
	put(s, (struct record_name){ RECORD_HOLE, 3 }, 1);
	state_file_close(s);
}

static void what_is_written_is_read(void **state)
{
	struct state_reader *r;
	struct state_record end;
	struct stat st;

	(void)state;
	write_some();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(state_reader_open(&r, path), STATE_FINE);
	assert_int_equal(state_reader_clock(r), CLOCK);
	expect(r, (struct record_name){ RECORD_ENGINE, 0 }, 57);
	expect(r, (struct record_name){ RECORD_SESSION, 7 }, RECORD_MAX);
	expect(r, (struct record_name){ RECORD_HOLE, 3 }, 1);
	assert_false(state_reader_next(r, &end));
	state_reader_close(r);
}

/* Over and over, in any order and length, as in an array. */
static void as_in_an_array(void **state)
{
	struct state_file *s = create();
	struct state_reader *r;
	struct state_record got;
	size_t len[8] = { 0 };
	uint64_t seed = 3;

	(void)state;
	for (int step = 0; step < 4000; step++) {
		uint32_t i = (uint32_t)(random_next(&seed) % 8);

		len[i] = random_next(&seed) % 3
				 ? random_next(&seed) % 2000
				 : random_next(&seed) % (RECORD_MAX + 1);
		assert_int_equal(put(s,
				     (struct record_name){ RECORD_SESSION, i },
				     len[i]),
				 0);
	}
	state_file_close(s);
	assert_int_equal(state_reader_open(&r, path), STATE_FINE);
	for (uint32_t i = 0; i < 8; i++)
		if (len[i] > 0)
			expect(r, (struct record_name){ RECORD_SESSION, i },
			       len[i]);
	assert_false(state_reader_next(r, &got));
	state_reader_close(r);
}

/* --- damage ------------------------------------------------------------------------ */

static void change(off_t at, uint8_t with)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= with;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void every_byte_of_the_header_counts(void **state)
{
	(void)state;
	write_some();
	for (size_t i = 0; i < sizeof(struct state_header); i++) {
		change((off_t)i, (uint8_t)(1 + i % 255));
		assert_int_equal(open_result(), STATE_DAMAGED);
		change((off_t)i, (uint8_t)(1 + i % 255));
	}
	assert_int_equal(open_result(), STATE_FINE);
}

static void another_length_is_damage(void **state)
{
	struct stat st;

	(void)state;
	write_some();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size + 4096), 0);
	assert_int_equal(open_result(), STATE_DAMAGED);
	for (off_t len = st.st_size - 1; len > 0; len /= 2) {
		assert_int_equal(truncate(path, len), 0);
		assert_int_equal(open_result(), STATE_DAMAGED);
	}
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(open_result(), STATE_DAMAGED);
}

/* The header again, with another field, and a sum that is right. */
static void expect_refused(size_t at, enum state_result result)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct state_header h;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &h, sizeof(h), 0), sizeof(h));
	((uint8_t *)&h)[at] ^= 1;
	h.sum = state_sum(0, &h, offsetof(struct state_header, sum));
	assert_int_equal(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
	close(fd);
	assert_int_equal(open_result(), result);
}

static void what_is_anothers_is_refused(void **state)
{
	static const struct {
		size_t at;
		enum state_result result;
	} row[] = {
		{ offsetof(struct state_header, layout), STATE_VERSION },
		{ offsetof(struct state_header, boot), STATE_BOOT },
		{ offsetof(struct state_header, netns), STATE_NAMESPACE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		write_some();
		expect_refused(row[i].at, row[i].result);
	}
}

/* One record that is changed is lost, and no other. */
static void damaged_records_are_lost_alone(void **state)
{
	struct state_header h;
	int fd;

	(void)state;
	write_some();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, &h, sizeof(h), 0), sizeof(h));
	close(fd);
	for (unsigned int block = 0; block < 52; block++) {
		off_t at = (off_t)(state_map(&h).blocks + block * STATE_BLOCK);
		unsigned int damaged = 0, records = 0;
		struct state_record got;
		struct state_reader *r;

		change(at + 24, 0x40); /* the record's first byte in it */
		assert_int_equal(state_reader_open(&r, path), STATE_FINE);
		for (; state_reader_next(r, &got); records++)
			damaged += got.damaged;
		state_reader_close(r);
		change(at + 24, 0x40);
		assert_int_equal(records, 3);
		assert_int_equal(damaged, 1);
	}
}

/* Whatever is in a chain or in the index, reading ends. */
static void any_byte_may_be_wrong(void **state)
{
	struct stat st;
	uint64_t seed = 7;

	(void)state;
	write_some();
	assert_int_equal(stat(path, &st), 0);
	for (int i = 0; i < 3000; i++) {
		struct state_record got;
		struct state_reader *r;
		unsigned int records = 0;
		off_t at = (off_t)(STATE_PAGE +
				   random_next(&seed) % (4096 + 52 * 512));

		change(at, (uint8_t)random_next(&seed));
		assert_int_equal(state_reader_open(&r, path), STATE_FINE);
		while (state_reader_next(r, &got))
			assert_true(++records <= 13);
		state_reader_close(r);
	}
}

/* --- whose it is -------------------------------------------------------------------- */

static void only_our_own_regular_file(void **state)
{
	char other[80];

	(void)state;
	assert_int_equal(open_result(), STATE_MISSING);
	write_some();
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(open_result(), STATE_UNSAFE);
	assert_int_equal(chmod(path, 0600), 0);
	snprintf(other, sizeof(other), "%s/other", directory);
	assert_int_equal(link(path, other), 0);
	assert_int_equal(open_result(), STATE_UNSAFE);
	unlink(path);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(open_result(), STATE_UNSAFE);
	unlink(path);
	unlink(other);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(open_result(), STATE_UNSAFE);
	unlink(path);
	if (geteuid() != 0)
		return;
	write_some();
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(open_result(), STATE_UNSAFE);
}

static void one_process_at_a_time(void **state)
{
	struct state_file *s = create();

	(void)state;
	assert_int_equal(open_result(), STATE_IN_USE);
	state_file_close(s);
	assert_int_equal(open_result(), STATE_FINE);
}

/* --- no space ----------------------------------------------------------------------- */

/* A file system of two megabytes, in a namespace of our own. */
static bool small_file_system(void)
{
	if (unshare(CLONE_NEWNS) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", directory, "tmpfs", 0, "size=2m") == 0;
}

/* What does not fit is said, what fitted stays, and nobody dies. */
static void without_space_nobody_dies(void **state)
{
	struct engine_limits many = { .sessions = 20000, .pinholes = 1 };
	struct state_file *s;
	uint32_t i = 0;
	int error = 0;

	(void)state;
	if (!small_file_system()) {
		print_message("skip: no mount namespace\n");
		skip();
	}
	assert_int_equal(state_file_create(&s, path, &many, CLOCK), STATE_FINE);
	assert_int_equal(state_file_publish(s, path), 0);
	for (; i < many.sessions && error == 0; i++)
		error = put(s, (struct record_name){ RECORD_SESSION, i }, 400);
	assert_int_equal(error, -ENOSPC);
	assert_true(i > 1000);
	/* Where one went, another one may come. */
	assert_int_equal(put(s, (struct record_name){ RECORD_SESSION, 5 }, 0),
			 0);
	assert_int_equal(put(s, (struct record_name){ RECORD_SESSION, i }, 400),
			 0);
	state_file_close(s);
	assert_int_equal(open_result(), STATE_FINE);
	unlink(path);
	assert_int_equal(umount(directory), 0);
}

static void a_file_may_be_too_large(void **state)
{
	struct rlimit now, small;
	struct state_file *s;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &now);
	small = now;
	small.rlim_cur = 1u << 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(state_file_create(&s, path, &limits, CLOCK),
			 STATE_FAILED);
	assert_int_equal(errno, EFBIG);
	setrlimit(RLIMIT_FSIZE, &now);
}

static void it_cannot_be_made_everywhere(void **state)
{
	struct state_file *s;

	(void)state;
	assert_int_equal(state_file_create(&s, "/nonexistent/state", &limits,
					   CLOCK),
			 STATE_FAILED);
	assert_int_equal(errno, ENOENT);
	assert_null(s);
}

/* Every word counts, wherever it is. */
static void the_sum_sees_each_bit(void **state)
{
	uint8_t bytes[67];
	uint64_t sum;

	(void)state;
	fill(bytes, sizeof(bytes), 1);
	for (size_t len = 0; len < sizeof(bytes); len++) {
		sum = state_sum(0, bytes, len);
		assert_true(state_sum(1, bytes, len) != sum);
		for (size_t bit = 0; bit < 8 * len; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(state_sum(0, bytes, len) != sum);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, remove_file)
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(as_in_an_array),
		TEST(every_byte_of_the_header_counts),
		TEST(another_length_is_damage),
		TEST(what_is_anothers_is_refused),
		TEST(damaged_records_are_lost_alone),
		TEST(any_byte_may_be_wrong),
		TEST(only_our_own_regular_file),
		TEST(one_process_at_a_time),
		TEST(a_file_may_be_too_large),
		TEST(it_cannot_be_made_everywhere),
		TEST(the_sum_sees_each_bit),
		/* Last, for it changes where files are. */
		TEST(without_space_nobody_dies),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
