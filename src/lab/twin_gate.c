/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sallyport on the twin's firewall. */
#include "lab/twin_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "lab/socket.h"
#include "lab/twin_box.h"

/* They are in the box's own file system. */
#define CONFIG_FILE   TWIN_BOX_RUN "/twin.conf"
#define LOG_FILE      TWIN_BOX_RUN "/twin.log"
#define NOTIFY_SOCKET TWIN_BOX_RUN "/twin.notify"

/* The daemon is ready in a tenth of a second; a busy machine takes longer. */
#define READY_MS 10000

/* How soon its death is seen. */
#define LOOK_MS 20

static bool fail(struct twin *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct twin *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(t->out->gate_text, sizeof(t->out->gate_text), fmt, args);
	va_end(args);
	for (char *c = t->out->gate_text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return false;
}

/* --- its configuration ------------------------------------------------------------ */

static void put_list(FILE *to, const struct addr *a, const bool *has)
{
	char text[ADDR_TEXT_MAX];
	bool any = false;

	fputc('[', to);
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		if (!has[f])
			continue;
		addr_format(&a[f], text);
		fprintf(to, "%s\"%s\"", any ? ", " : "", text);
		any = true;
	}
	fputs("]\n", to);
}

static void put_server(FILE *to, const struct twin_spec *s, int place)
{
	const struct twin_host *h = s->layout.host[place];
	const bool *has = s->layout.port[TWIN_OUTSIDE].has;
	const struct addr own[] = { h[TWIN_V4].server, h[TWIN_V6].server };
	bool other[TWIN_FAMILIES]; /* outside it has another address */

	for (int f = 0; f < TWIN_FAMILIES; f++)
		other[f] = place == TWIN_INSIDE && has[f] &&
			   !addr_equal(&s->reach[f], &own[f]);
	fprintf(to, "  - name: %s\n    address: ",
		place == TWIN_INSIDE ? "inside" : "outside");
	put_list(to, own, has);
	if (other[TWIN_V4] || other[TWIN_V6]) {
		fputs("    public-address: ", to);
		put_list(to, s->reach, other);
	}
	fprintf(to, "    passive-ports: %u-%u\n    active: allow\n",
		s->passive.lo, s->passive.hi);
}

static bool write_config(struct twin *t)
{
	FILE *to = fopen(CONFIG_FILE, "we");

	if (!to)
		return fail(t, "%s: %s", CONFIG_FILE, strerror(errno));
	fprintf(to,
		"control:\n  ports: [%d]\n  implicit-tls-ports: [%d]\n"
		"servers:\n",
		t->spec->control_port, t->spec->implicit_port);
	put_server(to, t->spec, TWIN_INSIDE);
	put_server(to, t->spec, TWIN_OUTSIDE);
	return fclose(to) == 0 ||
	       fail(t, "%s: %s", CONFIG_FILE, strerror(errno));
}

/* --- its processes ------------------------------------------------------------------ */

/* What it says goes to a file that ends with the box. */
static pid_t start(int (*command)(const char *), const char *config)
{
	pid_t child = fork();
	int log;

	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("NOTIFY_SOCKET", NOTIFY_SOCKET, 1);
	log = open(LOG_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0 || dup2(log, STDOUT_FILENO) < 0 ||
	    dup2(log, STDERR_FILENO) < 0)
		_exit(1);
	log = command(config);
	fflush(NULL);
	_exit(log);
}

/* The last line that it said. */
static bool fail_as_told(struct twin *t, const char *what)
{
	char text[2048], *last;
	FILE *from = fopen(LOG_FILE, "re");
	size_t n = 0;

	if (from) {
		n = fread(text, 1, sizeof(text) - 1, from);
		fclose(from);
	}
	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	last = strrchr(text, '\n');
	return fail(t, "%s: %s", what, last ? last + 1 : text);
}

static bool load(struct twin *t, const char *config)
{
	pid_t child = start(t->spec->load, config);
	int status = -1;

	if (child < 0)
		return fail(t, "no process: %s", strerror(errno));
	waitpid(child, &status, 0);
	return status == 0 || fail_as_told(t, "its rules cannot be loaded");
}

/* Where the daemon says that it is ready (sd_notify(3)). Gives a descriptor or
 * -1. */
static int listen_for_it(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX,
				    .sun_path = NOTIFY_SOCKET };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool run(struct twin *t, const char *config)
{
	uint64_t until = deadline_in(READY_MS);
	int fd = listen_for_it();
	bool ready = false;
	pid_t child;

	if (fd < 0)
		return fail(t, "no socket: %s", strerror(errno));
	child = start(t->spec->run, config);
	while (child > 0 && !ready && waitpid(child, NULL, WNOHANG) == 0 &&
	       deadline_in(0) < until)
		ready = socket_wait_one(fd, POLLIN, deadline_in(LOOK_MS)) == 0;
	close(fd);
	return ready || fail_as_told(t, "it does not run");
}

bool twin_gate(struct twin *t)
{
	const char *config = t->spec->config;

	if (!config) {
		if (!write_config(t))
			return false;
		config = CONFIG_FILE;
	}
	return load(t, config) && run(t, config);
}
