/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of data endpoints and what the parsers must make of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostport_sample.h"
#include "support.h"

enum hostport_error sample_parse(enum via via, struct span text,
				 struct hostport *out)
{
	return via_is_active(via) ? hostport_parse_arg(via, text, out)
				  : hostport_parse_reply(via, text, out);
}

void sample_check(const struct sample *s)
{
	struct span g = guarded_str(s->text);
	struct hostport hp, untouched;
	char text[ENDPOINT_TEXT_MAX];
	enum hostport_error error;

	memset(&hp, 0xa5, sizeof(hp));
	untouched = hp;
	error = sample_parse(s->via, g, &hp);
	if (error != s->error)
		fail_msg("%s '%s' is %s", via_name(s->via), s->text,
			 hostport_reason(error));
	if (error == HOSTPORT_FINE) {
		endpoint_format(&hp.endpoint, text);
		assert_string_equal(text, s->endpoint);
		assert_int_equal(hp.via, s->via);
		assert_int_equal(hp.has_addr, s->via != VIA_EPSV);
		assert_in_range(hp.len, 1, g.len);
		assert_in_range(hp.at, 0, g.len - hp.len);
	} else {
		assert_memory_equal(&hp, &untouched, sizeof(hp));
	}
	guarded_free(g);
}

void sample_check_all(const struct sample *samples, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sample_check(&samples[i]);
}
