/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One capture through `sallyport replay`; see play.h. */
#include "play.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "io/capture.h"

#define PATH_BYTES 32
#define ARGUMENTS  12

static const struct kind {
	const char *options[3]; /* up to the first NULL */
	bool writes, json;
	const char *text;
} kinds[] = {
	{ { "--json" }, true, true, "--json -w" },
	{ { NULL }, false, false, "(table)" },
	{ { "--ladder" }, true, false, "--ladder -w" },
	{ { "--json" }, false, true, "--json" },
	{ { "--suggest" }, false, false, "--suggest" },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const struct kind *last;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "mutate: %s: %s\n", what, strerror(errno));
	exit(3);
}

static int memory_file(const char *name)
{
	int fd = memfd_create(name, 0);

	if (fd < 0)
		die("memfd_create");
	return fd;
}

static void fill(int fd, const struct bytes *b)
{
	if (ftruncate(fd, 0) < 0 ||
	    pwrite(fd, b->at, b->len, 0) != (ssize_t)b->len)
		die("a file in memory");
}

void player_begin(struct player *p)
{
	p->file = memory_file("capture");
	p->keylog = memory_file("keylog");
	p->written = memory_file("written");
	p->output = memory_file("output");
	if (dup2(p->output, STDOUT_FILENO) < 0)
		die("standard output");
}

/* Opening this begins at the file's first byte. */
static char *path_of(int fd, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "/proc/self/fd/%d", fd);
	return path;
}

int player_play(struct player *p, const struct bytes *file,
		const struct bytes *log, uint64_t kind)
{
	const struct kind *k = last = &kinds[kind % KINDS];
	const char *config = p->config[kind / KINDS % p->configs];
	char paths[3][PATH_BYTES];
	char name[] = "replay", write[] = "-w", with[] = "--keylog";
	char *argv[ARGUMENTS] = { name };
	int argc = 1, status;

	fill(p->file, file);
	if (ftruncate(p->written, 0) < 0 || ftruncate(p->output, 0) < 0 ||
	    lseek(p->output, 0, SEEK_SET) < 0)
		die("a file in memory");
	for (size_t i = 0; k->options[i]; i++)
		argv[argc++] = (char *)(uintptr_t)k->options[i];
	if (k->writes) {
		argv[argc++] = write;
		argv[argc++] = path_of(p->written, paths[0]);
	}
	if (log->len > 0) {
		fill(p->keylog, log);
		argv[argc++] = with;
		argv[argc++] = path_of(p->keylog, paths[1]);
	}
	argv[argc++] = path_of(p->file, paths[2]);
	argv[argc] = NULL;
	optind = 0;
	status = cmd_replay(config, argc, argv);
	fflush(stdout);
	return status;
}

static const char *fault_of_json(const char *text, size_t len)
{
	json_error_t why;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		json_t *object;

		if (!end)
			return "--json: the last line does not end";
		object = json_loadb(text, (size_t)(end - text), 0, &why);
		if (!json_is_object(object)) {
			json_decref(object);
			return "--json: a line is no object";
		}
		json_decref(object);
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	return NULL;
}

static const char *fault_of_output(int fd)
{
	const char *fault;
	struct stat st;
	char *text;

	if (fstat(fd, &st) < 0)
		die("standard output");
	if (st.st_size == 0)
		return NULL;
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		die("mmap");
	fault = fault_of_json(text, (size_t)st.st_size);
	munmap(text, (size_t)st.st_size);
	return fault;
}

/* Nothing at all is fine: then there was nothing to read either. */
static const char *fault_of_written(int fd)
{
	char path[PATH_BYTES], why[CAPTURE_WHY_MAX];
	enum capture_result result;
	struct capture_packet packet;
	struct capture *c;
	struct stat st;

	if (fstat(fd, &st) < 0)
		die("-w");
	if (st.st_size == 0)
		return NULL;
	if (capture_open(path_of(fd, path), &c, why) != 0)
		return "-w: no capture";
	do {
		result = capture_next(c, &packet);
	} while (result == CAPTURE_PACKET);
	capture_close(c);
	return result == CAPTURE_END ? NULL : "-w: damaged";
}

const char *player_fault(struct player *p)
{
	const char *fault = last->json ? fault_of_output(p->output) : NULL;

	return fault || !last->writes ? fault : fault_of_written(p->written);
}

const char *player_kind(uint64_t kind)
{
	return kinds[kind % KINDS].text;
}
