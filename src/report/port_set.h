/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports as a list of ranges: "42000, 42003-42005". */
#ifndef REPORT_PORT_SET_H
#define REPORT_PORT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sallyport/policy.h>

/* Zeroed it is empty. Ranges ascend, and between two of them there is a gap. */
struct port_set {
	struct port_range *range;
	uint16_t ranges, room; /* 32768 have no neighbour */
	bool more;             /* a port had no room, and is not there */
};

/* Add @port; one that needs a range of its own has no room when there are
 * @most, or no memory. */
void port_set_add(struct port_set *s, uint16_t port, uint16_t most);

/* How many ports. */
uint32_t port_set_count(const struct port_set *s);

/* The first @most ranges, and whether that is all: ", and 3 more ranges",
 * ", and more". */
void port_set_put(FILE *to, const struct port_set *s, uint16_t most);

void port_set_free(struct port_set *s);

#endif
