/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a survey's facts mean. */
#include "lab/survey_judge.h"

#include <netinet/in.h>

#include "io/clock.h"

/* TLS 1.2, as a wire value. */
#define TLS_1_2 0x0303

#define US_PER_S 1000000u

/* Linux gives 28232 ports to whoever asks for any, others 16384: a range that
 * somebody has set is smaller, as each of its ports has to be opened. */
#define WIDE_RANGE 5000

/* RFC 959 5.4: 421 and 425 are what servers say when no port is free. */
#define NO_SERVICE  421
#define NO_DATA     425
/* What vsftpd says then, before it closes. */
#define VSFTPD_OOPS "OOPS: vsf_sysutil_bind"

static const enum via passive_ways[] = { VIA_EPSV, VIA_PASV };
static const enum via active_ways[] = { VIA_EPRT, VIA_PORT };

#define WAYS 2

/* --- addresses and ports -------------------------------------------------------------- */

/* The prefix length of IPv4's /0 (see struct prefix). */
#define V4 96

bool addr_is_private(const struct addr *a)
{
	static const struct {
		const char *addr;
		uint8_t len;
	} table[] = {
		{ "0.0.0.0", V4 + 8 },
		{ "10.0.0.0", V4 + 8 },
		{ "100.64.0.0", V4 + 10 },
		{ "127.0.0.0", V4 + 8 },
		{ "169.254.0.0", V4 + 16 },
		{ "172.16.0.0", V4 + 12 },
		{ "192.168.0.0", V4 + 16 },
		{ "::", 127 },
		{ "fc00::", 7 },
		{ "fe80::", 10 },
	};
	struct prefix p;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		p.len = table[i].len;
		if (addr_parse(span_str(table[i].addr), &p.addr) == PARSE_OK &&
		    prefix_contains(&p, a))
			return true;
	}
	return false;
}

bool survey_elsewhere(const struct survey *s)
{
	const struct survey_way *way = &s->way[VIA_PASV];

	return way->has_addr && !addr_is_unspecified(&way->addr) &&
	       !addr_equal(&way->addr, &s->server.addr);
}

struct port_range survey_passive_ports(const struct survey *s)
{
	struct port_range all = { 0, 0 };

	for (size_t i = 0; i < WAYS; i++) {
		const struct survey_way *way = &s->way[passive_ways[i]];

		if (way->announced == 0)
			continue;
		if (all.lo == 0 || way->ports.lo < all.lo)
			all.lo = way->ports.lo;
		if (way->ports.hi > all.hi)
			all.hi = way->ports.hi;
	}
	return all;
}

uint16_t survey_data_port(const struct survey *s)
{
	return (uint16_t)(s->server.port - 1);
}

static bool any_works(const struct survey *s, const enum via ways[WAYS])
{
	return survey_way_works(s, ways[0]) || survey_way_works(s, ways[1]);
}

bool survey_passive_works(const struct survey *s)
{
	return any_works(s, passive_ways);
}

bool survey_active_works(const struct survey *s)
{
	return any_works(s, active_ways);
}

/* --- findings: each a question -------------------------------------------------------------- */

static bool is_stopped(const struct survey *s)
{
	return s->stop.reason != STOP_NOT;
}

static bool has_certificate(const struct survey *s)
{
	return s->secured && s->certificate_result == CERTIFICATE_OK;
}

static bool is_expired(const struct survey *s)
{
	int64_t now = (int64_t)(clock_now_us() / US_PER_S);

	return has_certificate(s) && now > s->certificate.chain_not_after;
}

static bool is_not_yet_valid(const struct survey *s)
{
	return has_certificate(s) && s->certificate.not_yet_valid;
}

static bool is_unreadable(const struct survey *s)
{
	return s->secured && s->certificate_result != CERTIFICATE_OK;
}

static bool has_other_names(const struct survey *s)
{
	return has_certificate(s) && (s->certificate.name_mismatch ||
				      s->certificate.address_mismatch);
}

static bool is_self_signed(const struct survey *s)
{
	return has_certificate(s) && s->certificate.self_signed;
}

static bool is_old_tls(const struct survey *s)
{
	return s->secured && s->tls.version < TLS_1_2;
}

static bool is_exhausted(const struct survey_way *way)
{
	struct span text = span_of(way->stop.text, way->stop.text_len);

	return way->tried && way->stop.stage == STAGE_ENDPOINT &&
	       (way->stop.code == NO_DATA || way->stop.code == NO_SERVICE ||
		span_equal(text, span_str(VSFTPD_OOPS)));
}

static bool range_is_exhausted(const struct survey *s)
{
	return is_exhausted(&s->way[VIA_EPSV]) ||
	       is_exhausted(&s->way[VIA_PASV]);
}

/* Every passive way that was tried was refused as such. */
static bool has_no_passive(const struct survey *s)
{
	bool tried = false;

	for (size_t i = 0; i < WAYS; i++) {
		const struct survey_way *way = &s->way[passive_ways[i]];

		if (way->tried &&
		    (way->announced > 0 || way->stop.reason != STOP_REFUSED))
			return false;
		tried = tried || way->tried;
	}
	return tried && !range_is_exhausted(s);
}

