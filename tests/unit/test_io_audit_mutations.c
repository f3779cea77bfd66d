/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy that works, edited in every way that breaks it: the audit names the
 * rule that was edited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit_run.h"
#include "support.h"

static const char *const base[2][32] = {
	{
		"*nat",
		":PREROUTING ACCEPT [0:0]",
		":POSTROUTING ACCEPT [0:0]",
		"-A PREROUTING -d 203.0.113.10/32 -i wan -p tcp -m multiport "
		"--dports 21,990 -j DNAT --to-destination 10.1.4.5",
		"-A PREROUTING -d 203.0.113.10/32 -i wan -p tcp -m tcp "
		"--dport 42000:42999 -j DNAT --to-destination 10.1.4.5",
		"-A POSTROUTING -s 10.1.4.0/24 -o wan -j MASQUERADE",
		"COMMIT",
		"*filter",
		":INPUT DROP [0:0]",
		":FORWARD DROP [0:0]",
		":OUTPUT ACCEPT [0:0]",
		":FTP - [0:0]",
		"-A FORWARD -m conntrack --ctstate INVALID -j DROP",
		"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED "
		"-j ACCEPT",
		"-A FORWARD -i lan -o wan -j ACCEPT",
		"-A FORWARD -d 10.1.4.5/32 -i wan -o lan -p tcp -j FTP",
		"-A FORWARD -j REJECT --reject-with icmp-admin-prohibited",
		"-A FTP -p tcp -m tcp --dport 21 -j ACCEPT",
		"-A FTP -p tcp -m tcp --dport 990 -j ACCEPT",
		"-A FTP -p tcp -m tcp --dport 42000:42999 -j ACCEPT",
		"COMMIT",
	},
	{
		"*filter",
		":INPUT DROP [0:0]",
		":FORWARD DROP [0:0]",
		":OUTPUT ACCEPT [0:0]",
		"-A INPUT -p ipv6-icmp -j ACCEPT",
		"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED "
		"-j ACCEPT",
		"-A FORWARD -i lan -o wan -j ACCEPT",
		"-A FORWARD -d fc00:10:1:4::5/128 -i wan -p tcp -m multiport "
		"--dports 21,990,42000:42999 -j ACCEPT",
		"COMMIT",
	},
};

/* Line @line of file @family (0: IPv4) becomes @text; NULL: it goes. */
struct mutation {
	const char *name;
	int family;
	int line;
	const char *text;
	bool before; /* @text comes before that line, which stays */
};

