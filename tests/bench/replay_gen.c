/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a capture of many FTP sessions side by side, always the same one.
 *
 *	replay_gen FILE BYTES SESSIONS
 *
 * SESSIONS are open at any time; where one ends, the next begins, and the file
 * ends after BYTES, in the middle of whatever goes on. Each session logs in,
 * moves some files, and quits; each transfer has a data connection of its own,
 * which really carries what it shall. Nothing but the sessions' states is kept
 * in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "replay_wire.h"

#define LINE_MAX_BYTES 128
#define FTP            21
#define FTP_DATA       20

/* Files are of 32 KiB to 4 MiB, a small one as likely as a large one, and 2.5 of
 * them a session: what FTP servers are kept for. Of ten thousand sessions most
 * are in a transfer then, at any time. */
#define FILE_MIN_SHIFT 15
#define FILE_SHIFTS    7
#define TRANSFERS_MAX  4

/* Between two packets of the whole: 20,000 a second. */
#define STEP_US 50

/* Where payload is cut from: larger than a segment, and of no period that a
 * segment has. */
#define BLOCK_BYTES 65521

enum mode { PASV, EPSV, PORT, EPRT, MODES };

/* One row makes one packet, but for BULK. */
enum what {
	SYN,
	SYN_ACK,
	ACK,
	FIN,
	LINE,
	DATA_SYN,
	DATA_SYN_ACK,
	DATA_ACK,
	DATA_BULK, /* all of the file */
	DATA_FIN,
	OVER, /* the end of these rows */
};

/* Sides, as an index. For data connections: who connects, who listens. */
enum { CLIENT, SERVER };
enum { OPENER, LISTENER };

struct row {
	enum what what;
	int side; /* who sends */
	const char *text;
};

static const struct row login[] = {
	{ SYN, CLIENT, NULL },
	{ SYN_ACK, SERVER, NULL },
	{ ACK, CLIENT, NULL },
	{ LINE, SERVER, "220 Welcome to the bench." },
	{ ACK, CLIENT, NULL },
	{ LINE, CLIENT, "USER ftpuser" },
	{ ACK, SERVER, NULL },
	{ LINE, SERVER, "331 Please specify the password." },
	{ LINE, CLIENT, "PASS sallyport" },
	{ LINE, SERVER, "230 Login successful." },
	{ LINE, CLIENT, "SYST" },
	{ LINE, SERVER, "215 UNIX Type: L8" },
	{ LINE, CLIENT, "TYPE I" },
	{ LINE, SERVER, "200 Switching to Binary mode." },
	{ ACK, CLIENT, NULL },
	{ OVER, 0, NULL },
};

/* %A: the command that asks for the mode, %R: its reply, %F: STOR or RETR and
 * a name. */
static const struct row passive[] = {
	{ LINE, CLIENT, "%A" },
	{ LINE, SERVER, "%R" },
	{ DATA_SYN, OPENER, NULL },
	{ DATA_SYN_ACK, LISTENER, NULL },
	{ DATA_ACK, OPENER, NULL },
	{ LINE, CLIENT, "%F" },
	{ LINE, SERVER, "150 Opening BINARY mode data connection." },
	{ ACK, CLIENT, NULL },
	{ DATA_BULK, 0, NULL },
	{ DATA_FIN, OPENER, NULL },
	{ DATA_FIN, LISTENER, NULL },
	{ DATA_ACK, OPENER, NULL },
	{ LINE, SERVER, "226 Transfer complete." },
	{ ACK, CLIENT, NULL },
	{ OVER, 0, NULL },
};

static const struct row active[] = {
	{ LINE, CLIENT, "%A" },
	{ LINE, SERVER, "%R" },
	{ LINE, CLIENT, "%F" },
	{ DATA_SYN, OPENER, NULL },
	{ DATA_SYN_ACK, LISTENER, NULL },
	{ DATA_ACK, OPENER, NULL },
	{ LINE, SERVER, "150 Opening BINARY mode data connection." },
	{ ACK, CLIENT, NULL },
	{ DATA_BULK, 0, NULL },
	{ DATA_FIN, LISTENER, NULL },
	{ DATA_FIN, OPENER, NULL },
	{ DATA_ACK, LISTENER, NULL },
	{ LINE, SERVER, "226 Transfer complete." },
	{ ACK, CLIENT, NULL },
	{ OVER, 0, NULL },
};

static const struct row quit[] = {
	{ LINE, CLIENT, "QUIT" }, { LINE, SERVER, "221 Goodbye." },
	{ FIN, SERVER, NULL },    { FIN, CLIENT, NULL },
	{ ACK, SERVER, NULL },    { OVER, 0, NULL },
};

struct pipe {
	uint16_t port[2];
	uint32_t seq[2];
};

