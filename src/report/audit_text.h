/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that print an audit share. */
#ifndef REPORT_AUDIT_TEXT_H
#define REPORT_AUDIT_TEXT_H

#include <stdio.h>

#include "report/audit.h"

/* "IPv4", "IPv6" */
extern const char *const audit_family_name[];

/* Text that comes from a file, escaped. */
void audit_text_put(FILE *to, const char *raw);

/* @label and an address. */
void audit_text_addr(FILE *to, const char *label, const struct addr *a);

/* --- audit_text_found.c: a part each, nothing where there is nothing to say ------- */

void audit_text_causes(FILE *to, const struct audit *a,
		       const struct audit_causes *causes);
void audit_text_opens(FILE *to, const struct audit *a);
void audit_text_traps(FILE *to, const struct audit *a);
void audit_text_advice(FILE *to, const struct audit *a);

#endif
