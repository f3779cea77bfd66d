/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of configuration values: reading and writing of each together. */
#include "io/config_value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "report/escape.h"

#define US_PER_S   1000000u
#define DIGITS_U32 10

/* A bad value is shown up to here; enough to find it in its line. */
#define QUOTE_MAX 40

bool value_refuse(char *why, struct span text, const char *fmt, ...)
{
	char shown[QUOTE_MAX + 1];
	va_list args;
	size_t len;

	escape_text(text, shown, sizeof(shown));
	snprintf(why, SCHEMA_WHY_MAX, "'%s%s' ", shown,
		 text.len > QUOTE_MAX ? "..." : "");
	len = strlen(why);
	va_start(args, fmt);
	vsnprintf(why + len, SCHEMA_WHY_MAX - len, fmt, args);
	va_end(args);
	return false;
}

static void store_uint(void *at, size_t size, uint64_t value)
{
	uint16_t narrow = (uint16_t)value;
	uint32_t middle = (uint32_t)value;

	if (size == sizeof(narrow))
		memcpy(at, &narrow, size);
	else if (size == sizeof(middle))
		memcpy(at, &middle, size);
	else
		memcpy(at, &value, sizeof(value));
}

static uint64_t fetch_uint(const void *at, size_t size)
{
	uint16_t narrow;
	uint32_t middle;
	uint64_t wide;

	if (size == sizeof(narrow)) {
		memcpy(&narrow, at, size);
		return narrow;
	}
	if (size == sizeof(middle)) {
		memcpy(&middle, at, size);
		return middle;
	}
	memcpy(&wide, at, sizeof(wide));
	return wide;
}

bool value_at_end(const struct cursor *c)
{
	return !c->bad && c->rest.len == 0;
}

static bool number_parse(const struct schema_row *row, struct span text,
			 void *at, char *why)
{
	struct cursor c = cursor_of(text);
	uint32_t value = rd_decimal(&c, DIGITS_U32, UINT32_MAX);

	if (!value_at_end(&c) || value < row->lo || value > row->hi)
		return value_refuse(why, text,
				    "is not a whole number from %" PRIu64
				    " to %" PRIu64,
				    row->lo, row->hi);
	store_uint(at, row->size, value);
	return true;
}

static void number_print(FILE *to, const struct schema_row *row, const void *at)
{
	fprintf(to, "%" PRIu64, fetch_uint(at, row->size));
}

/* Up to eight hexadecimal digits of either case; sets bad like rd_decimal(). */
static uint32_t read_hex(struct cursor *c)
{
	uint32_t value = 0;
	size_t digits = c->rest.len;

	if (digits == 0 || digits > 8)
		c->bad = true;
	while (!c->bad && c->rest.len > 0) {
		uint8_t b = rd_u8(c);
		uint8_t low = b | 0x20;

		if (b >= '0' && b <= '9')
			value = value << 4 | (uint32_t)(b - '0');
		else if (low >= 'a' && low <= 'f')
			value = value << 4 | (uint32_t)(low - 'a' + 10);
		else
			c->bad = true;
	}
	return value;
}

static bool mark_parse(const struct schema_row *row, struct span text, void *at,
		       char *why)
{
	struct cursor c = cursor_of(text);
	uint32_t value;

	if (span_equal(span_sub(text, 0, 2), span_str("0x"))) {
		rd_take(&c, 2);
		value = read_hex(&c);
	} else {
		value = rd_decimal(&c, DIGITS_U32, UINT32_MAX);
	}
	if (!value_at_end(&c) || value < row->lo || value > row->hi)
		return value_refuse(why, text,
				    "is not a mark; write a number from 1 to "
				    "0xffffffff, such as 0x1000");
	store_uint(at, row->size, value);
	return true;
}

static void mark_print(FILE *to, const struct schema_row *row, const void *at)
{
	fprintf(to, "0x%" PRIx64, fetch_uint(at, row->size));
}

static bool bool_parse(const struct schema_row *row, struct span text, void *at,
		       char *why)
{
	bool value = span_equal(text, span_str("true"));

	(void)row;
	if (!value && !span_equal(text, span_str("false")))
		return value_refuse(
			why, text,
			"is neither true nor false; write one of them");
	memcpy(at, &value, sizeof(value));
	return true;
}

static void bool_print(FILE *to, const struct schema_row *row, const void *at)
{
	(void)row;
	fputs(*(const bool *)at ? "true" : "false", to);
}

static bool word_parse(const struct schema_row *row, struct span text, void *at,
		       char *why)
{
	char known[SCHEMA_WHY_MAX / 2] = "";
	size_t len = 0;

	for (const struct schema_word *w = row->words; w->text; w++) {
		if (span_equal(text, span_str(w->text))) {
			store_uint(at, row->size, w->value);
			return true;
		}
		snprintf(known + len, sizeof(known) - len, "%s%s",
			 len ? ", " : "", w->text);
		len = strlen(known);
	}
	return value_refuse(why, text, "is not known; write one of: %s", known);
}

