/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries for systemd's journal. */
#include "io/log_journal.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* --- which journal ------------------------------------------------------------ */

static bool take_number(const char **at, uint64_t *number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*number = strtoull(*at, &end, 10);
	*at = end;
	return errno == 0;
}

bool log_journal_is_stderr(void)
{
	const char *at = getenv("JOURNAL_STREAM");
	uint64_t dev, ino;
	struct stat st;

	return at && take_number(&at, &dev) && *at++ == ':' &&
	       take_number(&at, &ino) && !*at &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	       st.st_ino == ino;
}

int log_journal_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* --- entries ------------------------------------------------------------------ */

struct entry {
	char *at;
	size_t len;
};

static void put(struct entry *e, const void *bytes, size_t len)
{
	memcpy(e->at + e->len, bytes, len);
	e->len += len;
}

/* Little endian, as the protocol has it. */
static void put_length(struct entry *e, uint64_t length)
{
	for (int i = 0; i < 8; i++)
		e->at[e->len++] = (char)(length >> 8 * i & 0xff);
}

/* "NAME=value", or, as a value of several lines could be taken for more fields,
 * the name alone and the value behind its length. */
static void put_field(struct entry *e, const char *name, struct span value)
{
	bool lines = span_find(value, '\n') < value.len;
	size_t room = LOG_JOURNAL_ENTRY_MAX - e->len;

	if (strlen(name) + value.len + sizeof("\n\n") + sizeof(uint64_t) > room)
		return;
	put(e, name, strlen(name));
	put(e, lines ? "\n" : "=", 1);
	if (lines)
		put_length(e, value.len);
	if (value.len)
		put(e, value.at, value.len);
	put(e, "\n", 1);
}

size_t log_journal_entry(char out[LOG_JOURNAL_ENTRY_MAX], enum log_level level,
			 const char *module, struct span text,
			 const struct log_field *field, size_t fields)
{
	static const char *const priority[] = {
		[LOG_LEVEL_ERROR] = "3",
		[LOG_LEVEL_WARNING] = "4",
		[LOG_LEVEL_INFO] = "6",
		[LOG_LEVEL_DEBUG] = "7",
	};
	struct entry e = { out, 0 };
	char message[LOG_LINE_MAX];
	int len = snprintf(message, sizeof(message), "%s: %.*s", module,
			   (int)text.len, (const char *)text.at);

	if ((size_t)len >= sizeof(message))
		len = (int)sizeof(message) - 1;
	put_field(&e, "MESSAGE", span_of(message, (size_t)len));
	put_field(&e, "PRIORITY", span_str(priority[level]));
	put_field(&e, "SYSLOG_IDENTIFIER", span_str("sallyport"));
	put_field(&e, "SALLYPORT_TOPIC", span_str(module));
	for (size_t i = 0; i < fields; i++)
		put_field(&e, field[i].name, span_str(field[i].value));
	return e.len;
}

bool log_journal_send(int fd, enum log_level level, const char *module,
		      struct span text, const struct log_field *field,
		      size_t fields)
{
	char entry[LOG_JOURNAL_ENTRY_MAX];
	size_t len =
		log_journal_entry(entry, level, module, text, field, fields);

	return send(fd, entry, len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}
