/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport run: the daemon. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "cmd/daemon.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/notify.h"
#include "io/signals.h"

/* The longest sleep. A worker may make the engine's next deadline earlier and
 * does not say so: nothing then comes later than this. */
#define TICK_US 1000000u

/* epoll_wait(2) counts milliseconds; round up, or it would spin. */
#define US_PER_MS 1000u

static void take_signal(void *arg, uint32_t events)
{
	struct daemon *d = arg;
	int number = signals_take(d->signals);
	struct reload r;

	(void)events;
	if (number == SIGHUP) {
		daemon_reload(d, &r);
		daemon_reload_log(d, &r);
	} else if (number != 0) {
		daemon_stop(d);
	}
}

static void take_stop(void *arg, uint32_t events)
{
	struct daemon *d = arg;

	(void)events;
	d->stopping = true;
}

static void take_end(void *arg, const struct conntrack_end *end)
{
	daemon_ended(arg, end);
}

static void take_ends(void *arg, uint32_t events)
{
	struct daemon *d = arg;
	enum conntrack_result result =
		conntrack_events_receive(d->ends, take_end, d);

	(void)events;
	if (result == CONNTRACK_FINE)
		return;
	d->count.conntrack_overruns++;
	if (daemon_complains(d, COMPLAINT_OVERRUN))
		log_warn("kernel", "some data connections end unnoticed: %s",
			 conntrack_text(result));
	daemon_ends_lost(d);
	/* A lost event is a lost event; any other error would come for ever. */
	if (result != CONNTRACK_LOST)
		loop_remove(d->loop, &d->ends_watch);
}

static int watch(struct daemon *d)
{
	int error;

	d->signals_watch = (struct loop_watch){ d->signals, take_signal, d };
	d->stop_watch = (struct loop_watch){ d->stop, take_stop, d };
	error = loop_add(d->loop, &d->signals_watch, EPOLLIN);
	if (error == 0)
		error = loop_add(d->loop, &d->stop_watch, EPOLLIN);
	if (error < 0 || !d->ends)
		return error;
	d->ends_watch = (struct loop_watch){ conntrack_events_fd(d->ends),
					     take_ends, d };
	return loop_add(d->loop, &d->ends_watch, EPOLLIN);
}

static int sleep_ms(uint64_t next)
{
	uint64_t now = clock_now_us(), us = TICK_US;

	if (next <= now)
		return 0;
	if (next - now < us)
		us = next - now;
	return (int)((us + US_PER_MS - 1) / US_PER_MS);
}

static void loop(struct daemon *d)
{
	while (!d->stopping) {
		uint64_t next = daemon_tick(d);
		uint64_t now = clock_now_us();
		uint64_t ping = daemon_watchdog(d, now);

		control_server_tick(d->control);
		scrape_tick(d->scrape, now);
		if (loop_wait(d->loop, sleep_ms(ping < next ? ping : next)) <
		    0) {
			atomic_store(&d->failed, true);
			daemon_stop(d);
			return;
		}
	}
}

static void announce(const struct daemon *d)
{
	int error;

	log_info("run",
		 "sallyport " SALLYPORT_VERSION " follows FTP; queue %u, "
		 "%u worker%s, control socket %s",
		 d->config->queue_first, d->workers, d->workers == 1 ? "" : "s",
		 d->name.path);
	error = notify_send(d->notify, "READY=1");
	if (error < 0)
		log_warn("run", "cannot tell the service manager: %s",
			 strerror(-error));
}

static int serve(struct daemon *d)
{
	int error = watch(d);

	if (error == 0)
		error = daemon_workers_start(d);
	if (error == 0) {
		announce(d);
		loop(d);
		notify_send(d->notify, "STOPPING=1");
	}
	daemon_stop(d);
	daemon_workers_join(d);
	if (d->forget || !d->state)
		daemon_shutdown(d);
	if (error < 0)
		return cmd_fail(EXIT_SYSTEM, "run", "cannot start: %s",
				strerror(-error));
	if (atomic_load(&d->failed))
		return cmd_fail(EXIT_SYSTEM, "run",
				"stopped, as a queue cannot be read any more; "
				"start it again");
	log_info("run", "stopped%s",
		 d->forget || !d->state ? "" : "; the sessions are kept");
	return EXIT_WELL;
}

/* First of all, so that all that is said goes there; and while there are paths
 * to it. */
static int open_log(const struct config *config)
{
	int error = log_to(config->log_to);

	if (error == 0)
		return EXIT_WELL;
	return cmd_fail(EXIT_SYSTEM, "run",
			"no journal takes the log (%s); start "
			"systemd-journald, or set log.to: stderr",
			strerror(-error));
}

static int run(const char *config_path, const char *event_log)
{
	struct daemon d = { .config_path = config_path,
			    .event_log = event_log };
	int status;

	d.config = calloc(1, sizeof(*d.config));
	if (!d.config)
		return cmd_fail(EXIT_SYSTEM, "run", "no memory");
	status = cmd_config(d.config, config_path, "run");
	if (status != EXIT_WELL) {
		free(d.config);
		return status;
	}
	log_set_level(d.config->log_level);
	status = open_log(d.config);
	if (status == EXIT_WELL)
		status = daemon_open(&d);
	if (status == EXIT_WELL)
		status = serve(&d);
	daemon_close(&d);
	return status;
}

static int help(void)
{
	return cmd_help("[-c FILE] run [--json FILE]",
			"Follow FTP control connections, rewrite addresses "
			"and open pinholes, until SIGTERM.\n"
			"Load the rules first: sallyport rules --load\n\n"
			"  -j, --json FILE   append events to FILE, one JSON "
			"object a line; - is\n"
			"                    standard output\n"
			"  -f, --foreground  what it does anyway\n");
}

int cmd_run(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", required_argument, NULL, 'j' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *event_log = NULL;
	int option;

	while ((option = getopt_long(argc, argv, ":j:fh", options, NULL)) !=
	       -1) {
		if (option == 'h')
			return help();
		if (option == 'j')
			event_log = optarg;
		else if (option != 'f')
			return cmd_bad_option(argv[0], argv);
	}
	if (optind < argc)
		return cmd_usage_error(argv[0], "takes no arguments");
	return run(config_path, event_log);
}
