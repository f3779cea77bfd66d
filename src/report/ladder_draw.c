/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One step of a story between three lifelines. */
#include "report/ladder_draw.h"

#include <inttypes.h>
#include <string.h>

#include "report/columns.h"

/* What stands left of the lifelines: "%6s %11s  ", frame and time. */
#define GUTTER 20

/* Between two lifelines that are neighbours, and between the outer two. */
#define HALF  38
#define WHOLE (2 * HALF + 1)

_Static_assert(GUTTER + WHOLE + 2 == LADDER_WIDTH, "lines have one width");

/* An arrow's ends around its text: "--- " before, " ->" behind. */
#define ENDS 7

/* A note's brackets, and some air to the outer lifelines. */
#define NOTE_ENDS 4
#define NOTE_MAX  (WHOLE - NOTE_ENDS - 4)

#define CLIPPED "..."

/* Part of a line, from lifeline to lifeline. */
struct leg {
	size_t width;     /* HALF or WHOLE */
	char stroke;      /* '-' '=' '~' */
	char left, right; /* ends: '<' '>' 'x', or the stroke */
	const char *text; /* "": a bare one */
};

static void put_many(FILE *to, char c, size_t n)
{
	while (n-- > 0)
		fputc(c, to);
}

static void put_gutter(FILE *to, const struct step *s, const char *time)
{
	char frame[24] = "-";

	if (s && s->place.frame != 0)
		snprintf(frame, sizeof(frame), "%" PRIu64, s->place.frame);
	fprintf(to, "%6s %11s  ", s ? frame : "", s ? time : "");
}

/* @text in @most columns. */
static void put_clipped(FILE *to, const char *text, size_t most)
{
	size_t cut = sizeof(CLIPPED) - 1;

	if (columns_of(text) <= most)
		fputs(text, to);
	else
		fprintf(to, "%.*s" CLIPPED,
			(int)columns_bytes(text, most - cut), text);
}

static bool fits(const struct leg *l)
{
	return columns_of(l->text) + ENDS <= l->width;
}

/* Strokes up to the leg's end; the gateway's lifeline crosses a long one. */
static void put_strokes(FILE *to, const struct leg *l, size_t at)
{
	for (; at + 1 < l->width; at++)
		fputc(l->width == WHOLE && at == HALF ? '|' : l->stroke, to);
}

static void put_leg(FILE *to, const struct leg *l)
{
	size_t room = l->width - ENDS, len = columns_of(l->text), at = 1;

	fputc(l->left, to);
	if (len > 0) {
		put_many(to, l->stroke, 2);
		fputc(' ', to);
		put_clipped(to, l->text, room);
		fputc(' ', to);
		at = 5 + (len < room ? len : room);
	}
	put_strokes(to, l, at);
	fputc(l->right, to);
}

static void put_gap(FILE *to)
{
	put_many(to, ' ', HALF);
}

/* Text between the lifelines, where the arrow has no room for it. */
static void put_text(FILE *to, const char *text)
{
	size_t at = 2 + columns_of(text);

	fputs("|  ", to);
	put_clipped(to, text, WHOLE - 2);
	for (; at < WHOLE; at++)
		fputc(at == HALF ? '|' : ' ', to);
	fputs("|\n", to);
}

/* --- arrows ----------------------------------------------------------------- */

/* From end to end. */
static void draw_whole(FILE *to, const struct leg *l)
{
	fputc('|', to);
	put_leg(to, l);
	fputs("|\n", to);
}

/* On one side of the gateway. */
static void draw_half(FILE *to, const struct leg *l, bool left)
{
	fputc('|', to);
	if (left)
		put_leg(to, l);
	else
		put_gap(to);
	fputc('|', to);
	if (left)
		put_gap(to);
	else
		put_leg(to, l);
	fputs("|\n", to);
}

/* One text before the gateway, another one behind it. */
static void draw_rewritten(FILE *to, const struct step *s)
{
	bool forth = s->from == STEP_FROM_CLIENT;
	struct leg l = { HALF, '-', forth ? '-' : '<', forth ? '>' : '-',
			 forth ? s->before : s->after };

	fputc('|', to);
	put_leg(to, &l);
	fputc('|', to);
	l.text = forth ? s->after : s->before;
	put_leg(to, &l);
	fputs("|\n", to);
}

/* What the gateway keeps ends there with an x; what it had kept begins there.
 */
static void draw_cut(FILE *to, const struct step *s, struct leg l)
{
	bool forth = s->from == STEP_FROM_CLIENT;
	bool stops = s->way == STEP_STOPS;

	l.width = HALF;
	if (stops && forth)
		l.right = 'x';
	else if (stops)
		l.left = 'x';
	draw_half(to, &l, forth == stops);
}

