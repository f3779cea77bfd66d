/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs of the benchmark share. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of the monotonic clock. */
uint64_t bench_now(void);

/* Print "METRIC VARIANT VALUE", one measured number, for report.awk. */
void bench_sample(const char *metric, const char *variant, double value);

/* Say what failed, with errno, and exit with status 3. */
_Noreturn void bench_die(const char *what);

/* Not NULL, or bench_die(). Zeroed. */
void *bench_alloc(size_t size);

/* @text as a whole decimal number; exits with status 2 if it is none. */
uint64_t bench_number(const char *text);

/* Sorts @n values, n > 0, and gives the one that the part @at (0 to 1) of them
 * does not exceed. */
double bench_quantile(double *value, size_t n, double at);

/* Go on in the background; the parent prints the child's process id and exits.
 * For servers that are ready now. */
void bench_background(void);

#endif
