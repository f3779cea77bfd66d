/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport audit: which kinds of FTP and FTPS a firewall's rules let
 * through. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cmd/audit_files.h"
#include "cmd/audit_mend.h"
#include "cmd/audit_options.h"
#include "lab/twin.h"
#include "report/audit.h"
#include "report/audit_against.h"

/* --- the audit ---------------------------------------------------------------------- */

/* What the twin runs on its firewall. */
/* The rule set may hold a table of ours, from a gateway that has it. Those for
 * iptables work on every kernel, and beside rules in any language. */
static int load(const char *config)
{
	char name[] = "rules", unload[] = "--unload", load[] = "--load";
	char nft[] = "--format=nft", iptables[] = "--format=iptables";
	char *away[] = { name, nft, unload, NULL };
	char *ours[] = { name, iptables, load, NULL };
	int status;

	optind = 0;
	status = cmd_rules(config, 3, away);
	optind = 0;
	return status == EXIT_WELL ? cmd_rules(config, 3, ours) : status;
}

static int run_daemon(const char *config)
{
	char name[] = "run";
	char *argv[] = { name, NULL };

	optind = 0;
	return cmd_run(config, 1, argv);
}

/* One set of rules, and what came out. */
struct run {
	struct twin_spec spec;
	struct audit audit;
	struct twin_result *result;
};

static int print_json(const struct audit *is, const struct audit *was)
{
	json_t *json = audit_json(is);

	if (json && was &&
	    json_object_set_new(json, "against", audit_against_json(was, is)) !=
		    0) {
		json_decref(json);
		json = NULL;
	}
	if (!json)
		return cmd_fail(EXIT_SYSTEM, "audit", "no memory");
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json);
	return EXIT_WELL;
}

static bool broke(const struct audit *was, const struct audit *is)
{
	static struct audit_change change[AUDIT_CHANGES_MAX];
	size_t count = audit_changes(was, is, change);

	for (size_t i = 0; i < count; i++)
		if (change[i].broke)
			return true;
	return false;
}

static int answer(const struct audit_request *q, const struct audit *is,
		  const struct audit *was)
{
	if (q->json) {
		if (print_json(is, was) != EXIT_WELL)
			return EXIT_SYSTEM;
	} else {
		audit_text(stdout, is);
		if (was)
			audit_against_text(stdout, was, is);
	}
	/* What was blocked before did not break. */
	if (was)
		return broke(was, is) ? EXIT_ANSWER_NO : EXIT_WELL;
	return twin_blocked(&is->result->without) ? EXIT_ANSWER_NO : EXIT_WELL;
}

/* Run the twin; an exit status. A file that cannot be loaded at all is the
 * user's. */
static int run_twin(struct run *r)
{
	r->result = twin_run(&r->spec);
	if (!r->result)
		return cmd_fail(EXIT_SYSTEM, "audit", "no memory");
	r->audit.spec = &r->spec;
	r->audit.result = r->result;
	if (r->result->failure == TWIN_FINE)
		return EXIT_WELL;
	return cmd_fail(r->result->unloadeds > 0 ? EXIT_BAD_INPUT : EXIT_SYSTEM,
			"audit", "%s", r->result->text);
}

/* Ports that the command line does not name are those of the server's file. */
static void ask_server(struct twin_wish *w, const struct serverfile_site *site)
{
	uint16_t port = site->fact[FACT_CONTROL_PORT].value;

	if (w->passive.lo == 0 && serverfile_has_range(site))
		w->passive = site->passive;
	if (w->control_port != 0 || port == 0)
		return;
	if (site->fact[FACT_IMPLICIT].value)
		w->implicit_port = port;
	else
		w->control_port = port;
}

/* What the server's own file says of it, the first where there are several. */
static void take_server(struct run *r, const struct serverfile *f,
			const char *path)
{
	const struct serverfile_site *site = &f->site[0];

	r->spec.announces = site->advertised.line != 0 &&
			    site->advertised.is_addr &&
			    addr_is_v4(&site->advertised.addr);
	r->spec.announced = site->advertised.addr;
	r->spec.no_active = site->fact[FACT_ACTIVE].value == 0;
	r->audit.server = f;
	r->audit.server_path = path;
}

/* One file of nft's stands for both families. */
static struct rulefile *rules_of(const char *const path[], struct rulefile *f,
				 int family)
{
	if (path[family])
		return &f[family];
	return path[0] && f[0].nft ? &f[0] : NULL;
}

static int audit(struct audit_request *q, const char *config,
		 struct audit_files *m)
{
	struct run is = { .spec = { .skip = { q->skip[0], q->skip[1] },
				    .load = load,
				    .run = q->plain ? NULL : run_daemon,
				    .config = config },
			  .audit = { .sets = q->sets } };
	struct run was = { .result = NULL };
	struct audit_checked checked;
	bool against = q->against[0] || q->against[1];
	int status;

	/* Who stands where is what it was before the rules were edited. */
	for (int f = 0; f < TWIN_FAMILIES; f++)
		q->wish.rules[f] = against ? rules_of(q->against, m->against, f)
					   : rules_of(q->rules, m->rules, f);
	if (q->server)
		ask_server(&q->wish, &m->server.site[0]);
	twin_plan(&q->wish, &is.spec);
	is.spec.sets = span_of(m->sets.at ? m->sets.at : "", m->sets.len);
	if (q->server)
		take_server(&is, &m->server, q->server);
	if (q->modules)
		is.audit.modules = span_of(m->modules.at, m->modules.len);
	is.audit.modules_path = q->modules;
	is.audit.range_assumed = twin_plan_range_assumed(&q->wish, &is.spec);
	was.spec = is.spec;
	was.spec.run = NULL;
	was.audit = is.audit;
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		is.audit.rules[f] = q->rules[q->nft ? 0 : f];
		is.spec.rules[f] = rules_of(q->rules, m->rules, f);
		was.audit.rules[f] = q->against[q->nft ? 0 : f];
	}
	status = against ? run_twin(&was) : EXIT_WELL;
	if (status == EXIT_WELL)
		status = run_twin(&is);
	/* With the rules before at hand, the question is another one. */
	if (status == EXIT_WELL && !against && !q->unchecked &&
	    audit_mend(&is.audit, &checked))
		is.audit.checked = &checked;
	if (status == EXIT_WELL)
		status = answer(q, &is.audit, against ? &was.audit : NULL);
	twin_free(is.result);
	twin_free(was.result);
	return status;
}

int cmd_audit(const char *config_path, int argc, char **argv)
{
	struct audit_request q = { .json = false };
	struct audit_files m = { .sets = { NULL, 0 } };
	bool done;
	int status = audit_options(&q, argc, argv, &done);

	if (status != EXIT_WELL || done)
		return status;
	status = audit_files_read(&q, &m);
	if (status == EXIT_WELL)
		status = audit(&q, config_path, &m);
	audit_files_free(&m);
	return status;
}
