/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command `audit`: files of every kind, exit statuses, what it prints, and
 * that its advice is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_run.h"
#include "support.h"

/* An ordinary user, on Debian "nobody". */
#define SOMEBODY 65534

#define POLICY                                                              \
	"*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:OUTPUT ACCEPT\n"           \
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A FORWARD -i in0 -p tcp -m tcp --dport 21 -j ACCEPT\n"

static char directory[] = "/tmp/sallyport-audit-XXXXXX";
static struct audit_run r;

static int make(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(directory));
	return chmod(directory, 0755);
}

static char *path_of(const char *file, char out[80])
{
	snprintf(out, 80, "%s/%s", directory, file);
	return out;
}

static int remove_all(void **state)
{
	char path[80];

	(void)state;
	unlink(path_of("rules", path));
	unlink(path_of("evil", path));
	unlink(path_of("conf", path));
	return rmdir(directory);
}

static int forget(void **state)
{
	(void)state;
	audit_run_free(&r);
	r = (struct audit_run){ .status = 0 };
	return 0;
}

static void write_bytes(const char *file, const void *bytes, size_t len,
			mode_t mode)
{
	char path[80];
	FILE *to = fopen(path_of(file, path), "w");

	assert_non_null(to);
	fwrite(bytes, 1, len, to);
	fclose(to);
	chmod(path, mode);
}

static void write_rules(const char *text)
{
	write_bytes("rules", text, strlen(text), 0644);
}

/* IPv4 alone, between "in0" and "out0"; @more ends with a NULL. */
static void audit_as(uid_t uid, char *const more[])
{
	char *argv[AUDIT_ARGS_MAX] = { "audit",           "--rules",
				       "rules",           "--inside",
				       "in0=10.1.4.1/24", "--outside",
				       "out0=10.2.5.1/24" };
	size_t count = 7;

	while (*more)
		argv[count++] = *more++;
	argv[count] = NULL;
	forget(NULL);
	audit_run(&r, uid, directory, argv);
	if (audit_run_denied(&r))
		skip();
}

static void audit(const char *rules, char *const more[])
{
	write_rules(rules);
	audit_as(0, more);
}

static void says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

/* --- usage and files ---------------------------------------------------------------- */

static void refused(char *const argv[], const char *why)
{
	audit_run(&r, 0, directory, argv);
	says(r.err, why);
	assert_int_equal(r.status, 2);
	assert_string_equal(r.out, "");
	forget(NULL);
}

static void test_usage(void **state)
{
	(void)state;
	write_rules(POLICY "COMMIT\n");
	refused((char *[]){ "audit", NULL }, "wants --rules");
	refused((char *[]){ "audit", "--rules", "rules", "x", NULL },
		"no arguments");
	refused((char *[]){ "audit", "--rules", "rules", "--inside", "eth0",
			    NULL },
		"IF=ADDR/LEN");
	refused((char *[]){ "audit", "--rules", "rules", "--inside",
			    "a b=10.0.0.1/8", NULL },
		"IF=ADDR/LEN");
	refused((char *[]){ "audit", "--rules", "rules", "--inside",
			    "lo=10.0.0.1/8", NULL },
		"IF=ADDR/LEN");
	refused((char *[]){ "audit", "--rules", "rules", "--inside",
			    "eth0=10.0.0.1/33", NULL },
		"IF=ADDR/LEN");
	refused((char *[]){ "audit", "--rules", "rules", "--inside",
			    "eth0=10.0.0.1/8", "--outside", "eth0=11.0.0.1/8",
			    NULL },
		"one interface");
	refused((char *[]){ "audit", "--rules", "rules", "--server", "x",
			    NULL },
		"no address");
	refused((char *[]){ "audit", "--rules", "rules", "--passive-ports",
			    "5-4", NULL },
		"LO-HI");
	refused((char *[]){ "audit", "--rules", "rules", "--nonsense", NULL },
		"--nonsense");
}

static void test_files_that_are_none(void **state)
{
	char *const argv[] = { "audit", "--rules", "rules", NULL };
	static const char binary[] = "*filter\n\x7f"
				     "ELF\0\1\2\n";

	(void)state;
	refused((char *[]){ "audit", "--rules", "nosuch", NULL },
		"No such file");
	refused((char *[]){ "audit", "--rules", ".", NULL }, "directory");
	write_rules("");
	refused(argv, "not what iptables-save prints");
	write_rules("hello\n");
	refused(argv, "not what iptables-save prints");
	write_bytes("rules", binary, sizeof(binary) - 1, 0644);
	refused(argv, "not a text: rules:2");
}

