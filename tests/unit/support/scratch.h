/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of the test's own, with the name of one file in it. */
#ifndef SALLYPORT_TEST_SCRATCH_H
#define SALLYPORT_TEST_SCRATCH_H

/* A socket or another file: whoever makes it removes it for the next test. */
extern char scratch_path[64];

/* The setup and teardown of a group of tests. */
int scratch_make(void **state);
int scratch_remove(void **state);

#endif
