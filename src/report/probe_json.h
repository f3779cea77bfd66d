/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A survey of an FTP server as JSON. */
#ifndef REPORT_PROBE_JSON_H
#define REPORT_PROBE_JSON_H

#include <jansson.h>

#include "lab/survey.h"

/*
 * One object, which the caller owns; NULL if there is no memory. Members that
 * make no sense for what was found out are left out:
 *
 *	url        without user and password
 *	well       true: no finding is a problem
 *	server, client, addresses
 *	greeting   {code, text}
 *	features   FEAT's lines
 *	tls        {version, cipher}
 *	certificate  report/certificate_json.h's, or {error}
 *	login      {user, protected}
 *	ways       by command: {works, announced, ports, addr, private,
 *	           elsewhere, from, to, bytes, more, tls, resumed, stop}
 *	session_reuse  "required" or "not-required"
 *	stop       {stage, reason, code, text, error}, null if it went on
 *	findings   [{id, problem, text}]
 *	advice     {config, rules, rules_without_sallyport}, each a text
 *
 * No password is in it; text from the network is escaped.
 */
json_t *probe_json(const struct survey *s);

#endif
