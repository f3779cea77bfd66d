/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What those who give advice share. */
#ifndef REPORT_AUDIT_ADVICE_H
#define REPORT_AUDIT_ADVICE_H

#include "report/audit.h"

/* Advice being gathered, none of it twice. */
struct advising {
	const struct audit *a;
	struct audit_advice *out;
	size_t count;
};

void advise(struct advising *v, const struct audit_advice *advice);

/* --- audit_advice_open.c ----------------------------------------------------------- */

/* Load sallyport, where conversations work with it alone. */
void advise_load(struct advising *v);

/* What becomes of rules that let everybody in. */
void advise_opens(struct advising *v);

#endif
