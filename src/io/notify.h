/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tell the service manager, as sd_notify(3) does, without its library. */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <stdint.h>

/*
 * Connect to the socket that $NOTIFY_SOCKET names: from then on it is reached
 * from any root directory. Gives 0 or a negative errno; *@fd is -1 where the
 * variable is not set, or on failure, and else close(2) ends it.
 */
int notify_open(int *fd);

/* Send @state ("READY=1", "STOPPING=1") as one datagram; nothing where @fd is
 * -1. Gives 0 or a negative errno. */
int notify_send(int fd, const char *state);

/* How often the service manager wants to hear "WATCHDOG=1" of this process, at
 * least, in microseconds (sd_watchdog_enabled(3)); 0: it does not. */
uint64_t notify_watchdog_us(void);

#endif
