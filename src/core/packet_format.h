/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading and writing of headers share. */
#ifndef CORE_PACKET_FORMAT_H
#define CORE_PACKET_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include <sallyport/span.h>

#define IPV4_HEADER_MIN  20
#define IPV6_HEADER      40
#define TCP_HEADER_MIN   20
#define PROTO_TCP        6
#define TCPOPT_NOP       1
#define TCPOPT_TIMESTAMP 8

/* Sum of the pseudo header of @ip, an IPv4 or IPv6 packet whose TCP part is
 * @tcp_len long (RFC 9293 3.1, RFC 8200 8.1). */
uint64_t packet_pseudo_sum(struct span ip, size_t tcp_len);

#endif
