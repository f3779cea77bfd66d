/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs numbered cases in child processes, so that one that crashes or never
 * ends costs that case alone. */
#ifndef MUTATE_CREW_H
#define MUTATE_CREW_H

#include <stdbool.h>
#include <stdint.h>

/* Exit status that sanitizers are told to use (see mutate.c). */
#define CREW_SANITIZER 99

struct crew {
	unsigned int jobs;  /* children at a time, CREW_JOBS_MAX at most */
	const char *folder; /* for their logs */
	/* What a child does first; may be NULL. */
	void (*begin)(void *arg);
	/* One case. NULL: all is well; else what is not, as a text that stays.
	 * Called in a child; its standard error is a file. */
	const char *(*run)(void *arg, uint64_t number);
	/* Tell of a case that failed, @how; called in the parent. */
	void (*failed)(void *arg, uint64_t number, const char *how,
		       const char *log);
	void *arg;
};

#define CREW_JOBS_MAX 64

/* Run the cases from @first to @end - 1. Gives how many failed; after
 * CREW_FAILURES_MAX no more are begun. */
uint64_t crew_work(const struct crew *crew, uint64_t first, uint64_t end);

#define CREW_FAILURES_MAX 20

#endif
