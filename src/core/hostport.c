/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data endpoints in FTP's six texts.
 *
 * Every form is one row of a table: how it is read and how it is written. A
 * reader takes strict numbers only and stops behind the last byte of the form,
 * so the caller decides what may follow: nothing behind an argument, any text
 * behind the endpoint of a reply.
 *
 * In a reply the endpoint must be found first, and every client finds it in
 * its own way: the first digit, the first parenthesis, the first place where
 * scanf() is content. Whoever writes the reply could use that to show one
 * endpoint to a firewall and another to the client. So everything that some
 * reader may take for an endpoint is counted, and a text is understood only
 * if there is exactly one and it is well formed.
 */
#include <sallyport/hostport.h>

#include "ascii.h"
#include "bigendian.h"

#define OCTET_DIGITS 3 /* "255" */
#define PORT_DIGITS  5 /* "65535" */

/* RFC 2428 2: address families by their IANA number, which has 16 bits. */
#define FAMILY_DIGITS 5
#define EPRT_IPV4     1
#define EPRT_IPV6     2

/* RFC 1639 3: address families by IP version, and lengths in bytes. */
#define LPRT_IPV4 4
#define LPRT_IPV6 6
#define LPRT_PAL  2

/* RFC 2428 recommends it; used where none was read. */
#define DEFAULT_DELIMITER '|'

/*
 * Opening parentheses looked at in a 229: more cannot be honest, and each may
 * cost a walk over the rest of the text.
 */
#define PARENTHESES_MAX 8

/* @n strict decimals up to 255, joined by commas. */
static void rd_octets(struct cursor *c, uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			rd_expect(c, ',');
		b[i] = (uint8_t)rd_decimal(c, OCTET_DIGITS, UINT8_MAX);
	}
}

static void wr_octets(struct writer *w, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			wr_byte(w, ',');
		wr_decimal(w, b[i]);
	}
}

