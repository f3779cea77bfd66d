/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that nobody stores: every byte follows from a seed and its place. */
#ifndef LOAD_CONTENTS_H
#define LOAD_CONTENTS_H

#include <stdint.h>

/* A file on its way, and how far it is. */
struct contents {
	uint64_t seed, length, at;
};

enum moved {
	MOVED_SOME,   /* there is more; the socket would block */
	MOVED_ALL,    /* to the end, and not one byte was another */
	MOVED_BROKEN, /* the connection was reset */
	MOVED_SHORT,  /* the stream ended before the file */
	MOVED_WRONG,  /* a byte that is not the file's, or one too many */
};

/* Send what the socket takes. */
enum moved contents_send(struct contents *c, int fd);

/* Read what is there and compare; the end comes with the end of the stream. */
enum moved contents_receive(struct contents *c, int fd);

/* The same, but only a piece of it: to find out whether something is there. */
enum moved contents_taste(struct contents *c, int fd);

#endif
