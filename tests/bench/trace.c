/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorded mix of FTP conversations. */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define SAYS (TCP_ACK | TCP_PSH)

/* A line with %s names an endpoint, the speaker's own. */
struct step {
	enum side from;
	uint8_t flags;
	const char *text;
};

static const struct step step[] = {
	{ CLIENT, TCP_SYN, "" },
	{ SERVER, TCP_SYN | TCP_ACK, "" },
	{ CLIENT, TCP_ACK, "" },
	{ SERVER, SAYS, "220 (vsFTPd 3.0.3) Welcome to the archive.\r\n" },
	{ CLIENT, TCP_ACK, "" },
	{ CLIENT, SAYS, "USER ftpuser\r\n" },
	{ SERVER, TCP_ACK, "" },
	{ SERVER, SAYS, "331 Please specify the password.\r\n" },
	{ CLIENT, SAYS, "PASS correct horse battery\r\n" },
	{ SERVER, SAYS, "230 Login successful.\r\n" },
	{ CLIENT, TCP_ACK, "" },
/* The first LOGIN_STEPS leave an idle session behind. */
#define LOGIN_STEPS 11
	{ CLIENT, SAYS, "SYST\r\n" },
	{ SERVER, SAYS, "215 UNIX Type: L8\r\n" },
	{ CLIENT, SAYS, "FEAT\r\n" },
	{ SERVER, SAYS,
	  "211-Features:\r\n EPRT\r\n EPSV\r\n MDTM\r\n PASV\r\n"
	  " REST STREAM\r\n SIZE\r\n TVFS\r\n211 End\r\n" },
	{ CLIENT, SAYS, "TYPE I\r\n" },
	{ SERVER, SAYS, "200 Switching to Binary mode.\r\n" },
	{ CLIENT, SAYS, "CWD /pub/archive/2024\r\n" },
	{ SERVER, SAYS, "250 Directory successfully changed.\r\n" },
	{ CLIENT, SAYS, "PASV\r\n" },
	{ SERVER, SAYS, "227 Entering Passive Mode (%s).\r\n" },
	{ CLIENT, SAYS, "LIST\r\n" },
	{ SERVER, SAYS, "150 Here comes the directory listing.\r\n" },
	{ CLIENT, TCP_ACK, "" },
	{ SERVER, SAYS, "226 Directory send OK.\r\n" },
	{ CLIENT, TCP_ACK, "" },
	{ CLIENT, SAYS, "NOOP\r\n" },
	{ SERVER, SAYS, "200 NOOP ok.\r\n" },
	{ CLIENT, TCP_ACK, "" },
	{ CLIENT, SAYS, "SIZE measurements-2024-02.tar.gz\r\n" },
	{ SERVER, SAYS, "213 1482752\r\n" },
	{ CLIENT, SAYS, "MDTM measurements-2024-02.tar.gz\r\n" },
	{ SERVER, SAYS, "213 20240229113722\r\n" },
	{ CLIENT, SAYS, "PORT %s\r\n" },
	{ SERVER, SAYS, "200 PORT command successful.\r\n" },
	{ CLIENT, SAYS, "RETR measurements-2024-02.tar.gz\r\n" },
	{ SERVER, SAYS,
	  "150 Opening BINARY mode data connection for"
	  " measurements-2024-02.tar.gz (1482752 bytes).\r\n" },
	{ CLIENT, TCP_ACK, "" },
	{ SERVER, SAYS, "226 Transfer complete.\r\n" },
	{ CLIENT, TCP_ACK, "" },
	{ CLIENT, SAYS, "PWD\r\n" },
	{ SERVER, SAYS,
	  "257 \"/pub/archive/2024\" is the current directory\r\n" },
	{ CLIENT, TCP_ACK, "" },
	{ CLIENT, SAYS, "NOOP\r\n" },
	{ SERVER, SAYS, "200 NOOP ok.\r\n" },
	{ CLIENT, TCP_ACK, "" },
	{ CLIENT, SAYS, "NOOP\r\n" },
	{ SERVER, SAYS, "200 NOOP ok.\r\n" },
	{ CLIENT, TCP_ACK, "" },
	{ CLIENT, SAYS, "QUIT\r\n" },
	{ SERVER, SAYS, "221 Goodbye.\r\n" },
	{ SERVER, TCP_FIN | TCP_ACK, "" },
	{ CLIENT, TCP_FIN | TCP_ACK, "" },
	{ SERVER, TCP_ACK, "" },
};

