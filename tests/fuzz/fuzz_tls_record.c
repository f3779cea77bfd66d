/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS records: a stream tells the same however it is cut. The first byte
 * chooses the cuts, the rest is the stream.
 */
#include <stdlib.h>
#include <string.h>

#include <sallyport/tls_record.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* What a reader of the records learns. */
struct heard {
	uint64_t digest; /* of headers, bodies and ends, in order */
	size_t got;      /* bytes of the open body */
	size_t kept;     /* bytes of the open header */
	size_t at;       /* bytes that are taken for good */
	enum tls_record_result end;
};

/* FNV-1a */
static void digest(struct heard *h, uint64_t value)
{
	h->digest = (h->digest ^ value) * 0x100000001b3;
}

static void hear(struct heard *h, const struct tls_piece *p, struct span in)
{
	must(p->body.len == 0 || (p->body.at >= in.at &&
				  p->body.at + p->body.len <= in.at + in.len));
	must(p->type >= TLS_CHANGE_CIPHER_SPEC && p->type <= TLS_HEARTBEAT);
	must(p->version >> 8 == 3 && p->length <= TLS_RECORD_MAX);
	must(p->starts == (h->got == 0) && (p->body.len > 0 || p->ends));
	if (p->starts)
		digest(h, (uint64_t)p->type << 32 | (uint32_t)p->version << 16 |
				  p->length);
	for (size_t i = 0; i < p->body.len; i++)
		digest(h, p->body.at[i]);
	h->got += p->body.len;
	must(h->got <= p->length && p->ends == (h->got == p->length));
	if (p->ends) {
		digest(h, UINT64_MAX);
		h->got = 0;
	}
}

/* What is refused is not taken, and is refused again. */
static void refused_twice(struct tls_record *r, struct span in,
			  enum tls_record_result result)
{
	struct tls_record before = *r;
	struct span again = in;
	struct tls_piece piece;

	must(tls_record_take(r, &again, &piece) == result);
	must(again.at == in.at && again.len == in.len);
	must(memcmp(&before, r, sizeof(before)) == 0);
}

/* Feed @in until nothing is left of it; false if it is no TLS. */
static bool feed(struct tls_record *r, struct span in, struct heard *h)
{
	struct span rest = in;
	struct tls_piece piece;

	do {
		h->end = tls_record_take(r, &rest, &piece);
		if (h->end == TLS_RECORD_PIECE)
			hear(h, &piece, in);
		must(tls_record_kept(r).len < TLS_RECORD_HEADER);
	} while (h->end == TLS_RECORD_PIECE);
	h->at += in.len - rest.len;
	if (h->end == TLS_RECORD_MORE) {
		must(rest.len == 0);
		return true;
	}
	refused_twice(r, rest, h->end);
	return false;
}

/* Cuts of one length, or of any length up to it. */
static struct heard listen(struct span in, size_t step, uint32_t *random)
{
	struct heard h = { .digest = 0xcbf29ce484222325 };
	struct tls_record r = { .have = 0 };
	size_t at = 0;
	bool on;

	do {
		size_t len = step;

		if (random) {
			*random = *random * 1664525 + 1013904223;
			len = 1 + (*random >> 16) % step;
		}
		on = feed(&r, span_sub(in, at, len), &h);
		at += len;
	} while (on && at < in.len);
	h.kept = tls_record_kept(&r).len;
	/* A refused header may have come in two parts. */
	if (!on) {
		h.at -= h.kept;
		h.kept = 0;
	}
	must(!tls_record_at_boundary(&r) || (h.kept == 0 && h.got == 0));
	return h;
}

static void same(struct heard a, struct heard b)
{
	must(a.digest == b.digest && a.end == b.end && a.at == b.at);
	must(a.got == b.got && a.kept == b.kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(span_of(data, size));
	uint32_t random = rd_u8(&c);
	struct heard whole = listen(c.rest, size + 1, NULL);

	same(whole, listen(c.rest, 1, NULL));
	same(whole, listen(c.rest, 3, NULL));
	same(whole, listen(c.rest, 1 + random, &random));
	return 0;
}
