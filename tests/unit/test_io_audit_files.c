/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that `audit` is given, of every kind, and that nothing of them is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_desk.h"
#include "support.h"

#define POLICY                                                              \
	"*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:OUTPUT ACCEPT\n"           \
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A FORWARD -i in0 -p tcp -m tcp --dport 21 -j ACCEPT\n"

/* --- usage and files ---------------------------------------------------------------- */

static void test_usage(void **state)
{
	(void)state;
	desk_write("rules", POLICY "COMMIT\n");
	desk_refused((char *[]){ "audit", NULL }, "wants --rules");
	desk_refused((char *[]){ "audit", "--rules", "rules", "x", NULL },
		     "no arguments");
	desk_refused((char *[]){ "audit", "--rules", "rules", "--inside",
				 "eth0", NULL },
		     "IF=ADDR/LEN");
	desk_refused((char *[]){ "audit", "--rules", "rules", "--inside",
				 "a b=10.0.0.1/8", NULL },
		     "IF=ADDR/LEN");
	desk_refused((char *[]){ "audit", "--rules", "rules", "--inside",
				 "lo=10.0.0.1/8", NULL },
		     "IF=ADDR/LEN");
	desk_refused((char *[]){ "audit", "--rules", "rules", "--inside",
				 "eth0=10.0.0.1/33", NULL },
		     "IF=ADDR/LEN");
	desk_refused((char *[]){ "audit", "--rules", "rules", "--inside",
				 "eth0=10.0.0.1/8", "--outside",
				 "eth0=11.0.0.1/8", NULL },
		     "one interface");
	desk_refused((char *[]){ "audit", "--rules", "rules", "--inside",
				 "eth0=10.0.0.1/8", "--host", NULL },
		     "--host has no --inside");
	desk_refused((char *[]){ "audit", "--rules", "rules", "--server", "x",
				 NULL },
		     "no address");
	desk_refused((char *[]){ "audit", "--rules", "rules", "--passive-ports",
				 "5-4", NULL },
		     "LO-HI");
	desk_refused((char *[]){ "audit", "--rules", "rules", "--nonsense",
				 NULL },
		     "--nonsense");
}

static void test_files_that_are_none(void **state)
{
	char *const argv[] = { "audit", "--rules", "rules", NULL };
	static const char binary[] = "*filter\n\x7f"
				     "ELF\0\1\2\n";

	(void)state;
	desk_refused((char *[]){ "audit", "--rules", "nosuch", NULL },
		     "No such file");
	desk_refused((char *[]){ "audit", "--rules", ".", NULL }, "directory");
	desk_write("rules", "");
	desk_refused(argv, "not what iptables-save prints");
	desk_write("rules", "hello\n");
	desk_refused(argv, "not what iptables-save prints");
	desk_write_bytes("rules", binary, sizeof(binary) - 1, 0644);
	desk_refused(argv, "not a text: rules:2");
}

static void test_nothing_in_a_file_is_run(void **state)
{
	static const char script[] = "#!/bin/sh\n>ran\n";
	char text[2000], path[80], evil[80];
	struct stat st;

	(void)state;
	desk_path("evil", evil);
	desk_write_bytes("evil", script, sizeof(script) - 1, 0755);
	snprintf(text, sizeof(text),
		 POLICY "-A FORWARD --modprobe=%s -m nosuch -j DROP\n"
			"-A FORWARD --modp %s -j NOSUCH\n"
			"-A FORWARD -M %s -m nosuch -j DROP\n"
			"-A FORWARD -m comment --comment \"$(%s) `%s`"
			" ; %s | x & > ran\" -j LOG --log-prefix "
			"\"'; %s '\"\n"
			"`%s`\n$(%s)\n"
			"COMMIT\n",
		 evil, evil, evil, evil, evil, evil, evil, evil, evil);
	desk_audit(text, (char *[]){ "--without", NULL });
	assert_int_equal(desk.status, 1);
	desk_says(desk.out,
		  "rules:7: it has an option that iptables-save never "
		  "writes");
	desk_says(desk.out, "rules:8: it has an option");
	desk_says(desk.out, "rules:9: it has an option");
	desk_says(desk.out, "rules:11: iptables-save writes no such line");
	assert_int_not_equal(stat(desk_path("ran", path), &st), 0);
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
	desk_audit(text,
		   (char *[]){ "--without", "--clients", "inside", NULL });
	free(text);
	assert_int_equal(desk.status, 1);
	desk_says(desk.out,
		  "filter FORWARD rule 100001 (rules:100003): -A FORWARD -j "
		  "DROP\n");
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
	desk_audit(POLICY "COMMIT\n", more);
	as_root = strdup(desk.out);
	desk_audit_as(DESK_SOMEBODY, more);
	assert_string_equal(desk.out, as_root);
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

/* Other tests run beside this one, and mount and plug as they need. Whoever is
 * not root stays with them. */
static void stand_on_a_host_of_ones_own(void)
{
	if (geteuid() != 0)
		return;
	assert_return_code(unshare(CLONE_NEWNS | CLONE_NEWNET), errno);
	assert_return_code(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL),
			   errno);
}

/* Each mount of AFTER is one of BEFORE. Not the other way round: a mount of
 * another test's ends in here too when the folder below it is removed. */
static void no_mount_is_new(const char *before, char *after)
{
	char *save;

	for (char *line = strtok_r(after, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		if (strstr(before, line) == NULL)
			fail_msg("left behind: %s", line);
}

static void test_the_host_stays_as_it_is(void **state)
{
	char *before, *after;
	char was[4096], is[4096];

	(void)state;
	stand_on_a_host_of_ones_own();
	before = file_text("/proc/self/mountinfo");
	interfaces(was, sizeof(was));
	desk_audit(POLICY "COMMIT\n", (char *[]){ "--without", NULL });
	after = file_text("/proc/self/mountinfo");
	interfaces(is, sizeof(is));
	no_mount_is_new(before, after);
	assert_string_equal(was, is);
	free(before);
	free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		desk_test(test_usage),
		desk_test(test_files_that_are_none),
		desk_test(test_nothing_in_a_file_is_run),
		desk_test(test_a_hundred_thousand_rules),
		desk_test(test_an_ordinary_user_gets_the_same),
		/* The last, as it does not come back from where it goes. */
		desk_test(test_the_host_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, desk_make, desk_remove);
}
