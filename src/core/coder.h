/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records, field by field: numbers as the machine has them, without gaps.
 *
 * The layout of a struct is a list, X(KIND, member, most), from which both
 * directions are made, and the number that tells layouts apart:
 *
 *	NUMBER    unsigned or bool, at most @most
 *	TIME      microseconds, at most @most ahead of now
 *	ENDPOINT, ADDR, BYTES
 */
#ifndef CORE_CODER_H
#define CORE_CODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sallyport/addr.h>
#include <sallyport/span.h>

/* Failure sticks, as in struct cursor. */
struct reader {
	struct span rest;
	bool bad;
	int64_t shift;
	uint64_t now;
};

/* Write to @to, where room is known to be: see RECORD_MAX. Each gives the place
 * behind: a pointer in memory would be read again after each byte that is
 * written, as that may have changed it. */
static inline uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t len)
{
	memcpy(to, bytes, len);
	return to + len;
}

static inline uint8_t *put_endpoint(uint8_t *to, const struct endpoint *e)
{
	to = put_bytes(to, e->addr.b, sizeof(e->addr.b));
	return put_bytes(to, &e->port, sizeof(e->port));
}

/* Each gives zeros when there is nothing left. */
void take_bytes(struct reader *r, void *out, size_t len);
uint64_t take_number(struct reader *r, size_t size, uint64_t most);
uint64_t take_time(struct reader *r, uint64_t ahead);
void take_endpoint(struct reader *r, struct endpoint *out);

/* Both are IPv4, or both are not. */
bool same_family(const struct addr *a, const struct addr *b);

#define SAVE_NUMBER(to, field) ((to) = put_bytes(to, &(field), sizeof(field)))
#define SAVE_TIME(to, field)   ((to) = put_bytes(to, &(field), sizeof(field)))
#define SAVE_BYTES(to, field)  ((to) = put_bytes(to, (field), sizeof(field)))
#define SAVE_ADDR(to, field) \
	((to) = put_bytes(to, (field).b, sizeof((field).b)))
#define SAVE_ENDPOINT(to, field) ((to) = put_endpoint(to, &(field)))

#define LOAD_NUMBER(r, field, most) \
	((field) = take_number(r, sizeof(field), most))
#define LOAD_TIME(r, field, most)     ((field) = take_time(r, most))
#define LOAD_BYTES(r, field, most)    take_bytes(r, (field), sizeof(field))
#define LOAD_ADDR(r, field, most)     take_bytes(r, (field).b, sizeof((field).b))
#define LOAD_ENDPOINT(r, field, most) take_endpoint(r, &(field))

/* A field's part of record_layout(). */
uint64_t layout_add(uint64_t layout, const char *field, size_t size,
		    uint64_t most);

/* The same for @member of @type, one of a table of fields. */
#define LAYOUT(layout, type, KIND, member, most)          \
	((layout) = layout_add(layout, #KIND " " #member, \
			       sizeof(((type *)0)->member), most))

#endif
