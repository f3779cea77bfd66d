/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of the test's own, with the name of one file in it. */
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/tmp/sallyport-test-XXXXXX";
char scratch_path[64];

int scratch_make(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(scratch_path, sizeof(scratch_path), "%s/file", directory);
	return 0;
}

int scratch_remove(void **state)
{
	(void)state;
	unlink(scratch_path);
	return rmdir(directory);
}
