/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What network address translation does to one packet. */
#ifndef REPLAY_TRANSLATE_H
#define REPLAY_TRANSLATE_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/packet.h>

/*
 * Write @p with other ends into @out (room for p->ip.len bytes). TCP's
 * checksum follows by what has changed (RFC 1624), so that a wrong one stays
 * wrong; IPv4's is made anew. An address of another family than the packet's
 * is left as it was. Gives the length.
 */
size_t translate(const struct packet *p, const struct endpoint *src,
		 const struct endpoint *dst, uint8_t *out);

#endif
