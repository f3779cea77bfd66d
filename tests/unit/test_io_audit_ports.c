/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Servers that listen elsewhere than on 21 and 990, and the twin as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "audit_desk.h"

/* The FTP ports of a firewall whose clients are inside. */
#define POLICY(ports)                                                   \
	"*filter\n:FORWARD DROP\n"                                      \
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j "     \
	"ACCEPT\n-A FORWARD -i in0 -p tcp -m multiport --dports " ports \
	" -j ACCEPT\nCOMMIT\n"

static void test_as_the_command_line_says(void **state)
{
	(void)state;
	/* FTP and FTPS get to their data connections on these ports alone. */
	desk_audit(POLICY("2121,9990"),
		   (char *[]){ "--without", "--clients", "inside",
			       "--control-ports", "2121,9990", NULL });
	assert_null(strstr(desk.out, "control connect"));
	desk_says(desk.out, "  FTPS implicit  data connect [1]");
	desk_audit(POLICY("2121"),
		   (char *[]){ "--without", "--clients", "inside",
			       "--control-ports", "2121,9990", NULL });
	desk_says(desk.out, "  FTP            data connect [1]");
	desk_says(desk.out, "  FTPS implicit  control connect [2]");
	desk_says(desk.out,
		  "  [1] filter FORWARD policy (rules:2): :FORWARD DROP\n"
		  "      stops 10.2.5.5 port 2120 > 10.1.4.4\n");
	desk_says(desk.out, "      stops 10.1.4.4 > 10.2.5.5 port 9990\n");
	desk_says(desk.out, "--dport 9990 ");
}

static void test_sallyport_watches_them(void **state)
{
	(void)state;
	desk_audit(POLICY("2121,9990"),
		   (char *[]){ "--clients", "inside", "--control-ports",
			       "2121,9990", NULL });
	desk_says(desk.out, "then 12 of these 12 work");
}

static void test_as_the_server_says(void **state)
{
	char *const more[] = { "--without", "--clients",       "outside",
			       "--json",    "--server-config", "conf",
			       NULL };

	(void)state;
	desk_write("conf", "listen_port=2121\nssl_enable=YES\n");
	desk_audit(POLICY("21"), more);
	desk_says(desk.out, "\"control_port\":2121,\"implicit_port\":990");
	desk_write("conf", "listen_port=9990\nssl_enable=YES\n"
			   "implicit_ssl=YES\n");
	desk_audit(POLICY("21"), more);
	desk_says(desk.out, "\"control_port\":21,\"implicit_port\":9990");
}

static void refused(char *ports)
{
	desk_refused((char *[]){ "audit", "--rules", "rules", "--control-ports",
				 ports, NULL },
		     "wants FTP[,FTPS]");
}

static void test_what_is_no_port(void **state)
{
	(void)state;
	desk_write("rules", POLICY("21"));
	refused("");
	refused("0");
	refused("65536");
	refused("21,");
	refused("21,21");
	refused("21,990,5");
	refused("ftp");
	/* It would be the port of both. */
	refused("990");
}

/* Enough to build the same network. */
static void test_the_twin(void **state)
{
	json_t *json, *side;
	const char *interface, *firewall, *client, *server, *reach;
	int routed;

	(void)state;
	desk_audit("*nat\n-A POSTROUTING -o out0 -j MASQUERADE\nCOMMIT\n",
		   (char *[]){ "--without", "--json", "--client", "10.1.4.7",
			       NULL });
	json = desk_json();
	side = json_object_get(json_object_get(json, "twin"), "inside");
	assert_int_equal(json_unpack(side, "{s:s, s:{s:s, s:s, s:s}, s:n}",
				     "interface", &interface, "ipv4",
				     "firewall", &firewall, "client", &client,
				     "server", &server, "ipv6"),
			 0);
	assert_string_equal(interface, "in0");
	assert_string_equal(firewall, "10.1.4.1/24");
	assert_string_equal(client, "10.1.4.7");
	assert_string_equal(server, "10.1.4.5");
	assert_int_equal(json_unpack(json_object_get(json, "twin"),
				     "{s:{s:s}, s:{s:b}}", "reached_as", "ipv4",
				     &reach, "routed", "ipv4", &routed),
			 0);
	assert_string_equal(reach, "10.2.5.1");
	assert_false(routed);
	json_decref(json);
}

/* Each way uses both ends of the range, and the answer says which. */
static void test_the_passive_port(void **state)
{
	json_t *json, *answer;
	bool first[2] = { false, false }, last[2] = { false, false };
	size_t i;

	(void)state;
	desk_audit("*filter\n:FORWARD ACCEPT\nCOMMIT\n",
		   (char *[]){ "--without", "--json", "--clients", "inside",
			       "--passive-ports", "5000-5009", NULL });
	json = desk_json();
	json_array_foreach(json_object_get(json, "answers"), i, answer)
	{
		const char *via =
			json_string_value(json_object_get(answer, "via"));
		json_t *port = json_object_get(answer, "passive_port");
		bool epsv = strcmp(via, "EPSV") == 0;

		if (!epsv && strcmp(via, "PASV") != 0) {
			assert_null(port);
			continue;
		}
		first[epsv] |= json_integer_value(port) == 5000;
		last[epsv] |= json_integer_value(port) == 5009;
	}
	assert_true(first[0] && first[1] && last[0] && last[1]);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		desk_test(test_as_the_command_line_says),
		desk_test(test_sallyport_watches_them),
		desk_test(test_as_the_server_says),
		desk_test(test_what_is_no_port),
		desk_test(test_the_twin),
		desk_test(test_the_passive_port),
	};

	return cmocka_run_group_tests(tests, desk_make, desk_remove);
}
