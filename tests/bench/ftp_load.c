/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The load: both ends of scripted FTP, and what is measured with it.
 *
 *   ftp_load serve ADDR...
 *   ftp_load control METRIC ROUNDS MILLISECONDS CONNECTIONS NAME=ADDR...
 *   ftp_load active|passive METRIC ROUNDS COUNT NAME=ADDR...
 *   ftp_load first METRIC ROUNDS COUNT NAME=ADDR...
 *   ftp_load bulk METRIC ROUNDS BYTES NAME=ADDR...
 *
 * NAME=tls:ADDR speaks (sham) TLS from AUTH TLS on.
 *
 * Each round takes every path (NAME=ADDR) once, in the order given, so that
 * whatever else the machine does hits all of them alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "ftp_client.h"
#include "ftp_socket.h"

#define PATHS_MAX       8
#define CONNECTIONS_MAX 1024

/* Latencies kept of one round: far more than there are in a second. */
#define SAMPLES_MAX (1 << 20)

struct step {
	const char *command; /* NULL: nothing is sent, the greeting comes */
	const char *code;
};

static const struct step login[] = {
	{ NULL, "220 " },
	{ "USER ftpuser\r\n", "331 " },
	{ "PASS correct horse battery\r\n", "230 " },
	{ "SYST\r\n", "215 " },
	{ "FEAT\r\n", "211-" },
	{ "TYPE I\r\n", "200 " },
};

/* One command in sixteen opens a pinhole. */
static const struct step talk[] = {
	{ "CWD /pub/archive/2024\r\n", "250 " },
	{ "PWD\r\n", "257 " },
	{ "NOOP\r\n", "200 " },
	{ "SIZE measurements-2024-02.tar.gz\r\n", "213 " },
	{ "MDTM measurements-2024-02.tar.gz\r\n", "213 " },
	{ "TYPE I\r\n", "200 " },
	{ "NOOP\r\n", "200 " },
	{ "PASV\r\n", "227 " },
	{ "CDUP\r\n", "250 " },
	{ "PWD\r\n", "257 " },
	{ "NOOP\r\n", "200 " },
	{ "SIZE README.md\r\n", "213 " },
	{ "MDTM README.md\r\n", "213 " },
	{ "CWD /pub/archive/2023\r\n", "250 " },
	{ "PWD\r\n", "257 " },
	{ "NOOP\r\n", "200 " },
};

#define LOGIN (sizeof(login) / sizeof(login[0]))
#define TALK  (sizeof(talk) / sizeof(talk[0]))

/* Times that one session goes through the talk: a client that names 64
 * endpoints and uses none is taken for an attacker. */
#define TALKS_PER_SESSION 40

struct talker {
	struct client client;
	size_t step; /* of login, then of talk over and over */
	uint64_t asked_ns;
};

struct load {
	struct talker *talker;
	unsigned int count;
	const struct path *path;
	int poller;
	double *latency; /* in microseconds */
	size_t samples;
};

static const struct step *step_of(const struct talker *t)
{
	return t->step < LOGIN ? &login[t->step]
			       : &talk[(t->step - LOGIN) % TALK];
}

void client_login(struct client *c, const struct path *path)
{
	if (!client_open(c, &path->server))
		bench_die("ftp_load: connect");
	client_expect(c, login[0].code);
	if (path->tls)
		client_secure(c);
	for (size_t i = 1; i < LOGIN; i++)
		client_ask(c, login[i].command, login[i].code);
}

static void talker_watch(struct load *l, struct talker *t)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = t };

	if (epoll_ctl(l->poller, EPOLL_CTL_ADD, t->client.fd, &ev) < 0)
		bench_die("epoll_ctl");
}

static void talker_open(struct load *l, struct talker *t)
{
	t->step = 0;
	if (!client_open(&t->client, &l->path->server))
		bench_die("ftp_load: connect");
	talker_watch(l, t);
}

static void talker_ask(struct talker *t)
{
	const char *command = step_of(t)->command;

	t->client.used = 0;
	t->asked_ns = bench_now();
	client_say(&t->client, command);
}

static void talker_answered(struct load *l, struct talker *t)
{
	const char *code = step_of(t)->code;

	if (strncmp(t->client.reply, code, strlen(code)) != 0) {
		fprintf(stderr, "bench: ftp_load: wanted %s, got: %s", code,
			t->client.reply);
		exit(3);
	}
	/* The greeting answers no command. */
	if (t->step && l->samples < SAMPLES_MAX)
		l->latency[l->samples++] =
			(double)(bench_now() - t->asked_ns) / 1000;
	if (++t->step < LOGIN + TALK * TALKS_PER_SESSION || l->path->tls) {
		talker_ask(t);
		return;
	}
	close(t->client.fd);
	talker_open(l, t);
}

