/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A film, replayed. The story is one line for each thing told:
 *
 *	#1 endpoint PORT accepted 10.1.4.4:5001       as wire_log_event()
 *	#1 decrypted command PASV
 *	#1 packet < held 20                           who sends; payload
 *	#1 flow active 10.2.5.5:20 -> 10.1.4.4:5001 related reset 0/26 reason
 *	#1 traffic 20 packets clear 9/120 handshake 0/0 records 0/0
 *	end 20 frames 1 sessions 0 unfollowed
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "film.h"
#include "support.h"

struct teller {
	FILE *to;
	const struct listener *also;
	char text[8192]; /* an event's line */
};

/* --- the listener --------------------------------------------------------------- */

static void on_note(void *arg, const struct story_note *n)
{
	struct teller *t = arg;
	struct wire w = { .log = malloc(WIRE_LOG_MAX) };

	assert_non_null(w.log);
	wire_log_event(&w, n->event);
	fprintf(t->to, "#%" PRIu64 " %s%.*s", n->event->session,
		n->decrypted ? "decrypted " : "", (int)w.log_len, w.log);
	free(w.log);
	if (t->also && t->also->note)
		t->also->note(t->also->arg, n);
}

static void on_packet(void *arg, const struct story_packet *p)
{
	static const char *const fate[] = {
		[STORY_CHANGED] = "changed",
		[STORY_HELD] = "held",
		[STORY_RELEASED] = "released",
		[STORY_DROPPED] = "dropped",
	};
	struct teller *t = arg;

	fprintf(t->to, "#%" PRIu64 " packet %c %s %u\n", p->session,
		p->from_client ? '>' : '<', fate[p->fate], p->payload);
	if (t->also && t->also->packet)
		t->also->packet(t->also->arg, p);
}

static const char *tls_words(const struct story_flow *f)
{
	if (f->tls != DATA_TLS_YES)
		return f->tls == DATA_TLS_NO ? " cleartext" : "";
	if (f->tls_resumed)
		return " tls resumed";
	return f->tls_resumption ? " tls asked" : " tls";
}

static void on_flow(void *arg, const struct story_flow *f)
{
	char from[ENDPOINT_TEXT_MAX], to[ENDPOINT_TEXT_MAX];
	struct teller *t = arg;

	endpoint_format(&f->from, from);
	endpoint_format(&f->to, to);
	assert_true(f->closed_us >= f->opened_us);
	assert_true(!f->reason || !f->related);
	fprintf(t->to,
		"#%" PRIu64 " flow %s %s -> %s%s%s%s%s%s%s %" PRIu64 "/%" PRIu64
		" %s\n",
		f->session, f->active ? "active" : "passive", from, to,
		f->midstream ? " midstream"
		: f->related ? " related"
			     : " unmatched",
		f->granted ? " granted" : "",
		f->established ? "" : " half-open", f->reset ? " reset" : "",
		tls_words(f), "", f->bytes_from, f->bytes_to,
		f->reason ? f->reason : "");
	if (t->also && t->also->flow)
		t->also->flow(t->also->arg, f);
}

static void on_traffic(void *arg, const struct story_traffic *s)
{
	struct teller *t = arg;

	fprintf(t->to,
		"#%" PRIu64 " traffic %" PRIu64 " packets clear %" PRIu64
		"/%" PRIu64 " handshake %" PRIu64 "/%" PRIu64
		" records %" PRIu64 "/%" PRIu64 "\n",
		s->session, s->packets, s->clear.packets, s->clear.bytes,
		s->handshake.packets, s->handshake.bytes, s->records.packets,
		s->records.bytes);
	if (t->also && t->also->traffic)
		t->also->traffic(t->also->arg, s);
}

static void on_end(void *arg, const struct story_end *e)
{
	struct teller *t = arg;

	fprintf(t->to,
		"end %" PRIu64 " frames %" PRIu64 " sessions %" PRIu64
		" unfollowed\n",
		e->frames, e->sessions, e->unfollowed);
	if (t->also && t->also->end)
		t->also->end(t->also->arg, e);
}

/* --- the replay ------------------------------------------------------------------- */

struct config_of {
	struct config config;
	struct problems problems;
};

static void config_make(struct config_of *c, const char *yaml)
{
	enum config_result result =
		config_load_bytes(&c->config, span_str(yaml), &c->problems);

	if (result != CONFIG_OK)
		fail_msg("%s", c->problems.count ? c->problems.item[0].text
						 : "no configuration");
	/* Tables as small as the films are. */
	c->config.limits.sessions = 64;
	c->config.limits.pinholes = 64;
}

static void file_write(const struct file *f, size_t len, const char *path)
{
	FILE *to = fopen(path, "wb");

	assert_non_null(to);
	assert_int_equal(fwrite(f->bytes, 1, len, to), len);
	fclose(to);
}

