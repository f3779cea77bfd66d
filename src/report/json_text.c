/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON objects, written straight as text (RFC 8259). */
#include "report/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "report/escape.h"

/* Most events fit. */
#define ROOM_FIRST 512

/* Longest: 2^64 - 1, or the sign and 2^63. */
#define DIGITS_MAX 20

/* @more bytes, and always one more for the NUL. */
static bool has_room(struct json_text *t, size_t more)
{
	size_t room = t->room > 0 ? t->room : ROOM_FIRST;
	char *at;

	if (t->failed)
		return false;
	if (more < t->room - t->len)
		return true;
	while (room - t->len <= more)
		room *= 2;
	at = realloc(t->at, room);
	if (!at) {
		t->failed = true;
		return false;
	}
	t->at = at;
	t->room = room;
	return true;
}

static void put(struct json_text *t, const char *text, size_t len)
{
	if (!has_room(t, len))
		return;
	memcpy(t->at + t->len, text, len);
	t->len += len;
}

static void put_byte(struct json_text *t, char byte)
{
	put(t, &byte, 1);
}

static void put_key(struct json_text *t, const char *key)
{
	const size_t len = strlen(key);

	if (!has_room(t, len + 4))
		return;
	if (t->len > 0 && t->at[t->len - 1] != '{')
		t->at[t->len++] = ',';
	t->at[t->len++] = '"';
	memcpy(t->at + t->len, key, len);
	t->len += len;
	t->at[t->len++] = '"';
	t->at[t->len++] = ':';
}

/* RFC 8259 7: what must not stand in a string as it is. */
static bool is_special(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

static void put_special(struct json_text *t, char c)
{
	static const char digit[] = "0123456789abcdef";
	char code[] = "\\u00..";

	if (c == '"' || c == '\\') {
		put_byte(t, '\\');
		put_byte(t, c);
		return;
	}
	code[4] = digit[c >> 4];
	code[5] = digit[c & 15];
	put(t, code, sizeof(code) - 1);
}

static void put_string(struct json_text *t, const char *text, size_t len)
{
	size_t from = 0;

	put_byte(t, '"');
	for (size_t i = 0; i < len; i++) {
		if (!is_special(text[i]))
			continue;
		put(t, text + from, i - from);
		put_special(t, text[i]);
		from = i + 1;
	}
	put(t, text + from, len - from);
	put_byte(t, '"');
}

static void put_uint(struct json_text *t, uint64_t value)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	put(t, digits + at, sizeof(digits) - at);
}

void json_text_begin(struct json_text *t)
{
	*t = (struct json_text){ 0 };
	put_byte(t, '{');
}

void json_text_word(struct json_text *t, const char *key, const char *word)
{
	if (!word)
		return;
	put_key(t, key);
	put_string(t, word, strlen(word));
}

/* Escaped twice: what is not legible, and then what JSON demands. The first
 * goes behind the text, where there is room for the second. */
void json_text_span(struct json_text *t, const char *key, struct span raw)
{
	const size_t most = ESCAPE_SIZE(raw.len);
	char *shown;
	size_t len;

	put_key(t, key);
	if (!has_room(t, 3 * most))
		return;
	shown = t->at + t->room - most;
	len = escape_text(raw, shown, most);
	put_string(t, shown, len);
}

void json_text_uint(struct json_text *t, const char *key, uint64_t value)
{
	put_key(t, key);
	put_uint(t, value);
}

void json_text_int(struct json_text *t, const char *key, int64_t value)
{
	put_key(t, key);
	if (value < 0)
		put_byte(t, '-');
	put_uint(t, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_text_bool(struct json_text *t, const char *key, bool value)
{
	put_key(t, key);
	if (value)
		put(t, "true", 4);
	else
		put(t, "false", 5);
}

void json_text_addr(struct json_text *t, const char *key, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	const size_t len = addr_format(a, text);

	put_key(t, key);
	put_string(t, text, len);
}

void json_text_endpoint(struct json_text *t, const char *key,
			const struct endpoint *e)
{
	put_key(t, key);
	put_byte(t, '{');
	json_text_addr(t, "addr", &e->addr);
	if (e->port != 0)
		json_text_uint(t, "port", e->port);
	put_byte(t, '}');
}

void json_text_fields(struct json_text *t, const char *object)
{
	const size_t len = object ? strlen(object) : 0;

	if (len < 2) {
		t->failed = true;
		return;
	}
	if (len == 2)
		return;
	if (t->len > 0 && t->at[t->len - 1] != '{')
		put_byte(t, ',');
	put(t, object + 1, len - 2);
}

char *json_text_done(struct json_text *t)
{
	put_byte(t, '}');
	if (t->failed) {
		free(t->at);
		return NULL;
	}
	t->at[t->len] = '\0';
	return t->at;
}
