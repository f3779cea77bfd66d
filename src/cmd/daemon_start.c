/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open what the daemon needs, one thing after the other, and close it. */
#include "cmd/daemon_answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/memory.h"
#include "io/notify.h"
#include "io/queue_counts.h"
#include "io/signals.h"
#include "report/prometheus.h"

#define MIB (1u << 20)

static int fail(const char *what, const char *where)
{
	return cmd_fail(EXIT_SYSTEM, "run", "%s: %s", what, where);
}

static int fail_errno(const char *what, int error)
{
	return cmd_fail(EXIT_SYSTEM, "run", "%s: %s", what, strerror(error));
}

/* First, so that threads that others make have them blocked. */
static int open_signals(struct daemon *d)
{
	d->signals = signals_open();
	if (d->signals < 0)
		return fail_errno("cannot wait for signals", -d->signals);
	d->stop = eventfd(0, EFD_CLOEXEC);
	if (d->stop < 0)
		return fail_errno("cannot make an eventfd", errno);
	d->loop = loop_open();
	if (d->loop < 0)
		return fail_errno("cannot make an epoll", -d->loop);
	return EXIT_WELL;
}

/* What has a path, while paths lead anywhere. */
static int open_places(struct daemon *d)
{
	const char *path = daemon_config_path(d);
	int error = place_hold(&d->config_place, path);

	if (error < 0)
		return cmd_fail(EXIT_SYSTEM, "run",
				"cannot hold the directory of the "
				"configuration (%s): %s",
				strerror(-error), path);
	d->queue_counts = queue_counts_open();
	daemon_watchdog_open(d);
	error = notify_open(&d->notify);
	if (error < 0)
		log_warn("run", "cannot tell the service manager: %s",
			 strerror(-error));
	return EXIT_WELL;
}

const char *daemon_runtime_path(const char *path, const char *fallback,
				char room[CONTROL_PATH_MAX])
{
	const char *directory = getenv("RUNTIME_DIRECTORY");
	const char *name = strrchr(fallback, '/');

	if (!directory || strcmp(path, fallback) != 0 ||
	    snprintf(room, CONTROL_PATH_MAX, "%s%s", directory, name) >=
		    CONTROL_PATH_MAX)
		return path;
	return room;
}

/* Before anything in the kernel changes: another daemon would be told here. */
static int open_name(struct daemon *d)
{
	char room[CONTROL_PATH_MAX];
	const char *path = daemon_runtime_path(d->config->control_socket,
					       CONFIG_SOCKET, room);
	enum control_result result = control_listen(&d->name, path);

	if (result == CONTROL_FAILED)
		return cmd_fail(EXIT_SYSTEM, "run", "%s (%s): %s",
				control_text(result), strerror(errno), path);
	if (result != CONTROL_FINE)
		return fail(control_text(result), path);
	return EXIT_WELL;
}

/* Zero pages, which the kernel provides as the tables fill. */
static int open_engine(struct daemon *d)
{
	uint8_t key[ENGINE_KEY_LEN];
	void *memory;

	d->engine_size = engine_size(&d->config->limits);
	memory = d->engine_size ? memory_take(d->engine_size) : NULL;
	if (!memory)
		return cmd_fail(EXIT_SYSTEM, "run",
				"no memory for the tables, %zu MiB; lower "
				"limits.sessions or limits.pinholes",
				d->engine_size / MIB);
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return fail_errno("no random numbers", errno);
	d->engine = engine_init(memory, d->engine_size, &d->config->limits,
				&d->config->policy, key);
	return EXIT_WELL;
}

static int open_conntrack(struct daemon *d)
{
	const struct policy *p = &d->config->policy;
	const struct conntrack_marks marks = { p->connmark, p->fast_mark };
	enum conntrack_result result = conntrack_open(&d->conntrack);

	if (result == CONNTRACK_FINE)
		/* Even if all that there may be end at once. */
		result = conntrack_events_open(&d->ends, &marks,
					       d->config->limits.pinholes);
	/* Data connections that a daemon before this one did not judge: nobody
	 * can now, and they need not be queued to their ends. */
	if (result == CONNTRACK_FINE)
		result = conntrack_mark_clear(d->conntrack, p->data_mark);
	if (result == CONNTRACK_FAILED)
		return fail_errno(conntrack_text(result), errno);
	if (result != CONNTRACK_FINE)
		return fail(conntrack_text(result), "conntrack");
	return EXIT_WELL;
}

static int open_sets(struct daemon *d)
{
	enum sets_result result = sets_open(&d->sets);

	if (result == SETS_FAILED)
		return fail_errno(sets_text(result), errno);
	if (result != SETS_FINE)
		return fail(sets_text(result),
			    SETS_NAME_V4 " and " SETS_NAME_V6);
	return EXIT_WELL;
}

static int open_inject(struct daemon *d)
{
	int error = inject_open(&d->inject, d->config->policy.connmark);

	if (error == -EPERM || error == -EACCES)
		return fail("not permitted to send packets; run as root or "
			    "with CAP_NET_RAW and CAP_NET_ADMIN",
			    "raw socket");
	return error == 0 ? EXIT_WELL : fail_errno("no raw socket", -error);
}

