/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the unit tests share. Include it after cmocka's own headers. */
#ifndef SALLYPORT_TEST_SUPPORT_H
#define SALLYPORT_TEST_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * A copy of @len bytes whose last byte lies directly before an unreadable
 * page: one byte read too many is a crash. The caller gives it back to
 * guarded_free().
 */
struct span guarded(const void *bytes, size_t len);
struct span guarded_str(const char *text);
void guarded_free(struct span copy);

/* The same numbers in every run; @state is any number to start from. */
uint64_t random_next(uint64_t *state);

/* A whole file with a NUL behind it, which the caller frees. Fails the test if
 * it cannot be read. */
char *file_text(const char *path);

/* Fails the test, with both texts, unless @s holds exactly @text. */
void assert_span(struct span s, const char *text);

#endif