static void draw_arrow(FILE *to, const struct step *s, const char *time)
{
	bool data = s->kind == STEP_DATA || s->kind == STEP_FLOW;
	bool forth = s->from == STEP_FROM_CLIENT;
	struct leg l = { s->way == STEP_PASSES ? WHOLE : HALF, 0, 0, 0,
			 s->said };

	l.stroke = data ? '=' : '-';
	l.left = forth ? l.stroke : '<';
	l.right = forth ? '>' : l.stroke;
	put_gutter(to, s, time);
	if (*s->before && s->way == STEP_PASSES) {
		draw_rewritten(to, s);
		return;
	}
	if (!fits(&l)) {
		put_text(to, s->said);
		put_gutter(to, NULL, NULL);
		l.text = "";
	}
	if (s->way == STEP_PASSES)
		draw_whole(to, &l);
	else
		draw_cut(to, s, l);
}

/* Something that both ends do. */
static void draw_band(FILE *to, const struct step *s, const char *time)
{
	char stroke = s->kind == STEP_PHASE ? '~' : '-';
	const struct leg l = { WHOLE, stroke, stroke, stroke, s->said };

	put_gutter(to, s, time);
	draw_whole(to, &l);
}

/* --- notes -------------------------------------------------------------------- */

/* Bytes of @text for the next line: up to the last blank that fits. */
static size_t line_of(const char *text, size_t len)
{
	size_t most = columns_bytes(text, NOTE_MAX), cut = most;

	if (len <= most)
		return len;
	while (cut > 0 && text[cut] != ' ')
		cut--;
	return cut > 0 ? cut : most;
}

static void put_note_line(FILE *to, const char *text, size_t len)
{
	size_t used = NOTE_ENDS, before, behind;

	for (size_t i = 0; i < len; i++)
		used += ((unsigned char)text[i] & 0xc0) != 0x80;
	before = (WHOLE - used) / 2;
	behind = WHOLE - used - before;
	fputc('|', to);
	put_many(to, ' ', before);
	fprintf(to, "[ %.*s ]", (int)len, text);
	put_many(to, ' ', behind);
	fputs("|\n", to);
}

/* @len bytes of @text in as many lines as they need; the first one beside what
 * stands in the gutter already. */
static void put_note(FILE *to, const char *text, size_t len)
{
	for (;;) {
		size_t n = line_of(text, len);

		put_note_line(to, text, n);
		while (n < len && text[n] == ' ')
			n++;
		text += n;
		len -= n;
		if (len == 0)
			break;
		put_gutter(to, NULL, NULL);
	}
}

void ladder_draw_note(FILE *to, const char *text)
{
	put_gutter(to, NULL, NULL);
	put_note(to, text, strlen(text));
}

static void draw_decisions(FILE *to, const struct step *s, const char *time)
{
	const char *text = s->decisions;
	bool first = s->kind == STEP_GATEWAY;

	while (*text) {
		size_t len = strcspn(text, "\n");

		put_gutter(to, first ? s : NULL, time);
		put_note(to, text, len);
		first = false;
		text += len + (text[len] == '\n');
	}
}

/* --- all of it ------------------------------------------------------------------ */

void ladder_draw_step(FILE *to, const struct step *s, const char *time)
{
	if (s->kind == STEP_PHASE || s->kind == STEP_CLOSE)
		draw_band(to, s, time);
	else if (s->kind != STEP_GATEWAY)
		draw_arrow(to, s, time);
	draw_decisions(to, s, time);
}

void ladder_draw_head(FILE *to, const struct endpoint *client,
		      const struct endpoint *server)
{
	char c[ENDPOINT_TEXT_MAX], v[ENDPOINT_TEXT_MAX];
	int left = (int)endpoint_format(client, c);
	int right = (int)endpoint_format(server, v);

	fprintf(to, "%*s%-*s%-*s%s\n", GUTTER, "", WHOLE / 2 - 2, "client",
		WHOLE / 2 - 2, "gateway", "server");
	fprintf(to, "%*s%s", GUTTER, "", c);
	/* The longest of IPv6 take a line each. */
	if (left + 1 + right > WHOLE + 2) {
		fprintf(to, "\n%*s", GUTTER, "");
		left = 0;
	}
	fprintf(to, "%*s\n", WHOLE + 2 - left, v);
	fprintf(to, "%6s %11s  |%*s|%*s|\n", "frame", "time", HALF, "", HALF,
		"");
}