static int open_queue(struct daemon *d, struct worker *w)
{
	const struct queue_options options = {
		.number = (uint16_t)(d->config->queue_first + w->index),
		.length = d->config->queue_length,
		.fail_open = d->config->when_down == WHEN_DOWN_PASS,
	};
	enum queue_result result = queue_open(&w->queue, &options);
	int error = result == QUEUE_FAILED ? errno : 0;

	if (result != QUEUE_FINE)
		return cmd_fail(EXIT_SYSTEM, "run", "%s%s%s: queue %u",
				queue_text(result), error ? ", " : "",
				error ? strerror(error) : "", options.number);
	return EXIT_WELL;
}

static int open_queues(struct daemon *d)
{
	int status = EXIT_WELL;

	d->worker = calloc(d->config->queue_workers, sizeof(*d->worker));
	if (!d->worker)
		return fail_errno("no workers", ENOMEM);
	d->workers = d->config->queue_workers;
	for (unsigned int i = 0; i < d->workers && status == EXIT_WELL; i++) {
		struct worker *w = &d->worker[i];

		w->daemon = d;
		w->index = i;
		status = open_queue(d, w);
		if (status == EXIT_WELL && hand_make(&w->hand, w->queue) < 0)
			status = fail_errno("no worker", ENOMEM);
	}
	if (status == EXIT_WELL && hand_make(&d->hand, NULL) < 0)
		status = fail_errno("no room to work", ENOMEM);
	return status;
}

static int open_journal(struct daemon *d)
{
	int error = journal_open(&d->journal, d->event_log);

	if (error == 0)
		return EXIT_WELL;
	return cmd_fail(EXIT_SYSTEM, "run",
			"cannot write the event log (%s); give another file "
			"with --json: %s",
			strerror(-error), d->event_log ? d->event_log : "-");
}

static int open_control(struct daemon *d)
{
	const struct control_handler handler = { daemon_request,
						 daemon_reader_gone, d };

	d->control = control_server_open(d->loop, d->name.fd, &handler);
	return d->control ? EXIT_WELL : fail_errno("no control server", errno);
}

static int open_scrape(struct daemon *d)
{
	const struct scrape_handler handler = { daemon_answer_metrics,
						PROMETHEUS_TYPE, d };
	char where[ENDPOINT_TEXT_MAX];
	int fd;

	if (d->config->metrics.port == 0)
		return EXIT_WELL;
	endpoint_format(&d->config->metrics, where);
	fd = scrape_listen(&d->config->metrics);
	if (fd < 0)
		return cmd_fail(EXIT_SYSTEM, "run",
				"cannot serve metrics (%s); set another "
				"metrics.listen: %s",
				strerror(-fd), where);
	d->scrape = scrape_open(d->loop, fd, &handler);
	return d->scrape ? EXIT_WELL : fail("no server for metrics", where);
}

static int start_journal(struct daemon *d)
{
	int error = journal_start(d->journal);

	return error < 0 ? fail_errno("no thread", -error) : EXIT_WELL;
}

int daemon_open(struct daemon *d)
{
	static int (*const steps[])(struct daemon * d) = {
		open_signals,
		open_places,
		daemon_identify,
		open_name,
		open_engine,
		open_conntrack,
		open_sets,
		open_inject,
		open_journal,
		open_control,
		open_scrape,
		open_queues, /* from then on packets wait for us */
		daemon_state_open,
		daemon_isolate,
		start_journal, /* the first thread */
	};

	d->loop = d->signals = d->stop = d->name.fd = d->notify = -1;
	d->config_place.dir = d->name.place.dir = d->queue_counts = -1;
	d->inject = (struct inject){ -1, -1 };
	d->started_us = clock_now_us();
	pthread_mutex_init(&d->lock, NULL);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const int status = steps[i](d);

		if (status != EXIT_WELL)
			return status;
	}
	daemon_rules_look(d);
	return EXIT_WELL;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Queues first: from then on the kernel knows what to do with packets. */
static void close_queues(struct daemon *d)
{
	for (unsigned int i = 0; i < d->workers; i++) {
		queue_close(d->worker[i].queue);
		hand_free(&d->worker[i].hand);
	}
	free(d->worker);
	hand_free(&d->hand);
}

void daemon_close(struct daemon *d)
{
	int error;

	close_queues(d);
	daemon_state_close(d);
	journal_close(d->journal);
	d->journal = NULL; /* readers that leave below need not tell it */
	conntrack_events_close(d->ends);
	conntrack_close(d->conntrack);
	sets_close(d->sets);
	inject_close(&d->inject);
	if (d->engine)
		memory_give(d->engine, d->engine_size);
	/* Who waits for our end (`ctl stop`) finds everything clean. */
	error = control_unlisten(&d->name);
	if (error < 0)
		log_warn("run",
			 "the control socket stays, and is replaced by the "
			 "next daemon (%s): %s",
			 strerror(-error), d->name.path);
	control_server_close(d->control);
	scrape_close(d->scrape);
	place_release(&d->config_place);
	close_fd(d->notify);
	close_fd(d->queue_counts);
	close_fd(d->signals);
	close_fd(d->stop);
	close_fd(d->loop);
	config_free(d->config);
	free(d->config);
	pthread_mutex_destroy(&d->lock);
}