static void test_nothing_in_a_file_is_run(void **state)
{
	static const char script[] = "#!/bin/sh\n>ran\n";
	char text[2000], path[80];
	struct stat st;

	(void)state;
	write_bytes("evil", script, sizeof(script) - 1, 0755);
	snprintf(text, sizeof(text),
		 POLICY "-A FORWARD --modprobe=%s/evil -m nosuch -j DROP\n"
			"-A FORWARD --modp %s/evil -j NOSUCH\n"
			"-A FORWARD -M %s/evil -m nosuch -j DROP\n"
			"-A FORWARD -m comment --comment \"$(%s/evil) `%s/evil`"
			" ; %s/evil | x & > ran\" -j LOG --log-prefix "
			"\"'; %s/evil '\"\n"
			"`%s/evil`\n$(%s/evil)\n"
			"COMMIT\n",
		 directory, directory, directory, directory, directory,
		 directory, directory, directory, directory);
	audit(text, (char *[]){ "--without", NULL });
	assert_int_equal(r.status, 1);
	says(r.out, "rules:7: it has an option that iptables-save never "
		    "writes");
	says(r.out, "rules:8: it has an option");
	says(r.out, "rules:9: it has an option");
	says(r.out, "rules:11: iptables-save writes no such line");
	assert_int_not_equal(stat(path_of("ran", path), &st), 0);
}

/* --- answers -------------------------------------------------------------------------- */

static void test_a_table_for_people(void **state)
{
	(void)state;
	audit(POLICY "COMMIT\n",
	      (char *[]){ "--without", "--clients", "inside", NULL });
	assert_int_equal(r.status, 1);
	says(r.out, "Client inside, server outside, IPv4\n");
	assert_null(strstr(r.out, "Client outside"));
	says(r.out, "  FTP            data connect [1]    data connect [1]    "
		    "data connect [1]    data connect [1]\n");
	says(r.out, "  [1] filter FORWARD policy (rules:3): :FORWARD DROP\n");
	says(r.out, "      stops 10.2.5.5 port 20 > 10.1.4.4\n");
	/* The client picks its port: none is shown. */
	says(r.out, "      stops 10.1.4.4 > 10.2.5.5 port 990\n");
	assert_null(strstr(r.out, "with sallyport"));
}

static void test_all_is_well(void **state)
{
	(void)state;
	audit("*filter\n:FORWARD ACCEPT\nCOMMIT\n",
	      (char *[]){ "--without", NULL });
	assert_int_equal(r.status, 0);
	says(r.out, "the inside server's ports 1024-65535:\n"
		    "      filter FORWARD policy (rules:2): :FORWARD ACCEPT\n");
	says(r.out, "narrow rules:2:");
}

static json_t *json_of(const struct audit_run *run)
{
	json_t *json = json_loads(run->out, 0, NULL);

	assert_non_null(json);
	return json;
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
	audit(POLICY "COMMIT\n",
	      (char *[]){ "--json", "--clients", "inside", "--without", NULL });
	json = json_of(&r);
	/* Implicit TLS, four ways. */
	assert_int_equal(blocked_at(json, "control connect"), 4);
	assert_int_equal(added(json, "--dport 990", rule), 1);
	json_decref(json);
	snprintf(text, sizeof(text), POLICY "%s\nCOMMIT\n", rule);
	audit(text,
	      (char *[]){ "--json", "--clients", "inside", "--without", NULL });
	json = json_of(&r);
	assert_int_equal(blocked_at(json, "control connect"), 0);
	assert_int_equal(blocked_at(json, "data connect"), 12);
	/* Both ends of the range are used. */
	assert_int_equal(added(json, "--dport 42000:42999", rule), 1);
	json_decref(json);
	snprintf(text + strlen(text) - strlen("COMMIT\n"),
		 sizeof(text) - strlen(text), "%s\nCOMMIT\n", rule);
	audit(text,
	      (char *[]){ "--json", "--clients", "inside", "--without", NULL });
	json = json_of(&r);
	/* What is left is active mode. */
	assert_int_equal(blocked_at(json, "data connect"), 6);
	json_decref(json);
}

