/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `audit` answers and prints, and its exit statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "audit_desk.h"

#define POLICY                                                              \
	"*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:OUTPUT ACCEPT\n"           \
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A FORWARD -i in0 -p tcp -m tcp --dport 21 -j ACCEPT\n"

/* --- answers -------------------------------------------------------------------------- */

static void test_a_table_for_people(void **state)
{
	(void)state;
	desk_audit(POLICY "COMMIT\n",
		   (char *[]){ "--without", "--clients", "inside", NULL });
	assert_int_equal(desk.status, 1);
	desk_says(desk.out, "Client inside, server outside, IPv4\n");
	assert_null(strstr(desk.out, "Client outside"));
	desk_says(desk.out,
		  "  FTP            data connect [1]    data connect [1]    "
		  "data connect [1]    data connect [1]\n");
	desk_says(desk.out,
		  "  [1] filter FORWARD policy (rules:3): :FORWARD DROP\n");
	desk_says(desk.out, "      stops 10.2.5.5 port 20 > 10.1.4.4\n");
	/* The client picks its port: none is shown. */
	desk_says(desk.out, "      stops 10.1.4.4 > 10.2.5.5 port 990\n");
	assert_null(strstr(desk.out, "with sallyport"));
}

static void test_all_is_well(void **state)
{
	(void)state;
	desk_audit("*filter\n:FORWARD ACCEPT\nCOMMIT\n",
		   (char *[]){ "--without", NULL });
	assert_int_equal(desk.status, 0);
	desk_says(desk.out,
		  "the inside server's ports 1024-65535:\n"
		  "      filter FORWARD policy (rules:2): :FORWARD ACCEPT\n");
	desk_says(desk.out, "narrow rules:2:");
}

/* How many answers stop there. */
static size_t blocked_at(const json_t *json, const char *where)
{
	json_t *list = json_object_get(json, "answers"), *answer;
	size_t i, count = 0;

	assert_true(json_array_size(list) > 0);
	json_array_foreach(list, i, answer)
	{
		const char *at = json_string_value(
			json_object_get(answer, "blocked_at"));

		count += at && strcmp(at, where) == 0;
	}
	return count;
}

/* The rule that @json advises to add, and how many there are. */
static size_t added(const json_t *json, const char *part, char out[400])
{
	json_t *list = json_object_get(json, "changes"), *change;
	size_t i, count = 0;

	json_array_foreach(list, i, change)
	{
		const char *text =
			json_string_value(json_object_get(change, "text"));

		if (strcmp(json_string_value(json_object_get(change, "do")),
			   "add") != 0 ||
		    !strstr(text, part))
			continue;
		snprintf(out, 400, "%s", text);
		count++;
	}
	return count;
}

static void test_advice_mends(void **state)
{
	char rule[400], text[1000];
	json_t *json;

	(void)state;
	desk_audit(POLICY "COMMIT\n",
		   (char *[]){ "--json", "--clients", "inside", "--without",
			       NULL });
	json = desk_json();
	/* Implicit TLS, four ways. */
	assert_int_equal(blocked_at(json, "control connect"), 4);
	assert_int_equal(added(json, "--dport 990", rule), 1);
	json_decref(json);
	snprintf(text, sizeof(text), POLICY "%s\nCOMMIT\n", rule);
	desk_audit(text, (char *[]){ "--json", "--clients", "inside",
				     "--without", NULL });
	json = desk_json();
	assert_int_equal(blocked_at(json, "control connect"), 0);
	assert_int_equal(blocked_at(json, "data connect"), 12);
	/* Both ends of the range are used. */
	assert_int_equal(added(json, "--dport 42000:42999", rule), 1);
	json_decref(json);
	snprintf(text + strlen(text) - strlen("COMMIT\n"),
		 sizeof(text) - strlen(text), "%s\nCOMMIT\n", rule);
	desk_audit(text, (char *[]){ "--json", "--clients", "inside",
				     "--without", NULL });
	json = desk_json();
	/* What is left is active mode. */
	assert_int_equal(blocked_at(json, "data connect"), 6);
	json_decref(json);
}

