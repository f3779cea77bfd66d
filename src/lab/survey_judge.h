/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a survey's facts mean: for those who will connect, and for the firewall
 * in between. */
#ifndef LAB_SURVEY_JUDGE_H
#define LAB_SURVEY_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/survey.h"

/* In the order in which they are told. */
enum finding {
	FINDING_STOPPED,          /* before any data connection */
	FINDING_EXPIRED,          /* the certificate, or another of its chain */
	FINDING_NOT_YET_VALID,    /* the certificate */
	FINDING_NO_PASSIVE,       /* neither EPSV nor PASV is there */
	FINDING_PASSIVE_FAILS,    /* a passive way was announced, and fails */
	FINDING_RANGE_EXHAUSTED,  /* no passive port was free */
	FINDING_ELSEWHERE,        /* a 227 names another host */
	FINDING_LOW_PORT,         /* a passive port below 1024 */
	FINDING_ACTIVE_FAILS,     /* no active way works */
	FINDING_CERTIFICATE_BAD,  /* it cannot be read */
	FINDING_CERTIFICATE_NAME, /* it is for other names */
	FINDING_SELF_SIGNED,      /* the certificate */
	FINDING_OLD_TLS,          /* below TLS 1.2 */
	FINDING_REUSE_REQUIRED,   /* of TLS sessions, on data connections */
	FINDING_ANY_DATA_PORT,    /* active, from another than the data port */
	FINDING_WIDE_RANGE,       /* hardly one that somebody has set */
	FINDING_TLS_OFFERED,      /* but not used */
	FINDINGS
};

/* The findings of @s: bit 1 << FINDING_... for each. */
uint32_t survey_findings(const struct survey *s);

/* Stable words: "range-exhausted". */
const char *finding_id(enum finding f);

/* A sentence without a full stop. */
const char *finding_text(enum finding f);

/* Does the answer become "no" by it? */
bool finding_is_problem(enum finding f);

/* Is any of @findings a problem? */
bool findings_have_problem(uint32_t findings);

/* An address that has no meaning on the internet (RFC 6890): private, shared,
 * link-local, loopback or unspecified. */
bool addr_is_private(const struct addr *a);

/* Does the first 227 name another host than the server? 0.0.0.0 does not. */
bool survey_elsewhere(const struct survey *s);

/* The ports that all passive ways announced, 0-0: none. */
struct port_range survey_passive_ports(const struct survey *s);

/* RFC 959 3.2: active data connections come from the port before the control
 * port. */
uint16_t survey_data_port(const struct survey *s);

/* A passive or active way that works; false where there is none. */
bool survey_passive_works(const struct survey *s);
bool survey_active_works(const struct survey *s);

#endif
