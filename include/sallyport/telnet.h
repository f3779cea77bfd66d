/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telnet sequences in a control line (RFC 854; RFC 959 4.1.3 for ABOR). */
#ifndef SALLYPORT_TELNET_H
#define SALLYPORT_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

struct telnet_line {
	size_t len;      /* bytes written */
	bool seen;       /* at least one IAC was there */
	bool incomplete; /* the line ended inside a sequence */
};

/*
 * Copy @raw (a line without its end) to @out without Telnet commands: IAC IAC
 * is one 0xff, IAC WILL/WONT/DO/DONT takes an option byte, IAC SB runs to
 * IAC SE, any other IAC command is two bytes. @out holds raw.len bytes.
 */
struct telnet_line telnet_strip(struct span raw, uint8_t *out);

#endif
