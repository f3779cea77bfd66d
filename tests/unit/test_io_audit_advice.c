/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an audit advises, and that it was tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "audit_desk.h"

#define RELATED \
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
#define CLOSED "*filter\n:FORWARD DROP [0:0]\n"
#define NFT                                                            \
	"table ip fw {\n\tchain forward {\n"                           \
	"\t\ttype filter hook forward priority filter; policy drop;\n" \
	"\t\tct state established,related accept\n"

static json_t *json;

static int forget(void **state)
{
	json_decref(json);
	json = NULL;
	return desk_forget(state);
}

/* Clients outside, IPv4; @option: "--rules" or "--nft". */
static void audit(char *option, const char *rules, char *more)
{
	char *const argv[] = { "audit",
			       option,
			       "rules",
			       "--inside",
			       "in0=10.1.4.1/24",
			       "--outside",
			       "out0=10.2.5.1/24",
			       "--clients",
			       "outside",
			       "--passive-ports",
			       "42000-42999",
			       "--json",
			       more,
			       NULL };

	forget(NULL);
	desk_write("rules", rules);
	desk_run(0, argv);
	json = desk_json();
}

static json_int_t checked(const char *what)
{
	json_t *value = json_object_get(json_object_get(json, "checked"), what);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

/* The advice @what whose text has @part; NULL: there is none. */
static json_t *advice(const char *what, const char *part)
{
	json_t *list = json_object_get(json, "changes"), *change;
	size_t i;

	json_array_foreach(list, i, change)
	{
		if (strcmp(json_string_value(json_object_get(change, "do")),
			   what) == 0 &&
		    strstr(json_string_value(json_object_get(change, "text")),
			   part))
			return change;
	}
	return NULL;
}

static const char *text_of(json_t *change, const char *key)
{
	const char *text = json_string_value(json_object_get(change, key));

	assert_non_null(text);
	return text;
}

/* --- what is added ---------------------------------------------------------------- */

static void test_all_works_with_what_is_added(void **state)
{
	(void)state;
	audit("--rules",
	      CLOSED RELATED
	      "-A FORWARD -p tcp -m tcp --dport 21 -j ACCEPT\nCOMMIT\n",
	      NULL);
	assert_non_null(advice("add", "--dport 990"));
	assert_int_equal(checked("tried"), 12);
	assert_int_equal(checked("worked"), 8);
	assert_int_equal(checked("work"), 12);
	assert_int_equal(checked("broke"), 0);
	assert_int_equal(checked("dropped"), 0);
	assert_int_equal(checked("not_loaded"), 0);
}

/* A translation alone leads into a closed filter. */
static void test_a_way_in_is_opened_behind_the_translation(void **state)
{
	(void)state;
	audit("--rules",
	      "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i out0 -p tcp -m "
	      "tcp --dport 21 -j DNAT --to-destination 10.1.4.5\n-A "
	      "POSTROUTING -o out0 -j MASQUERADE\nCOMMIT\n" CLOSED RELATED
	      "-A FORWARD -d 10.1.4.5/32 -p tcp -m tcp --dport 21 -j ACCEPT\n"
	      "COMMIT\n",
	      NULL);
	assert_non_null(advice("add", "-t nat -A PREROUTING -d 10.2.5.1 "));
	assert_non_null(advice("add", "-A FORWARD -d 10.1.4.5 -p tcp -m tcp "
				      "--dport 990 "));
	/* What is left is an address in a 227 under TLS. */
	assert_int_equal(checked("work"), 10);
	assert_int_equal(checked("dropped"), 0);
}

static void test_nft_says_to_which_chain(void **state)
{
	json_t *change;

	(void)state;
	audit("--nft", NFT "\t\ttcp dport 21 accept\n\t}\n}\n", NULL);
	change = advice("add", "ip daddr 10.1.4.5 tcp dport 990 ct state new "
			       "accept");
	assert_non_null(change);
	assert_string_equal(text_of(change, "chain"), "forward");
	assert_string_equal(text_of(change, "table"), "ip fw");
	assert_int_equal(checked("work"), checked("tried"));
}

/* The rest of it shows when the first step has been taken. */
static void test_a_step_at_a_time(void **state)
{
	(void)state;
	audit("--rules", CLOSED RELATED "COMMIT\n", "--without");
	assert_non_null(advice("add", "--dport 21 "));
	assert_null(advice("add", "--dport 42000:42999"));
	assert_int_equal(checked("work"), 0);
	assert_int_equal(checked("dropped"), 12);
}

/* --- what is dropped -------------------------------------------------------------- */

static void test_what_is_open_is_closed(void **state)
{
	(void)state;
	audit("--rules",
	      CLOSED RELATED "-A FORWARD -p tcp -m multiport --dports 21,990 "
			     "-j ACCEPT\n-A FORWARD -p tcp -m tcp --dport "
			     "42000:42999 -j ACCEPT\nCOMMIT\n",
	      NULL);
	assert_non_null(advice("drop", "sallyport"));
	assert_int_equal(checked("work"), checked("tried"));
	assert_true(checked("open_before") > 0);
	assert_int_equal(checked("open"), 0);
}

/* It must not go: control connections pass by it. */
static void test_what_holds_more_is_narrowed(void **state)
{
	(void)state;
	audit("--rules",
	      CLOSED RELATED "-A FORWARD -p tcp -m multiport --dports "
			     "21,990,42000:42999 -j ACCEPT\nCOMMIT\n",
	      NULL);
	assert_non_null(advice("narrow", "leave the control ports"));
	assert_null(advice("drop", ""));
	assert_null(json_object_get(json, "checked"));
	audit("--rules", CLOSED RELATED "-A FORWARD -p tcp -j ACCEPT\nCOMMIT\n",
	      NULL);
	assert_non_null(advice("narrow", "leave the control ports"));
}

static void test_not_when_told_so(void **state)
{
	(void)state;
	audit("--rules",
	      CLOSED RELATED
	      "-A FORWARD -p tcp -m tcp --dport 21 -j ACCEPT\nCOMMIT\n",
	      "--unchecked");
	assert_non_null(advice("add", "--dport 990"));
	assert_null(json_object_get(json, "checked"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_all_works_with_what_is_added,
					  forget),
		cmocka_unit_test_teardown(
			test_a_way_in_is_opened_behind_the_translation, forget),
		cmocka_unit_test_teardown(test_nft_says_to_which_chain, forget),
		cmocka_unit_test_teardown(test_a_step_at_a_time, forget),
		cmocka_unit_test_teardown(test_what_is_open_is_closed, forget),
		cmocka_unit_test_teardown(test_what_holds_more_is_narrowed,
					  forget),
		cmocka_unit_test_teardown(test_not_when_told_so, forget),
	};

	return cmocka_run_group_tests(tests, desk_make, desk_remove);
}
