/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set, searched from its start to its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kernel_set.h"

static size_t find(const struct kernel_set *s, const struct pinhole_key *key)
{
	size_t i = 0;

	while (i < s->len && !(addr_equal(&s->key[i].from, &key->from) &&
			       endpoint_equal(&s->key[i].to, &key->to)))
		i++;
	return i;
}

bool kernel_set_has(const struct kernel_set *s, const struct pinhole_key *key)
{
	return find(s, key) < s->len;
}

void kernel_set_add(struct kernel_set *s, const struct pinhole_key *key)
{
	if (kernel_set_has(s, key))
		return;
	assert_true(s->len < KERNEL_SET_MAX);
	s->key[s->len++] = *key;
}

void kernel_set_del(struct kernel_set *s, const struct pinhole_key *key)
{
	size_t i = find(s, key);

	if (i < s->len)
		s->key[i] = s->key[--s->len];
}