struct session {
	uint64_t number;
	const struct row *row;
	struct pipe control, data;
	unsigned int transfers; /* left to do */
	enum mode mode;
	bool stores, v6;
	uint32_t left;        /* bytes of the file */
	unsigned int unacked; /* data segments since the last ACK */
};

struct generator {
	struct wire wire;
	uint64_t random;
	uint64_t sessions; /* begun so far */
	uint8_t block[BLOCK_BYTES];
};

/* Knuth's MMIX generator; the upper bits are good ones. */
static uint32_t roll(struct generator *g, uint32_t below)
{
	g->random = g->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((g->random >> 33) % below);
}

static bool is_active(enum mode mode)
{
	return mode == PORT || mode == EPRT;
}

static void begin_transfer(struct generator *g, struct session *s)
{
	unsigned int shift = FILE_MIN_SHIFT + roll(g, FILE_SHIFTS);

	s->mode = (enum mode)roll(g, MODES);
	if (s->v6) /* RFC 2428: PORT and PASV know IPv4 alone */
		s->mode = is_active(s->mode) ? EPRT : EPSV;
	s->stores = roll(g, 3) == 0;
	s->left = (1u << shift) + roll(g, 1u << shift);
	s->unacked = 0;
	/* Linux's ip_local_port_range. */
	s->data.port[OPENER] = is_active(s->mode)
				       ? FTP_DATA
				       : (uint16_t)(32768 + roll(g, 28000));
	s->data.port[LISTENER] = (uint16_t)(32768 + roll(g, 28000));
	s->data.seq[OPENER] = roll(g, UINT32_MAX);
	s->data.seq[LISTENER] = roll(g, UINT32_MAX);
	s->row = is_active(s->mode) ? active : passive;
}

static void begin_session(struct generator *g, struct session *s)
{
	s->number = g->sessions++;
	s->v6 = s->number % 8 == 7;
	s->control.port[CLIENT] = (uint16_t)(32768 + s->number % 28000);
	s->control.port[SERVER] = FTP;
	s->control.seq[CLIENT] = roll(g, UINT32_MAX);
	s->control.seq[SERVER] = roll(g, UINT32_MAX);
	s->transfers = 1 + roll(g, TRANSFERS_MAX);
	s->row = login;
}

/* 10,000 clients of 10.1.0.0/16, 250 servers of 10.2.5.0/24, and the like. */
static void address(const struct session *s, int side, uint8_t at[16])
{
	static const uint8_t v6[16] = { 0xfc, 0, 0, 0x10, 0, 1 };
	uint64_t client = s->number % 10000, server = s->number % 250;
	uint8_t last[2][4] = {
		{ 10, 1, (uint8_t)(client / 250), (uint8_t)(client % 250 + 1) },
		{ 10, 2, 5, (uint8_t)(server + 1) },
	};

	memcpy(at, s->v6 ? v6 : last[side], s->v6 ? 12 : 4);
	if (s->v6)
		memcpy(at + 12, last[side], 4);
}

/* A segment from @side of @p; its opposite is the other one. @swapped: side 0
 * of the pipe is the server. */
static void segment(struct generator *g, const struct session *s,
		    struct pipe *p, bool swapped, int side, uint8_t flags,
		    const uint8_t *payload, size_t len)
{
	struct wire_ends ends = {
		.v6 = s->v6,
		.from_port = p->port[side],
		.to_port = p->port[!side],
	};
	struct wire_segment out = { p->seq[side], p->seq[!side], flags, payload,
				    len };

	address(s, swapped ? !side : side, ends.from);
	address(s, swapped ? side : !side, ends.to);
	wire_segment(&g->wire, &ends, &out);
	p->seq[side] += (uint32_t)len + !!(flags & (WIRE_SYN | WIRE_FIN));
}

/* "10,1,2,3,4,5", "|1|10.1.2.3|1029|" or "|||1029|": the data connection's
 * listener. */
static int endpoint(const struct session *s, char *to)
{
	unsigned int port = s->data.port[LISTENER];
	uint8_t a[16];

	address(s, is_active(s->mode) ? CLIENT : SERVER, a);
	if (s->mode == EPSV)
		return snprintf(to, LINE_MAX_BYTES, "|||%u|", port);
	if (s->mode != EPRT)
		return snprintf(to, LINE_MAX_BYTES, "%u,%u,%u,%u,%u,%u", a[0],
				a[1], a[2], a[3], port >> 8, port & 255);
	if (!s->v6)
		return snprintf(to, LINE_MAX_BYTES, "|1|%u.%u.%u.%u|%u|", a[0],
				a[1], a[2], a[3], port);
	return snprintf(to, LINE_MAX_BYTES, "|2|fc00:10:1::%x%02x:%x%02x|%u|",
			a[12], a[13], a[14], a[15], port);
}

