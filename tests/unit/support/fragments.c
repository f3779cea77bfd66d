/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments as a sender would make them, and some that none would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sallyport/checksum.h>

#include "fragments.h"
#include "support.h"

void rig_start(struct rig *rig, bool v6)
{
	memset(rig, 0, sizeof(*rig));
	rig->r = reassemble_new(REASSEMBLE_DATAGRAMS);
	assert_non_null(rig->r);
	rig->v6 = v6;
	rig->id = 7;
	rig->now = 1700000000 * SECOND;
}

void rig_stop(struct rig *rig)
{
	reassemble_free(rig->r);
}

const struct reassemble_counts *rig_counts(const struct rig *rig)
{
	return reassemble_counts(rig->r);
}

void rig_put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

size_t rig_build4(const struct rig *rig, const struct piece *p, uint8_t *b)
{
	static const uint8_t ends[8] = { 10, 1, 4, 4, 10, 2, 5, 5 };

	memset(b, 0, IPV4);
	b[0] = 0x45;
	rig_put16(b + 2, IPV4 + p->len);
	rig_put16(b + 4, rig->id);
	rig_put16(b + 6, (size_t)p->more << 13 | p->at / 8);
	b[8] = 64;
	b[9] = 6;
	memcpy(b + 12, ends, sizeof(ends));
	memcpy(b + IPV4, p->bytes, p->len);
	return IPV4 + p->len;
}

size_t rig_build6(const struct rig *rig, const struct piece *p, uint8_t *b)
{
	uint8_t *f = b + IPV6;

	memset(b, 0, IPV6 + FRAGMENT6);
	b[0] = 0x60;
	rig_put16(b + 4, FRAGMENT6 + p->len);
	b[6] = 44;
	b[7] = 64;
	b[8] = b[24] = 0xfc;
	b[23] = 4;
	b[39] = 5;
	f[0] = 6;
	rig_put16(f + 2, p->at | p->more);
	rig_put16(f + 6, rig->id);
	memcpy(f + FRAGMENT6, p->bytes, p->len);
	return IPV6 + FRAGMENT6 + p->len;
}

enum reassemble_result rig_give(struct rig *rig, size_t len)
{
	struct span s = guarded(rig->packet, len);
	enum reassemble_result result =
		reassemble_packet(rig->r, s, rig->now, &rig->out);

	guarded_free(s);
	return result;
}

enum reassemble_result rig_send(struct rig *rig, const struct piece *p)
{
	return rig_give(rig, (rig->v6 ? rig_build6 : rig_build4)(rig, p,
								 rig->packet));
}

struct piece rig_letters(size_t from, size_t to)
{
	return (struct piece){ (uint32_t)from, LETTERS + from, to - from,
			       to < LETTERS_LEN };
}

enum reassemble_result rig_send_letters(struct rig *rig, size_t from, size_t to)
{
	struct piece p = rig_letters(from, to);

	return rig_send(rig, &p);
}

enum reassemble_result rig_send_text(struct rig *rig, uint32_t at,
				     const char *text, bool more)
{
	struct piece p = { at, text, strlen(text), more };

	return rig_send(rig, &p);
}

void rig_expect(const struct rig *rig, struct span data)
{
	size_t header = rig->v6 ? IPV6 : IPV4;
	struct span out = rig->out;

	assert_int_equal(out.len, header + data.len);
	assert_memory_equal(out.at + header, data.at, data.len);
	if (rig->v6) {
		assert_int_equal(out.at[4] << 8 | out.at[5], data.len);
		assert_int_equal(out.at[6], 6);
		return;
	}
	assert_int_equal(out.at[2] << 8 | out.at[3], out.len);
	assert_int_equal(out.at[6] << 8 | out.at[7], 0);
	assert_int_equal(checksum_finish(
				 checksum_add(0, span_of(out.at, IPV4))),
			 0);
}

void rig_expect_text(const struct rig *rig, const char *text)
{
	rig_expect(rig, span_str(text));
}
