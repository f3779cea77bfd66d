/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firewall's stand-in between two hosts. */
#include "lab/twin_net.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "io/process.h"

#define V4_LEN_MAX 32
#define V4_OFFSET  96 /* of an IPv4 address in struct addr, in bits */

bool twin_port_name_fine(const char *name)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz"
				   "0123456789_.-:@";
	size_t len = strlen(name);

	return len > 0 && len < IF_NAMESIZE && name[0] != '-' &&
	       name[0] != '.' && name[strspn(name, fine)] == '\0' &&
	       strcmp(name, "lo") != 0;
}

struct addr twin_address(const struct prefix *net, uint8_t n)
{
	struct addr a = net->addr;

	for (unsigned int bit = net->len; bit < 128; bit++)
		a.b[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	a.b[15] |= n;
	return a;
}

bool twin_net_go(const struct twin_net *net, enum twin_place place)
{
	return setns(net->ns[place], CLONE_NEWNET) == 0;
}

/* --- what is written ------------------------------------------------------------ */

static const char *text_of(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	addr_format(a, out);
	return out;
}

/* An address of a host or the firewall, without its network. */
static void put_alone(FILE *to, const struct addr *a, const char *dev)
{
	char text[ADDR_TEXT_MAX];
	bool v4 = addr_is_v4(a);

	fprintf(to, "addr replace %s/%d dev %s%s\n", text_of(a, text),
		v4 ? V4_LEN_MAX : 128, dev, v4 ? "" : " nodad");
}

static unsigned int shown_len(const struct prefix *p)
{
	return addr_is_v4(&p->addr) ? p->len - V4_OFFSET : p->len;
}

static void put_port(FILE *to, const struct twin_port *port)
{
	char text[ADDR_TEXT_MAX];

	for (int f = 0; f < TWIN_FAMILIES; f++)
		if (port->has[f])
			fprintf(to, "addr add %s/%u dev %s%s\n",
				text_of(&port->at[f].addr, text),
				shown_len(&port->at[f]), port->name,
				f == TWIN_V6 ? " nodad" : "");
	fprintf(to, "link set %s up\n", port->name);
}

/* --- the hosts -------------------------------------------------------------------- */

/* The next hop of what is not on the outside network itself. */
static struct addr outside_hop(const struct prefix *at)
{
	struct addr hop = twin_address(at, 1);

	return addr_equal(&hop, &at->addr) ? twin_address(at, 2) : hop;
}

static void put_network(FILE *to, const struct prefix *at,
			const struct addr *from)
{
	struct addr base = twin_address(at, 0);
	char net[ADDR_TEXT_MAX], src[ADDR_TEXT_MAX];

	fprintf(to, "route replace %s/%u dev eth0 src %s\n",
		text_of(&base, net), shown_len(at), text_of(from, src));
}

static void put_default(FILE *to, const struct prefix *at,
			const struct addr *from)
{
	char via[ADDR_TEXT_MAX], src[ADDR_TEXT_MAX];

	fprintf(to, "route replace default via %s dev eth0 src %s\n",
		text_of(&at->addr, via), text_of(from, src));
}

static void put_inside(FILE *to, const struct twin_layout *l)
{
	const struct twin_port *port = &l->port[TWIN_INSIDE];

	fputs("link set lo up\nlink set eth0 up\n", to);
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		const struct twin_host *h = &l->host[TWIN_INSIDE][f];

		if (!port->has[f])
			continue;
		put_alone(to, &h->client, "eth0");
		put_alone(to, &h->server, "eth0");
		put_network(to, &port->at[f], &h->client);
		put_default(to, &port->at[f], &h->client);
	}
}

static void put_public_routes(FILE *to, const struct twin_layout *l, int family)
{
	const struct prefix *at = &l->port[TWIN_OUTSIDE].at[family];
	char text[ADDR_TEXT_MAX], via[ADDR_TEXT_MAX], src[ADDR_TEXT_MAX];

	for (size_t i = 0; i < l->publics; i++)
		if (addr_is_v4(&l->public[i]) == (family == TWIN_V4))
			fprintf(to, "route replace %s via %s dev eth0 src %s\n",
				text_of(&l->public[i], text),
				text_of(&at->addr, via),
				text_of(&l->host[TWIN_OUTSIDE][family].client,
					src));
}

static void put_outside(FILE *to, const struct twin_layout *l)
{
	const struct twin_port *port = &l->port[TWIN_OUTSIDE];

	fputs("link set lo up\nlink set eth0 up\n", to);
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		const struct twin_host *h = &l->host[TWIN_OUTSIDE][f];
		struct addr hop;

		if (!port->has[f])
			continue;
		hop = outside_hop(&port->at[f]);
		put_alone(to, &h->client, "eth0");
		put_alone(to, &h->server, "eth0");
		put_alone(to, &l->stranger[f], "eth0");
		put_alone(to, &hop, "eth0");
		put_network(to, &port->at[f], &h->client);
		put_public_routes(to, l, f);
		if (l->routed[f])
			put_default(to, &port->at[f], &h->client);
	}
}

static void put_links(FILE *to, const struct twin_layout *l,
		      const pid_t anchor[2])
{
	for (int i = 0; i < 2; i++)
		if (l->port[i].name[0])
			fprintf(to,
				"link add %s type veth peer name eth0 netns "
				"%d\n",
				l->port[i].name, (int)anchor[i]);
}

