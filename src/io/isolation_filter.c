/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls of a daemon at work: all of them, and no other. */
#include "io/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <seccomp.h>

/* What is always allowed. The kernel looks these up in a bitmap and does not
 * run the filter for them (Linux 5.11). */
static const int always[] = {
	/* Packets, verdicts, conntrack and sets; injected packets; control
	 * socket, metrics, readers of events, service manager. Sockets are
	 * there already or come from accept4(). */
	SCMP_SYS(recvmmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(accept4),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(bind),

	/* Waiting: the main thread, the journal's, and locks. */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(futex),
	SCMP_SYS(restart_syscall),

	/* Open descriptors: logs, eventfd, signalfd, configuration, netlink's
	 * two requests at once. */
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(fallocate), /* the state file grows */
	SCMP_SYS(newfstatat),
	SCMP_SYS(close),

	/* malloc() and free(); stacks. What makes code of data is below. */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),

	/* Threads begin and end; malloc() gives each CPU an arena. */
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),

	/* Time where the vDSO does not know it; seeds of hash tables; who we
	 * are. */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(geteuid),
};

/* An argument of int has 32 bits; what stands above them is not looked at. */
#define INT 0xffffffffu

#define CHECKS_MAX 3

/* What is allowed with some arguments: those whose bits under each mask are
 * these. @action other than SCMP_ACT_ALLOW: what happens instead. */
struct rule {
	int call;
	uint32_t action;
	unsigned int checks;
	struct scmp_arg_cmp check[CHECKS_MAX];
};

#define IS(argument, mask, value)                            \
	{                                                    \
		.arg = (argument), .op = SCMP_CMP_MASKED_EQ, \
		.datum_a = (mask), .datum_b = (value)        \
	}
#define COUNT(...)                                        \
	(sizeof((struct scmp_arg_cmp[]){ __VA_ARGS__ }) / \
	 sizeof(struct scmp_arg_cmp))
#define RULE(action, name, ...)                               \
	{                                                     \
		SCMP_SYS(name), (action), COUNT(__VA_ARGS__), \
		{                                             \
			__VA_ARGS__                           \
		}                                             \
	}
#define ALLOW(name, ...) RULE(SCMP_ACT_ALLOW, name, __VA_ARGS__)

#define THREAD \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define NAMESPACE                                                      \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static const struct rule rules[] = {
	/* Memory that can be run is not made, and no library loaded. */
	ALLOW(mmap, IS(2, PROT_EXEC, 0)),
	ALLOW(mprotect, IS(2, PROT_EXEC, 0)),

	/* Threads, but no processes. The flags of clone3() cannot be seen, and
	 * without it the C library takes clone(). */
	ALLOW(clone, IS(0, THREAD | NAMESPACE, THREAD)),
	{ SCMP_SYS(clone3), SCMP_ACT_ERRNO(ENOSYS), 0, { { .arg = 0 } } },

	/* An event log on standard output is a copy of that; the HTTP library
	 * has its sockets not block and not be inherited. */
	ALLOW(fcntl, IS(1, INT, F_DUPFD_CLOEXEC)),
	ALLOW(fcntl, IS(1, INT, F_GETFL)),
	ALLOW(fcntl, IS(1, INT, F_SETFL)),
	ALLOW(fcntl, IS(1, INT, F_GETFD)),
	ALLOW(fcntl, IS(1, INT, F_SETFD)),

	/* Conntrack is searched on a socket of its own. */
	ALLOW(socket, IS(0, INT, AF_NETLINK), IS(2, INT, NETLINK_NETFILTER)),
	ALLOW(setsockopt, IS(1, INT, SOL_SOCKET), IS(2, INT, SO_RCVTIMEO)),

	/* Readers of events get a larger buffer; HTTP is not to wait. */
	ALLOW(setsockopt, IS(1, INT, SOL_SOCKET), IS(2, INT, SO_SNDBUF)),
	ALLOW(setsockopt, IS(1, INT, SOL_SOCKET), IS(2, INT, SO_SNDBUFFORCE)),
	ALLOW(setsockopt, IS(1, INT, IPPROTO_TCP)),

	/* abort() ends in a signal to its own thread. */
	ALLOW(tgkill, IS(2, INT, SIGABRT)),

	/* Libraries look for files that a system may have, such as a time
	 * zone: the root is empty. */
	RULE(SCMP_ACT_ERRNO(ENOENT), openat, IS(0, INT, (uint32_t)AT_FDCWD),
	     IS(2, O_ACCMODE | O_CREAT, 0)),
};

/* A file that is written to is neither cut nor read. */
#define APPEND      (O_WRONLY | O_APPEND | O_CREAT)
#define APPEND_MASK (O_ACCMODE | O_APPEND | O_CREAT | O_TRUNC)

static int add(scmp_filter_ctx filter, const struct rule *r)
{
	return seccomp_rule_add_array(filter, r->action, r->call, r->checks,
				      r->check);
}

static int add_table(scmp_filter_ctx filter)
{
	int error = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (error == 0)
			error = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
						 always[i], 0);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (error == 0)
			error = add(filter, &rules[i]);
	return error;
}

/* Directories have their numbers since the start. */
static int add_files(scmp_filter_ctx filter, const struct isolation_files *f)
{
	const struct {
		int dir;
		struct rule rule;
	} files[] = {
		/* reload */
		{ f->read, ALLOW(openat, IS(0, INT, (uint32_t)f->read),
				 IS(2, O_ACCMODE | O_CREAT | O_TRUNC, 0)) },
		/* a new event log after a rotation */
		{ f->append, ALLOW(openat, IS(0, INT, (uint32_t)f->append),
				   IS(2, APPEND_MASK, APPEND)) },
		/* the control socket at the end */
		{ f->unlink, ALLOW(unlinkat, IS(0, INT, (uint32_t)f->unlink),
				   IS(2, INT, 0)) },
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (error == 0 && files[i].dir >= 0)
			error = add(filter, &files[i].rule);
	return error;
}

/*
 * A tree of system calls rather than a list, as each that is checked costs a
 * walk. Without SSB older kernels would slow down every indirect jump of ours,
 * against code that nobody can bring in here.
 */
static int add_attributes(scmp_filter_ctx filter)
{
	const struct {
		enum scmp_filter_attr attribute;
		uint32_t value;
	} attributes[] = {
		{ SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS },
		{ SCMP_FLTATR_CTL_OPTIMIZE, 2 },
		{ SCMP_FLTATR_CTL_SSB, 1 },
		{ SCMP_FLTATR_API_SYSRAWRC, 1 },
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (error == 0)
			error = seccomp_attr_set(filter,
						 attributes[i].attribute,
						 attributes[i].value);
	return error;
}

int isolation_filter(const struct isolation_files *files)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int error;

	if (!filter)
		return -ENOMEM;
	error = add_attributes(filter);
	if (error == 0)
		error = add_table(filter);
	if (error == 0)
		error = add_files(filter, files);
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}
