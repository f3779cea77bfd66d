/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target over files, without libFuzzer: the corpus as a test.
 * Arguments are files and folders of files. Exit status: 0 all ran, 1 there
 * was no file, 3 one could not be read. A broken property aborts.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Noreturn void die(const char *what, const char *where)
{
	fprintf(stderr, "standalone: %s: %s: %s\n", what, strerror(errno),
		where);
	exit(3);
}

/* The copy has just the file's size, so that a sanitizer sees its end. */
static void run_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size > 0 ? size : 1);

	if (!f || !data)
		die("cannot open", path);
	if (fread(data, 1, size, f) != size)
		die("cannot read", path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static size_t run(const char *path);

static size_t run_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t files = 0;

	if (!dir)
		die("cannot open", path);
	while ((entry = readdir(dir))) {
		char inner[PATH_MAX];

		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", path,
			     entry->d_name) >= (int)sizeof(inner)) {
			errno = ENAMETOOLONG;
			die("cannot open", path);
		}
		files += run(inner);
	}
	closedir(dir);
	return files;
}

/* Gives how many files were run. */
static size_t run(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		die("cannot open", path);
	if (S_ISDIR(st.st_mode))
		return run_folder(path);
	run_file(path, (size_t)st.st_size);
	return 1;
}

int main(int argc, char **argv)
{
	size_t files = 0;

	for (int i = 1; i < argc; i++)
		files += run(argv[i]);
	printf("%s: %zu files\n", argv[0], files);
	return files > 0 ? 0 : 1;
}
