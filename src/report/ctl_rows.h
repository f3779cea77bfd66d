/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the daemon's answers as people read them, and tables of such. */
#ifndef REPORT_CTL_ROWS_H
#define REPORT_CTL_ROWS_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

/* Each prints "-" for what is missing or of another type. */

void ctl_put_word(FILE *to, const json_t *v);
void ctl_put_number(FILE *to, const json_t *v);

/* "yes" for true, "no" for all else. */
void ctl_put_yes(FILE *to, const json_t *v);

/* Microseconds in two units: 12s, 5m12s, 3h05m, 2d07h. */
void ctl_put_time(FILE *to, const json_t *v);

/* "10.1.4.4:40000", "[fc00::1]:21", or the address alone. */
void ctl_put_endpoint(FILE *to, const json_t *v);

struct ctl_column {
	const char *head, *key; /* what stands above; a member of each row */
	void (*put)(FILE *to, const json_t *value);
};

/* As many as any table has. */
#define CTL_COLUMNS_MAX 12

/* Print the objects of @rows in columns as wide as they need; @when_empty where
 * there is none. */
void ctl_rows_print(FILE *to, const json_t *rows, const struct ctl_column *c,
		    size_t columns, const char *when_empty);

#endif
