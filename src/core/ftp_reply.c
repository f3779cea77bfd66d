/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reply lines of the server: where a reply begins and where it ends. */
#include <sallyport/ftp_reply.h>

#include "ascii.h"

#define CODE_LEN 3
#define CODE_MIN 100
#define CODE_MAX 659 /* RFC 2228 5 adds 6yz, and y goes to 5 (RFC 959 4.2) */

/* "ddd ": what stands before the text. */
#define TEXT_AT 4

/* The code that @line starts with; 0 if it does not start with one. */
static uint16_t code_of(struct span line)
{
	unsigned int code = 0;

	if (line.len < CODE_LEN)
		return 0;
	for (size_t i = 0; i < CODE_LEN; i++) {
		if (!ascii_is_digit(line.at[i]))
			return 0;
		code = code * 10 + (line.at[i] - (unsigned int)'0');
	}
	return code >= CODE_MIN && code <= CODE_MAX ? (uint16_t)code : 0;
}

/* The byte behind the code; the end of the line counts as the space. */
static int separator(struct span line)
{
	return line.len > CODE_LEN ? line.at[CODE_LEN] : ' ';
}

static struct ftp_reply_line step(enum ftp_reply_step kind, uint16_t code,
				  uint32_t lines, struct span line)
{
	struct ftp_reply_line out = { .step = kind, .code = code };

	if (kind == FTP_REPLY_DONE)
		out.lines = lines;
	if (code != 0)
		out.text_at = line.len < TEXT_AT ? line.len : TEXT_AT;
	out.text = span_sub(line, out.text_at, line.len);
	return out;
}

/* A line while no multi-line reply is open. */
static struct ftp_reply_line begin(struct ftp_reply_state *st, struct span line)
{
	uint16_t code = code_of(line);

	if (code != 0 && separator(line) == ' ')
		return step(FTP_REPLY_DONE, code, 1, line);
	if (code != 0 && separator(line) == '-') {
		st->code = code;
		st->lines = 1;
		return step(FTP_REPLY_FIRST, code, 1, line);
	}
	return step(FTP_REPLY_BAD, 0, 0, line);
}

struct ftp_reply_line ftp_reply_take(struct ftp_reply_state *st,
				     struct span line)
{
	uint32_t lines = st->lines + 1;
	uint16_t code = st->code;

	if (code == 0)
		return begin(st, line);
	/* The state stays as it is: what follows inside the endless reply must
	 * not pass for replies. */
	if (lines > FTP_REPLY_LINES_MAX)
		return step(FTP_REPLY_BAD, 0, 0, line);
	st->lines = lines;
	if (code_of(line) != code || separator(line) != ' ')
		return step(FTP_REPLY_INNER, 0, 0, line);
	*st = (struct ftp_reply_state){ .code = 0 };
	return step(FTP_REPLY_DONE, code, lines, line);
}

bool ftp_reply_is_preliminary(uint16_t code)
{
	return code / 100 == 1;
}

bool ftp_reply_is_success(uint16_t code)
{
	return code / 100 == 2;
}

bool ftp_reply_may_name_endpoint(struct span start, size_t *text_at)
{
	struct cursor c = cursor_of(span_sub(start, 0, TEXT_AT));
	static const uint8_t want[TEXT_AT] = { '2', '2', '?', ' ' };

	for (size_t i = 0; c.rest.len > 0; i++) {
		uint8_t byte = rd_u8(&c);

		/* 227 to 229 */
		if (want[i] == '?' ? byte < '7' || byte > '9' : byte != want[i])
			return false;
	}
	*text_at = TEXT_AT;
	return true;
}
