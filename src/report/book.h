/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records by the number of their session, as many as there is room for.
 *
 * A record begins with a struct book_page; memory for records is their
 * owner's. When the book is full, a page leaves that its owner can do without.
 */
#ifndef REPORT_BOOK_H
#define REPORT_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as a gateway has in its table by default (limits.sessions). */
#define BOOK_PAGES_MAX 65536

struct book_page {
	uint64_t session;
	struct book_page *next; /* in its bucket */
};

struct book {
	struct book_page **bucket;
	struct book_page **page;
	size_t pages, room, most;
	size_t hand; /* where to look for one that may leave */
};

/* Room for @most pages, 1 to BOOK_PAGES_MAX. False: no memory. */
bool book_open(struct book *b, size_t most);

/* Gives the records back with @release. */
void book_close(struct book *b, void (*release)(struct book_page *page));

/* The page of @session; NULL: there is none. */
struct book_page *book_find(const struct book *b, uint64_t session);

/*
 * Put @page in, whose session has none yet. In a full book it takes the place
 * of one for which @may_leave says true, which is given in @gone (NULL: none
 * had to leave). Looks at a few pages only, so that a book of pages that have
 * to stay costs no more. False: there is no room, or no memory.
 */
bool book_put(struct book *b, struct book_page *page,
	      bool (*may_leave)(const struct book_page *page),
	      struct book_page **gone);

/* Put b->page[0] to b->page[b->pages - 1] in the order of their sessions. */
void book_sort(struct book *b);

#endif
