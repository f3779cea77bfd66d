/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport probe: what a real FTP or FTPS server needs of a firewall. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <jansson.h>

#include "lab/survey.h"
#include "lab/survey_judge.h"
#include "report/probe_json.h"
#include "report/probe_text.h"

/* The password of a URL that names a user alone. */
#define PASSWORD_VARIABLE "SALLYPORT_PASSWORD"

/* Seconds a stage may take; above that nobody waits any more. */
#define TIMEOUT_MAX_S 300
#define MS_PER_S      1000u

struct probe {
	struct url url;
	int family; /* AF_INET, AF_INET6; 0: both */
	bool active, json;
	uint32_t timeout_ms;  /* 0: the client's own times */
	uint16_t tls_version; /* a wire value; 0: any */
};

static int print_json(const struct survey *s)
{
	json_t *json = probe_json(s);

	if (!json)
		return cmd_fail(EXIT_SYSTEM, "probe", "no memory");
	json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(json);
	return EXIT_WELL;
}

static int answer(const struct probe *p, const struct survey *s)
{
	int status = EXIT_WELL;

	if (s->stop.reason == STOP_SYSTEM)
		return cmd_fail(EXIT_SYSTEM, "probe", "%s: %s",
				strerror(s->stop.error),
				stage_name(s->stop.stage));
	if (p->json)
		status = print_json(s);
	else
		probe_text(stdout, s);
	if (status != EXIT_WELL)
		return status;
	return findings_have_problem(survey_findings(s)) ? EXIT_ANSWER_NO
							 : EXIT_WELL;
}

static int probe(const struct probe *p)
{
	struct survey_spec spec = { .url = &p->url,
				    .family = p->family,
				    .active = p->active,
				    .tls_version = p->tls_version,
				    .times = CLIENT_TIMES_DEFAULT };
	struct survey *s = malloc(sizeof(*s));
	uint32_t ms = p->timeout_ms;
	int status;

	if (!s)
		return cmd_fail(EXIT_SYSTEM, "probe", "no memory");
	if (ms != 0)
		spec.times = (struct client_times){ ms, ms, ms, ms, ms };
	survey_run(&spec, s);
	status = answer(p, s);
	free(s);
	return status;
}

/* --- the command line -------------------------------------------------------------------- */

static int help(void)
{
	return cmd_help(
		"probe [-4 | -6] [--active] [--json] "
		"[--timeout SECONDS] [--tls VERSION] URL",
		"Talk to an FTP or FTPS server as a client does, and say what "
		"a firewall in front of\n"
		"it must allow. Nothing is stored there.\n\n"
		"  ftp://[USER[:PASSWORD]@]HOST[:PORT]    in the clear\n"
		"  ftpes://...                            TLS after AUTH TLS\n"
		"  ftps://...                             TLS at once, port "
		"990\n\n"
		"  -4, --ipv4, -6, --ipv6 "
		"addresses of that family alone\n"
		"  -a, --active           try active mode too\n"
		"  -j, --json             one object of JSON\n"
		"  -t, --timeout SECONDS  that each stage may take\n"
		"      --tls VERSION      speak only TLS 1.0, 1.1, 1.2 or "
		"1.3\n\n"
		"Without USER it is anonymous; without PASSWORD "
		"that is in " PASSWORD_VARIABLE ".\n");
}

/* A URL in the list of processes shows its password no longer than that. */
static void hide(char *arg)
{
	memset(arg, 'x', strlen(arg));
}

static int take_url(struct probe *p, char *arg)
{
	const char *wrong = url_parse(span_str(arg), &p->url);
	const char *password = getenv(PASSWORD_VARIABLE);

	hide(arg);
	if (wrong)
		return cmd_usage_error("probe", wrong);
	if (p->family && p->url.is_addr &&
	    (p->family == AF_INET) != addr_is_v4(&p->url.addr))
		return cmd_usage_error("probe",
				       "the URL has an address of the other "
				       "family");
	if (p->url.password[0] != '\0' || p->url.has_password || !password)
		return EXIT_WELL;
	if (strlen(password) >= sizeof(p->url.password))
		return cmd_usage_error("probe",
				       PASSWORD_VARIABLE " is too long");
	memcpy(p->url.password, password, strlen(password) + 1);
	return EXIT_WELL;
}

static int take_timeout(struct probe *p, const char *text)
{
	struct cursor c = cursor_of(span_str(text));
	uint32_t seconds = rd_decimal(&c, 3, TIMEOUT_MAX_S);

	if (c.bad || c.rest.len > 0 || seconds == 0)
		return cmd_usage_error("probe",
				       "the timeout is 1 to 300 seconds");
	p->timeout_ms = seconds * MS_PER_S;
	return EXIT_WELL;
}

static int take_version(struct probe *p, const char *text)
{
	static const struct {
		const char *name;
		uint16_t wire;
	} version[] = {
		{ "1.0", 0x0301 },
		{ "1.1", 0x0302 },
		{ "1.2", 0x0303 },
		{ "1.3", 0x0304 },
	};

	for (size_t i = 0; i < sizeof(version) / sizeof(version[0]); i++)
		if (strcmp(text, version[i].name) == 0) {
			p->tls_version = version[i].wire;
			return EXIT_WELL;
		}
	return cmd_usage_error("probe",
			       "the TLS version is 1.0, 1.1, 1.2 or 1.3");
}

static int take_option(struct probe *p, int option)
{
	switch (option) {
	case '4':
		p->family = AF_INET;
		return EXIT_WELL;
	case '6':
		p->family = AF_INET6;
		return EXIT_WELL;
	case 'a':
		p->active = true;
		return EXIT_WELL;
	case 'j':
		p->json = true;
		return EXIT_WELL;
	case 't':
		return take_timeout(p, optarg);
	default:
		return take_version(p, optarg);
	}
}

int cmd_probe(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "ipv4", no_argument, NULL, '4' },
		{ "ipv6", no_argument, NULL, '6' },
		{ "active", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ "timeout", required_argument, NULL, 't' },
		{ "tls", required_argument, NULL, 'T' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct probe p = { .active = false };
	int option, status = EXIT_WELL;

	(void)config_path;
	while ((option = getopt_long(argc, argv, ":46ajt:h", options, NULL)) !=
	       -1) {
		if (option == 'h')
			return help();
		if (option == '?' || option == ':')
			return cmd_bad_option(argv[0], argv);
		status = take_option(&p, option);
		if (status != EXIT_WELL)
			return status;
	}
	if (optind + 1 != argc)
		return cmd_usage_error(argv[0], "wants one URL");
	status = take_url(&p, argv[optind]);
	if (status == EXIT_WELL)
		status = probe(&p);
	explicit_bzero(p.url.password, sizeof(p.url.password));
	return status;
}
