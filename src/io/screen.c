/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page of lines on ncurses. */
#include "io/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <ncurses.h>

struct screen {
	SCREEN *terminal;
	int signals;
	sigset_t before; /* what was blocked */
};

bool screen_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* Blocked, so that ncurses's own handlers, which would end the program, do not
 * run either; but for SIGTSTP's, which leaves the terminal to the shell. */
static int take_signals(struct screen *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, &s->before);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Not initscr(): that ends the program where it fails. */
struct screen *screen_open(void)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->signals = take_signals(s);
	if (s->signals >= 0)
		s->terminal = newterm(NULL, stdout, stdin);
	if (!s->terminal) {
		screen_close(s);
		return NULL;
	}
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	curs_set(0);
	return s;
}

void screen_close(struct screen *s)
{
	if (!s)
		return;
	if (s->terminal) {
		endwin();
		delscreen(s->terminal);
	}
	if (s->signals >= 0)
		close(s->signals);
	sigprocmask(SIG_SETMASK, &s->before, NULL);
	free(s);
}

size_t screen_lines(const struct screen *s)
{
	(void)s;
	return LINES > 0 ? (size_t)LINES : 0;
}

static void draw_line(int y, const char *line, size_t len)
{
	bool heading = len > 0 && *line >= 'A' && *line <= 'Z';

	if (heading)
		attron(A_BOLD);
	mvaddnstr(y, 0, line, len < (size_t)COLS ? (int)len : COLS);
	if (heading)
		attroff(A_BOLD);
}

void screen_draw(struct screen *s, const char *text, const char *foot)
{
	int y = 0;

	(void)s;
	erase();
	while (*text && y + 1 < LINES) {
		size_t len = strcspn(text, "\n");

		draw_line(y++, text, len);
		text += len + (text[len] == '\n');
	}
	attron(A_REVERSE);
	mvaddnstr(LINES - 1, 0, foot, COLS);
	attroff(A_REVERSE);
	refresh();
}

static void resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
	    size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
}

static enum screen_event take_signal(struct screen *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return SCREEN_TIMEOUT;
	if (info.ssi_signo != SIGWINCH)
		return SCREEN_END;
	resize();
	return SCREEN_RESIZED;
}

enum screen_event screen_wait(struct screen *s, int timeout_ms, char *key)
{
	struct pollfd p[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = s->signals, .events = POLLIN },
	};
	int c;

	/* EINTR: back from having been stopped. */
	if (poll(p, 2, timeout_ms) < 0)
		return errno == EINTR ? SCREEN_RESIZED : SCREEN_END;
	if (p[1].revents)
		return take_signal(s);
	if (!p[0].revents)
		return SCREEN_TIMEOUT;
	c = getch();
	if (c == ERR)
		return SCREEN_END; /* readable, and nothing to read */
	*key = c > 0 && c < 128 ? (char)c : '\0';
	return SCREEN_KEY;
}
