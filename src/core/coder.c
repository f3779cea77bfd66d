/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading records: every number is checked against its bound. */
#include "coder.h"

#include <sallyport/siphash.h>

void take_bytes(struct reader *r, void *out, size_t len)
{
	if (len > r->rest.len) {
		r->bad = true;
		r->rest = (struct span){ NULL, 0 };
		memset(out, 0, len);
		return;
	}
	if (len)
		memcpy(out, r->rest.at, len);
	r->rest = span_sub(r->rest, len, SIZE_MAX);
}

static uint64_t any_number(struct reader *r, size_t size)
{
	uint64_t v8 = 0;
	uint32_t v4;
	uint16_t v2;
	uint8_t v1;

	switch (size) {
	case sizeof(v1):
		take_bytes(r, &v1, sizeof(v1));
		return v1;
	case sizeof(v2):
		take_bytes(r, &v2, sizeof(v2));
		return v2;
	case sizeof(v4):
		take_bytes(r, &v4, sizeof(v4));
		return v4;
	default:
		take_bytes(r, &v8, sizeof(v8));
		return v8;
	}
}

uint64_t take_number(struct reader *r, size_t size, uint64_t most)
{
	uint64_t v = any_number(r, size);

	if (v <= most)
		return v;
	r->bad = true;
	return 0;
}

/* What would come to lie in the future is now: clocks of two processes may
 * differ by what passes between two looks at them. */
uint64_t take_time(struct reader *r, uint64_t ahead)
{
	uint64_t v = any_number(r, sizeof(v));

	/* Never: that is so by any clock. */
	if (v == 0)
		return 0;
	v += (uint64_t)r->shift;
	return v <= r->now + ahead ? v : r->now + ahead;
}

void take_endpoint(struct reader *r, struct endpoint *out)
{
	take_bytes(r, out->addr.b, sizeof(out->addr.b));
	out->port = (uint16_t)take_number(r, sizeof(out->port), UINT16_MAX);
}

bool same_family(const struct addr *a, const struct addr *b)
{
	return addr_is_v4(a) == addr_is_v4(b);
}

uint64_t layout_add(uint64_t layout, const char *field, size_t size,
		    uint64_t most)
{
	static const struct siphash_key no_secret;

	for (; *field; field++)
		layout = siphash_two(&no_secret, layout, (uint8_t)*field);
	layout = siphash_two(&no_secret, layout, size);
	return siphash_two(&no_secret, layout, most);
}