static void test_sallyport_is_advised_where_it_mends(void **state)
{
	(void)state;
	desk_audit(POLICY "-A FORWARD -p tcp -m multiport --dports 21,990 "
			  "-j ACCEPT\nCOMMIT\n",
		   (char *[]){ NULL });
	assert_int_equal(desk.status, 1);
	desk_says(desk.out, " with sallyport\n  FTP            works ");
	desk_says(desk.out, "then 24 of these 24 work");
}

static void test_traps(void **state)
{
	(void)state;
	desk_audit(POLICY
		   "-A FORWARD -p tcp -m tcp --sport 20 -j ACCEPT\n"
		   "-A FORWARD -p tcp -m tcp --dport 42000:42500 -j ACCEPT\n"
		   "-A FORWARD -p tcp -m helper --helper ftp -j ACCEPT\n"
		   "COMMIT\n*raw\n-A PREROUTING -p tcp -m tcp --dport 21 "
		   "-j CT --notrack\nCOMMIT\n",
		   (char *[]){ "--without", "--passive-ports", "42000-42999",
			       NULL });
	desk_says(desk.out, "source-port-20");
	desk_says(desk.out, "range-differs");
	desk_says(desk.out, "helper-without-rule");
	desk_says(desk.out, "untracked");
	desk_says(desk.out, "raw PREROUTING rule 1 (rules:12)");
	assert_null(strstr(desk.out, "ipv6-missing"));
}

/* --- sets ------------------------------------------------------------------------------- */

static void test_sets_are_loaded(void **state)
{
	char *const more[] = { "--without", "--clients", "inside",
			       "--ipset",   "conf",      NULL };
	static const char rules[] =
		"*filter\n:FORWARD ACCEPT\n"
		"-A FORWARD -p tcp -m set --match-set ports dst -j DROP\n"
		"COMMIT\n";

	(void)state;
	desk_write("conf",
		   "create ports bitmap:port range 0-65535\nadd ports 990\n");
	desk_audit(rules, more);
	if (strstr(desk.out, "Could not be loaded")) {
		print_message("skip: %s\n", desk.out);
		skip();
	}
	desk_says(desk.out, "  FTPS explicit  works ");
	desk_says(desk.out, "  FTPS implicit  control connect [1]");
	desk_says(desk.out, "filter FORWARD rule 1 (rules:3)");
	/* One line that is wrong is left out. */
	desk_write("conf",
		   "create ports bitmap:port range 0-65535\nadd ports 21\n"
		   "create odd nosuch:type\nadd ports 990\n");
	desk_audit_as(0, more);
	desk_says(desk.out, "  conf:3: ");
	desk_says(desk.out, "  FTP            control connect [1]");
	desk_says(desk.out, "  FTPS implicit  control connect [1]");
	/* Without it the rule cannot be loaded. */
	desk_write("conf", "# none\n");
	desk_audit_as(0, more);
	assert_int_equal(desk.status, 0);
	desk_says(desk.out, "  rules:3: Set ports doesn't exist");
}

/* --- nft -------------------------------------------------------------------------------- */

#define NFT                                                            \
	"table inet fw {\n\tchain forward {\n"                         \
	"\t\ttype filter hook forward priority filter; policy drop;\n" \
	"\t\tct state established,related accept\n"

static void test_rules_of_nft(void **state)
{
	char *argv[] = { "audit",
			 "--nft",
			 "rules",
			 "--against",
			 "conf",
			 "--inside",
			 "in0=10.1.4.1/24",
			 "--outside",
			 "out0=10.2.5.1/24",
			 "--without",
			 "--clients",
			 "inside",
			 NULL };

	(void)state;
	desk_write("rules",
		   NFT "\t\tiifname \"in0\" tcp dport { 21, 990 } accept\n"
		       "\t\ttcp dport nosuchservice accept\n\t}\n}\n");
	desk_write("conf", NFT "\t\tiifname \"in0\" accept\n\t}\n}\n");
	desk_run(0, argv);
	assert_string_equal(desk.err, "");
	assert_int_equal(desk.status, 1);
	desk_says(desk.out, "  rules:6: Could not resolve service");
	desk_says(desk.out,
		  "  [1] inet fw forward policy (rules:3): type filter hook "
		  "forward");
	desk_says(desk.out,
		  "  FTP PASV, client inside, IPv4: works -> data connect\n"
		  "      passed by inet fw forward rule 2 (conf:5): iifname "
		  "\"in0\" accept (not in rules)\n");
}