static void read_left(struct film *f, const char *path)
{
	char why[CAPTURE_WHY_MAX];
	struct capture_packet p;
	struct packet tcp;
	struct capture *c;

	assert_int_equal(capture_open(path, &c, why), 0);
	while (capture_next(c, &p) == CAPTURE_PACKET) {
		assert_true(f->lefts < FILM_LEFT_MAX);
		f->left[f->lefts] = malloc(p.ip.len);
		assert_non_null(f->left[f->lefts]);
		memcpy(f->left[f->lefts], p.ip.at, p.ip.len);
		f->left_us[f->lefts] = p.at_us;
		f->left_len[f->lefts++] = p.ip.len;
		if (!p.snapped && !f->bad_sums &&
		    packet_decode(p.ip, &tcp) == PACKET_TCP)
			assert_true(packet_checksum_ok(&tcp));
	}
	assert_null(capture_damage(c));
	capture_close(c);
}

void film_show(struct film *f, const char *yaml)
{
	char path[3][64];
	const char *const paths[2] = { path[0], path[1] };
	const size_t files = f->sight == FILM_FILES ? 2 : 1;
	struct teller *t = calloc(1, sizeof(*t));
	struct config_of *c = calloc(1, sizeof(*c));
	struct replay_options o = { .config = &c->config, .files = files };
	struct capture_merge *m;
	size_t which;

	assert_true(t && c);
	for (int i = 0; i < 3; i++) {
		int fd;

		snprintf(path[i], sizeof(path[i]),
			 "/tmp/sallyport-film-XXXXXX");
		fd = mkstemp(path[i]);
		assert_true(fd >= 0);
		close(fd);
	}
	for (size_t i = 0; i < files; i++)
		file_write(f->file[i],
			   i == 0 && f->cut ? f->cut : f->file[i]->len,
			   path[i]);
	config_make(c, yaml);
	assert_int_equal(capture_merge_open(paths, files, &m, &which, f->why),
			 0);
	t->to = open_memstream(&f->story, &f->story_len);
	t->also = f->also_tell;
	o.to = (struct listener){ t,       on_note,    on_packet,
				  on_flow, on_traffic, on_end };
	o.write_path = f->no_write ? NULL : path[2];
	o.keylog = f->keylog;
	o.progress = f->progress;
	o.arg = f->progress_arg;
	f->result = replay_run(m, &o, &f->counts, f->why);
	capture_merge_close(m);
	fclose(t->to);
	assert_int_equal(f->result, REPLAY_FINE);
	if (!f->no_write)
		read_left(f, path[2]);
	config_free(&c->config);
	for (int i = 0; i < 3; i++)
		unlink(path[i]);
	free(c);
	free(t);
}

/* --- questions ---------------------------------------------------------------------- */

unsigned int film_told(const struct film *f, const char *start)
{
	const char *at = f->story;
	unsigned int n = 0;

	while (at && *at) {
		n += strncmp(at, start, strlen(start)) == 0;
		at = strchr(at, '\n');
		if (at)
			at++;
	}
	return n;
}

void film_expect(const struct film *f, const char *start)
{
	if (!film_told(f, start))
		fail_msg("\"%s\" was not told, but:\n%s", start, f->story);
}

void film_expect_not(const struct film *f, const char *start)
{
	if (film_told(f, start))
		fail_msg("\"%s\" was told:\n%s", start, f->story);
}

static bool is_of(const struct film *f, size_t i, const struct endpoint *src,
		  const struct endpoint *dst, struct packet *p)
{
	return packet_decode(span_of(f->left[i], f->left_len[i]), p) ==
		       PACKET_TCP &&
	       endpoint_equal(&p->src, src) && endpoint_equal(&p->dst, dst);
}

size_t film_left(const struct film *f, const struct endpoint *src,
		 const struct endpoint *dst)
{
	struct packet p;
	size_t n = 0;

	for (size_t i = 0; i < f->lefts; i++)
		n += is_of(f, i, src, dst, &p);
	return n;
}

char *film_read(const struct film *f, const struct endpoint *src,
		const struct endpoint *dst)
{
	char *text = calloc(1, WIRE_STREAM_MAX);
	uint8_t *have = calloc(1, WIRE_STREAM_MAX);
	bool started = false;
	size_t len = 0;
	uint32_t first = 0;
	struct packet p;

	assert_true(text && have);
	for (size_t i = 0; i < f->lefts; i++) {
		struct span s;
		uint32_t from;

		if (!is_of(f, i, src, dst, &p) || p.flags & TCP_RST)
			continue;
		if (!started)
			first = p.seq + !!(p.flags & TCP_SYN);
		started = true;
		s = packet_payload(&p);
		from = p.seq - first;
		for (size_t k = 0; k < s.len; k++) {
			assert_true(from + k < WIRE_STREAM_MAX);
			if (have[from + k])
				assert_int_equal(text[from + k], s.at[k]);
			have[from + k] = 1;
			text[from + k] = (char)s.at[k];
		}
		if (s.len && from + s.len > len)
			len = from + s.len;
	}
	for (size_t i = 0; i < len; i++)
		assert_true(have[i]);
	free(have);
	text[len] = '\0';
	return text;
}

void film_expect_read(const struct film *f, const struct endpoint *src,
		      const struct endpoint *dst, const char *text)
{
	char *got = film_read(f, src, dst);

	assert_string_equal(got, text);
	free(got);
}
