/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces for live tests; they vanish with the test's process. */
#ifndef SUPPORT_NETNS_H
#define SUPPORT_NETNS_H

#include <stdbool.h>
#include <stdint.h>

#include <sallyport/addr.h>

/*
 * client 10.1.4.4 - 10.1.4.1 gateway 10.2.5.1 - 10.2.5.5 server, and the same
 * with fc00:10:1:4::/64 and fc00:10:2:5::/64. The gateway forwards. On it the
 * interfaces are "g0" (client's side) and "g1".
 */
struct netns_lab {
	int client, gateway, server; /* file descriptors of the namespaces */
};

/* Who has which address there; no interface has the virtual ones. */
#define NETNS_CLIENT4      "10.1.4.4"
#define NETNS_CLIENT6      "fc00:10:1:4::4"
#define NETNS_SERVER4      "10.2.5.5"
#define NETNS_SERVER6      "fc00:10:2:5::5"
#define NETNS_GATEWAY_IN4  "10.1.4.1"
#define NETNS_GATEWAY_IN6  "fc00:10:1:4::1"
#define NETNS_GATEWAY_OUT4 "10.2.5.1"
#define NETNS_GATEWAY_OUT6 "fc00:10:2:5::1"
#define NETNS_VIRTUAL4     "198.51.100.7"
#define NETNS_VIRTUAL6     "2001:db8::7"

/* May this process make namespaces? False: says why, for skip(). */
bool netns_possible(void);

/* Go to a new namespace with lo up; gives its descriptor. */
int netns_new(void);

/* Go to a namespace: what is opened from now on belongs to it. */
void netns_go(int ns);

/* Three namespaces; this process is on the gateway afterwards. */
void netns_lab_make(struct netns_lab *lab);
void netns_lab_close(struct netns_lab *lab);

/* A lab for each test, so that no entry of another is in the way: setup and
 * teardown, and the lab itself, without which the test is skipped. */
int netns_lab_setup(void **state);
int netns_lab_teardown(void **state);
struct netns_lab *netns_lab_of(void **state);
#define netns_lab_test(test)                                   \
	cmocka_unit_test_setup_teardown(test, netns_lab_setup, \
					netns_lab_teardown)

/* Run a command line in the namespace we are in; it must succeed. */
void netns_sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The number that a command line prints. */
unsigned long netns_count(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* "10.1.4.4" or "fc00::1" and a port. */
struct endpoint netns_endpoint(const char *addr, uint16_t port);

/* A socket that listens on @at in @ns (port 0: any). */
int netns_listen(int ns, const struct endpoint *at);

/* Connect from @from (port 0: any) to @to in @ns, without waiting. */
int netns_connect(int ns, const struct endpoint *from,
		  const struct endpoint *to);

/* Longer than anything takes here even on a busy machine. */
#define NETNS_PATIENCE_MS 20000

/* Accept within that time, else -1. */
int netns_accept(int listener);

/* Wait at most that long for what poll(2) calls @events. */
bool netns_wait(int fd, short events);

struct endpoint netns_local(int fd);
struct endpoint netns_peer(int fd);

#endif
