/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's set of open pinholes, as far as a test needs it. */
#ifndef SALLYPORT_TEST_KERNEL_SET_H
#define SALLYPORT_TEST_KERNEL_SET_H

#include <sallyport/engine.h>

/* More than any test opens at once. */
#define KERNEL_SET_MAX 512

struct kernel_set {
	struct pinhole_key key[KERNEL_SET_MAX];
	size_t len;
};

bool kernel_set_has(const struct kernel_set *s, const struct pinhole_key *key);

/* Put in, and take out: both without harm if that was done before. */
void kernel_set_add(struct kernel_set *s, const struct pinhole_key *key);
void kernel_set_del(struct kernel_set *s, const struct pinhole_key *key);

#endif