static void word_print(FILE *to, const struct schema_row *row, const void *at)
{
	uint64_t value = fetch_uint(at, row->size);

	for (const struct schema_word *w = row->words; w->text; w++) {
		/* Other readers of YAML would make a number of "1.2". */
		bool quote = w->text[0] >= '0' && w->text[0] <= '9';

		if (w->value == value)
			fprintf(to, quote ? "\"%s\"" : "%s", w->text);
	}
}

static const struct {
	uint8_t suffix;
	uint32_t seconds;
} duration_unit[] = { { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

#define DURATION_UNITS (sizeof(duration_unit) / sizeof(duration_unit[0]))

static bool duration_parse(const struct schema_row *row, struct span text,
			   void *at, char *why)
{
	struct cursor c = cursor_of(text);
	uint64_t value = rd_decimal(&c, DIGITS_U32, UINT32_MAX);
	uint8_t suffix = rd_u8(&c);
	uint64_t seconds = 0;

	for (size_t i = 0; i < DURATION_UNITS; i++)
		if (suffix == duration_unit[i].suffix)
			seconds = duration_unit[i].seconds;
	if (!value_at_end(&c) || seconds == 0)
		return value_refuse(
			why, text,
			"is not a duration; write a number with s, m or "
			"h, such as 60s");
	value *= seconds;
	if (value < row->lo || value > row->hi)
		return value_refuse(why, text,
				    "is not a duration from %" PRIu64
				    "s to %" PRIu64 "s",
				    row->lo, row->hi);
	store_uint(at, row->size, value * US_PER_S);
	return true;
}

static void duration_print(FILE *to, const struct schema_row *row,
			   const void *at)
{
	fprintf(to, "%" PRIu64 "s", fetch_uint(at, row->size) / US_PER_S);
}

/* Copy a text of @least bytes or more, each of which @fits, if there is room. */
static bool text_take(const struct schema_row *row, struct span text,
		      size_t least, bool (*fits)(uint8_t b), void *at)
{
	if (text.len < least || text.len >= row->size)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!fits(text.at[i]))
			return false;
	memset(at, 0, row->size);
	memcpy(at, text.at, text.len);
	return true;
}

static bool is_name_byte(uint8_t b)
{
	uint8_t low = b | 0x20;

	return (low >= 'a' && low <= 'z') || (b >= '0' && b <= '9') ||
	       b == '.' || b == '_' || b == '-';
}

/* Names go into events, rule comments and set names: nothing to quote there. */
static bool name_parse(const struct schema_row *row, struct span text, void *at,
		       char *why)
{
	if (!text_take(row, text, 1, is_name_byte, at))
		return value_refuse(
			why, text,
			"is not a name; write 1 to %zu letters, digits "
			"or . _ -",
			row->size - 1);
	return true;
}

/* Printable ASCII that needs no quoting between double quotes in YAML. */
static bool is_path_byte(uint8_t b)
{
	return b > ' ' && b < 0x7f && b != '"' && b != '\\';
}

static bool path_parse(const struct schema_row *row, struct span text, void *at,
		       char *why)
{
	if (text.len == 0 && row->hi) {
		*(char *)at = '\0';
		return true;
	}
	/* Behind the slash there is something. */
	if (span_find(text, '/') != 0 ||
	    !text_take(row, text, 2, is_path_byte, at))
		return value_refuse(
			why, text,
			"is not a path; write an absolute one of at most "
			"%zu bytes without spaces or quotes",
			row->size - 1);
	return true;
}

static void text_print(FILE *to, const struct schema_row *row, const void *at)
{
	(void)row;
	fprintf(to, "\"%s\"", (const char *)at);
}

static const struct {
	bool (*parse)(const struct schema_row *row, struct span text, void *at,
		      char *why);
	void (*print)(FILE *to, const struct schema_row *row, const void *at);
} type_ops[] = {
	[SCHEMA_NUMBER] = { number_parse, number_print },
	[SCHEMA_MARK] = { mark_parse, mark_print },
	[SCHEMA_BOOL] = { bool_parse, bool_print },
	[SCHEMA_WORD] = { word_parse, word_print },
	[SCHEMA_DURATION] = { duration_parse, duration_print },
	[SCHEMA_NAME] = { name_parse, text_print },
	[SCHEMA_PATH] = { path_parse, text_print },
	[SCHEMA_ADDR] = { value_addr_parse, value_addr_print },
	[SCHEMA_PREFIX] = { value_prefix_parse, value_prefix_print },
	[SCHEMA_RANGE] = { value_range_parse, value_range_print },
	[SCHEMA_ENDPOINT] = { value_endpoint_parse, value_endpoint_print },
};

bool schema_parse(const struct schema_row *row, struct span text, void *at,
		  char why[SCHEMA_WHY_MAX])
{
	return type_ops[row->type].parse(row, text, at, why);
}

void schema_print(FILE *to, const struct schema_row *row, const void *at)
{
	type_ops[row->type].print(to, row, at);
}

bool schema_is_set(const struct schema_row *row, const void *at)
{
	if (row->type == SCHEMA_ENDPOINT)
		return ((const struct endpoint *)at)->port != 0;
	if (row->type == SCHEMA_NAME)
		return *(const char *)at != '\0';
	if (row->type != SCHEMA_RANGE)
		return true;
	return ((const struct port_range *)at)->lo != 0;
}
