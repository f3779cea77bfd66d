/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server's lines, one after another, against the state they go through. */
#include <stdlib.h>

#include <sallyport/ftp_reply.h>
#include <sallyport/hostport.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_endpoint(struct span line, const struct ftp_reply_line *got)
{
	static const enum via via[] = { VIA_PASV, VIA_LPSV, VIA_EPSV };
	struct hostport hp;
	size_t at;

	if (got->code < 227 || got->code > 229 ||
	    hostport_parse_reply(via[got->code - 227], got->text, &hp) !=
		    HOSTPORT_FINE)
		return;
	for (size_t len = 0; len <= line.len; len++)
		must(ftp_reply_may_name_endpoint(span_sub(line, 0, len), &at) &&
		     at == got->text_at);
}

static void check_line(struct ftp_reply_state *st, struct span line)
{
	struct ftp_reply_state before = *st;
	struct ftp_reply_line got = ftp_reply_take(st, line);
	bool open = got.step == FTP_REPLY_FIRST || got.step == FTP_REPLY_INNER;

	must(got.text_at + got.text.len == line.len);
	must(open ? st->code != 0 : st->code == 0 || st->code == before.code);
	must((got.step == FTP_REPLY_DONE) == (got.lines > 0));
	switch (got.step) {
	case FTP_REPLY_DONE:
		must(before.code == 0 || before.code == got.code);
		must(got.lines == before.lines + 1 && st->code == 0);
		check_endpoint(line, &got);
		break;
	case FTP_REPLY_FIRST:
		must(before.code == 0 && st->code == got.code);
		break;
	case FTP_REPLY_INNER:
		must(before.code == st->code && got.code == 0);
		must(st->lines == before.lines + 1);
		break;
	case FTP_REPLY_BAD:
		must(got.code == 0 && st->lines == before.lines);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ftp_reply_state st = { .code = 0 };
	struct span rest = span_of(data, size);

	/* The lines of one connection; the state goes from one to the next. */
	while (rest.len > 0) {
		size_t end = span_find(rest, '\n');

		check_line(&st, span_sub(rest, 0, end));
		rest = span_sub(rest, end + 1, rest.len);
	}
	return 0;
}