static int line(const struct session *s, const char *text, char *to)
{
	static const char *const ask[] = { "PASV", "EPSV", "PORT ", "EPRT " };
	static const char *const answer[] = {
		"227 Entering Passive Mode (",
		"229 Entering Extended Passive Mode (",
		"200 PORT command successful. Consider using PASV.",
		"200 EPRT command successful. Consider using EPSV.",
	};
	char hostport[LINE_MAX_BYTES];

	if (text[0] != '%')
		return snprintf(to, LINE_MAX_BYTES, "%s\r\n", text);
	if (text[1] == 'F')
		return snprintf(to, LINE_MAX_BYTES, "%s pub/file-%u.bin\r\n",
				s->stores ? "STOR" : "RETR",
				(unsigned int)(s->number % 977));
	endpoint(s, hostport);
	if (text[1] == 'A')
		return snprintf(to, LINE_MAX_BYTES, "%s%s\r\n", ask[s->mode],
				is_active(s->mode) ? hostport : "");
	if (is_active(s->mode))
		return snprintf(to, LINE_MAX_BYTES, "%s\r\n", answer[s->mode]);
	return snprintf(to, LINE_MAX_BYTES, "%s%s).\r\n", answer[s->mode],
			hostport);
}

/* One packet of the file, or the ACK for two of them. True: that was all. */
static bool bulk(struct generator *g, struct session *s)
{
	bool swapped = is_active(s->mode);
	/* The server sends unless the client stores. */
	int sender = s->stores == swapped ? LISTENER : OPENER;
	uint32_t len = s->left < WIRE_SEGMENT ? s->left : WIRE_SEGMENT;
	uint32_t from;

	if (s->unacked == 2 || len == 0) {
		segment(g, s, &s->data, swapped, !sender, WIRE_ACK, NULL, 0);
		s->unacked = 0;
		return len == 0;
	}
	from = roll(g, BLOCK_BYTES - WIRE_SEGMENT);
	segment(g, s, &s->data, swapped, sender,
		WIRE_ACK | (len == s->left ? WIRE_PSH : 0), g->block + from,
		len);
	s->left -= len;
	s->unacked++;
	return false;
}

/* The packet of the session's row. True: the row is done. */
static bool packet(struct generator *g, struct session *s)
{
	static const uint8_t flags[] = {
		[SYN] = WIRE_SYN,
		[SYN_ACK] = WIRE_SYN | WIRE_ACK,
		[ACK] = WIRE_ACK,
		[FIN] = WIRE_FIN | WIRE_ACK,
		[LINE] = WIRE_PSH | WIRE_ACK,
		[DATA_SYN] = WIRE_SYN,
		[DATA_SYN_ACK] = WIRE_SYN | WIRE_ACK,
		[DATA_ACK] = WIRE_ACK,
		[DATA_FIN] = WIRE_FIN | WIRE_ACK,
	};
	const struct row *row = s->row;
	bool data = row->what >= DATA_SYN;
	char text[LINE_MAX_BYTES];
	int len = 0;

	if (row->what == DATA_BULK)
		return bulk(g, s);
	if (row->what == LINE)
		len = line(s, row->text, text);
	segment(g, s, data ? &s->data : &s->control, data && is_active(s->mode),
		row->side, flags[row->what], (uint8_t *)text, (size_t)len);
	return true;
}

static void step(struct generator *g, struct session *s)
{
	bool ending =
		s->row >= quit && s->row < quit + sizeof(quit) / sizeof(*quit);

	g->wire.now_us += STEP_US;
	if (!packet(g, s))
		return;
	s->row++;
	if (s->row->what != OVER)
		return;
	if (ending) {
		begin_session(g, s);
	} else if (s->transfers > 0) {
		s->transfers--;
		begin_transfer(g, s);
	} else {
		s->row = quit;
	}
}

int main(int argc, char **argv)
{
	static struct generator g = {
		/* 2026-01-01, for no reason. */
		.wire.now_us = UINT64_C(1767225600000000),
		.random = 4217,
	};
	struct session *session;
	uint64_t bytes;
	uint32_t count;

	if (argc != 4) {
		fprintf(stderr, "use: replay_gen FILE BYTES SESSIONS\n");
		return 2;
	}
	bytes = bench_number(argv[2]);
	count = (uint32_t)bench_number(argv[3]);
	if (count == 0)
		return 2;
	session = bench_alloc(count * sizeof(*session));
	for (uint32_t i = 0; i < BLOCK_BYTES; i++)
		g.block[i] = (uint8_t)(' ' + roll(&g, 95));
	for (uint32_t i = 0; i < count; i++)
		begin_session(&g, &session[i]);
	wire_open(&g.wire, argv[1]);
	while (g.wire.bytes < bytes)
		step(&g, &session[roll(&g, count)]);
	wire_close(&g.wire);
	printf("%llu sessions\n", (unsigned long long)g.sessions);
	free(session);
	return 0;
}