/* Under TLS nobody counts endpoints, so one session lasts for a round; and what
 * is measured is the session behind its handshake. */
static void talker_begin(struct load *l, struct talker *t)
{
	if (!l->path->tls) {
		talker_open(l, t);
		return;
	}
	client_login(&t->client, l->path);
	t->step = LOGIN;
	talker_watch(l, t);
	talker_ask(t);
}

static void load_run(struct load *l, uint64_t until)
{
	struct epoll_event ev[CONNECTIONS_MAX];

	while (bench_now() < until) {
		int n = epoll_wait(l->poller, ev, CONNECTIONS_MAX, PATIENCE_MS);

		if (n <= 0)
			bench_die("ftp_load: nothing comes back");
		for (int i = 0; i < n; i++) {
			struct talker *t = ev[i].data.ptr;

			if (client_read(&t->client))
				talker_answered(l, t);
		}
	}
}

static void tell(const char *metric, const char *what, const char *path,
		 double value)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", metric, what);
	bench_sample(name, path, value);
}

static void control_round(struct load *l, const char *metric, uint64_t ns)
{
	uint64_t start;
	size_t samples;

	l->samples = 0;
	for (unsigned int i = 0; i < l->count; i++)
		talker_begin(l, &l->talker[i]);
	start = bench_now();
	load_run(l, start + ns);
	ns = bench_now() - start;
	samples = l->samples;
	if (!samples)
		bench_die("ftp_load: not one answer in a whole round");
	for (unsigned int i = 0; i < l->count; i++)
		close(l->talker[i].client.fd);
	tell(metric, "rate", l->path->name, (double)samples * 1e9 / (double)ns);
	tell(metric, "p50", l->path->name,
	     bench_quantile(l->latency, samples, 0.5));
	tell(metric, "p99", l->path->name,
	     bench_quantile(l->latency, samples, 0.99));
}

static void measure_control(const struct plan *plan, uint64_t ns,
			    unsigned int connections)
{
	struct load l = { .count = connections };

	l.poller = epoll_create1(EPOLL_CLOEXEC);
	l.talker = bench_alloc(connections * sizeof(*l.talker));
	l.latency = bench_alloc(SAMPLES_MAX * sizeof(*l.latency));
	for (unsigned int r = 0; r < plan->rounds; r++) {
		for (int i = 0; i < plan->paths; i++) {
			l.path = plan_path(plan, r, i);
			control_round(&l, plan->metric, ns);
		}
	}
	free(l.latency);
	free(l.talker);
	close(l.poller);
}

/* --- the command line ----------------------------------------------------- */

static struct path path_read(const char *name, const char *to)
{
	static const char tls[] = "tls:";
	bool is_tls = strncmp(to, tls, strlen(tls)) == 0;

	return (struct path){
		.name = name,
		.server = socket_name(is_tls ? to + strlen(tls) : to, FTP_PORT),
		.tls = is_tls,
	};
}

static int paths_read(char **arg, int count, struct path *out)
{
	if (count < 1 || count > PATHS_MAX)
		return 0;
	for (int i = 0; i < count; i++) {
		char *equals = strchr(arg[i], '=');

		if (!equals)
			return 0;
		*equals = '\0';
		out[i] = path_read(arg[i], equals + 1);
	}
	return count;
}

static int usage(void)
{
	fputs("usage: see the head of ftp_load.c\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct path path[PATHS_MAX];
	const char *what = argc > 1 ? argv[1] : "";
	bool control = strcmp(what, "control") == 0;
	int first = control ? 6 : 5;
	struct plan plan;
	uint64_t amount;

	if (strcmp(what, "serve") == 0 && argc > 2)
		ftp_serve(argv + 2, argc - 2);
	if (argc <= first)
		return usage();
	plan = (struct plan){ argv[2], (unsigned int)bench_number(argv[3]),
			      path,
			      paths_read(argv + first, argc - first, path) };
	amount = bench_number(argv[4]);
	if (!plan.paths)
		return usage();
	if (control && bench_number(argv[5]) <= CONNECTIONS_MAX)
		measure_control(&plan, amount * 1000000,
				(unsigned int)bench_number(argv[5]));
	else if (strcmp(what, "active") == 0 || strcmp(what, "passive") == 0)
		measure_connect(&plan, (unsigned int)amount, what[0] == 'a');
	else if (strcmp(what, "first") == 0)
		measure_first_byte(&plan, (unsigned int)amount);
	else if (strcmp(what, "bulk") == 0)
		measure_bulk(&plan, amount);
	else
		return usage();
	return 0;
}
