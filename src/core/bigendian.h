/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in network order, where the length has been checked already. */
#ifndef SALLYPORT_CORE_BIGENDIAN_H
#define SALLYPORT_CORE_BIGENDIAN_H

#include <stdint.h>

static inline uint16_t be16(const uint8_t b[2])
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t be32(const uint8_t b[4])
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

#endif