static const struct mutation mutations[] = {
	{ "DNAT of the control port is gone", 0, 4, NULL, false },
	{ "DNAT of the range is gone", 0, 5, NULL, false },
	{ "masquerading is gone", 0, 6, NULL, false },
	{ "DNAT leads to another host", 0, 4,
	  "-A PREROUTING -d 203.0.113.10/32 -i wan -p tcp -m multiport "
	  "--dports 21,990 -j DNAT --to-destination 10.1.4.6",
	  false },
	{ "DNAT from the wrong interface", 0, 4,
	  "-A PREROUTING -d 203.0.113.10/32 -i lan -p tcp -m multiport "
	  "--dports 21,990 -j DNAT --to-destination 10.1.4.5",
	  false },
	{ "DNAT of a range that ends early", 0, 5,
	  "-A PREROUTING -d 203.0.113.10/32 -i wan -p tcp -m tcp "
	  "--dport 42000:42998 -j DNAT --to-destination 10.1.4.5",
	  false },
	{ "masquerading of half the network", 0, 6,
	  "-A POSTROUTING -s 10.1.4.128/25 -o wan -j MASQUERADE", false },
	{ "no established connections", 0, 14, NULL, false },
	{ "related connections alone", 0, 14,
	  "-A FORWARD -m conntrack --ctstate RELATED -j ACCEPT", false },
	{ "nobody gets out", 0, 15, NULL, false },
	{ "interfaces swapped", 0, 15, "-A FORWARD -i wan -o eth9 -j ACCEPT",
	  false },
	{ "out for another network", 0, 15,
	  "-A FORWARD -s 10.9.9.0/24 -i lan -o wan -j ACCEPT", false },
	{ "the chain is not reached", 0, 16, NULL, false },
	{ "the chain is reached for another host", 0, 16,
	  "-A FORWARD -d 10.1.4.6/32 -i wan -o lan -p tcp -j FTP", false },
	{ "port 21 is gone", 0, 18, NULL, false },
	{ "port 22 for 21", 0, 18, "-A FTP -p tcp -m tcp --dport 22 -j ACCEPT",
	  false },
	{ "port 989 for 990", 0, 19,
	  "-A FTP -p tcp -m tcp --dport 989 -j ACCEPT", false },
	{ "the range is gone", 0, 20, NULL, false },
	{ "the range ends early", 0, 20,
	  "-A FTP -p tcp -m tcp --dport 42000:42998 -j ACCEPT", false },
	{ "the range begins late", 0, 20,
	  "-A FTP -p tcp -m tcp --dport 42001:42999 -j ACCEPT", false },
	{ "the range of UDP", 0, 20,
	  "-A FTP -p udp -m udp --dport 42000:42999 -j ACCEPT", false },
	{ "the reject stands too early", 0, 15,
	  "-A FORWARD -j REJECT --reject-with icmp-admin-prohibited", true },
	{ "a drop of high ports", 0, 14,
	  "-A FORWARD -p tcp -m tcp --dport 1024:65535 --syn -j DROP", true },
	{ "a drop in the chain", 0, 18, "-A FTP -s 10.2.5.0/24 -j DROP", true },
	{ "IPv6: a drop of the outside", 1, 5,
	  "-A FORWARD -s fc00:10:2:5::/64 "
	  "-j DROP",
	  true },
	{ "IPv6 without ICMPv6", 1, 5, NULL, false },
	{ "IPv6 without established connections", 1, 6, NULL, false },
	{ "IPv6: nobody gets out", 1, 7, NULL, false },
	{ "IPv6: the server is gone", 1, 8, NULL, false },
	{ "IPv6: a range that ends early", 1, 8,
	  "-A FORWARD -d fc00:10:1:4::5/128 -i wan -p tcp -m multiport "
	  "--dports 21,990,42000:42998 -j ACCEPT",
	  false },
};

/* --- files --------------------------------------------------------------------------- */

static char directory[] = "/tmp/sallyport-audit-XXXXXX";

static const char *const name[2][2] = { { "old4", "new4" },
					{ "old6", "new6" } };

static FILE *file_new(const char *file)
{
	char path[80];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	to = fopen(path, "w");
	assert_non_null(to);
	return to;
}

static void write_file(int family, bool is_new, const struct mutation *m)
{
	FILE *to = file_new(name[family][is_new]);

	for (int line = 1; base[family][line - 1]; line++) {
		bool here = m && m->family == family && m->line == line;

		if (here && m->text)
			fprintf(to, "%s\n", m->text);
		if (!here || m->before)
			fprintf(to, "%s\n", base[family][line - 1]);
	}
	fclose(to);
}

static int make(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(directory));
	write_file(0, false, NULL);
	write_file(1, false, NULL);
	return 0;
}

static int remove_all(void **state)
{
	char path[80];

	(void)state;
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory,
			 name[i / 2][i % 2]);
		unlink(path);
	}
	return rmdir(directory);
}

/* --- audits ------------------------------------------------------------------------------ */

/* One family alone takes half the time; @family < 0: both, the second without
 * new rules. */
