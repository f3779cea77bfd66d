/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `sallyport check` says of FTPS. */
#ifndef CMD_CHECK_FTPS_H
#define CMD_CHECK_FTPS_H

#include "io/config.h"

/* To standard output: what tls, servers and clients of @c mean. */
void check_ftps_say(const struct config *c);

/* To standard output, a line each below a heading: what is valid but hardly
 * meant. Nothing, not even the heading, where all is well. */
void check_ftps_doubt(const struct config *c);

#endif
