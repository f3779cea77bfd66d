/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport check: what the configuration means, or what is wrong with it. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include <sallyport/engine.h>

#include "cmd/check_ftps.h"
#include "io/config.h"

#define US_PER_S 1000000u
#define MIB      (1024.0 * 1024.0)

static void print_ports(const uint16_t *port, size_t ports)
{
	for (size_t i = 0; i < ports; i++)
		printf("%s%u", i ? ", " : "", port[i]);
	puts(ports ? "" : "none");
}

static void print_range(const struct port_range *r)
{
	printf(r->lo == r->hi ? "%u" : "%u-%u", r->lo, r->hi);
}

static void say_control(const struct config *c)
{
	const struct policy *p = &c->policy;

	puts("\nControl connections");
	printf("  FTP and explicit FTPS ports: ");
	print_ports(p->control_port, p->control_ports);
	printf("  Implicit FTPS ports: ");
	print_ports(p->implicit_port, p->implicit_ports);
}

static void say_queue(const struct config *c)
{
	uint32_t last = c->queue_first + c->queue_workers - 1;

	puts("\nQueue");
	if (c->queue_workers == 1)
		printf("  NFQUEUE %u, one worker", c->queue_first);
	else
		printf("  NFQUEUE %u to %" PRIu32 ", %" PRIu32 " workers",
		       c->queue_first, last, c->queue_workers);
	printf("; up to %" PRIu32 " packets wait in each.\n", c->queue_length);
	puts(c->when_down == WHEN_DOWN_PASS
		     ? "  When the daemon is down, packets pass by your own "
		       "rules; no pinhole opens."
		     : "  When the daemon is down, control connections and "
		       "queued SYNs are dropped.");
}

static void say_denied(const struct policy *p)
{
	printf("  It leads to ports %u to 65535, but never to a control port",
	       p->minimum_port);
	for (size_t i = 0; i < p->denied_count; i++) {
		printf("%s", i ? ", " : " or to ");
		print_range(&p->denied[i]);
	}
	puts(".");
}

static void say_pinholes(const struct config *c)
{
	const struct policy *p = &c->policy;

	puts("\nPinholes");
	printf("  A pinhole serves one connection and waits %" PRIu64
	       " s for it.\n",
	       p->pinhole_timeout_us / US_PER_S);
	say_denied(p);
	puts(p->require_login ? "  It opens only after login (reply 230)."
			      : "  It may open before login (reply 230).");
	puts(p->early_connect
		     ? "  In active mode the server may connect before it "
		       "answers PORT."
		     : "  In active mode nothing passes before the server has "
		       "answered PORT with 200.");
	puts(p->active_source == ACTIVE_SOURCE_ANY
		     ? "  In active mode the server may connect from any port."
		     : "  In active mode the server must connect from its data "
		       "port (control port - 1).");
	printf("  Data connections carry conntrack mark 0x%" PRIx32
	       " besides their control connection's.\n",
	       p->connmark);
}

static void say_limits(const struct config *c)
{
	const struct engine_limits *l = &c->limits;
	size_t size = engine_size(l);

	puts("\nLimits");
	printf("  %" PRIu32 " sessions, %" PRIu32 " of one client\n",
	       l->sessions, l->sessions_per_client);
	printf("  %" PRIu32 " pinholes, %" PRIu32 " of one client, %" PRIu32
	       " of one server\n",
	       l->pinholes, l->pinholes_per_client, l->pinholes_per_server);
	printf("  lines of up to %" PRIu32 " bytes\n", l->line_length);
	printf("  memory: %.1f MiB at most, shared by all workers\n",
	       (double)size / MIB);
}

static void say_replay(const struct config *c)
{
	char inside[CONFIG_PREFIX_TEXT_MAX], outside[ADDR_TEXT_MAX];

	if (c->nats > 0)
		puts("\nTranslation that replay assumes");
	for (size_t i = 0; i < c->nats; i++) {
		config_prefix_text(&c->nat[i].inside, inside);
		addr_format(&c->nat[i].public_address, outside);
		printf("  %s goes out as %s\n", inside, outside);
	}
}

static void say_rest(const struct config *c)
{
	puts("\nDaemon");
	printf("  log level %s; control socket %s\n",
	       log_level_name(c->log_level), c->control_socket);
	if (c->control_group[0])
		printf("  members of %s may ask there, but not change "
		       "anything\n",
		       c->control_group);
	if (!c->sandbox)
		puts("  it keeps every right that it is started with");
	else if (c->user[0])
		printf("  started as root it becomes %s\n", c->user);
}

static void say_all(const struct config *c, const char *path)
{
	static void (*const say[])(const struct config *c) = {
		say_control, say_queue,  say_pinholes, check_ftps_say,
		say_limits,  say_replay, say_rest,     check_ftps_doubt,
	};

	if (c->from_file)
		printf("%s is good. It means:\n", path);
	else
		printf("%s does not exist. The defaults mean:\n", path);
	for (size_t i = 0; i < sizeof(say) / sizeof(say[0]); i++)
		say[i](c);
}

static int check(const char *config_path, bool print)
{
	struct config config;
	int status = cmd_config(&config, config_path, "check");

	if (status != EXIT_WELL)
		return status;
	if (print)
		config_print(stdout, &config);
	else
		say_all(&config, config_path ? config_path : CONFIG_PATH);
	config_free(&config);
	return EXIT_WELL;
}

int cmd_check(const char *config_path, int argc, char **argv)
{
	static const struct option options[] = {
		{ "print", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool print = false;
	int option;

	while ((option = getopt_long(argc, argv, "ph", options, NULL)) != -1) {
		if (option == 'h')
			return cmd_help(
				"[-c FILE] check [--print]",
				"Say what the configuration means, or name "
				"every problem as FILE:LINE: what.\n\n"
				"  -p, --print  every setting, defaults "
				"included, as a configuration file\n");
		if (option != 'p')
			return cmd_bad_option(argv[0], argv);
		print = true;
	}
	if (optind < argc)
		return cmd_usage_error(argv[0], "takes no arguments");
	return check(config_path, print);
}
