/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Surveys of the scripted server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lab/survey_judge.h"
#include "surveys.h"

/* Reached by nothing on loopback. */
#define LONG_MS 5000

const struct survey *survey_of(const struct server_spec *spec,
			       enum client_tls tls, bool active, uint32_t ms)
{
	static struct survey s;
	struct endpoint at = lab_start(spec);
	struct url url = { .tls = tls,
			   .is_addr = true,
			   .addr = at.addr,
			   .port = at.port,
			   .user = LAB_USER,
			   .password = LAB_PASSWORD };
	struct survey_spec how = { .url = &url, .active = active };

	ms = ms ? ms : LONG_MS;
	how.times = (struct client_times){ ms, ms, ms, ms, ms };
	addr_format(&at.addr, url.host);
	survey_run(&how, &s);
	lab_stop(NULL);
	return &s;
}

void assert_findings(const struct survey *s, const char *ids)
{
	uint32_t found = survey_findings(s);
	char text[1024] = "";

	for (unsigned int i = 0; i < FINDINGS; i++)
		if (found & 1u << i)
			snprintf(text + strlen(text),
				 sizeof(text) - strlen(text), "%s%s",
				 *text ? " " : "", finding_id(i));
	assert_string_equal(text, ids);
}
