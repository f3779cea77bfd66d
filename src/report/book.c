/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records by the number of their session. */
#include "report/book.h"

#include <stdlib.h>

#define FIRST_ROOM 64

/* Sessions are numbered in a row, so they spread of themselves. */
#define BUCKETS BOOK_PAGES_MAX

/* Pages looked at for one that may leave. */
#define LOOKS 64

static struct book_page **bucket_of(const struct book *b, uint64_t session)
{
	return &b->bucket[session % BUCKETS];
}

bool book_open(struct book *b, size_t most)
{
	*b = (struct book){ .most = most };
	b->bucket = calloc(BUCKETS, sizeof(struct book_page *));
	return b->bucket;
}

void book_close(struct book *b, void (*release)(struct book_page *page))
{
	for (size_t i = 0; i < b->pages; i++)
		release(b->page[i]);
	free(b->page);
	free(b->bucket);
	*b = (struct book){ 0 };
}

struct book_page *book_find(const struct book *b, uint64_t session)
{
	struct book_page *p = *bucket_of(b, session);

	while (p && p->session != session)
		p = p->next;
	return p;
}

static void link_page(struct book *b, struct book_page *page)
{
	struct book_page **head = bucket_of(b, page->session);

	page->next = *head;
	*head = page;
}

static void unlink_page(struct book *b, const struct book_page *page)
{
	struct book_page **at = bucket_of(b, page->session);

	while (*at != page)
		at = &(*at)->next;
	*at = page->next;
}

/* Grow, but not above b->most. */
static bool make_room(struct book *b)
{
	size_t room = b->room ? 2 * b->room : FIRST_ROOM;
	struct book_page **page;

	room = room < b->most ? room : b->most;
	if (b->pages < b->room)
		return true;
	if (room <= b->room)
		return false;
	page = realloc(b->page, room * sizeof(struct book_page *));
	if (!page)
		return false;
	b->page = page;
	b->room = room;
	return true;
}

/* The place of one that leaves, or NULL. */
static struct book_page **
find_leaver(struct book *b, bool (*may_leave)(const struct book_page *page))
{
	for (size_t i = 0; i < LOOKS && b->pages > 0; i++) {
		struct book_page **at = &b->page[b->hand];

		b->hand = (b->hand + 1) % b->pages;
		if (may_leave(*at))
			return at;
	}
	return NULL;
}

bool book_put(struct book *b, struct book_page *page,
	      bool (*may_leave)(const struct book_page *page),
	      struct book_page **gone)
{
	struct book_page **at;

	*gone = NULL;
	if (make_room(b)) {
		at = &b->page[b->pages++];
	} else {
		at = find_leaver(b, may_leave);
		if (!at)
			return false;
		*gone = *at;
		unlink_page(b, *gone);
	}
	*at = page;
	link_page(b, page);
	return true;
}

static int by_session(const void *a, const void *b)
{
	const struct book_page *left = *(struct book_page *const *)a;
	const struct book_page *right = *(struct book_page *const *)b;

	return (left->session > right->session) -
	       (left->session < right->session);
}

void book_sort(struct book *b)
{
	if (b->pages > 0)
		qsort(b->page, b->pages, sizeof(struct book_page *),
		      by_session);
}
