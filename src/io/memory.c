/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Large blocks in huge pages. */
#include "io/memory.h"

#include <stdint.h>
#include <sys/mman.h>

/* Of x86-64 and of arm64 with small pages; elsewhere it is only alignment. */
#define HUGE_PAGE (2u << 20)

static size_t rounded(size_t size)
{
	return (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void *memory_take(size_t size)
{
	size_t whole = rounded(size);
	uint8_t *at = mmap(NULL, whole + HUGE_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (at == MAP_FAILED)
		return NULL;
	/* Keep what is aligned, and give the rest back. */
	before = (HUGE_PAGE - (uintptr_t)at % HUGE_PAGE) % HUGE_PAGE;
	if (before > 0)
		munmap(at, before);
	munmap(at + before + whole, HUGE_PAGE - before);
	/* A kernel without them refuses, which does no harm. */
	madvise(at + before, whole, MADV_HUGEPAGE);
	return at + before;
}

void memory_give(void *at, size_t size)
{
	if (at)
		munmap(at, rounded(size));
}
