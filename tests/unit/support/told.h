/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event, and how it is told as JSON and in a line for people. */
#ifndef SALLYPORT_TEST_TOLD_H
#define SALLYPORT_TEST_TOLD_H

#include <sallyport/event.h>

/* What every told_event() begins with. */
#define JSON_HEAD(type)                                                       \
	"{\"ts\":\"2025-11-23T10:15:42.000007Z\",\"event\":\"" type           \
	"\",\"session\":7,\"client\":{\"addr\":\"10.1.4.4\",\"port\":40000}," \
	"\"server\":{\"addr\":\"10.2.5.5\",\"port\":21}"
#define TEXT_HEAD "10:15:42.000007 #7 10.1.4.4:40000 > 10.2.5.5:21 "

struct addr told_addr(const char *text);
struct endpoint told_at(const char *addr, uint16_t port);

/* An event of session 7, all else of it zero. */
struct event told_event(enum event_type type);

/* Fails the test unless @e is told exactly so. */
void assert_told(const struct event *e, const char *json, const char *text);

#endif
