/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place of its own for a function: network, mounts and processes that nobody
 * else sees, and that are gone when it ends, however it ends. Without the
 * privilege for that it gets a user namespace first, in which it is root.
 */
#ifndef LAB_TWIN_BOX_H
#define LAB_TWIN_BOX_H

#include <stdint.h>

/* What is in the box's /run, a file system of its own. */
#define TWIN_BOX_RUN "/run"

enum twin_box_result {
	TWIN_BOX_DONE,
	TWIN_BOX_DENIED,  /* no namespaces for this user; see *@error */
	TWIN_BOX_TIMEOUT, /* it took too long and was ended */
	TWIN_BOX_DIED,    /* it ended by itself before it was done */
	TWIN_BOX_SYSTEM,  /* no process or no pipe; see *@error */
};

/*
 * Run @work(@arg) in a box, for @seconds at most. What it says it must say in
 * memory that is shared (mmap(2)); *@error is a positive errno. It begins in a
 * network namespace in which there is nothing. All processes that it starts
 * die with it.
 */
enum twin_box_result twin_box_run(void (*work)(void *arg), void *arg,
				  uint32_t seconds, int *error);

#endif