#define STEPS (sizeof(step) / sizeof(step[0]))

/* Each step, and a SYN for each of the two pinholes. */
#define PACKETS_PER_TALK (STEPS + 2)

/* Each conversation has data ports of its own, as long as there are enough. */
#define DATA_PORT_FIRST 20000
#define DATA_PORTS      40000

static unsigned int data_port(const struct talk *t)
{
	const uint8_t *a = addr_v4_bytes(&t->end[CLIENT].addr);
	unsigned int number =
		(a[2] * 256u + a[3]) * 16u + t->end[CLIENT].port % 16;

	return DATA_PORT_FIRST + number % DATA_PORTS;
}

static void line_write(const struct talk *t, const struct step *s,
		       char out[TALK_PACKET_MAX])
{
	const uint8_t *a = addr_v4_bytes(&t->end[s->from].addr);
	unsigned int port = data_port(t);
	const char *mark = strstr(s->text, "%s");

	if (!mark)
		snprintf(out, TALK_PACKET_MAX, "%s", s->text);
	else
		snprintf(out, TALK_PACKET_MAX, "%.*s%u,%u,%u,%u,%u,%u%s",
			 (int)(mark - s->text), s->text, a[0], a[1], a[2], a[3],
			 port >> 8, port & 255, mark + 2);
}

/* One step through the engine, to the other end. */
static struct span take_step(struct rig *r, struct talk *t,
			     const struct step *s,
			     uint8_t packet[TALK_PACKET_MAX])
{
	char line[TALK_PACKET_MAX];
	struct span sent, left;

	line_write(t, s, line);
	sent = talk_send(t, s->from, s->flags, line, packet);
	rig_feed(r, sent);
	if (r->out->verdicts != 1 || r->out->verdict[0].kind != VERDICT_ACCEPT)
		bench_die("the engine did not let a packet through");
	left = r->out->verdict[0].bytes;
	talk_hear(t, !s->from, left.len ? left : sent);
	return sent;
}

static void record(struct trace *t, struct span packet)
{
	memcpy(t->bytes + t->used, packet.at, packet.len);
	t->packet[t->count++] = (struct span){ t->bytes + t->used, packet.len };
	t->used += packet.len;
}

static const struct action *find_action(const struct outcome *out,
					enum action_type type)
{
	for (size_t i = 0; i < out->actions; i++)
		if (out->action[i].type == type)
			return &out->action[i];
	return NULL;
}

/* The data connection that goes through the pinhole just opened. */
static void record_data(struct trace *t, struct rig *r)
{
	const struct action *a = find_action(r->out, ACTION_PINHOLE_ADD);
	uint8_t packet[TALK_PACKET_MAX];
	struct endpoint from;
	struct span syn;

	if (!a)
		return;
	from = (struct endpoint){ a->hole.key.from, 50000 };
	syn = syn_make(&from, &a->hole.key.to, packet);
	rig_feed(r, syn);
	if (!find_action(r->out, ACTION_DATA_CREATE))
		bench_die("a data connection was not let in");
	record(t, syn);
}

static void advance(struct trace *t, struct rig *r, struct talk *talk,
		    const struct step *s)
{
	uint8_t packet[TALK_PACKET_MAX];

	record(t, take_step(r, talk, s, packet));
	record_data(t, r);
}

void trace_make(struct trace *t, struct rig *r, unsigned int conversations)
{
	size_t room = conversations * PACKETS_PER_TALK;
	struct talk *talk = bench_alloc(conversations * sizeof(*talk));

	*t = (struct trace){ .packet = bench_alloc(room * sizeof(*t->packet)),
			     .bytes = bench_alloc(room * TALK_PACKET_MAX) };
	rig_reset(r);
	for (unsigned int i = 0; i < conversations; i++)
		talk[i] = talk_of(i);
	for (size_t at = 0; at < conversations + STEPS; at++)
		for (size_t i = 0; i < conversations; i++)
			if (at >= i && at - i < STEPS)
				advance(t, r, &talk[i], &step[at - i]);
	free(talk);
}

void trace_free(struct trace *t)
{
	free(t->packet);
	free(t->bytes);
}

void trace_login(struct rig *r, struct talk *talk)
{
	uint8_t packet[TALK_PACKET_MAX];

	for (size_t i = 0; i < LOGIN_STEPS; i++)
		take_step(r, talk, &step[i], packet);
}
