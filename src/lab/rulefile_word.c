/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a rule. */
#include "lab/rulefile.h"

#include <string.h>

/* A rule of nft may take several lines. */
static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One character of a word from *@rest; false: the word ends here. */
static bool take(struct span *rest, bool *quoted, char *c)
{
	while (rest->len > 0 && rest->at[0] == '"') {
		*quoted = !*quoted;
		*rest = span_sub(*rest, 1, rest->len);
	}
	if (rest->len == 0 || (!*quoted && is_space(rest->at[0])))
		return false;
	if (rest->at[0] == '\\' && *quoted && rest->len > 1)
		*rest = span_sub(*rest, 1, rest->len);
	*c = (char)rest->at[0];
	*rest = span_sub(*rest, 1, rest->len);
	return true;
}

bool rule_word(struct span *rest, char out[RULE_WORD_MAX])
{
	struct span at = *rest;
	bool quoted = false;
	size_t len = 0;
	char c;

	while (at.len > 0 && is_space(at.at[0]))
		at = span_sub(at, 1, at.len);
	if (at.len == 0)
		return false;
	while (take(&at, &quoted, &c)) {
		if (len == RULE_WORD_MAX - 1)
			return false;
		out[len++] = c;
	}
	out[len] = '\0';
	*rest = at;
	return true;
}

bool rule_option(const struct rule *r, const char *name,
		 char out[RULE_WORD_MAX], bool *negated)
{
	char word[RULE_WORD_MAX];
	struct span rest = r->text;

	*negated = false;
	while (rule_word(&rest, word)) {
		if (strcmp(word, name) == 0)
			return rule_word(&rest, out);
		*negated = strcmp(word, "!") == 0;
	}
	return false;
}

/* --- what iptables-restore must not see --------------------------------------------- */

/* Libraries are looked for by such names. */
static bool is_name(const char *word)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz"
				   "0123456789_-.:/";

	/* A slash or a dot is fine in a chain's name, which may be jumped to,
	 * but not at its start. */
	return word[0] != '/' && word[0] != '.' && !strstr(word, "..") &&
	       word[0] != '\0' && word[strspn(word, fine)] == '\0';
}

/* Long options that run a program or load a library; iptables-save writes none
 * of them, and getopt takes any beginning of a name for the whole. */
static bool is_long(const char *word)
{
	static const char *const names[] = { "--modprobe", "--match", "--jump",
					     "--goto" };
	size_t len = strcspn(word, "=");

	if (word[len] == '=' && memcmp(word, "--", 2) == 0)
		return true;
	for (size_t i = 0; len > 2 && i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(word, names[i], len) == 0)
			return true;
	return false;
}

/* The options of one letter that iptables-save writes. */
static bool is_short(const char *word)
{
	return word[0] == '-' && word[1] != '-' && word[1] != '\0' &&
	       (word[2] != '\0' || !strchr("Apsdijgofmc", word[1]));
}

/* Options whose value is free text. */
static bool is_free(const char *option)
{
	static const char *const names[] = { "--comment", "--log-prefix",
					     "--nflog-prefix", "--string",
					     "--hex-string" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(option, names[i]) == 0)
			return true;
	return false;
}

static bool names_library(const char *option)
{
	return strcmp(option, "-m") == 0 || strcmp(option, "-j") == 0 ||
	       strcmp(option, "-g") == 0;
}

static const char *word_unsafe(const char *before, const char *word)
{
	if (is_free(before))
		return NULL;
	if (is_long(word) || is_short(word))
		return "it has an option that iptables-save never writes";
	if (names_library(before) && !is_name(word))
		return "what follows -m, -j or -g is no name";
	return NULL;
}

const char *rule_unsafe(struct span text)
{
	char word[2][RULE_WORD_MAX] = { "", "" };
	struct span rest = text;
	unsigned int i = 0;

	while (rule_word(&rest, word[i])) {
		const char *why = word_unsafe(word[1 - i], word[i]);

		if (why)
			return why;
		i = 1 - i;
	}
	while (rest.len > 0 && is_space(rest.at[0]))
		rest = span_sub(rest, 1, rest.len);
	return rest.len > 0 ? "it has a word that is too long" : NULL;
}
