/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in sentences for people. */
#ifndef REPORT_AMOUNT_H
#define REPORT_AMOUNT_H

#include <stdint.h>
#include <stdio.h>

/* "21,034"; with a word behind it: phrase_count(). */
void amount_put(FILE *to, uint64_t n);

/* "3.200 s", of microseconds. */
void amount_seconds(FILE *to, uint64_t us);

/* "95.8 %"; what is not all never reads "100.0 %". @whole is not 0. */
void amount_percent(FILE *to, uint64_t part, uint64_t whole);

/* "1.4 times"; @base is not 0. */
void amount_times(FILE *to, uint64_t n, uint64_t base);

#endif
