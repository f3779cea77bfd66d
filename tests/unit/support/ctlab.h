/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gateway with conntrack, and connections through it, in both families. */
#ifndef SALLYPORT_TEST_CTLAB_H
#define SALLYPORT_TEST_CTLAB_H

#include "io/conntrack.h"
#include "netns.h"

/* Marks of our data connections (two bits), of control connections that left
 * the queue, and of nobody's. */
#define CTLAB_MARK      0x5000
#define CTLAB_FAST_MARK 0x2000
#define CTLAB_STRANGER  0x1001

#define CTLAB_FAMILIES 2

/* The same roles in both families. */
extern const struct ctlab_family {
	const char *iptables, *client, *server, *gateway_in, *gateway_out;
	const char *virtual_server; /* DNATed to the server */
} ctlab_families[CTLAB_FAMILIES];

struct ctlab {
	struct netns_lab lab;
	struct conntrack *ct;
};

/* One for each test, so that no entry of another is in the way: setup and
 * teardown, and the lab itself, without which the test is skipped. */
int ctlab_setup(void **state);
int ctlab_teardown(void **state);
struct ctlab *ctlab_of(void **state);
#define ctlab_test(test) \
	cmocka_unit_test_setup_teardown(test, ctlab_setup, ctlab_teardown)

/* What gateways of the field have: what is not asked for is dropped. */
void ctlab_base(const struct ctlab_family *fam);
void ctlab_masquerade(const struct ctlab_family *fam);
void ctlab_dnat(const struct ctlab_family *fam);

/* A control connection through the gateway, both ends open. */
struct ctlab_link {
	int client, server;
	struct ends ends; /* the inside view */
	struct endpoint client_seen, server_called;
};

/* The client calls @server_name, port 21. We are on the gateway afterwards. */
struct ctlab_link ctlab_link_make(struct ctlab *f,
				  const struct ctlab_family *fam,
				  const char *server_name);
void ctlab_link_close(struct ctlab_link *l);

/* The entry of a data connection that nothing translates. */
struct data_entry ctlab_entry(const struct ctlab_link *l,
			      const struct endpoint *from,
			      const struct endpoint *to);

/* Connect from @from to @to in @ns, to a listener at @at in @at_ns: the server
 * side of the connection, or -1 if nothing arrived. */
int ctlab_data_connect(int ns, const struct endpoint *from,
		       const struct endpoint *to, int at_ns,
		       const struct endpoint *at, int *client);

/* Bytes pass both ways, by what the rules have for ESTABLISHED. */
void ctlab_talk(int a, int b);

#define assert_endpoint(a, b) assert_true(endpoint_equal(a, b))

#endif