static void arguments(char *argv[AUDIT_ARGS_MAX], int family)
{
	static char *const common[] = { "audit", "--json", "--without",
					"--passive-ports", "42000-42999" };
	static char *const own[2][8] = {
		{ "--rules", "new4", "--against", "old4", "--inside",
		  "lan=10.1.4.1/24", "--outside", "wan=10.2.5.1/24" },
		{ "--rules6", "new6", "--against6", "old6", "--inside",
		  "lan=fc00:10:1:4::1/64", "--outside",
		  "wan=fc00:10:2:5::1/64" },
	};
	size_t count = ARRAY_SIZE(common);

	memcpy(argv, common, sizeof(common));
	for (int f = 0; f < 2; f++)
		for (size_t i = family < 0 && f == 1 ? 2 : 0; i < 8; i++)
			if (family < 0 || family == f)
				argv[count++] = own[f][i];
	argv[count] = NULL;
}

static json_t *audit(int family, int *status)
{
	char *argv[AUDIT_ARGS_MAX];
	struct audit_run r;
	json_t *json;

	arguments(argv, family);
	audit_run(&r, 0, directory, argv);
	if (audit_run_denied(&r)) {
		audit_run_free(&r);
		skip();
	}
	assert_string_equal(r.err, "");
	json = json_loads(r.out, 0, NULL);
	assert_non_null(json);
	*status = r.status;
	audit_run_free(&r);
	return json;
}

static const char *string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int line(const json_t *change, const char *key)
{
	return (int)json_integer_value(json_object_get(change, key));
}

/* A conversation that broke names the line that was edited: of the old file
 * where it is not there any more, of the new one where it stops. */
static bool names(const struct mutation *m, const json_t *change)
{
	const char *family = m->family ? "ipv6" : "ipv4";

	return strcmp(string(change, "family"), family) == 0 &&
	       line(change, m->before ? "stopped_by_line" : "passed_by_line") ==
		       m->line;
}

static void check(const struct mutation *m)
{
	size_t broken = 0, i;
	json_t *json, *change;
	int status;

	write_file(0, true, m);
	write_file(1, true, m);
	json = audit(m->family, &status);
	json_array_foreach(json_object_get(json, "against"), i, change)
	{
		if (!json_is_true(json_object_get(change, "broke")))
			continue;
		broken++;
		if (!names(m, change)) {
			char *text = json_dumps(change, 0);

			print_error("%s: %s\n", m->name, text);
			free(text);
			fail();
		}
	}
	if (broken == 0)
		fail_msg("%s: nothing broke", m->name);
	assert_int_equal(status, 1);
	json_decref(json);
}

static void test_each_edited_rule_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mutations); i++)
		check(&mutations[i]);
}

static void test_nothing_edited_breaks_nothing(void **state)
{
	json_t *json;
	int status;

	(void)state;
	write_file(0, true, NULL);
	write_file(1, true, NULL);
	for (int family = 0; family < 2; family++) {
		json = audit(family, &status);
		assert_int_equal(json_array_size(
					 json_object_get(json, "against")),
				 0);
		assert_int_equal(status, 0);
		json_decref(json);
	}
}

static void test_missing_rules_of_ipv6_are_told(void **state)
{
	json_t *json, *trap, *change;
	size_t i, opened = 0;
	bool told = false;
	int status;

	(void)state;
	write_file(0, true, NULL);
	json = audit(-1, &status);
	json_array_foreach(json_object_get(json, "traps"), i, trap) told |=
		strcmp(string(trap, "id"), "ipv6-open") == 0;
	assert_true(told);
	/* What the policy (line 3) stopped is let through. */
	json_array_foreach(json_object_get(json, "against"), i, change)
	{
		assert_string_equal(string(change, "family"), "ipv6");
		assert_string_equal(string(change, "is"), "works");
		assert_int_equal(line(change, "stopped_by_line"), 3);
		opened++;
	}
	assert_true(opened > 0);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_edited_breaks_nothing),
		cmocka_unit_test(test_each_edited_rule_is_named),
		cmocka_unit_test(test_missing_rules_of_ipv6_are_told),
	};

	return cmocka_run_group_tests(tests, make, remove_all);
}
