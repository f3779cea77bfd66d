/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the configuration holds: the defaults, with and without a file, and
 * every key where it belongs, read and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/config.h"
#include "support.h"

#define FILES "tests/unit/config/"

static struct problems problems;

static enum config_result load(struct config *c, const char *text)
{
	return config_load_bytes(c, span_str(text), &problems);
}

static void assert_addr(const struct addr *a, const char *text)
{
	char shown[ADDR_TEXT_MAX];

	addr_format(a, shown);
	assert_string_equal(shown, text);
}

static struct addr netaddr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(span_str(text), &a), PARSE_OK);
	return a;
}

static void assert_prefix(const struct prefix *p, const char *text)
{
	char shown[CONFIG_PREFIX_TEXT_MAX];

	config_prefix_text(p, shown);
	assert_string_equal(shown, text);
}

static void assert_default_policy(const struct policy *p)
{
	assert_int_equal(p->control_ports, 1);
	assert_int_equal(p->control_port[0], 21);
	assert_int_equal(p->implicit_ports, 1);
	assert_int_equal(p->implicit_port[0], 990);
	assert_int_equal(p->explicit_tls, TLS_ALLOW);
	assert_int_equal(p->minimum_tls, 0x0303);
	assert_false(p->fast_path);
	assert_int_equal(p->pinhole_timeout_us, 60000000);
	assert_int_equal(p->minimum_port, 1024);
	assert_int_equal(p->denied_count, 0);
	assert_true(p->require_login);
	assert_int_equal(p->active_source, ACTIVE_SOURCE_ANY);
	assert_int_equal(p->connmark, 0x1000);
	assert_int_equal(p->fast_mark, 0x2000);
	assert_int_equal(p->data_mark, 0x4000);
	assert_int_equal(p->clients, 0);
}

static void assert_default_settings(const struct config *c)
{
	assert_int_equal(c->queue_first, 0);
	assert_int_equal(c->queue_workers, 1);
	assert_int_equal(c->when_down, WHEN_DOWN_PASS);
	assert_int_equal(c->queue_length, 4096);
	assert_int_equal(c->limits.sessions, 65536);
	assert_int_equal(c->limits.pinholes, 65536);
	assert_int_equal(c->limits.sessions_per_client, 1024);
	assert_int_equal(c->limits.pinholes_per_client, 1024);
	assert_int_equal(c->limits.pinholes_per_server, 16384);
	assert_int_equal(c->limits.line_length, 4096);
	assert_true(c->limits.verify_checksums);
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
	assert_int_equal(c->log_to, LOG_TO_AUTO);
	assert_string_equal(c->control_socket, "/run/sallyport.sock");
	assert_string_equal(c->state_file, "/run/sallyport.state");
}

static void test_defaults(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(load(&c, ""), CONFIG_OK);
	assert_default_policy(&c.policy);
	assert_default_settings(&c);
	assert_int_equal(c.policy.servers, 0);
	assert_int_equal(c.nats, 0);
	assert_false(c.from_file);
	config_free(&c);
}

static void test_missing_file(void **state)
{
	const char *path = "/nonexistent/sallyport.conf";
	struct config c;

	(void)state;
	assert_int_equal(config_load(&c, path, false, &problems), CONFIG_OK);
	assert_false(c.from_file);
	assert_default_policy(&c.policy);
	config_free(&c);
	assert_int_equal(config_load(&c, path, true, &problems), CONFIG_BAD);
	assert_int_equal(problems.count, 1);
	assert_int_equal(config_load(&c, "/", true, &problems), CONFIG_BAD);
	assert_string_equal(problems.item[0].text,
			    "is a directory; name a file");
	/* A path that cannot exist is the system's answer, not the file's. */
	assert_int_equal(config_load(&c, "/proc/self/mem", true, &problems),
			 CONFIG_SYSTEM);
	assert_int_equal(errno, EIO);
}

/* The example of the documentation spells out the defaults. */
static void test_example(void **state)
{
	struct config c;
	const struct policy_server *s;

	(void)state;
	assert_int_equal(config_load(&c, FILES "example.yaml", true, &problems),
			 CONFIG_OK);
	assert_default_policy(&c.policy);
	assert_default_settings(&c);
	assert_true(c.from_file);
	assert_int_equal(c.policy.servers, 1);
	s = c.policy.server;
	assert_string_equal(s->name, "lab");
	assert_int_equal(s->addresses, 2);
	assert_prefix(&s->address[0], "10.2.5.5");
	assert_prefix(&s->address[1], "fc00:10:2:5::5");
	assert_int_equal(s->public_addresses, 0);
	assert_int_equal(s->passive.lo, 42000);
	assert_int_equal(s->passive.hi, 42999);
	assert_int_equal(s->active, ACTIVE_ALLOW);
	assert_int_equal(s->tls, SERVER_TLS_UNKNOWN);
	assert_int_equal(s->data, DATA_ANY);
	assert_int_equal(s->max_data, 8);
	assert_int_equal(s->new_data, 600);
	assert_int_equal(c.nats, 1);
	assert_prefix(&c.nat[0].inside, "10.1.4.0/24");
	assert_addr(&c.nat[0].public_address, "203.0.113.1");
	config_free(&c);
}