static void put_firewall(FILE *to, const struct twin_layout *l)
{
	const struct twin_port *out = &l->port[TWIN_OUTSIDE];
	char via[ADDR_TEXT_MAX];

	fputs("link set lo up\n", to);
	for (int i = 0; i < 2; i++)
		if (l->port[i].name[0])
			put_port(to, &l->port[i]);
	for (size_t i = 0; i < l->publics; i++)
		put_alone(to, &l->public[i], out -> name);
	for (int f = 0; f < TWIN_FAMILIES; f++) {
		struct addr hop = outside_hop(&out->at[f]);

		if (out->has[f])
			fprintf(to, "route replace default via %s dev %s\n",
				text_of(&hop, via), out->name);
	}
}

/* --- doing it --------------------------------------------------------------------- */

static bool wrong(char text[TWIN_NET_TEXT_MAX], const char *what, int error)
{
	snprintf(text, TWIN_NET_TEXT_MAX, "%s: %s", what, strerror(error));
	return false;
}

/* The first line that `ip` says is enough. */
static bool run_ip(const char *input, char text[TWIN_NET_TEXT_MAX])
{
	static const char *const argv[] = { "ip", "-batch", "-", NULL };
	struct process_result r;
	int error = process_run(argv, span_str(input), &r);
	bool fine;

	if (error < 0)
		return wrong(text, "cannot run ip (install iproute2)", -error);
	fine = r.status == 0;
	if (!fine)
		snprintf(text, TWIN_NET_TEXT_MAX, "ip: %.*s",
			 (int)strcspn(r.err, "\n"), r.err);
	process_free(&r);
	return fine;
}

static bool ip(void (*put)(FILE *, const struct twin_layout *),
	       const struct twin_layout *l, char text[TWIN_NET_TEXT_MAX])
{
	char *input = NULL;
	size_t size;
	FILE *to = open_memstream(&input, &size);
	bool fine;

	if (!to)
		return wrong(text, "no text", errno);
	put(to, l);
	fine = fclose(to) == 0 ? run_ip(input, text)
			       : wrong(text, "no text", errno);
	free(input);
	return fine;
}

static bool link_all(const struct twin_layout *l, const pid_t anchor[2],
		     char text[TWIN_NET_TEXT_MAX])
{
	char *input = NULL;
	size_t size;
	FILE *to = open_memstream(&input, &size);
	bool fine;

	if (!to)
		return wrong(text, "no text", errno);
	put_links(to, l, anchor);
	fine = fclose(to) == 0 ? run_ip(input, text)
			       : wrong(text, "no text", errno);
	free(input);
	return fine;
}

static bool set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool fine = fd >= 0 && write(fd, value, strlen(value)) > 0;

	if (fd >= 0)
		close(fd);
	return fine;
}

/* Addresses are at once what they are, and a host reuses ports at once:
 * timestamps without an offset of their own keep TIME_WAIT from stalling it. */
static bool tune(bool forwards)
{
	static const char v4[] = "/proc/sys/net/ipv4/",
			  v6[] = "/proc/sys/net/ipv6/conf/";
	char path[128];
	bool fine;

	snprintf(path, sizeof(path), "%stcp_timestamps", v4);
	set(path, "2");
	snprintf(path, sizeof(path), "%sall/accept_dad", v6);
	set(path, "0");
	snprintf(path, sizeof(path), "%sdefault/accept_dad", v6);
	set(path, "0");
	if (!forwards)
		return true;
	snprintf(path, sizeof(path), "%sip_forward", v4);
	fine = set(path, "1");
	/* A kernel without IPv6 has nothing to forward. */
	snprintf(path, sizeof(path), "%sall/forwarding", v6);
	set(path, "1");
	return fine;
}

/* A process that only holds a namespace, for `ip` to name. */
static pid_t anchor(void)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static int here(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static bool make_host(struct twin_net *net, enum twin_place place)
{
	if (unshare(CLONE_NEWNET) < 0 || !tune(false))
		return false;
	net->ns[place] = here();
	net->anchor[place] = anchor();
	return net->ns[place] >= 0 && net->anchor[place] > 0;
}

static bool make_places(struct twin_net *net, bool inside)
{
	if (inside && !make_host(net, TWIN_INSIDE))
		return false;
	if (!make_host(net, TWIN_OUTSIDE))
		return false;
	if (unshare(CLONE_NEWNET) < 0 || !tune(true))
		return false;
	net->ns[TWIN_FIREWALL] = here();
	if (!inside)
		net->ns[TWIN_INSIDE] = net->ns[TWIN_FIREWALL];
	return net->ns[TWIN_FIREWALL] >= 0;
}

bool twin_net_make(struct twin_net *net, const struct twin_layout *l,
		   char text[TWIN_NET_TEXT_MAX])
{
	bool inside = l->port[TWIN_INSIDE].name[0] != '\0';

	*net = (struct twin_net){ { -1, -1, -1 }, { 0, 0 } };
	if (!make_places(net, inside))
		return wrong(text, "cannot make network namespaces", errno);
	if (!link_all(l, net->anchor, text) || !ip(put_firewall, l, text))
		return false;
	if (inside &&
	    (!twin_net_go(net, TWIN_INSIDE) || !ip(put_inside, l, text)))
		return false;
	if (!twin_net_go(net, TWIN_OUTSIDE) || !ip(put_outside, l, text))
		return false;
	return twin_net_go(net, TWIN_FIREWALL) ||
	       wrong(text, "cannot go to the firewall", errno);
}
