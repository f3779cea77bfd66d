/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known packets: see known.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "known.h"

const char known_syn4[] =
	"4500003c1c4640004006016b0a0104040a0205059dd40015deadbeef"
	"00000000a002faf0f0940000020405b40402080a000003e800000000"
	"01030307";

const char known_port4[] =
	"4500004a1c4640004006015d0a0104040a0205059dd40015deadbef0"
	"01020304801801f631df00000101080a11223344aabbccdd504f5254"
	"2031302c312c342c342c31392c3133370d0a";

const char known_odd4[] =
	"4500002f1c464000400601780a0205050a01040400159dd400000007"
	"00000008501801f617100000323030206f6b0a";

const char known_sack6[] =
	"60012345003c0640fc000010000100040000000000000004fc000010"
	"0002000500000000000000059dd4001500000001fffffff0f01001f5"
	"649400000101080a00000001000000020101051afffffffa00000005"
	"00000064000000c80000012c00000190";

const char known_ext6[] =
	"6001234500320040fc000010000100040000000000000004fc000010"
	"0002000500000000000000053c000104000000000601010c00000000"
	"00000000000000009dd40015000000090000000a501801f571ee0000"
	"455053560d0a";

const struct known_packet known_packet[KNOWN_PACKETS] = {
	{ known_syn4, "10.1.4.4", "10.2.5.5", 40404, 21, 0xdeadbeef, 0, 1000, 0,
	  20, 60, "", 64240, 1460, TCP_SYN, 0, true, 1 },
	{ known_port4, "10.1.4.4", "10.2.5.5", 40404, 21, 0xdeadbef0,
	  0x01020304, 0x11223344, 0xaabbccdd, 20, 52,
	  "PORT 10,1,4,4,19,137\r\n", 502, 0, TCP_PSH | TCP_ACK, 0, true, 22 },
	{ known_odd4, "10.2.5.5", "10.1.4.4", 21, 40404, 7, 8, 0, 0, 20, 40,
	  "200 ok\n", 502, 0, TCP_PSH | TCP_ACK, 0, false, 7 },
	{ known_sack6, "fc00:10:1:4::4", "fc00:10:2:5::5", 40404, 21, 1,
	  0xfffffff0, 1, 2, 40, 100, "", 501, 0, TCP_ACK, 3, true, 0 },
	{ known_ext6, "fc00:10:1:4::4", "fc00:10:2:5::5", 40404, 21, 9, 10, 0,
	  0, 64, 84, "EPSV\r\n", 501, 0, TCP_PSH | TCP_ACK, 0, false, 6 },
};

size_t known_unhex(const char *hex, uint8_t *out)
{
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return len;
}

static uint16_t naive_sum(uint32_t sum, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Both checksums of a whole packet, without the engine's help. */
bool known_sums_right(const uint8_t *b, size_t len, size_t tcp_at)
{
	bool v4 = b[0] >> 4 == 4;
	uint32_t sum = (uint32_t)(6 + len - tcp_at);

	sum = naive_sum(sum, b + (v4 ? 12 : 8), v4 ? 8 : 32);
	if (naive_sum(sum, b + tcp_at, len - tcp_at) != 0xffff)
		return false;
	return !v4 || naive_sum(0, b, (b[0] & 15u) * 4) == 0xffff;
}

/* A packet with some bytes changed. */
enum packet_kind known_changed(const char *hex, size_t at, const char *to,
			       struct packet *p)
{
	static uint8_t b[256];
	size_t len = known_unhex(hex, b);

	known_unhex(to, b + at);
	return packet_decode(span_of(b, len), p);
}
