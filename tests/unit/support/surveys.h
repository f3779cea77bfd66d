/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Surveys of the scripted server. Include it after cmocka's own headers. */
#ifndef SUPPORT_SURVEYS_H
#define SUPPORT_SURVEYS_H

#include "lab/survey.h"
#include "lab_peers.h"

/* Start a server as @spec has it, survey it as LAB_USER and stop it. @active,
 * @ms: as in survey_spec; 0: times that are not reached. The result is the
 * same memory each time. */
const struct survey *survey_of(const struct server_spec *spec,
			       enum client_tls tls, bool active, uint32_t ms);

/* Fails the test unless the findings of @s are these and no others: ids with
 * one space between them, "" for none. */
void assert_findings(const struct survey *s, const char *ids);

#endif
