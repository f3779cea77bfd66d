/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a scripted conversation stopped, for people and as JSON. */
#ifndef REPORT_PROBE_STOP_H
#define REPORT_PROBE_STOP_H

#include <stdio.h>

#include <jansson.h>

#include "lab/stop.h"

/*
 * Without a newline: "data connect: timeout", "AUTH: refused: 530 Please
 * login", "connect: broken: Connection refused". Network text is escaped.
 */
void stop_text(FILE *to, const struct stop *s);

/*
 * {"stage": "AUTH", "reason": "refused", "code": 530, "text": "Please login"};
 * `code`, `text` and `error` (the system's words) where there are any. A new
 * value, null where it did not stop; NULL if there is no memory.
 */
json_t *stop_json(const struct stop *s);

#endif
