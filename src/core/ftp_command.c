/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines of the client: which verb, and what may not be shown. */
#include <sallyport/ftp_command.h>

#include "ascii.h"

/*
 * Every word with a meaning, in ASCII order: V is a verb of its own, O another
 * command of the IANA registry (RFC 5797) or of a vendor, N the first word of
 * HTTP, RTSP, SIP or SMTP, which a browser can be made to send here.
 */
/* clang-format off */
#define WORDS(V, O, N)                                                        \
	V(ABOR) V(ACCT) V(ADAT) O(ALGS) V(ALLO) V(APPE) V(AUTH) O(AVBL)       \
	V(CCC) V(CDUP) O(CLNT) O(COMB) V(CONF) N(CONNECT) O(CPSV) O(CSID)     \
	V(CWD) V(DELE) N(DELETE) N(DESCRIBE) O(DSIZ) N(EHLO) V(ENC) V(EPRT)   \
	V(EPSV) V(FEAT) N(GET) O(HASH) N(HEAD) N(HELO) V(HELP) V(HOST)        \
	N(INVITE) V(LANG) V(LIST) V(LPRT) V(LPSV) O(MACB) O(MD5) V(MDTM)      \
	O(MFCT) O(MFF) O(MFMT) V(MIC) V(MKD) V(MLSD) V(MLST) O(MMD5) V(MODE)  \
	V(NLST) V(NOOP) N(OPTIONS) V(OPTS) V(PASS) V(PASV) N(PATCH) V(PBSZ)   \
	V(PORT) N(POST) O(PRET) N(PROPFIND) V(PROT) N(PUT) V(PWD) V(QUIT)     \
	O(RANG) N(REGISTER) V(REIN) V(REST) V(RETR) V(RMD) O(RMDA) V(RNFR)    \
	V(RNTO) V(SITE) V(SIZE) V(SMNT) O(SSCN) V(STAT) V(STOR) V(STOU)       \
	V(STRU) V(SYST) O(THMB) N(TRACE) V(TYPE) V(USER) O(XCRC) O(XCUP)      \
	O(XCWD) O(XMD5) O(XMKD) O(XPWD) O(XRMD) O(XSHA) O(XSHA1) O(XSHA256)   \
	O(XSHA512)
/* clang-format on */

/* REGISTER is the longest; a longer word is in no registry. */
#define WORD_MAX 8

static const struct word {
	char text[WORD_MAX + 1];
	uint8_t verb;
} words[] = {
#define V(w) { #w, FTP_##w },
#define O(w) { #w, FTP_OTHER },
#define N(w) { #w, FTP_NOT_FTP },
	WORDS(V, O, N)
#undef V
#undef O
#undef N
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

static const char names[FTP_VERBS][5] = {
#define V(w) [FTP_##w] = #w,
#define NONE(w)
	WORDS(V, NONE, NONE)
#undef V
#undef NONE
};

#define ENDPOINT_STARTS    3
#define ENDPOINT_START_LEN 5

/* The commands that name an endpoint, each with its one space. */
static const char endpoint_starts[ENDPOINT_STARTS][ENDPOINT_START_LEN + 1] = {
	"PORT ", "EPRT ", "LPRT "
};

static uint64_t pack4(const char t[4])
{
	return (uint64_t)(uint8_t)t[0] << 24 | (uint64_t)(uint8_t)t[1] << 16 |
	       (uint64_t)(uint8_t)t[2] << 8 | (uint8_t)t[3];
}

/* Eight letters as one number that sorts like the letters. Spelled out: the
 * compiler makes one load of it, which it does not of a loop. */
static uint64_t pack(const char text[WORD_MAX])
{
	return pack4(text) << 32 | pack4(text + 4);
}

static enum ftp_verb look_up(struct span word)
{
	char text[WORD_MAX] = { 0 };
	size_t lo = 0, hi = WORD_COUNT;
	uint64_t key;

	if (word.len > WORD_MAX)
		return FTP_UNKNOWN;
	for (size_t i = 0; i < word.len; i++)
		text[i] = (char)ascii_upper(word.at[i]);
	key = pack(text);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		uint64_t at = pack(words[mid].text);

		if (at == key)
			return words[mid].verb;
		if (at < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return FTP_UNKNOWN;
}

/* RFC 959 5.3: letters; vendors' words have digits behind them. */
static bool is_word(struct span s)
{
	if (s.len > FTP_VERB_MAX || !ascii_is_letter(s.at[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!ascii_is_letter(s.at[i]) && !ascii_is_digit(s.at[i]))
			return false;
	return true;
}

static enum ftp_verb classify(struct span word, struct span line)
{
	/* Some clients send a stray line end: no reason to give them up. */
	if (line.len == 0)
		return FTP_UNKNOWN;
	if (word.len == 0 || !is_word(word))
		return FTP_NOT_FTP;
	return look_up(word);
}

static bool is_unregistered(enum ftp_verb verb)
{
	return verb == FTP_UNKNOWN || verb == FTP_NOT_FTP;
}

static bool begins_pass(struct span s)
{
	return span_equal_nocase(span_sub(s, 0, 4), span_str("PASS"));
}

struct ftp_command ftp_command_parse(struct span line)
{
	size_t space = span_find(line, ' ');
	struct ftp_command cmd = {
		.word = span_sub(line, 0, space),
		.arg = span_sub(line, space + 1, line.len),
		.has_arg = space < line.len,
	};

	cmd.verb = classify(cmd.word, line);
	/* "PASSsecret" and "PASS:secret": what was meant as the password must
	 * not pass for a word, which may be shown. */
	if (is_unregistered(cmd.verb) && begins_pass(cmd.word)) {
		cmd.word = span_sub(line, 0, 4);
		cmd.arg = span_sub(line, 4, line.len);
		cmd.has_arg = true;
	}
	return cmd;
}

const char *ftp_verb_name(enum ftp_verb verb)
{
	return names[verb];
}

bool ftp_command_is_secret(const struct ftp_command *cmd)
{
	switch (cmd->verb) {
	case FTP_PASS:
	case FTP_ACCT:
	case FTP_ADAT:
		return true;
	default:
		return is_unregistered(cmd->verb) && begins_pass(cmd->word);
	}
}

bool ftp_verb_transfers(enum ftp_verb verb)
{
	switch (verb) {
	case FTP_RETR:
	case FTP_STOR:
	case FTP_STOU:
	case FTP_APPE:
	case FTP_LIST:
	case FTP_NLST:
	case FTP_MLSD:
		return true;
	default:
		return false;
	}
}

bool ftp_command_may_name_endpoint(struct span start, size_t *arg_at)
{
	struct span head = span_sub(start, 0, ENDPOINT_START_LEN);

	for (size_t i = 0; i < ENDPOINT_STARTS; i++) {
		struct span name = span_of(endpoint_starts[i], head.len);

		if (span_equal_nocase(head, name)) {
			*arg_at = ENDPOINT_START_LEN;
			return true;
		}
	}
	return false;
}
