/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in sentences for people. */
#include "report/amount.h"

#include <inttypes.h>

#define US_PER_S  1000000u
#define US_PER_MS 1000u

/* "18,446,744,073,709,551,615" and its NUL. */
#define AMOUNT_MAX 27

void amount_put(FILE *to, uint64_t n)
{
	char text[AMOUNT_MAX];
	char *at = text + sizeof(text);
	unsigned int digits = 0;

	*--at = '\0';
	do {
		if (digits > 0 && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + n % 10);
		n /= 10;
		digits++;
	} while (n > 0);
	fputs(at, to);
}

void amount_seconds(FILE *to, uint64_t us)
{
	amount_put(to, us / US_PER_S);
	fprintf(to, ".%03" PRIu64 " s", us % US_PER_S / US_PER_MS);
}

void amount_percent(FILE *to, uint64_t part, uint64_t whole)
{
	double percent = 100.0 * (double)part / (double)whole;

	if (part < whole && percent > 99.9)
		percent = 99.9;
	fprintf(to, "%.1f %%", percent);
}

void amount_times(FILE *to, uint64_t n, uint64_t base)
{
	fprintf(to, "%.1f times", (double)n / (double)base);
}
