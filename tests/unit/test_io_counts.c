/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is counted is in the manual, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sallyport/engine.h>

#include "report/counts.h"
#include "support.h"

/* --- the values of labels -------------------------------------------------- */

#define VALUES_MAX 64

/* Of each family the values of its label, in the order of the enum. */
struct family {
	const char *name;
	size_t values;
	const char *value[VALUES_MAX];
};

#define FAMILIES_MAX 32

static struct family family[FAMILIES_MAX];
static size_t families;

static struct family *family_new(const char *name)
{
	assert_in_range(families, 0, FAMILIES_MAX - 1);
	family[families].name = name;
	return &family[families++];
}

static void families_fill(void)
{
	struct family *f;

	families = 0;
#define X(count_name, label, count, value_name, text) \
	f = family_new(#count_name);                  \
	f->values = (count);                          \
	assert_in_range(f->values, 1, VALUES_MAX);    \
	for (unsigned int i = 0; i < (count); i++)    \
		f->value[i] = value_name(i);
	ENGINE_FAMILIES(X)
	DAEMON_FAMILIES(X)
#undef X
}

static const struct family *family_find(const char *name)
{
	for (size_t i = 0; i < families; i++)
		if (strcmp(family[i].name, name) == 0)
			return &family[i];
	fail_msg("no family is called %s", name);
	return NULL;
}

static void test_values_are_words_and_differ(void **state)
{
	(void)state;
	families_fill();
	for (size_t i = 0; i < families; i++) {
		const struct family *f = &family[i];

		for (size_t j = 0; j < f->values; j++) {
			const char *v = f->value[j];

			assert_non_null(v);
			assert_int_equal(strspn(v, "abcdefghijklmnopqrstuvwxyz"
						   "0123456789-"),
					 strlen(v));
			for (size_t k = 0; k < j; k++)
				assert_string_not_equal(v, f->value[k]);
		}
	}
}

/* --- the manual -------------------------------------------------------------- */

static void put_values(FILE *to, const struct family *f)
{
	size_t i = 0;

	fprintf(to, "One of\n");
	if (strcmp(f->value[0], alert_name(0)) == 0) {
		fprintf(to, ".Sx Alerts%s\n", f->values == ALERTS ? " ." : ",");
		i = ALERTS;
	}
	for (; i < f->values; i++)
		fprintf(to, ".Ql %s %s\n", f->value[i],
			i + 1 == f->values ? "." : ",");
}

/* The list as the manual must have it. The caller frees it. */
static char *list_wanted(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	for (size_t i = 0; i < count_group_count; i++) {
		const struct count_group *g = &count_groups[i];

		for (size_t j = 0; j < g->counts; j++) {
			const struct count *c = &g->count[j];

			fprintf(to, ".It Cm sallyport_%s%s%s", g->prefix,
				c->name, c->level ? "" : "_total");
			if (c->label)
				fprintf(to, " Brq Ar %s", c->label);
			fprintf(to, "\n%c%s.\n", toupper(c->text[0]),
				c->text + 1);
			if (c->label)
				put_values(to, family_find(c->name));
		}
	}
	assert_int_equal(fclose(to), 0);
	return text;
}

static void test_the_manual_lists_every_counter(void **state)
{
	char *manual, *at, *end, *wanted;

	(void)state;
	if (access("man/sallyport.8", R_OK) != 0) {
		print_message("skipped: not started where man/ is\n");
		skip();
	}
	families_fill();
	wanted = list_wanted();
	manual = file_text("man/sallyport.8");
	at = strstr(manual, "\n.It Cm sallyport_");
	assert_non_null(at);
	end = strstr(at, "\n.El\n");
	assert_non_null(end);
	end[1] = '\0';
	if (strcmp(at + 1, wanted) != 0) {
		fputs(wanted, stderr); /* to be pasted there */
		fail_msg("man/sallyport.8 has another list of counters");
	}
	free(manual);
	free(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_are_words_and_differ),
		cmocka_unit_test(test_the_manual_lists_every_counter),
	};

	return cmocka_run_group_tests_name("io_counts", tests, NULL, NULL);
}
