/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log in systemd's journal: entries, and who is asked to take them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/log_journal.h"
#include "scratch.h"
#include "support.h"

static void test_entry(void **state)
{
	const struct log_field field[] = { { "SALLYPORT_EVENT", "alert" },
					   { "SALLYPORT_SESSION", "7" } };
	char out[LOG_JOURNAL_ENTRY_MAX];
	size_t len = log_journal_entry(out, LOG_LEVEL_WARNING, "event",
				       span_str("somebody said so"), field,
				       ARRAY_SIZE(field));

	(void)state;
	assert_span(span_of(out, len), "MESSAGE=event: somebody said so\n"
				       "PRIORITY=4\n"
				       "SYSLOG_IDENTIFIER=sallyport\n"
				       "SALLYPORT_TOPIC=event\n"
				       "SALLYPORT_EVENT=alert\n"
				       "SALLYPORT_SESSION=7\n");
}

static void test_priorities(void **state)
{
	static const char *const priority[] = {
		[LOG_LEVEL_ERROR] = "\nPRIORITY=3\n",
		[LOG_LEVEL_WARNING] = "\nPRIORITY=4\n",
		[LOG_LEVEL_INFO] = "\nPRIORITY=6\n",
		[LOG_LEVEL_DEBUG] = "\nPRIORITY=7\n",
	};
	char out[LOG_JOURNAL_ENTRY_MAX];

	(void)state;
	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
		size_t len = log_journal_entry(out, (enum log_level)i, "run",
					       span_str("x"), NULL, 0);

		assert_non_null(
			memmem(out, len, priority[i], strlen(priority[i])));
	}
}

/* What has lines in it cannot become another field. */
static void test_lines_in_a_value_are_no_fields(void **state)
{
	static const char wanted[] = "MESSAGE\n"
				     "\x11\0\0\0\0\0\0\0"
				     "run: a\nPRIORITY=0\n";
	char out[LOG_JOURNAL_ENTRY_MAX];
	size_t len = log_journal_entry(out, LOG_LEVEL_INFO, "run",
				       span_str("a\nPRIORITY=0"), NULL, 0);

	(void)state;
	assert_true(len > sizeof(wanted) - 1);
	assert_memory_equal(out, wanted, sizeof(wanted) - 1);
}

/* A message too long is cut, a field too long left out; all else is there. */
static void test_entries_are_bounded(void **state)
{
	static char text[3 * LOG_LINE_MAX];
	const struct log_field field[] = { { "SALLYPORT_CLIENT", text },
					   { "SALLYPORT_SESSION", "7" } };
	char out[LOG_JOURNAL_ENTRY_MAX];
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	len = log_journal_entry(out, LOG_LEVEL_INFO, "event", span_str(text),
				field, ARRAY_SIZE(field));
	assert_in_range(len, LOG_LINE_MAX, sizeof(out));
	assert_null(memmem(out, len, "SALLYPORT_CLIENT", 16));
	assert_non_null(memmem(out, len, "\nSALLYPORT_SESSION=7\n", 21));
}

/* --- who is asked --------------------------------------------------------------- */

static void set_stream(uintmax_t dev, uintmax_t ino, const char *end)
{
	char text[64];

	snprintf(text, sizeof(text), "%ju:%ju%s", dev, ino, end);
	setenv("JOURNAL_STREAM", text, 1);
}

static void test_where_standard_error_leads(void **state)
{
	static const char *const bad[] = {
		"", "1", "1:", ":1", "a:b", "-1:1", "99999999999999999999999:1"
	};
	struct stat st;

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	unsetenv("JOURNAL_STREAM");
	assert_false(log_journal_is_stderr());
	set_stream(st.st_dev, st.st_ino, "");
	assert_true(log_journal_is_stderr());
	set_stream(st.st_dev, st.st_ino, " ");
	assert_false(log_journal_is_stderr());
	set_stream(st.st_dev, st.st_ino + 1, "");
	assert_false(log_journal_is_stderr());
	set_stream(st.st_dev + 1, st.st_ino, "");
	assert_false(log_journal_is_stderr());
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setenv("JOURNAL_STREAM", bad[i], 1);
		assert_false(log_journal_is_stderr());
	}
	unsetenv("JOURNAL_STREAM");
}

