/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate chain's facts for people. */
#include "report/certificate_text.h"

#include <inttypes.h>
#include <time.h>

#include "report/escape.h"

/* 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define FIRST_SECOND (-62167219200)
#define LAST_SECOND  253402300799

#define DATE_LEN ((int)sizeof("YYYY-MM-DD") - 1)

size_t certificate_time(int64_t seconds, char out[CERTIFICATE_TIME_MAX])
{
	time_t t = seconds < FIRST_SECOND  ? FIRST_SECOND
		   : seconds > LAST_SECOND ? LAST_SECOND
					   : seconds;
	struct tm tm;
	size_t len;

	gmtime_r(&t, &tm);
	/* strftime() would not fill the year with zeros. */
	len = (size_t)snprintf(out, CERTIFICATE_TIME_MAX, "%04u",
			       (unsigned int)(tm.tm_year + 1900) % 10000);
	return len + strftime(out + len, CERTIFICATE_TIME_MAX - len,
			      "-%m-%dT%H:%M:%SZ", &tm);
}

static void put_name(FILE *to, const struct certificate_name *name)
{
	char shown[ESCAPE_SIZE(CERTIFICATE_NAME_MAX)];

	escape_text(certificate_name_span(name), shown, sizeof(shown));
	fputs(shown, to);
}

static void put_date(FILE *to, int64_t seconds)
{
	char text[CERTIFICATE_TIME_MAX];

	certificate_time(seconds, text);
	fprintf(to, "%.*s", DATE_LEN, text);
}

/* RFC 5280 4.1.2.6: the subject may be empty if there are other names. */
static void put_whose(FILE *to, const struct certificate *c)
{
	uint32_t more = c->san_count - 1 + c->san_more;

	if (c->subject.len > 0) {
		put_name(to, &c->subject);
	} else if (c->san_count == 0) {
		fputs("for nobody", to);
	} else {
		fputs("for ", to);
		put_name(to, &c->san[0]);
		if (more > 0)
			fprintf(to, " and %" PRIu32 " more", more);
	}
}

/* Between "(" and ")", with commas. */
static void put_next(FILE *to, bool *any)
{
	fputs(*any ? ", " : " (", to);
	*any = true;
}

static void put_faults(FILE *to, const struct certificate *c)
{
	bool any = false;

	if (c->expired) {
		put_next(to, &any);
		fputs("EXPIRED", to);
	}
	if (c->not_yet_valid) {
		put_next(to, &any);
		fputs("NOT VALID BEFORE ", to);
		put_date(to, c->not_before);
	}
	if (c->self_signed) {
		put_next(to, &any);
		fputs("self-signed", to);
	}
	if (c->name_mismatch || c->address_mismatch) {
		put_next(to, &any);
		fputs("not for \"", to);
		put_name(to, &c->wanted);
		fputc('"', to);
	}
	if (any)
		fputc(')', to);
}

void certificate_facts_text(FILE *to, const struct certificate *c)
{
	put_whose(to, c);
	fputs(", issued by ", to);
	if (c->issuer.len > 0)
		put_name(to, &c->issuer);
	else
		fputs("nobody", to);
	fprintf(to, ", %s, valid until ", c->key);
	put_date(to, c->not_after);
	put_faults(to, c);
}

void certificate_text(FILE *to, const struct certificate *c, bool server)
{
	fputs(server ? "certificate server " : "certificate client ", to);
	certificate_facts_text(to, c);
}
