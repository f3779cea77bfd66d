/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command prints, caught. */
#ifndef SALLYPORT_TEST_DIVERTED_H
#define SALLYPORT_TEST_DIVERTED_H

#include <stddef.h>
#include <stdio.h>

/* Send what is written to @fd into a file that is already gone. Gives it;
 * *@saved is for diverted_back(). */
FILE *diverted(int fd, int *saved);

/* Put @fd back, and what was written into @text, with a NUL; gives its
 * length. */
size_t diverted_back(int fd, int saved, FILE *from, char *text, size_t size);

#endif
