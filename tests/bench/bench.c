/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs of the benchmark share. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void bench_sample(const char *metric, const char *variant, double value)
{
	printf("%s %s %.9g\n", metric, variant, value);
	fflush(stdout);
}

void bench_die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(errno));
	exit(3);
}

void *bench_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		bench_die("memory");
	return memory;
}

uint64_t bench_number(const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno) {
		fprintf(stderr, "bench: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_quantile(double *value, size_t n, double at)
{
	qsort(value, n, sizeof(*value), compare);
	return value[(size_t)(at * (double)(n - 1))];
}

void bench_background(void)
{
	pid_t child = fork();
	int null;

	if (child < 0)
		bench_die("fork");
	if (child > 0) {
		printf("%d\n", (int)child);
		exit(0);
	}
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		bench_die("/dev/null");
}