static bool passive_fails(const struct survey *s)
{
	for (size_t i = 0; i < WAYS; i++) {
		const struct survey_way *way = &s->way[passive_ways[i]];

		if (way->tried && way->stop.reason != STOP_NOT &&
		    (way->announced > 0 || way->stop.reason != STOP_REFUSED) &&
		    !is_exhausted(way))
			return true;
	}
	return false;
}

static bool has_low_port(const struct survey *s)
{
	struct port_range r = survey_passive_ports(s);

	return r.lo != 0 && r.lo < IPPORT_RESERVED;
}

static bool is_wide(const struct survey *s)
{
	struct port_range r = survey_passive_ports(s);

	return r.hi - r.lo >= WIDE_RANGE;
}

static bool active_fails(const struct survey *s)
{
	return (s->way[VIA_EPRT].tried || s->way[VIA_PORT].tried) &&
	       !survey_active_works(s);
}

static bool comes_from_any_port(const struct survey *s)
{
	for (size_t i = 0; i < WAYS; i++)
		if (survey_way_works(s, active_ways[i]) &&
		    s->way[active_ways[i]].list.from.port !=
			    survey_data_port(s))
			return true;
	return false;
}

static bool requires_reuse(const struct survey *s)
{
	return s->reuse == REUSE_REQUIRED;
}

static bool offers_tls(const struct survey *s)
{
	return !s->secured && survey_has(s, "AUTH TLS");
}

static const struct {
	const char *id, *text;
	bool (*holds)(const struct survey *s);
	bool problem;
} findings[FINDINGS] = {
	[FINDING_STOPPED] = { "stopped", "the session did not get that far",
			      is_stopped, true },
	[FINDING_EXPIRED] = { "certificate-expired",
			      "the server's certificate, or one of its chain, "
			      "has expired",
			      is_expired, true },
	[FINDING_NOT_YET_VALID] = { "certificate-not-yet-valid",
				    "the server's certificate is not valid yet",
				    is_not_yet_valid, true },
	[FINDING_NO_PASSIVE] = { "no-passive", "the server has no passive mode",
				 has_no_passive, true },
	[FINDING_PASSIVE_FAILS] = { "passive-fails",
				    "a passive data connection fails",
				    passive_fails, true },
	[FINDING_RANGE_EXHAUSTED] = { "range-exhausted",
				      "the server had no passive port left",
				      range_is_exhausted, true },
	[FINDING_ELSEWHERE] = { "announced-elsewhere",
				"PASV's reply names another address than the "
				"server's; clients that believe it fail",
				survey_elsewhere, true },
	[FINDING_LOW_PORT] = { "low-port",
			       "a passive port is below 1024; firewalls refuse "
			       "to open that",
			       has_low_port, true },
	[FINDING_ACTIVE_FAILS] = { "active-fails",
				   "active mode does not work from here",
				   active_fails, true },
	[FINDING_CERTIFICATE_BAD] = { "certificate-unreadable",
				      "the server's certificate cannot be read",
				      is_unreadable, false },
	[FINDING_CERTIFICATE_NAME] = { "certificate-name",
				       "the server's certificate is for other "
				       "names",
				       has_other_names, false },
	[FINDING_SELF_SIGNED] = { "self-signed",
				  "the server's certificate is self-signed",
				  is_self_signed, false },
	[FINDING_OLD_TLS] = { "old-tls", "TLS 1.2 is not spoken", is_old_tls,
			      false },
	[FINDING_REUSE_REQUIRED] = { "reuse-required",
				     "data connections must resume the TLS "
				     "session of their control connection",
				     requires_reuse, false },
	[FINDING_ANY_DATA_PORT] = { "any-data-port",
				    "active data connections do not come from "
				    "the data port; under TLS no grant covers "
				    "them",
				    comes_from_any_port, false },
	[FINDING_WIDE_RANGE] = { "wide-range",
				 "passive ports lie far apart: it seems that "
				 "the server has no range configured",
				 is_wide, false },
	[FINDING_TLS_OFFERED] = { "tls-offered",
				  "the server offers TLS: see what ftpes:// "
				  "says",
				  offers_tls, false },
};

uint32_t survey_findings(const struct survey *s)
{
	uint32_t found = 0;

	for (unsigned int i = 0; i < FINDINGS; i++)
		if (findings[i].holds(s))
			found |= 1u << i;
	return found;
}

const char *finding_id(enum finding f)
{
	return findings[f].id;
}

const char *finding_text(enum finding f)
{
	return findings[f].text;
}

bool finding_is_problem(enum finding f)
{
	return findings[f].problem;
}

bool findings_have_problem(uint32_t found)
{
	for (unsigned int i = 0; i < FINDINGS; i++)
		if ((found & 1u << i) && findings[i].problem)
			return true;
	return false;
}
