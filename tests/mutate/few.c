/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Room for fewer fragmented datagrams than replay has (the linker puts this in
 * front of the real function): it takes most of the time of a case to clear it
 * all, and captures this small never fill it.
 */
#include <stddef.h>

#include "io/reassemble.h"

#define DATAGRAMS 8

/* The names are the linker's. */
struct reassemble *__real_reassemble_new(size_t datagrams);
struct reassemble *__wrap_reassemble_new(size_t datagrams);

struct reassemble *__wrap_reassemble_new(size_t datagrams)
{
	return __real_reassemble_new(datagrams < DATAGRAMS ? datagrams
							   : DATAGRAMS);
}