static void test_sallyport_is_advised_where_it_mends(void **state)
{
	(void)state;
	audit(POLICY "-A FORWARD -p tcp -m multiport --dports 21,990 "
		     "-j ACCEPT\nCOMMIT\n",
	      (char *[]){ NULL });
	assert_int_equal(r.status, 1);
	says(r.out, " with sallyport\n  FTP            works ");
	says(r.out, "then 24 of these 24 work");
}

static void test_traps(void **state)
{
	(void)state;
	audit(POLICY "-A FORWARD -p tcp -m tcp --sport 20 -j ACCEPT\n"
		     "-A FORWARD -p tcp -m tcp --dport 42000:42500 -j ACCEPT\n"
		     "-A FORWARD -p tcp -m helper --helper ftp -j ACCEPT\n"
		     "COMMIT\n*raw\n-A PREROUTING -p tcp -m tcp --dport 21 "
		     "-j CT --notrack\nCOMMIT\n",
	      (char *[]){ "--without", "--passive-ports", "42000-42999",
			  NULL });
	says(r.out, "source-port-20");
	says(r.out, "range-differs");
	says(r.out, "helper-without-rule");
	says(r.out, "untracked");
	says(r.out, "raw PREROUTING rule 1 (rules:12)");
	assert_null(strstr(r.out, "ipv6-missing"));
}

/* --- sets ------------------------------------------------------------------------------- */

static void write_sets(const char *text)
{
	write_bytes("conf", text, strlen(text), 0644);
}

static void test_sets_are_loaded(void **state)
{
	char *const more[] = { "--without", "--clients", "inside",
			       "--ipset",   "conf",      NULL };
	static const char rules[] =
		"*filter\n:FORWARD ACCEPT\n"
		"-A FORWARD -p tcp -m set --match-set ports dst -j DROP\n"
		"COMMIT\n";

	(void)state;
	write_sets("create ports bitmap:port range 0-65535\nadd ports 990\n");
	audit(rules, more);
	if (strstr(r.out, "Could not be loaded")) {
		print_message("skip: %s\n", r.out);
		skip();
	}
	says(r.out, "  FTPS explicit  works ");
	says(r.out, "  FTPS implicit  control connect [1]");
	says(r.out, "filter FORWARD rule 1 (rules:3)");
	/* One line that is wrong is left out. */
	write_sets("create ports bitmap:port range 0-65535\nadd ports 21\n"
		   "create odd nosuch:type\nadd ports 990\n");
	audit_as(0, more);
	says(r.out, "  conf:3: ");
	says(r.out, "  FTP            control connect [1]");
	says(r.out, "  FTPS implicit  control connect [1]");
	/* Without it the rule cannot be loaded. */
	write_sets("# none\n");
	audit_as(0, more);
	assert_int_equal(r.status, 0);
	says(r.out, "  rules:3: Set ports doesn't exist");
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
	write_rules(NFT "\t\tiifname \"in0\" tcp dport { 21, 990 } accept\n"
			"\t\ttcp dport nosuchservice accept\n\t}\n}\n");
	write_sets(NFT "\t\tiifname \"in0\" accept\n\t}\n}\n");
	forget(NULL);
	audit_run(&r, 0, directory, argv);
	if (audit_run_denied(&r))
		skip();
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, 1);
	says(r.out, "  rules:6: Could not resolve service");
	says(r.out, "  [1] inet fw forward policy (rules:3): type filter hook "
		    "forward");
	says(r.out, "  FTP PASV, client inside, IPv4: works -> data connect\n"
		    "      passed by inet fw forward rule 2 (conf:5): iifname "
		    "\"in0\" accept (not in rules)\n");
}

static void test_nft_reads_no_other_files(void **state)
{
	char *const argv[] = { "audit", "--nft", "rules", NULL };

	(void)state;
	write_rules("include \"/etc/passwd\"\n" NFT "\t}\n}\n");
	refused(argv, "not what nft list ruleset prints: rules:1");
	write_rules(NFT "\t}\n}\ninclude \"/etc/passwd\"\n");
	refused(argv, "not what nft list ruleset prints: rules:7");
	write_rules(NFT "\t\tinclude \"/etc/passwd\"\n\t}\n}\n");
	audit_run(&r, 0, directory, argv);
	if (audit_run_denied(&r))
		skip();
	assert_null(strstr(r.out, "root:"));
	assert_null(strstr(r.err, "root:"));
	forget(NULL);
	refused((char *[]){ "audit", "--nft", "rules", "--rules6", "rules",
			    NULL },
		"both families");
}

