/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run another program to its end; no shell is involved. */
#ifndef IO_PROCESS_H
#define IO_PROCESS_H

#include <stddef.h>

#include <sallyport/span.h>

/* `iptables -S` of a hundred thousand rules. */
#define PROCESS_OUT_MAX (16u << 20)

/* The first lines of an error say what is wrong. */
#define PROCESS_ERR_MAX 2048

/* Seconds; iptables may wait for its lock, and loads modules. */
#define PROCESS_TIMEOUT_S 60

struct process_result {
	int status; /* exit status; 128 + signal where one ended it */
	char *out;  /* standard output and a NUL; process_free() frees it */
	size_t out_len;
	char err[PROCESS_ERR_MAX]; /* start of standard error, and a NUL */
};

/*
 * Run @argv[0], looked up in PATH, with @input as its standard input. Gives 0
 * where it ran, whatever its status, and then fills *@r; else a negative
 * errno: -ENOENT (no such program), -ETIMEDOUT and -EFBIG (it was killed: too
 * slow, or too much output), or what the system says.
 */
int process_run(const char *const argv[], struct span input,
		struct process_result *r);

void process_free(struct process_result *r);

#endif
