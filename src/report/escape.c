/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Make text printable: valid UTF-8 without anything that steers a terminal. */
#include "report/escape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The longest escape of one character: four bytes of UTF-8 as \xNN each. */
#define PIECE_MAX 16

/* A UTF-8 sequence by its first byte (RFC 3629 3). */
static const struct utf8_form {
	uint8_t mask, lead, len;
	uint32_t least; /* anything below has a shorter form */
} utf8_form[] = {
	{ 0x80, 0x00, 1, 0 },
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

/* Characters that are invisible, or that change how others are shown. */
static const struct {
	uint32_t lo, hi;
} illegible[] = {
	{ 0x00, 0x1f },       /* C0 controls */
	{ 0x7f, 0x9f },       /* DEL and the C1 controls */
	{ 0xad, 0xad },       /* soft hyphen */
	{ 0x61c, 0x61c },     /* Arabic letter mark */
	{ 0x200b, 0x200f },   /* zero width; direction marks */
	{ 0x2028, 0x202e },   /* line separators; direction overrides */
	{ 0x2060, 0x206f },   /* invisible operators; direction isolates */
	{ 0xd800, 0xdfff },   /* surrogates: not UTF-8 (RFC 3629 3) */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff0, 0xfffb },   /* interlinear annotation */
	{ 0xfffe, 0xffff },   /* no characters */
	{ 0xe0000, 0xe0fff }, /* tags */
	{ 0x10ffff, UINT32_MAX },
};

/* Bytes of the well-formed UTF-8 character at @at; 0 if there is none. */
static size_t utf8_take(struct span raw, size_t at, uint32_t *code)
{
	const struct utf8_form *form = utf8_form;
	const uint8_t *b = raw.at + at;

	while ((b[0] & form->mask) != form->lead)
		if (++form == utf8_form + 4)
			return 0;
	if (form->len > raw.len - at)
		return 0;
	*code = b[0] & (uint8_t)~form->mask;
	for (size_t i = 1; i < form->len; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (b[i] & 0x3f);
	}
	return *code >= form->least ? form->len : 0;
}

static bool is_legible(uint32_t code)
{
	for (size_t i = 0; i < sizeof(illegible) / sizeof(illegible[0]); i++)
		if (code >= illegible[i].lo && code <= illegible[i].hi)
			return false;
	return true;
}

static size_t escape_byte(uint8_t byte, char *out)
{
	static const char digit[] = "0123456789abcdef";
	static const char brief[][2] = {
		{ '\r', 'r' }, { '\n', 'n' }, { '\t', 't' }, { '\\', '\\' }
	};

	out[0] = '\\';
	for (size_t i = 0; i < sizeof(brief) / sizeof(brief[0]); i++) {
		if (byte == (uint8_t)brief[i][0]) {
			out[1] = brief[i][1];
			return 2;
		}
	}
	out[1] = 'x';
	out[2] = digit[byte >> 4];
	out[3] = digit[byte & 15];
	return 4;
}

/* Escape one character, or one byte that is none; gives the bytes taken. */
static size_t escape_one(struct span raw, size_t at, char *piece, size_t *len)
{
	uint32_t code = 0;
	size_t n = utf8_take(raw, at, &code);
	size_t taken = n ? n : 1;

	*len = 0;
	if (n && code != '\\' && is_legible(code)) {
		memcpy(piece, raw.at + at, n);
		*len = n;
		return n;
	}
	for (size_t i = 0; i < taken; i++)
		*len += escape_byte(raw.at[at + i], piece + *len);
	return taken;
}

/* How many bytes from @at on stay as they are: most text is ASCII. */
static size_t plain(struct span raw, size_t at)
{
	size_t end = at;

	while (end < raw.len && raw.at[end] >= ' ' && raw.at[end] < 0x7f &&
	       raw.at[end] != '\\')
		end++;
	return end - at;
}

size_t escape_text(struct span raw, char *out, size_t size)
{
	char piece[PIECE_MAX];
	size_t done = 0, len = 0;

	for (size_t at = 0; at < raw.len;) {
		len = plain(raw, at);
		if (len >= size - done)
			len = size - done - 1;
		memcpy(out + done, raw.at + at, len);
		done += len;
		at += len;
		if (at == raw.len)
			break;
		at += escape_one(raw, at, piece, &len);
		if (len >= size - done)
			break;
		memcpy(out + done, piece, len);
		done += len;
	}
	out[done] = '\0';
	return done;
}

char *escape_dup(struct span raw)
{
	char *out = malloc(ESCAPE_SIZE(raw.len));

	if (out)
		escape_text(raw, out, ESCAPE_SIZE(raw.len));
	return out;
}
