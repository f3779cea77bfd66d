/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded handshakes, read by other code than the one that is tested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "handshake.h"

#define FOLDER "tests/unit/tls/"

#define HANDSHAKE          22
#define CHANGE_CIPHER_SPEC 20

struct span handshake_stream(const char *name)
{
	static uint8_t bytes[HANDSHAKE_STREAM_MAX];
	char path[128];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	len = fread(bytes, 1, sizeof(bytes), f);
	assert_in_range(len, 1, sizeof(bytes) - 1);
	fclose(f);
	return span_of(bytes, len);
}

static size_t be16(const uint8_t *b)
{
	return (size_t)b[0] << 8 | b[1];
}

/* The bodies of all handshake records up to the ChangeCipherSpec. */
static size_t join_records(struct span stream, uint8_t *out)
{
	const uint8_t *b = stream.at, *end = b + stream.len;
	size_t len = 0;

	for (; b < end && b[0] != CHANGE_CIPHER_SPEC; b += 5 + be16(b + 3)) {
		if (b[0] != HANDSHAKE)
			continue;
		memcpy(out + len, b + 5, be16(b + 3));
		len += be16(b + 3);
	}
	return len;
}

struct span handshake_message(const char *name, uint8_t type)
{
	static uint8_t joined[HANDSHAKE_STREAM_MAX];
	size_t len = join_records(handshake_stream(name), joined), at = 0;

	while (at < len && joined[at] != type)
		at += 4 + be16(joined + at + 2);
	if (at >= len)
		fail_msg("%s has no message %d", name, type);
	return span_of(joined + at + 4, be16(joined + at + 2));
}
