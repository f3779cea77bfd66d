/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Internet checksum (RFC 1071). */
#ifndef SALLYPORT_CHECKSUM_H
#define SALLYPORT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

/* Add @s to a running sum. Only the last part of a whole may be odd. */
uint64_t checksum_add(uint64_t sum, struct span s);

/* Add one 16 bit value in host order. */
uint64_t checksum_add16(uint64_t sum, uint16_t value);

/* The checksum of all that was added, ready to be stored with memcpy. Over
 * data that holds its own right checksum the result is 0. */
uint16_t checksum_finish(uint64_t sum);

/* Set the checksum of the IPv4 header at @ip, which is whole (RFC 791 3.1). */
void checksum_set_ipv4(uint8_t *ip);

#endif