/* --- large files ------------------------------------------------------------------------- */

static void test_a_hundred_thousand_rules(void **state)
{
	enum { RULES = 100000 };
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	fputs("*filter\n:FORWARD DROP\n", to);
	for (int i = 0; i < RULES; i++)
		fprintf(to, "-A FORWARD -s 172.%d.%d.%d/32 -j ACCEPT\n",
			16 + (i >> 16), i >> 8 & 255, i & 255);
	fputs("-A FORWARD -j DROP\nCOMMIT\n", to);
	fclose(to);
	audit(text, (char *[]){ "--without", "--clients", "inside", NULL });
	free(text);
	assert_int_equal(r.status, 1);
	says(r.out, "filter FORWARD rule 100001 (rules:100003): -A FORWARD -j "
		    "DROP\n");
}

/* --- the server's own file ----------------------------------------------------------------- */

static void write_conf(const char *text)
{
	write_bytes("conf", text, strlen(text), 0644);
}

static void test_a_server_has_its_own_settings(void **state)
{
	char *const more[] = { "--without", "--server-config",
			       "conf",      "--clients",
			       "outside",   "--modprobe",
			       "conf",      NULL };

	(void)state;
	write_conf("pasv_min_port=30000\npasv_max_port=30099\n"
		   "pasv_address=203.0.113.77\nssl_enable=NO\n"
		   "options nf_conntrack_ftp ports=21\n");
	audit("*filter\n:FORWARD ACCEPT\nCOMMIT\n", more);
	assert_int_equal(r.status, 1);
	says(r.out, "The server inside is vsftpd, as conf says.\n"
		    "  Passive ports of both servers: 30000-30099.\n");
	/* It sends clients elsewhere with a 227, and nowhere with a 229. */
	says(r.out, "  FTP            works               works               "
		    "data connect [1]    works\n");
	says(r.out, "  announced-elsewhere: ");
	says(r.out, "  server-without-tls: ");
	says(r.out, "  module-ports: ");
	write_conf("hello\n");
	audit_as(0, more);
	assert_int_equal(r.status, 2);
	says(r.err, ": conf");
	write_conf("TLS 1\nPassivePortRange 30099 30000\n");
	audit_as(0, more);
	says(r.out, "    conf:2: ");
}

/* --- no trace is left -------------------------------------------------------------------- */

static void test_an_ordinary_user_gets_the_same(void **state)
{
	char *const more[] = { NULL };
	char *as_root;

	(void)state;
	if (geteuid() != 0) {
		print_message("skip: not root\n");
		skip();
	}
	audit(POLICY "COMMIT\n", more);
	as_root = strdup(r.out);
	audit_as(SOMEBODY, more);
	assert_string_equal(r.out, as_root);
	free(as_root);
}

/* The names of the host's interfaces, one after another. */
static void interfaces(char *out, size_t size)
{
	struct if_nameindex *all = if_nameindex();

	assert_non_null(all);
	out[0] = '\0';
	for (struct if_nameindex *i = all; i->if_index != 0; i++)
		snprintf(out + strlen(out), size - strlen(out), "%s ",
			 i->if_name);
	if_freenameindex(all);
}

static void test_the_host_stays_as_it_is(void **state)
{
	char *before = file_text("/proc/self/mountinfo"), *after;
	char was[4096], is[4096];

	(void)state;
	interfaces(was, sizeof(was));
	audit(POLICY "COMMIT\n", (char *[]){ "--without", NULL });
	after = file_text("/proc/self/mountinfo");
	interfaces(is, sizeof(is));
	assert_string_equal(before, after);
	assert_string_equal(was, is);
	free(before);
	free(after);
}

#define live(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		live(test_usage),
		live(test_files_that_are_none),
		live(test_nothing_in_a_file_is_run),
		live(test_a_table_for_people),
		live(test_all_is_well),
		live(test_advice_mends),
		live(test_sallyport_is_advised_where_it_mends),
		live(test_traps),
		live(test_sets_are_loaded),
		live(test_rules_of_nft),
		live(test_nft_reads_no_other_files),
		live(test_a_hundred_thousand_rules),
		live(test_a_server_has_its_own_settings),
		live(test_an_ordinary_user_gets_the_same),
		live(test_the_host_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, make, remove_all);
}
