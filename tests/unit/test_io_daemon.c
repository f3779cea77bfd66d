/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon is told by signals and tells the service manager; the counts
 * of its queues and the tags of its packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/daemon.h"
#include "io/notify.h"
#include "io/queue_counts.h"
#include "io/signals.h"
#include "scratch.h"
#include "support.h"

static void test_signals_come_as_numbers(void **state)
{
	int fd = signals_open();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(signals_take(fd), 0);
	raise(SIGHUP);
	raise(SIGTERM);
	assert_int_equal(signals_take(fd), SIGHUP);
	assert_int_equal(signals_take(fd), SIGTERM);
	assert_int_equal(signals_take(fd), 0);
	raise(SIGPIPE); /* and we are still here */
	raise(SIGXFSZ);
	close(fd);
}

static void test_notify_sends_one_datagram(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), to;
	char text[32];

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_open(&to), 0);
	assert_int_equal(to, -1);
	assert_int_equal(notify_send(to, "READY=1"), 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", scratch_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setenv("NOTIFY_SOCKET", scratch_path, 1);
	assert_int_equal(notify_open(&to), 0);
	unlink(scratch_path); /* who is connected needs no name */
	assert_int_equal(notify_send(to, "READY=1"), 0);
	assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), 7);
	assert_memory_equal(text, "READY=1", 7);
	close(fd);
	assert_true(notify_send(to, "READY=1") < 0);
	close(to);
	assert_true(notify_open(&to) < 0);
	assert_int_equal(to, -1);
	unsetenv("NOTIFY_SOCKET");
}

static void test_watchdog_is_for_this_process(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "10000000", 1);
	assert_int_equal(notify_watchdog_us(), 10000000);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_us(), 10000000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_us(), 0);
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "10 seconds", 1);
	assert_int_equal(notify_watchdog_us(), 0);
	unsetenv("WATCHDOG_USEC");
}

static void test_queue_counts(void **state)
{
	static const char text[] =
		"    3  27102     5 2 65531     7     8        9  1\n"
		"   30  27103     0 2 65531     0     0 4294967295  1\n"
		"   31  bad\n";
	struct queue_counts c;

	(void)state;
	assert_true(queue_counts_parse(span_str(text), 3, &c));
	assert_int_equal(c.waiting, 5);
	assert_int_equal(c.full_drops, 7);
	assert_int_equal(c.socket_drops, 8);
	assert_int_equal(c.packets, 9);
	assert_true(queue_counts_parse(span_str(text), 30, &c));
	assert_int_equal(c.packets, 4294967295);
	assert_false(queue_counts_parse(span_str(text), 31, &c));
	assert_false(queue_counts_parse(span_str(text), 0, &c));
	assert_false(queue_counts_parse(span_str(""), 0, &c));
}

static void test_tags_name_worker_and_packet(void **state)
{
	static const uint32_t ids[] = {
		1, 2, (1u << 26) - 1, 1u << 26, (1u << 26) + 1, 0xfffffff0, 0,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		for (unsigned int w = 0; w < CONFIG_WORKERS_MAX; w += 21) {
			uint32_t tag = daemon_tag(w, ids[i]);

			assert_int_equal(daemon_tag_worker(tag), w);
			/* Itself the last one, or 1000 came since, also where
			 * the kernel's count has wrapped. */
			assert_int_equal(daemon_tag_id(tag, ids[i]), ids[i]);
			assert_int_equal(daemon_tag_id(tag, ids[i] + 1000),
					 ids[i]);
			assert_int_equal(daemon_tag_id(tag,
						       ids[i] + (1u << 26) - 1),
					 ids[i]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals_come_as_numbers),
		cmocka_unit_test(test_notify_sends_one_datagram),
		cmocka_unit_test(test_watchdog_is_for_this_process),
		cmocka_unit_test(test_queue_counts),
		cmocka_unit_test(test_tags_name_worker_and_packet),
	};

	return cmocka_run_group_tests_name("io_daemon", tests, scratch_make,
					   scratch_remove);
}