/* A gateway that has sallyport has its table among the rules: whether this
 * kernel takes all of that or not, another is tried. */
static void test_a_table_of_ours_makes_room(void **state)
{
	char *const argv[] = { "audit",
			       "--nft",
			       "rules",
			       "--inside",
			       "in0=10.1.4.1/24",
			       "--outside",
			       "out0=10.2.5.1/24",
			       "--clients",
			       "inside",
			       "--unchecked",
			       NULL };

	(void)state;
	desk_write("rules",
		   NFT "\t\ttcp dport { 21, 990 } accept\n\t}\n}\n"
		       "table inet sallyport {\n\tset sallyport4 {\n"
		       "\t\ttype ipv4_addr . inet_service . ipv4_addr\n"
		       "\t\tsize 131072\n\t\tflags timeout\n\t}\n}\n");
	desk_run(0, argv);
	assert_string_equal(desk.err, "");
	desk_says(desk.out, "with sallyport");
	assert_null(strstr(desk.out, "Not tried with sallyport"));
}

static void test_nft_reads_no_other_files(void **state)
{
	char *const argv[] = { "audit", "--nft", "rules", "--unchecked", NULL };

	(void)state;
	desk_write("rules", "include \"/etc/passwd\"\n" NFT "\t}\n}\n");
	desk_refused(argv, "not what nft list ruleset prints: rules:1");
	desk_write("rules", NFT "\t}\n}\ninclude \"/etc/passwd\"\n");
	desk_refused(argv, "not what nft list ruleset prints: rules:7");
	desk_write("rules", NFT "\t\tinclude \"/etc/passwd\"\n\t}\n}\n");
	desk_run(0, argv);
	assert_null(strstr(desk.out, "root:"));
	assert_null(strstr(desk.err, "root:"));
	desk_refused((char *[]){ "audit", "--nft", "rules", "--rules6", "rules",
				 NULL },
		     "both families");
}

/* --- the server's own file ----------------------------------------------------------------- */

static void test_a_server_has_its_own_settings(void **state)
{
	char *const more[] = { "--without", "--server-config",
			       "conf",      "--clients",
			       "outside",   "--modprobe",
			       "conf",      NULL };

	(void)state;
	desk_write("conf", "pasv_min_port=30000\npasv_max_port=30099\n"
			   "pasv_address=203.0.113.77\nssl_enable=NO\n"
			   "options nf_conntrack_ftp ports=21\n");
	desk_audit("*filter\n:FORWARD ACCEPT\nCOMMIT\n", more);
	assert_int_equal(desk.status, 1);
	desk_says(desk.out, "The server inside is vsftpd, as conf says.\n"
			    "  Passive ports of both servers: 30000-30099.\n");
	/* It sends clients elsewhere with a 227, and nowhere with a 229. */
	desk_says(desk.out,
		  "  FTP            works               works               "
		  "data connect [1]    works\n");
	desk_says(desk.out, "  announced-elsewhere: ");
	desk_says(desk.out, "  server-without-tls: ");
	desk_says(desk.out, "  module-ports: ");
	desk_write("conf", "hello\n");
	desk_audit_as(0, more);
	assert_int_equal(desk.status, 2);
	desk_says(desk.err, ": conf");
	desk_write("conf", "TLS 1\nPassivePortRange 30099 30000\n");
	desk_audit_as(0, more);
	desk_says(desk.out, "    conf:2: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		desk_test(test_a_table_for_people),
		desk_test(test_all_is_well),
		desk_test(test_advice_mends),
		desk_test(test_sallyport_is_advised_where_it_mends),
		desk_test(test_traps),
		desk_test(test_sets_are_loaded),
		desk_test(test_rules_of_nft),
		desk_test(test_a_table_of_ours_makes_room),
		desk_test(test_nft_reads_no_other_files),
		desk_test(test_a_server_has_its_own_settings),
	};

	return cmocka_run_group_tests(tests, desk_make, desk_remove);
}
