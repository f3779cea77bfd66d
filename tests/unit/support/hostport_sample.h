/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of data endpoints and what the parsers must make of them. */
#ifndef SALLYPORT_TEST_HOSTPORT_SAMPLE_H
#define SALLYPORT_TEST_HOSTPORT_SAMPLE_H

#include <stddef.h>

#include <sallyport/hostport.h>

struct sample {
	enum via via;
	const char *text;
	enum hostport_error error;
	const char *endpoint; /* as endpoint_format() writes it */
};

/* Parse @text as what @via demands: the argument of a command, or a reply. */
enum hostport_error sample_parse(enum via via, struct span text,
				 struct hostport *out);

/* Fails the test unless @s is taken as it says; what is refused must leave
 * the result untouched. */
void sample_check(const struct sample *s);
void sample_check_all(const struct sample *samples, size_t n);

#endif