/* A journal of our own at scratch_path. */
static int listen_there(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", scratch_path);
	unlink(scratch_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void test_sending_never_waits(void **state)
{
	int journal = listen_there(), fd = log_journal_connect(scratch_path);
	char got[LOG_JOURNAL_ENTRY_MAX];
	unsigned int sent = 0;
	ssize_t len;

	(void)state;
	assert_true(fd >= 0);
	while (log_journal_send(fd, LOG_LEVEL_INFO, "run", span_str("hello"),
				NULL, 0))
		assert_in_range(++sent, 1, 100000);
	assert_true(sent > 0);
	len = recv(journal, got, sizeof(got), MSG_DONTWAIT);
	assert_true(len > 0);
	assert_memory_equal(got, "MESSAGE=run: hello\n", 19);
	/* There is room again; then nobody listens any more. */
	assert_true(log_journal_send(fd, LOG_LEVEL_INFO, "run",
				     span_str("more"), NULL, 0));
	close(journal);
	assert_false(log_journal_send(fd, LOG_LEVEL_INFO, "run",
				      span_str("gone"), NULL, 0));
	close(fd);
	unlink(scratch_path);
	assert_int_equal(log_journal_connect(scratch_path), -ENOENT);
}

/* What the log does with it; this is for the whole process. */
static void test_log_goes_to_the_journal(void **state)
{
	static const struct log_field field = { "SALLYPORT_RULE", "bounce" };
	static struct log_batch batch;
	char got[LOG_JOURNAL_ENTRY_MAX];
	struct log_counts counts;
	int journal = listen_there();
	ssize_t len;

	(void)state;
	setenv("SALLYPORT_JOURNAL_SOCKET", scratch_path, 1);
	assert_int_equal(log_to(LOG_TO_AUTO), 0);
	assert_string_equal(log_where(), "stderr");
	assert_int_equal(log_to(LOG_TO_JOURNAL), 0);
	assert_string_equal(log_where(), "journal");
	log_warn("queue", "%d of %s", 3, "them");
	len = recv(journal, got, sizeof(got), MSG_DONTWAIT);
	assert_true(len > 0);
	assert_memory_equal(got, "MESSAGE=queue: 3 of them\nPRIORITY=4\n", 36);
	log_batch_add(&batch, LOG_LEVEL_INFO, "event", span_str("text"), &field,
		      1);
	assert_int_equal(batch.used, 0);
	len = recv(journal, got, sizeof(got), MSG_DONTWAIT);
	assert_true(len > 0);
	assert_non_null(
		memmem(got, (size_t)len, "\nSALLYPORT_RULE=bounce\n", 23));
	log_debug("queue", "not shown");
	assert_true(recv(journal, got, sizeof(got), MSG_DONTWAIT) < 0);
	/* What it does not take any more goes on as a line. */
	close(journal);
	log_batch_add(&batch, LOG_LEVEL_INFO, "event", span_str("text"), &field,
		      1);
	assert_span(span_of(batch.text, batch.used),
		    "sallyport: event: info: text\n");
	log_counts(&counts);
	assert_int_equal(counts.refused, 1);
	unlink(scratch_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_priorities),
		cmocka_unit_test(test_lines_in_a_value_are_no_fields),
		cmocka_unit_test(test_entries_are_bounded),
		cmocka_unit_test(test_where_standard_error_leads),
		cmocka_unit_test(test_sending_never_waits),
		cmocka_unit_test(test_log_goes_to_the_journal),
	};

	return cmocka_run_group_tests_name("io_log_journal", tests,
					   scratch_make, scratch_remove);
}
