/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom the daemon becomes, and what it gives up when it has opened everything.
 *
 * Afterwards it has CAP_NET_ADMIN, which verdicts, conntrack and sets need, and
 * the directories that it holds: of the configuration for a reload, of the
 * event log for a rotation, of the control socket for its end.
 */
#include "cmd/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "io/isolation.h"
#include "io/log.h"

/* Where the configuration names no user: this one, if there is one. */
#define USER "sallyport"

/* --- who ------------------------------------------------------------------------ */

static int identify_user(struct daemon *d)
{
	const char *user = d->config->user;
	struct daemon_identity *id = &d->identity;
	int error = account_find(user[0] ? user : USER, &id->account);

	if (error < 0 && user[0])
		return cmd_fail(EXIT_SYSTEM, "run",
				"no such user (%s); make it or set another "
				"user: %s",
				strerror(-error), user);
	/* Whoever starts it as another user has chosen that one. */
	id->change = error == 0 && id->account.uid != geteuid() &&
		     (user[0] || geteuid() == 0);
	return EXIT_WELL;
}

int daemon_identify(struct daemon *d)
{
	const char *group = d->config->control_group;
	int error = 0;

	d->identity.ask = (gid_t)-1;
	if (group[0])
		error = account_group(group, &d->identity.ask);
	if (error < 0)
		return cmd_fail(EXIT_SYSTEM, "run",
				"no such group (%s); make it or set another "
				"control-socket-group: %s",
				strerror(-error), group);
	return d->config->sandbox ? identify_user(d) : EXIT_WELL;
}

/* --- what it gives up -------------------------------------------------------------- */

/* Each gives 0 or a negative errno. */

static int give_files(struct daemon *d)
{
	const struct daemon_identity *id = &d->identity;
	uid_t uid = id->change ? id->account.uid : (uid_t)-1;
	int error = control_give(&d->name, uid, id->ask);

	if (error == 0 && id->change)
		error = journal_give(d->journal, uid);
	return error;
}

static int empty_root(struct daemon *d)
{
	(void)d;
	return isolation_empty_root();
}

static int drop(struct daemon *d)
{
	return isolation_drop(d->identity.change ? &d->identity.account : NULL);
}

static int filter(struct daemon *d)
{
	const struct isolation_files files = {
		.read = d->config_place.dir,
		.append = journal_directory(d->journal),
		.unlink = d->name.place.dir,
	};

	return isolation_filter(&files);
}

/* Libraries that read a file the first time: there is none later. */
static void warm_up(void)
{
	tzset();
	json_object_seed(0);
}

static const struct step {
	const char *name;
	int (*take)(struct daemon *d);
	bool always; /* without a sandbox too */
} steps[] = {
	{ "files of its own", give_files, true },
	{ "an empty root directory", empty_root, false },
	{ "another user", drop, false },
	{ "a filter of system calls", filter, false },
};

/* Four names, and as many reasons. */
#define TEXT_MAX 512

int daemon_isolate(struct daemon *d)
{
	char missing[TEXT_MAX] = "";
	size_t len = 0;

	warm_up();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct step *s = &steps[i];
		int error = d->config->sandbox || s->always ? s->take(d) : 0;

		if (error < 0 && len < sizeof(missing))
			len += (size_t)snprintf(missing + len,
						sizeof(missing) - len,
						"%s%s (%s)", len ? ", " : "",
						s->name, strerror(-error));
	}
	if (len > 0)
		log_warn("run", "not to be had here: %s", missing);
	if (!d->config->sandbox)
		log_warn("run", "sandbox: false: it keeps every right that it "
				"was started with");
	else if (geteuid() == 0 && !d->config->user[0])
		log_warn("run", "there is no user " USER ": it stays root, "
				"with CAP_NET_ADMIN alone");
	return EXIT_WELL;
}
