/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tell the service manager, as sd_notify(3) does, without its library. */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

/*
 * Send @state ("READY=1", "STOPPING=1") as one datagram to the socket that
 * $NOTIFY_SOCKET names. Gives 0, also where the variable is not set, or a
 * negative errno.
 */
int notify_send(const char *state);

#endif
