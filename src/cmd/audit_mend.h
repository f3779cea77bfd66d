/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit once more, with the changes that it advises. */
#ifndef CMD_AUDIT_MEND_H
#define CMD_AUDIT_MEND_H

#include <stdbool.h>

#include "report/audit.h"

/*
 * Apply what is to be added and dropped to a copy of the rules, and hold all
 * conversations through that. False: there is nothing to apply, or it could not
 * be tried; @out is then as it was.
 */
bool audit_mend(const struct audit *a, struct audit_checked *out);

#endif
