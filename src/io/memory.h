/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Large blocks for the whole life of the daemon.
 *
 * They lie in huge pages where the kernel gives them: a packet touches some
 * twenty places far from one another, after a switch from another process, and
 * the walks through page tables were half of what the engine cost there.
 */
#ifndef IO_MEMORY_H
#define IO_MEMORY_H

#include <stddef.h>

/* Zeroed memory of @size bytes, taken from the system only as it is touched;
 * NULL: see errno. */
void *memory_take(size_t size);

/* Give back what memory_take(@size) gave. NULL is fine. */
void memory_give(void *at, size_t size);

#endif
