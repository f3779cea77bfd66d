/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces for live tests; they vanish with the test's process. */
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Longest command line: an iptables rule with all its matches. */
#define COMMAND_MAX 1024

bool netns_possible(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(unshare(CLONE_NEWNET) == 0 ? 0 : 1);
	if (child > 0 && waitpid(child, &status, 0) == child && status == 0)
		return true;
	print_message("skipped: no permission to make a network namespace\n");
	return false;
}

int netns_new(void)
{
	int ns;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(ns >= 0);
	/* Without it IPv6 neighbours stay unknown for a second. */
	netns_sh("ip link set lo up; cd /proc/sys/net/ipv6/conf; "
		 "echo 0 >all/accept_dad; echo 0 >default/accept_dad");
	return ns;
}

void netns_go(int ns)
{
	assert_int_equal(setns(ns, CLONE_NEWNET), 0);
}

static void host_setup(int ns, const char *net, const char *dev)
{
	const char *id = strcmp(net, "1.4") == 0 ? "1:4" : "2:5";
	const char *last = strcmp(net, "1.4") == 0 ? "4" : "5";

	netns_go(ns);
	netns_sh("ip addr add 10.%s.%s/24 dev %s; "
		 "ip addr add fc00:10:%s::%s/64 dev %s; "
		 "ip link set %s up; ip route add default via 10.%s.1; "
		 "ip route add default via fc00:10:%s::1",
		 net, last, dev, id, last, dev, dev, net, id);
}

void netns_lab_make(struct netns_lab *lab)
{
	lab->client = netns_new();
	lab->server = netns_new();
	lab->gateway = netns_new();
	netns_sh("ip link add g0 type veth peer name c0 netns /proc/%d/fd/%d; "
		 "ip link add g1 type veth peer name s0 netns /proc/%d/fd/%d",
		 getpid(), lab->client, getpid(), lab->server);
	netns_sh("ip addr add 10.1.4.1/24 dev g0; "
		 "ip addr add fc00:10:1:4::1/64 dev g0; "
		 "ip addr add 10.2.5.1/24 dev g1; "
		 "ip addr add fc00:10:2:5::1/64 dev g1; "
		 "ip link set g0 up; ip link set g1 up; "
		 "echo 1 >/proc/sys/net/ipv4/ip_forward; "
		 "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
	host_setup(lab->client, "1.4", "c0");
	host_setup(lab->server, "2.5", "s0");
	netns_go(lab->gateway);
}

void netns_lab_close(struct netns_lab *lab)
{
	close(lab->client);
	close(lab->server);
	close(lab->gateway);
}

int netns_lab_setup(void **state)
{
	struct netns_lab *lab = calloc(1, sizeof(*lab));

	*state = lab;
	if (!netns_possible())
		return 0;
	netns_lab_make(lab);
	return 0;
}

int netns_lab_teardown(void **state)
{
	struct netns_lab *lab = *state;

	if (lab->gateway)
		netns_lab_close(lab);
	free(lab);
	return 0;
}

struct netns_lab *netns_lab_of(void **state)
{
	struct netns_lab *lab = *state;

	if (!lab->gateway)
		skip();
	return lab;
}

void netns_sh(const char *fmt, ...)
{
	char command[COMMAND_MAX] = "set -e; ";
	size_t used = strlen(command);
	va_list args;
	int status;

	va_start(args, fmt);
	vsnprintf(command + used, sizeof(command) - used, fmt, args);
	va_end(args);
	status = system(command);
	if (status != 0)
		print_error("failed: %s\n", command);
	assert_int_equal(status, 0);
}

unsigned long netns_count(const char *fmt, ...)
{
	char command[COMMAND_MAX];
	unsigned long count = 0;
	va_list args;
	FILE *from;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	from = popen(command, "r");
	assert_non_null(from);
	if (fscanf(from, "%lu", &count) != 1)
		print_error("printed no number: %s\n", command);
	pclose(from);
	return count;
}

struct endpoint netns_endpoint(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	assert_int_equal(addr_parse(span_str(addr), &e.addr), PARSE_OK);
	return e;
}

static socklen_t to_sockaddr(const struct endpoint *e,
			     struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (addr_is_v4(&e->addr)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(e->port);
		memcpy(&v4->sin_addr, addr_v4_bytes(&e->addr), 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(e->port);
	memcpy(&v6->sin6_addr, e->addr.b, 16);
	return sizeof(*v6);
}

static struct endpoint from_sockaddr(const struct sockaddr_storage *in)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)in;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)in;
	struct endpoint e;

	if (in->ss_family == AF_INET) {
		e.addr = addr_v4((const uint8_t *)&v4->sin_addr);
		e.port = ntohs(v4->sin_port);
	} else {
		e.addr = addr_v6((const uint8_t *)&v6->sin6_addr);
		e.port = ntohs(v6->sin6_port);
	}
	return e;
}

static int socket_bound(int ns, const struct endpoint *at)
{
	struct sockaddr_storage to;
	socklen_t len = to_sockaddr(at, &to);
	int on = 1, fd;

	netns_go(ns);
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&to, len), 0);
	return fd;
}

int netns_listen(int ns, const struct endpoint *at)
{
	int fd = socket_bound(ns, at);

	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

int netns_connect(int ns, const struct endpoint *from,
		  const struct endpoint *to)
{
	struct sockaddr_storage name;
	socklen_t len = to_sockaddr(to, &name);
	int fd = socket_bound(ns, from);

	if (connect(fd, (struct sockaddr *)&name, len) < 0)
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

bool netns_wait(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, NETNS_PATIENCE_MS) == 1 && (p.revents & events);
}

int netns_accept(int listener)
{
	if (!netns_wait(listener, POLLIN))
		return -1;
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

struct endpoint netns_local(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	return from_sockaddr(&name);
}

struct endpoint netns_peer(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	assert_int_equal(getpeername(fd, (struct sockaddr *)&name, &len), 0);
	return from_sockaddr(&name);
}
