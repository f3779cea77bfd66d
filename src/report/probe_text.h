/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A survey of an FTP server for people. */
#ifndef REPORT_PROBE_TEXT_H
#define REPORT_PROBE_TEXT_H

#include <stdio.h>

#include "lab/survey.h"

/* A line for each thing that was found out, then what it means, then what a
 * firewall must allow. Network text is escaped. */
void probe_text(FILE *to, const struct survey *s);

#endif
