/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telnet commands taken out of a control line. */
#include <sallyport/telnet.h>

/* RFC 854, "TELNET COMMAND STRUCTURE". */
enum {
	TELNET_SE = 240,
	TELNET_SB = 250,
	TELNET_WILL = 251,
	TELNET_DONT = 254,
	TELNET_IAC = 255,
};

/* Take what follows an IAC; false: it was IAC IAC, one byte of data. */
static bool take_command(struct cursor *c)
{
	uint8_t command = rd_u8(c);

	if (command == TELNET_IAC)
		return false;
	if (command >= TELNET_WILL && command <= TELNET_DONT)
		rd_u8(c);
	if (command == TELNET_SB) {
		/* Inside, IAC quotes one byte unless that is SE. */
		do {
			rd_take(c, span_find(c->rest, TELNET_IAC));
			rd_expect(c, TELNET_IAC);
			command = rd_u8(c);
		} while (!c->bad && command != TELNET_SE);
	}
	return true;
}

struct telnet_line telnet_strip(struct span raw, uint8_t *out)
{
	struct cursor c = cursor_of(raw);
	struct telnet_line line = { .len = 0 };

	while (c.rest.len > 0) {
		uint8_t byte = rd_u8(&c);

		if (byte == TELNET_IAC) {
			line.seen = true;
			if (take_command(&c))
				continue;
		}
		out[line.len++] = byte;
	}
	line.incomplete = c.bad;
	return line;
}
