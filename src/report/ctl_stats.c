/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters and events of the daemon, as people read them (ctl_table.h). */
#include "report/ctl_table.h"
