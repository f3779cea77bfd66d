/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client's line: Telnet out, command, and the endpoint that it may name. */
#include <stdlib.h>

#include <sallyport/ftp_command.h>
#include <sallyport/hostport.h>
#include <sallyport/telnet.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool inside(struct span part, struct span whole)
{
	return part.at >= whole.at &&
	       part.at + part.len <= whole.at + whole.len;
}

/* Is @line a command with an endpoint? Gives where its argument starts. */
static bool names_endpoint(struct span line, size_t *arg_at)
{
	struct ftp_command cmd = ftp_command_parse(line);
	struct hostport hp;
	enum via via;

	*arg_at = line.len - cmd.arg.len;
	for (via = VIA_PORT; via <= VIA_LPRT; via++)
		if (span_equal(span_str(ftp_verb_name(cmd.verb)),
			       span_str(via_name(via))))
			return hostport_parse_arg(via, cmd.arg, &hp) ==
			       HOSTPORT_FINE;
	return false;
}

static void check_line(struct span line)
{
	struct ftp_command cmd = ftp_command_parse(line);
	size_t at, guess;

	must(cmd.verb < FTP_GREETING);
	must(inside(cmd.word, line) && inside(cmd.arg, line));
	must(cmd.has_arg || cmd.arg.len == 0);
	must(cmd.word.len + cmd.has_arg + cmd.arg.len >= line.len);
	if (cmd.verb > FTP_OTHER)
		must(span_equal_nocase(cmd.word,
				       span_str(ftp_verb_name(cmd.verb))));
	if (!names_endpoint(line, &at))
		return;
	for (size_t len = 0; len <= line.len; len++)
		must(ftp_command_may_name_endpoint(span_sub(line, 0, len),
						   &guess) &&
		     guess == at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span raw = span_of(data, size);
	uint8_t *out = malloc(size + 1);
	struct telnet_line stripped;

	must(out != NULL);
	stripped = telnet_strip(raw, out);
	must(stripped.len <= size);
	must(stripped.seen == (span_find(raw, 0xff) < size));
	must(stripped.seen || stripped.len == size);
	must(stripped.seen || !stripped.incomplete);
	check_line(raw);
	check_line(span_of(out, stripped.len));
	free(out);
	return 0;
}
