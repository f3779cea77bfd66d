/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A story, what report/suggest.h makes of it, and that it loads. */
#ifndef SALLYPORT_TEST_LESSON_H
#define SALLYPORT_TEST_LESSON_H

#include "io/config.h"
#include "report/suggest.h"
#include "saga.h"

struct lesson {
	struct saga saga;
	struct suggest *suggest;
	char *text;
	struct config config; /* as loaded from the text */
};

struct saga *lesson_begin(struct lesson *l);

/* End it: fails the test unless the text loads without a problem. Then there
 * are l->text and l->config. */
void lesson_end(struct lesson *l);
void lesson_free(struct lesson *l);

/* End it, and fail unless it says @text behind its first three lines. */
void lesson_expect(struct lesson *l, const char *text);

/* The server's chain of one certificate, whose subject and name is @name, as an
 * event of the session; twice. */
void lesson_certificate(struct saga *t, const char *name);

#endif
