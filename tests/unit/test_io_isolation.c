/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a confined process can do and what ends it, each in a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cap-ng.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include "io/isolation.h"
#include "io/place.h"
#include "scratch.h"
#include "support.h"

/* Of an account that need not exist. */
#define UID 61022

/* What a child says when something is not as it must be. */
#define WRONG 99

#define CHILD_MUST(holds)                                                     \
	do {                                                                  \
		if (!(holds)) {                                               \
			fprintf(stderr, "%s:%d: not so: %s (%s)\n", __FILE__, \
				__LINE__, #holds, strerror(errno));           \
			_exit(WRONG);                                         \
		}                                                             \
	} while (0)

/* Wait status of a child that does @what. */
static int status_of(void (*what)(const void *arg), const void *arg)
{
	const struct rlimit no_core = { 0, 0 };
	int status = -1;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		what(arg);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return status;
}

/* --- the filter -------------------------------------------------------------------- */

/* Directories of the daemon, here all the same one. */
static struct place scratch;
static int read_dir, append_dir, unlink_dir;

static void filtered(void)
{
	const struct isolation_files files = { read_dir, append_dir,
					       unlink_dir };

	CHILD_MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHILD_MUST(isolation_filter(&files) == 0);
}

struct call {
	const char *name;
	long number;
	long arg[6];
};

#define P(pointer) ((long)(intptr_t)(pointer))

static void call_filtered(const void *arg)
{
	const struct call *c = arg;

	filtered();
	syscall(c->number, c->arg[0], c->arg[1], c->arg[2], c->arg[3],
		c->arg[4], c->arg[5]);
}

static void test_forbidden_calls_kill(void **state)
{
	/* Where they are not stopped, these do no harm. */
	const struct call calls[] = {
		/* other programs and processes */
		{ "execve", SYS_execve, { P("/bin/true") } },
		{ "execveat", SYS_execveat, { AT_FDCWD, P("/bin/true") } },
		{ "a child", SYS_clone, { SIGCHLD } },
		{ "a child of ours", SYS_clone, { CLONE_VM | SIGCHLD } },
		{ "a namespace", SYS_clone, { CLONE_NEWUSER | SIGCHLD } },
		{ "ptrace", SYS_ptrace, { 0 } },
		{ "kill", SYS_kill, { 1, 0 } },
		{ "tgkill", SYS_tgkill, { 1, 1, 0 } },
		{ "process_vm_readv", SYS_process_vm_readv, { 1 } },
		{ "process_vm_writev", SYS_process_vm_writev, { 1 } },
		{ "pidfd_open", SYS_pidfd_open, { 1 } },
		/* code out of data */
		{ "mmap",
		  SYS_mmap,
		  { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1 } },
		{ "mprotect", SYS_mprotect, { 0, 0, PROT_EXEC } },
		{ "memfd_create", SYS_memfd_create, { P("x") } },
		{ "personality", SYS_personality, { 0 } },
		/* the network */
		{ "socket", SYS_socket, { AF_INET, SOCK_STREAM } },
		{ "raw socket",
		  SYS_socket,
		  { AF_INET, SOCK_RAW, IPPROTO_RAW } },
		{ "IPv6", SYS_socket, { AF_INET6, SOCK_STREAM } },
		{ "AF_UNIX", SYS_socket, { AF_UNIX, SOCK_STREAM } },
		{ "AF_PACKET", SYS_socket, { AF_PACKET, SOCK_RAW } },
		{ "rtnetlink",
		  SYS_socket,
		  { AF_NETLINK, SOCK_RAW, NETLINK_ROUTE } },
		{ "connect", SYS_connect, { 0 } },
		{ "listen", SYS_listen, { 0 } },
		{ "SO_ATTACH_FILTER",
		  SYS_setsockopt,
		  { 0, SOL_SOCKET, SO_ATTACH_FILTER } },
		{ "SO_MARK", SYS_setsockopt, { 0, SOL_SOCKET, SO_MARK } },
		/* files */
		{ "write elsewhere",
		  SYS_openat,
		  { AT_FDCWD, P("/tmp/x"), O_WRONLY | O_CREAT } },
		{ "write beside the configuration",
		  SYS_openat,
		  { read_dir, P("x"), O_WRONLY | O_APPEND | O_CREAT } },
		{ "cut beside the configuration",
		  SYS_openat,
		  { read_dir, P("x"), O_RDONLY | O_TRUNC } },
		{ "read beside the event log",
		  SYS_openat,
		  { append_dir, P("x"), O_RDONLY } },
		{ "cut an event log",
		  SYS_openat,
		  { append_dir, P("x"),
		    O_WRONLY | O_APPEND | O_CREAT | O_TRUNC } },
		{ "write over an event log",
		  SYS_openat,
		  { append_dir, P("x"), O_WRONLY | O_CREAT } },
		{ "unlink beside the event log",
		  SYS_unlinkat,
		  { append_dir, P("x") } },
		{ "rmdir beside the socket",
		  SYS_unlinkat,
		  { unlink_dir, P("x"), AT_REMOVEDIR } },
		{ "renameat2", SYS_renameat2, { unlink_dir, P("x") } },
		{ "mkdirat", SYS_mkdirat, { append_dir, P("x") } },
		{ "mknodat", SYS_mknodat, { append_dir, P("x") } },
		{ "linkat", SYS_linkat, { append_dir, P("x") } },
		{ "symlinkat", SYS_symlinkat, { P("x"), append_dir } },
		{ "fchmod", SYS_fchmod, { 0 } },
		{ "fchmodat", SYS_fchmodat, { append_dir, P("x") } },
		{ "fchown", SYS_fchown, { 0 } },
		{ "ftruncate", SYS_ftruncate, { 0 } },
		{ "getdents64", SYS_getdents64, { 0 } },
		{ "open_by_handle_at", SYS_open_by_handle_at, { 0 } },
		{ "chdir", SYS_chdir, { P("/") } },
		{ "fchdir", SYS_fchdir, { read_dir } },
		{ "chroot", SYS_chroot, { P("/") } },
		{ "pivot_root", SYS_pivot_root, { P("/"), P("/") } },
		{ "mount", SYS_mount, { 0 } },
		{ "umount2", SYS_umount2, { P("") } },
		{ "ioctl", SYS_ioctl, { 0 } },
		/* who we are */
		{ "setuid", SYS_setuid, { 0 } },
		{ "setresuid", SYS_setresuid, { 0 } },
		{ "setgid", SYS_setgid, { 0 } },
		{ "setgroups", SYS_setgroups, { 0 } },
		{ "capset", SYS_capset, { 0 } },
		{ "prctl", SYS_prctl, { PR_SET_DUMPABLE, 1 } },
		{ "setns", SYS_setns, { 0 } },
		{ "unshare", SYS_unshare, { CLONE_NEWUSER } },
		{ "seccomp", SYS_seccomp, { 0 } },
		/* the kernel */
		{ "bpf", SYS_bpf, { 0 } },
		{ "perf_event_open", SYS_perf_event_open, { 0 } },
		{ "io_uring_setup", SYS_io_uring_setup, { 1 } },
		{ "userfaultfd", SYS_userfaultfd, { 0 } },
		{ "keyctl", SYS_keyctl, { 0 } },
		{ "init_module", SYS_init_module, { 0 } },
		{ "finit_module", SYS_finit_module, { 0 } },
		{ "kexec_load", SYS_kexec_load, { 0 } },
		{ "reboot", SYS_reboot, { 0 } },
		{ "clock_settime", SYS_clock_settime, { 0 } },
		{ "sethostname", SYS_sethostname, { P("x"), -1 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int status = status_of(call_filtered, &calls[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s: status 0x%x", calls[i].name, status);
	}
}

static void *sum(void *arg)
{
	return (void *)((intptr_t)arg + 1);
}

/* More than the daemon does each time it is run. */
static void work_filtered(const void *arg)
{
	char *big = NULL;
	void *result;
	pthread_t thread;
	int fd;

	(void)arg;
	filtered();
	for (size_t len = 1; len < 1u << 24; len *= 2) {
		big = realloc(big, len);
		CHILD_MUST(big);
		big[len - 1] = 'x';
	}
	free(big);
	CHILD_MUST(pthread_create(&thread, NULL, sum, (void *)41) == 0);
	CHILD_MUST(pthread_join(thread, &result) == 0);
	CHILD_MUST(result == (void *)42);
	fd = openat(append_dir, scratch.name,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
			    O_NONBLOCK,
		    0600);
	CHILD_MUST(fd >= 0 && write(fd, "dear", 4) == 4);
	close(fd);
	fd = openat(read_dir, scratch.name, O_RDONLY | O_CLOEXEC);
	CHILD_MUST(fd >= 0 && read(fd, (char[4]){ 0 }, 4) == 4);
	close(fd);
	CHILD_MUST(unlinkat(unlink_dir, scratch.name, 0) == 0);
	/* No path leads anywhere, and libraries live with that. */
	CHILD_MUST(open("/etc/passwd", O_RDONLY) < 0 && errno == ENOENT);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	CHILD_MUST(fd >= 0);
	close(fd);
}

static void test_ordinary_work_does_not(void **state)
{
	(void)state;
	assert_int_equal(status_of(work_filtered, NULL), 0);
}

/* abort() says that it was abort(). */
static void abort_filtered(const void *arg)
{
	(void)arg;
	signal(SIGABRT, SIG_DFL);
	filtered();
	abort();
}

static void test_abort_stays_what_it_is(void **state)
{
	int status = status_of(abort_filtered, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* The daemon's directories are three descriptors also where they are one. */
static int filter_setup(void **state)
{
	if (scratch_make(state) != 0 || place_hold(&scratch, scratch_path) < 0)
		return -1;
	read_dir = scratch.dir;
	append_dir = dup(read_dir);
	unlink_dir = dup(read_dir);
	return append_dir < 0 || unlink_dir < 0 ? -1 : 0;
}

static int filter_teardown(void **state)
{
	place_release(&scratch);
	close(append_dir);
	close(unlink_dir);
	return scratch_remove(state);
}

/* --- the root directory -------------------------------------------------------------- */

static size_t entries_of(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	for (const struct dirent *e; dir && (e = readdir(dir));)
		count += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

static void live_without_files(const void *arg)
{
	struct place name;
	int fd;

	(void)arg;
	CHILD_MUST(place_hold(&name, "/etc/passwd") == 0);
	CHILD_MUST(isolation_empty_root() == 0);
	CHILD_MUST(entries_of("/") == 0);
	CHILD_MUST(open("/etc/passwd", O_RDONLY) < 0 && errno == ENOENT);
	CHILD_MUST(open("x", O_WRONLY | O_CREAT, 0600) < 0 && errno == ENOENT);
	CHILD_MUST(open("../etc/passwd", O_RDONLY) < 0 && errno == ENOENT);
	fd = openat(name.dir, name.name, O_RDONLY);
	CHILD_MUST(fd >= 0);
}

static void test_the_root_is_empty(void **state)
{
	size_t before = entries_of("/tmp");

	(void)state;
	if (geteuid() != 0) {
		print_message("skip: no root, no other root directory\n");
		skip();
	}
	assert_true(before > 0);
	assert_int_equal(status_of(live_without_files, NULL), 0);
}

static void test_places_are_names_in_directories(void **state)
{
	static const struct {
		const char *path, *name;
	} paths[] = {
		{ "/etc/passwd", "passwd" },
		{ "/etc", "etc" },
		{ "there", "there" },
		{ "./x", "x" },
	};
	struct place p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(place_hold(&p, paths[i].path), 0);
		assert_string_equal(p.name, paths[i].name);
		assert_true(p.dir >= 0);
		place_release(&p);
		place_release(&p);
		assert_int_equal(p.dir, -1);
	}
	assert_int_equal(place_hold(&p, "/nonexistent/x"), -ENOENT);
	assert_int_equal(p.dir, -1);
}

/* --- user and capabilities ------------------------------------------------------------ */

/* Nothing but CAP_NET_ADMIN, and nothing to be had by running a program. */
static void must_be_poor(void)
{
	CHILD_MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHILD_MUST(capng_get_caps_process() == 0);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		bool keeps = cap == CAP_NET_ADMIN;

		CHILD_MUST(capng_have_capability(CAPNG_EFFECTIVE, cap) ==
			   keeps);
		CHILD_MUST(capng_have_capability(CAPNG_PERMITTED, cap) ==
			   keeps);
		CHILD_MUST(!capng_have_capability(CAPNG_INHERITABLE, cap));
		CHILD_MUST(!capng_have_capability(CAPNG_AMBIENT, cap));
		CHILD_MUST(prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 1);
	}
}

static void become_another(const void *arg)
{
	const struct account to = { UID, UID + 1 };
	uid_t uid[3];
	gid_t gid[3];

	(void)arg;
	CHILD_MUST(isolation_drop(&to) == 0);
	must_be_poor();
	CHILD_MUST(getresuid(&uid[0], &uid[1], &uid[2]) == 0);
	CHILD_MUST(getresgid(&gid[0], &gid[1], &gid[2]) == 0);
	for (int i = 0; i < 3; i++) {
		CHILD_MUST(uid[i] == to.uid);
		CHILD_MUST(gid[i] == to.gid);
	}
	CHILD_MUST(getgroups(0, NULL) == 0);
	CHILD_MUST(setuid(0) < 0);
}

static void stay(const void *arg)
{
	(void)arg;
	CHILD_MUST(isolation_drop(NULL) == 0);
	must_be_poor();
	CHILD_MUST(geteuid() == 0);
	/* root's files stay its own; those of others are closed to it. */
	CHILD_MUST(access(scratch_path, R_OK) < 0 && errno == EACCES);
}

static void test_one_capability_is_left(void **state)
{
	int fd = creat(scratch_path, 0600);

	(void)state;
	assert_true(fd >= 0);
	if (geteuid() != 0) {
		close(fd);
		unlink(scratch_path);
		print_message("skip: no root, nothing to give up\n");
		skip();
	}
	assert_int_equal(fchown(fd, UID, UID), 0);
	close(fd);
	assert_int_equal(status_of(become_another, NULL), 0);
	assert_int_equal(status_of(stay, NULL), 0);
	unlink(scratch_path);
}

/* Its only user is this one, and its groups are not to be changed. */
static void confine_in_a_namespace(const void *arg)
{
	const struct account to = { UID, UID };
	char map[32];
	int fd, len;

	(void)arg;
	len = snprintf(map, sizeof(map), "0 %u 1", geteuid());
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(77);
	fd = open("/proc/self/setgroups", O_WRONLY);
	CHILD_MUST(write(fd, "deny", 4) == 4);
	fd = open("/proc/self/uid_map", O_WRONLY);
	CHILD_MUST(write(fd, map, (size_t)len) == len);
	CHILD_MUST(isolation_empty_root() == 0);
	CHILD_MUST(isolation_drop(&to) == -EPERM);
	must_be_poor();
	CHILD_MUST(geteuid() == 0);
	filtered();
}

static void test_a_user_namespace_gives_up_what_it_can(void **state)
{
	int status = status_of(confine_in_a_namespace, NULL);

	(void)state;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skip: no user namespaces here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forbidden_calls_kill),
		cmocka_unit_test(test_ordinary_work_does_not),
		cmocka_unit_test(test_abort_stays_what_it_is),
		cmocka_unit_test(test_the_root_is_empty),
		cmocka_unit_test(test_places_are_names_in_directories),
		cmocka_unit_test(test_one_capability_is_left),
		cmocka_unit_test(test_a_user_namespace_gives_up_what_it_can),
	};

	return cmocka_run_group_tests_name("io_isolation", tests, filter_setup,
					   filter_teardown);
}
