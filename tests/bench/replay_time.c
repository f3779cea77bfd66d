/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program that reads a file and says how fast it did, in MB/s, and how
 * much memory was resident at most, in MB.
 *
 *	replay_time VARIANT FILE PROGRAM ARGUMENTS...
 *
 * Its output goes nowhere. Status 1 (a session could not be followed: the
 * capture ends in the middle) is fine.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static void run(char **argv)
{
	int null = open("/dev/null", O_WRONLY);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		bench_die("/dev/null");
	execvp(argv[0], argv);
	bench_die(argv[0]);
}

int main(int argc, char **argv)
{
	struct rusage used;
	struct stat st;
	uint64_t start;
	int status;
	pid_t child;

	if (argc < 4) {
		fprintf(stderr, "use: replay_time VARIANT FILE PROGRAM...\n");
		return 2;
	}
	if (stat(argv[2], &st) < 0)
		bench_die(argv[2]);
	start = bench_now();
	child = fork();
	if (child == 0)
		run(argv + 3);
	if (child < 0 || wait4(child, &status, 0, &used) != child)
		bench_die("fork");
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
		fprintf(stderr, "bench: %s: ended with status %x\n", argv[3],
			(unsigned int)status);
		return 3;
	}
	bench_sample("replay.rate", argv[1],
		     (double)st.st_size * 1000 / (double)(bench_now() - start));
	bench_sample("replay.memory", argv[1], (double)used.ru_maxrss / 1000);
	return 0;
}
