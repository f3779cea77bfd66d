/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which announced addresses are suggested as a server's public ones. That opens
 * a way for its clients to that address, so one that only stood in a reply, as
 * a bounce would have it, is not enough.
 */
#include "report/suggest_put.h"

#include "report/phrase.h"

/* RFC 1918, RFC 6598, RFC 3927, RFC 1122 3.2.1.3; RFC 4193, RFC 4291 2.5.6. */
static bool is_private(const struct addr *a)
{
	static const struct {
		bool v4;
		uint8_t value[2], mask[2]; /* of the first two bytes */
	} block[] = {
		{ true, { 10, 0 }, { 0xff, 0 } },
		{ true, { 172, 16 }, { 0xff, 0xf0 } },
		{ true, { 192, 168 }, { 0xff, 0xff } },
		{ true, { 100, 64 }, { 0xff, 0xc0 } },
		{ true, { 169, 254 }, { 0xff, 0xff } },
		{ true, { 127, 0 }, { 0xff, 0 } },
		{ false, { 0xfc, 0 }, { 0xfe, 0 } },
		{ false, { 0xfe, 0x80 }, { 0xff, 0xc0 } },
	};
	bool v4 = addr_is_v4(a);
	const uint8_t *b = v4 ? addr_v4_bytes(a) : a->b;

	for (size_t i = 0; i < sizeof(block) / sizeof(block[0]); i++)
		if (block[i].v4 == v4 &&
		    (b[0] & block[i].mask[0]) == block[i].value[0] &&
		    (b[1] & block[i].mask[1]) == block[i].value[1])
			return true;
	return false;
}

static bool is_a_server(const struct suggest_list *list, const struct addr *a)
{
	for (size_t i = 0; i < list->servers; i++)
		if (addr_equal(&list->server[i]->addr, a))
			return true;
	return false;
}

/* Why it is not suggested; NULL: it is. */
static const char *doubt(const struct suggest_list *list, size_t i,
			 const struct suggest_public *p)
{
	const struct addr *own = &list->server[i]->addr;

	if (!p->followed)
		return "no data connection followed: not suggested";
	if (addr_is_v4(&p->addr) != addr_is_v4(own))
		return "of another family: not suggested";
	if (is_a_server(list, &p->addr))
		return "a server of its own: not suggested";
	if (is_private(&p->addr) && !is_private(own))
		return "private, unlike the address above: this was captured "
		       "outside of a NAT; on the gateway this one is "
		       "`address`, "
		       "and the other one `public-address`";
	return NULL;
}

static void put_announced(FILE *to, const struct suggest_public *p,
			  const char *why)
{
	char text[ADDR_TEXT_MAX];

	addr_format(&p->addr, text);
	fprintf(to, "    # announced: %s, ", text);
	phrase_count(to, p->times, "time");
	fputs("; ", to);
	if (why) {
		fprintf(to, "%s\n", why);
		return;
	}
	phrase_count(to, p->followed, "data connection");
	fputs(" to the announced ports followed\n", to);
}

void suggest_put_public(FILE *to, const struct suggest_list *list, size_t i)
{
	const struct suggest_server *s = list->server[i];
	char text[ADDR_TEXT_MAX];
	size_t good = 0;

	for (size_t k = 0; k < s->publics; k++)
		put_announced(to, &s->public[k], doubt(list, i, &s->public[k]));
	if (s->publics_more) {
		fputs("    # announced: other addresses, ", to);
		phrase_count(to, s->publics_more, "time");
		fputc('\n', to);
	}
	for (size_t k = 0; k < s->publics; k++) {
		if (doubt(list, i, &s->public[k]))
			continue;
		addr_format(&s->public[k].addr, text);
		fprintf(to, "%s\"%s\"", good++ ? ", " : "    public-address: [",
			text);
	}
	if (good)
		fputs("]\n", to);
}
