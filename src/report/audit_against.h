/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two audits of the same firewall, before and after its rules were edited. */
#ifndef REPORT_AUDIT_AGAINST_H
#define REPORT_AUDIT_AGAINST_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "report/audit.h"

/* A conversation whose answer is another now. */
struct audit_change {
	int side, family, tls, way;
	const struct twin_cell *was, *is;
	/* The rule of the old file that let the packet through which is stopped
	 * now, or the other way round; NONE: none. A rule that translated it
	 * and is gone counts more than one that accepted it. */
	uint32_t passed;
	bool worse; /* it comes less far than it did */
	bool broke; /* it worked, and does not */
};

/* All kinds of both families. */
#define AUDIT_CHANGES_MAX (2 * TWIN_FAMILIES * TWIN_TLS * TWIN_WAYS)

/* Without sallyport alone. Gives how many. */
size_t audit_changes(const struct audit *was, const struct audit *is,
		     struct audit_change out[AUDIT_CHANGES_MAX]);

/* The line of a rule in the other file, in the same table and with the same
 * words; 0: it is not there. */
uint32_t audit_same_line(const struct audit *in, enum twin_family family,
			 const struct rulefile *f, const struct rule *r);

/* For people; gives if anything broke. */
bool audit_against_text(FILE *to, const struct audit *was,
			const struct audit *is);

/* A list; NULL: no memory. */
json_t *audit_against_json(const struct audit *was, const struct audit *is);

#endif
