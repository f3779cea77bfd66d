/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Send an IP packet of our own into a connection that passes here.
 *
 * Threads: any number may send through one handle at a time.
 */
#ifndef IO_INJECT_H
#define IO_INJECT_H

#include <stdint.h>

#include <sallyport/span.h>

/* Two raw sockets; closed by inject_close(). */
struct inject {
	int v4, v6;
};

/*
 * Every packet sent gets the mark @mark, by which the rules let it pass
 * without queueing it again. Gives 0 or a negative errno; -EPERM: CAP_NET_RAW
 * and CAP_NET_ADMIN are needed.
 */
int inject_open(struct inject *in, uint32_t mark);
void inject_close(struct inject *in);

/*
 * Send @packet, complete from its IP header on, as a packet of this host. It
 * passes OUTPUT and POSTROUTING, where conntrack finds its connection and
 * translates it; so it must be written as the wire would show it before this
 * gateway translated it: from the server to what the server calls the client,
 * or from the client to what the client calls the server. The entry must be
 * liberal: otherwise a packet outside of its window stays untranslated, and
 * where that names this host's own address, this host resets the connection.
 * Gives 0 or a negative errno; -EINVAL: not IP; -ENETUNREACH: no route to the
 * destination as written.
 */
int inject_send(const struct inject *in, struct span packet);

#endif
