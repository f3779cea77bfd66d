/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listening socket, and what it does while there is no descriptor left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/control_socket.h"
#include "io/listener.h"
#include "io/log.h"
#include "io/loop.h"
#include "scratch.h"

static struct control_name name;
static struct listener listener;
static int loop, client;
static unsigned int taken;
static bool more;

static bool take(void *arg, int fd)
{
	assert_ptr_equal(arg, &taken);
	assert_true(recv(fd, arg, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	close(fd);
	taken++;
	return more;
}

static void dial(void)
{
	assert_int_equal(control_connect(scratch_path, &client), CONTROL_FINE);
}

static int setup(void **state)
{
	const struct listener_handler handler = { take, &taken, "test" };

	(void)state;
	taken = 0;
	more = true;
	loop = loop_open();
	if (loop < 0 || control_listen(&name, scratch_path) != CONTROL_FINE)
		return -1;
	return listener_open(&listener, loop, name.fd, &handler);
}

static int teardown(void **state)
{
	(void)state;
	listener_close(&listener);
	control_unlisten(&name);
	close(loop);
	return 0;
}

/* The descriptors that are there are all that there will be. */
static rlim_t limit_descriptors(rlim_t most)
{
	struct rlimit limit;
	rlim_t was;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	was = limit.rlim_cur;
	limit.rlim_cur = most;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return was;
}

static void test_takes_what_connects(void **state)
{
	(void)state;
	dial();
	assert_int_equal(loop_wait(loop, 0), 0);
	assert_int_equal(taken, 1);
	close(client);
}

static void test_rests_until_woken(void **state)
{
	(void)state;
	more = false;
	dial();
	loop_wait(loop, 0);
	close(client);
	dial();
	for (int i = 0; i < 10; i++)
		loop_wait(loop, 0);
	listener_tick(&listener, clock_now_us());
	loop_wait(loop, 0);
	assert_int_equal(taken, 1);
	listener_wake(&listener);
	loop_wait(loop, 0);
	assert_int_equal(taken, 2);
	close(client);
}

static void test_rests_without_descriptors(void **state)
{
	uint64_t begun = clock_now_us();
	rlim_t was;

	(void)state;
	dial();
	was = limit_descriptors(0);
	loop_wait(loop, 0);
	assert_true(listener.failing);
	assert_true(listener.until_us >= begun + LISTENER_REST_US);
	/* Nothing is reported: the loop sleeps as long as it may. */
	loop_wait(loop, 20);
	assert_true(clock_now_us() >= begun + 20000);
	listener_tick(&listener, listener.until_us - 1);
	assert_true(listener.until_us > 0);

	listener_tick(&listener, listener.until_us);
	loop_wait(loop, 0);
	assert_true(listener.failing);
	assert_int_equal(taken, 0);

	limit_descriptors(was);
	listener_tick(&listener, listener.until_us);
	loop_wait(loop, 0);
	assert_int_equal(taken, 1);
	assert_false(listener.failing);
	close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_takes_what_connects, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_rests_until_woken, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_rests_without_descriptors,
						setup, teardown),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