static void wr_port_octets(struct writer *w, uint16_t port)
{
	const uint8_t b[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	wr_octets(w, b, sizeof(b));
}

/* PORT and 227: h1,h2,h3,h4,p1,p2 */
static enum hostport_error read_short(struct cursor *c, struct hostport *out)
{
	uint8_t b[6];

	rd_octets(c, b, sizeof(b));
	out->endpoint.addr = addr_v4(b);
	out->endpoint.port = be16(b + 4);
	out->has_addr = true;
	return HOSTPORT_FINE;
}

static void write_short(struct writer *w, const struct hostport *hp)
{
	if (!addr_is_v4(&hp->endpoint.addr))
		return;
	wr_octets(w, addr_v4_bytes(&hp->endpoint.addr), 4);
	wr_byte(w, ',');
	wr_port_octets(w, hp->endpoint.port);
}

/* LPRT and 228: af,hal,h1,..,pal,p1,p2 */
static enum hostport_error read_long(struct cursor *c, struct hostport *out)
{
	uint8_t head[2], host[16], port[3];
	size_t want;

	rd_octets(c, head, sizeof(head));
	if (c->bad)
		return HOSTPORT_MALFORMED;
	if (head[0] != LPRT_IPV4 && head[0] != LPRT_IPV6)
		return HOSTPORT_FAMILY;
	want = head[0] == LPRT_IPV4 ? 4 : 16;
	if (head[1] != want)
		return HOSTPORT_MALFORMED;
	rd_expect(c, ',');
	rd_octets(c, host, want);
	rd_expect(c, ',');
	rd_octets(c, port, sizeof(port));
	if (c->bad || port[0] != LPRT_PAL)
		return HOSTPORT_MALFORMED;
	out->endpoint.addr = want == 4 ? addr_v4(host) : addr_v6(host);
	if (addr_is_v4(&out->endpoint.addr) != (want == 4))
		return HOSTPORT_MALFORMED;
	out->endpoint.port = be16(port + 1);
	out->has_addr = true;
	return HOSTPORT_FINE;
}

static void write_long(struct writer *w, const struct hostport *hp)
{
	const struct addr *a = &hp->endpoint.addr;
	bool v4 = addr_is_v4(a);
	const uint8_t head[2] = { v4 ? LPRT_IPV4 : LPRT_IPV6, v4 ? 4 : 16 };

	wr_octets(w, head, sizeof(head));
	wr_byte(w, ',');
	wr_octets(w, v4 ? addr_v4_bytes(a) : a->b, head[1]);
	wr_byte(w, ',');
	wr_decimal(w, LPRT_PAL);
	wr_byte(w, ',');
	wr_port_octets(w, hp->endpoint.port);
}

/* May @d part the fields of an EPRT? Not if it can stand in an address: then
 * two readers may see two different addresses. */
static bool delimiter_fits(uint8_t d, bool v4)
{
	uint8_t upper = ascii_upper(d);

	if (!ascii_is_delimiter(d) || d == '.')
		return false;
	return v4 || (d != ':' && !(upper >= 'A' && upper <= 'F'));
}

/* EPRT: <d>family<d>address<d>port<d> */
static enum hostport_error read_extended(struct cursor *c, struct hostport *out)
{
	uint8_t d = rd_u8(c);
	uint32_t family = rd_decimal(c, FAMILY_DIGITS, UINT16_MAX);
	enum parse parse;
	struct span text;

	rd_expect(c, d);
	if (c->bad || !ascii_is_delimiter(d))
		return HOSTPORT_MALFORMED;
	if (family != EPRT_IPV4 && family != EPRT_IPV6)
		return HOSTPORT_FAMILY;
	if (!delimiter_fits(d, family == EPRT_IPV4))
		return HOSTPORT_MALFORMED;
	text = rd_take(c, span_find(c->rest, d));
	rd_expect(c, d);
	out->endpoint.port = (uint16_t)rd_decimal(c, PORT_DIGITS, UINT16_MAX);
	rd_expect(c, d);
	parse = family == EPRT_IPV4 ? addr_parse_v4(text, &out->endpoint.addr)
				    : addr_parse_v6(text, &out->endpoint.addr);
	out->has_addr = true;
	out->delimiter = d;
	return parse == PARSE_OK ? HOSTPORT_FINE : HOSTPORT_MALFORMED;
}

static void write_extended(struct writer *w, const struct hostport *hp)
{
	bool v4 = addr_is_v4(&hp->endpoint.addr);
	char d = DEFAULT_DELIMITER;
	char text[ADDR_TEXT_MAX];
	size_t len = addr_format(&hp->endpoint.addr, text);

	if (delimiter_fits(hp->delimiter, v4))
		d = (char)hp->delimiter;
	wr_byte(w, d);
	wr_decimal(w, v4 ? EPRT_IPV4 : EPRT_IPV6);
	wr_byte(w, d);
	for (size_t i = 0; i < len; i++)
		wr_byte(w, text[i]);
	wr_byte(w, d);
	wr_decimal(w, hp->endpoint.port);
	wr_byte(w, d);
}

/* 229: <d><d><d>port<d>; the address is the control connection's peer. */
static enum hostport_error read_port_only(struct cursor *c,
					  struct hostport *out)
{
	uint8_t d = rd_u8(c);

	rd_expect(c, d);
	rd_expect(c, d);
	out->endpoint.port = (uint16_t)rd_decimal(c, PORT_DIGITS, UINT16_MAX);
	rd_expect(c, d);
	out->delimiter = d;
	return ascii_is_delimiter(d) ? HOSTPORT_FINE : HOSTPORT_MALFORMED;
}

static void write_port_only(struct writer *w, const struct hostport *hp)
{
	char d = DEFAULT_DELIMITER;

	if (ascii_is_delimiter(hp->delimiter))
		d = (char)hp->delimiter;
	for (int i = 0; i < 3; i++)
		wr_byte(w, d);
	wr_decimal(w, hp->endpoint.port);
	wr_byte(w, d);
}

static const struct form {
	const char *name;
	bool active;
	unsigned int numbers; /* in the shortest list of this form; 0: none */
	enum hostport_error (*read)(struct cursor *c, struct hostport *out);
	void (*write)(struct writer *w, const struct hostport *hp);
} forms[] = {
	[VIA_PORT] = { "PORT", true, 6, read_short, write_short },
	[VIA_EPRT] = { "EPRT", true, 0, read_extended, write_extended },
	[VIA_LPRT] = { "LPRT", true, 9, read_long, write_long },
	[VIA_PASV] = { "PASV", false, 6, read_short, write_short },
	[VIA_EPSV] = { "EPSV", false, 0, read_port_only, write_port_only },
	[VIA_LPSV] = { "LPSV", false, 9, read_long, write_long },
};

/* Read one endpoint from where @c stands, and leave @c behind it. */
static enum hostport_error take(enum via via, struct cursor *c,
				struct hostport *out)
{
	struct hostport hp = { .via = via, .len = c->rest.len };
	enum hostport_error error = forms[via].read(c, &hp);

	if (error != HOSTPORT_FINE)
		return error;
	if (c->bad || hp.endpoint.port == 0)
		return HOSTPORT_MALFORMED;
	hp.len -= c->rest.len;
	*out = hp;
	return HOSTPORT_FINE;
}

enum hostport_error hostport_parse_arg(enum via via, struct span arg,
				       struct hostport *out)
{
	struct cursor c = cursor_of(arg);
	struct hostport hp;
	enum hostport_error error;

	if (!via_is_active(via))
		return HOSTPORT_MALFORMED;
	error = take(via, &c, &hp);
	if (error != HOSTPORT_FINE)
		return error;
	if (c.rest.len > 0)
		return HOSTPORT_MALFORMED;
	*out = hp;
	return HOSTPORT_FINE;
}

/* What was found in the text of a reply. */
struct findings {
	struct hostport last; /* of the well formed ones */
	unsigned int good;
	unsigned int rivals; /* not well formed, but some client may take it */
	bool hint;           /* looks a little like an endpoint */
};

static enum hostport_error judge(const struct findings *f, struct hostport *out)
{
	if (f->good == 1 && f->rivals == 0) {
		*out = f->last;
		return HOSTPORT_FINE;
	}
	if (f->good > 0)
		return HOSTPORT_AMBIGUOUS;
	return f->rivals > 0 || f->hint ? HOSTPORT_MALFORMED : HOSTPORT_MISSING;
}

/* Where @c stands in @text. */
static size_t position(const struct cursor *c, struct span text)
{
	return text.len - c->rest.len;
}

/* A list of numbers in a text, as a lenient reader would see it. */
struct list {
	size_t at, len;
	unsigned int numbers;
	bool bounded; /* what stands before and behind is not a part of it */
};

/* What scanf("%u") skips or takes before a number: blanks and a sign. */
static bool is_padding(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '+' || c == '-';
}

/* Step over the comma between two numbers, and over what scanf() forgives. */
static bool skip_joint(struct cursor *c)
{
	struct cursor ahead = *c;
	bool comma = false;

	while (is_padding(rd_peek(&ahead)) || rd_peek(&ahead) == ',')
		comma |= rd_u8(&ahead) == ',';
	if (!comma || !ascii_is_digit(rd_peek(&ahead)))
		return false;
	*c = ahead;
	return true;
}

/* May the byte before the first digit stand there? After a letter, a dot or a
 * sign ("0x1", "1.2", "-1") readers disagree where the number starts. */
static bool may_precede(int c)
{
	return !ascii_is_letter(c) && c != '.' && c != ',' && c != '+' &&
	       c != '-';
}

/* The next list at or after @c, which is left behind it. */
static bool next_list(struct cursor *c, struct span text, struct list *out)
{
	int before = -1;

	while (c->rest.len > 0 && !ascii_is_digit(rd_peek(c)))
		before = rd_u8(c);
	if (c->rest.len == 0)
		return false;
	out->at = position(c, text);
	out->numbers = 0;
	do {
		while (ascii_is_digit(rd_peek(c)))
			rd_u8(c);
		out->numbers++;
	} while (skip_joint(c));
	out->len = position(c, text) - out->at;
	out->bounded = may_precede(before) && rd_peek(c) != ',';
	return true;
}

/* 227 and 228 */
static void find_lists(enum via via, struct span text, struct findings *f)
{
	struct cursor c = cursor_of(text);
	struct list l;

	while (next_list(&c, text, &l)) {
		struct cursor sub = cursor_of(span_sub(text, l.at, l.len));

		if (l.numbers < forms[via].numbers) {
			/* "1,000 users": no client can read that. */
			f->hint |= l.numbers > 1;
			continue;
		}
		if (!l.bounded || take(via, &sub, &f->last) != HOSTPORT_FINE ||
		    sub.rest.len > 0) {
			f->rivals++;
			continue;
		}
		f->last.at = l.at;
		f->good++;
	}
}

/* Could a lenient reader find "(<d>..<d>..<d>port" where @c stands, behind a
 * "("? With something between the delimiters, or without the last one. */
static bool looks_extended(struct cursor c)
{
	int d = rd_peek(&c);
	unsigned int delimiters = 0;
	bool digit = false;

	while (c.rest.len > 0 && rd_peek(&c) != ')') {
		int byte = rd_u8(&c);

		delimiters += byte == d;
		digit |= ascii_is_digit(byte);
	}
	return ascii_is_delimiter(d) && digit && delimiters >= 3;
}

/* 229 */
static void find_extended(struct span text, struct findings *f)
{
	struct cursor c = cursor_of(text);
	unsigned int seen = 0;

	for (;;) {
		struct cursor ahead;
		struct hostport hp;

		rd_take(&c, span_find(c.rest, '('));
		if (c.rest.len == 0)
			return;
		rd_u8(&c);
		ahead = c;
		if (++seen > PARENTHESES_MAX) {
			f->rivals++;
			return;
		}
		if (take(VIA_EPSV, &ahead, &hp) == HOSTPORT_FINE &&
		    rd_peek(&ahead) == ')') {
			f->last = hp;
			f->last.at = position(&c, text);
			f->good++;
			c = ahead;
		} else {
			f->rivals += looks_extended(c);
		}
	}
}

/* Some clients end a text at a NUL or a bare CR, others leave them out. */
static bool is_cut(struct span text)
{
	return span_find(text, '\0') < text.len ||
	       span_find(text, '\r') < text.len;
}

enum hostport_error hostport_parse_reply(enum via via, struct span text,
					 struct hostport *out)
{
	struct findings f = { .good = 0 };

	if (via_is_active(via) || is_cut(text))
		return HOSTPORT_MALFORMED;
	if (via == VIA_EPSV)
		find_extended(text, &f);
	else
		find_lists(via, text, &f);
	return judge(&f, out);
}

size_t hostport_format(const struct hostport *hp, char out[HOSTPORT_TEXT_MAX])
{
	struct writer w = writer_of(out, HOSTPORT_TEXT_MAX);

	forms[hp->via].write(&w, hp);
	return w.len;
}

bool via_is_active(enum via via)
{
	return forms[via].active;
}

const char *via_name(enum via via)
{
	return forms[via].name;
}

const char *hostport_reason(enum hostport_error error)
{
	static const char *const reason[] = {
		[HOSTPORT_FINE] = "fine",
		[HOSTPORT_MISSING] = "missing",
		[HOSTPORT_MALFORMED] = "malformed",
		[HOSTPORT_AMBIGUOUS] = "ambiguous",
		[HOSTPORT_FAMILY] = "unknown-family",
	};

	return reason[error];
}