static void assert_full_policy(const struct policy *p)
{
	assert_int_equal(p->control_ports, 3);
	assert_int_equal(p->control_port[2], 65535);
	assert_int_equal(p->implicit_ports, 0);
	assert_int_equal(p->explicit_tls, TLS_REQUIRE);
	assert_int_equal(p->minimum_tls, 0x0304);
	assert_true(p->fast_path);
	assert_int_equal(p->pinhole_timeout_us, 3600000000u);
	assert_int_equal(p->minimum_port, 1025);
	assert_int_equal(p->denied_count, 2);
	assert_int_equal(p->denied[0].lo, 3306);
	assert_int_equal(p->denied[0].hi, 3306);
	assert_int_equal(p->denied[1].lo, 5000);
	assert_int_equal(p->denied[1].hi, 5100);
	assert_false(p->require_login);
	assert_int_equal(p->active_source, ACTIVE_SOURCE_DATA);
	assert_int_equal(p->connmark, 0xfffffff0u);
	assert_int_equal(p->fast_mark, 4);
	assert_int_equal(p->data_mark, 8);
	assert_int_equal(p->servers, 3);
}

static void assert_full_server(const struct policy_server *s)
{
	assert_string_equal(s->name, "first.server_1-a");
	assert_int_equal(s->addresses, 3);
	assert_prefix(&s->address[0], "10.2.5.0/24");
	assert_int_equal(s->address[0].len, 120);
	assert_prefix(&s->address[1], "192.0.2.1");
	assert_prefix(&s->address[2], "fc00:10:2:5::/64");
	assert_int_equal(s->public_addresses, 2);
	assert_addr(&s->public_address[1], "2001:db8::5");
	assert_int_equal(s->active, ACTIVE_REFUSE);
	assert_int_equal(s->tls, SERVER_TLS_EXPECTED);
	assert_int_equal(s->data, DATA_REQUIRE_TLS);
	assert_int_equal(s->max_data, 1024);
	assert_int_equal(s->new_data, 60000);
	assert_int_equal(s[1].passive.lo, 65534);
	assert_int_equal(s[1].passive.hi, 65534);
	assert_int_equal(s[2].passive.lo, 0);
	assert_int_equal(s[2].max_data, 8);
	assert_int_equal(s[2].new_data, 600);
}

static void assert_full_clients(const struct policy *p)
{
	const struct addr in = netaddr("192.168.1.77");
	const struct addr out = netaddr("192.168.2.77");
	const struct policy_client *c = policy_client_find(p, &in);

	assert_int_equal(p->clients, 2);
	assert_ptr_equal(c, &p->client[0]);
	assert_string_equal(c->name, "home");
	assert_int_equal(c->addresses, 2);
	assert_prefix(&c->address[1], "192.168.7.1");
	assert_addr(&c->public_address, "203.0.113.9");
	assert_int_equal(c->active.lo, 50000);
	assert_int_equal(c->active.hi, 50100);
	assert_null(policy_client_find(p, &out));
	assert_addr(&c[1].public_address, "2001:db8::9");
	assert_int_equal(c[1].active.hi, 50000);
}

/* No key at its default: each one arrives where it belongs. */
static void test_full(void **state)
{
	struct config c;
	char metrics[ENDPOINT_TEXT_MAX];

	(void)state;
	assert_int_equal(config_load(&c, FILES "good-full.yaml", true,
				     &problems),
			 CONFIG_OK);
	assert_full_policy(&c.policy);
	assert_full_server(c.policy.server);
	assert_full_clients(&c.policy);
	assert_int_equal(c.queue_first, 65472);
	assert_int_equal(c.queue_workers, 64);
	assert_int_equal(c.when_down, WHEN_DOWN_DROP);
	assert_int_equal(c.queue_length, 1);
	assert_int_equal(c.limits.sessions, 1);
	assert_int_equal(c.limits.pinholes, 4194304);
	assert_int_equal(c.limits.sessions_per_client, 2);
	assert_int_equal(c.limits.pinholes_per_client, 3);
	assert_int_equal(c.limits.pinholes_per_server, 4);
	assert_int_equal(c.limits.line_length, 16384);
	assert_int_equal(c.nats, 2);
	assert_prefix(&c.nat[1].inside, "fc00:10:1:4::/64");
	assert_int_equal(c.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(c.log_to, LOG_TO_JOURNAL);
	assert_string_equal(c.control_socket, "/tmp/other.sock");
	assert_string_equal(c.state_file, "");
	endpoint_format(&c.metrics, metrics);
	assert_string_equal(metrics, "[fc00::9]:65535");
	config_free(&c);
}

static char *printed(const struct config *c)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	config_print(to, c);
	fclose(to);
	return text;
}

/* What is printed reads back as the same configuration. */
static void test_print_round_trip(void **state)
{
	static const char *const path[] = { FILES "good-full.yaml",
					    FILES "good-ftps.yaml",
					    FILES "example.yaml",
					    FILES "good-empty.yaml" };
	struct config c, again;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(path); i++) {
		char *first, *second;

		assert_int_equal(config_load(&c, path[i], true, &problems),
				 CONFIG_OK);
		first = printed(&c);
		assert_int_equal(load(&again, first), CONFIG_OK);
		second = printed(&again);
		assert_string_equal(first, second);
		assert_int_equal(c.policy.servers, again.policy.servers);
		assert_int_equal(c.policy.clients, again.policy.clients);
		assert_memory_equal(&c.limits, &again.limits, sizeof(c.limits));
		config_free(&c);
		config_free(&again);
		free(first);
		free(second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_print_round_trip),
		cmocka_unit_test(test_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
