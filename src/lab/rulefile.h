/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output of iptables-save or ip6tables-save, or of `nft list ruleset`, rule
 * by rule.
 *
 * Such a file comes from anywhere. It is read here only to say which line is
 * which rule, and to keep from iptables-restore what it must not see: what
 * makes that run a program (--modprobe) or load a library by its path (-m and
 * -j with more than a name). The kernel says what the rules mean.
 */
#ifndef LAB_RULEFILE_H
#define LAB_RULEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sallyport/span.h>

/* Some hundred thousand rules with their comments. */
#define RULEFILE_SIZE_MAX (64u << 20)

/* Docker and Kubernetes make a few hundred. */
#define RULEFILE_CHAINS_MAX 4096

/* iptables-restore's own bound for a line. */
#define RULEFILE_LINE_MAX 10240

/* No rule. */
#define RULEFILE_NONE UINT32_MAX

struct rulefile_chain {
	/* Of nft the table has its family: "inet filter". */
	struct span table, name;
	/* Of nft: "forward" and so on, empty where packets come by a jump; and
	 * whether it translates addresses. */
	struct span hook;
	bool nat;
	uint32_t first, last; /* its rules, linked by rule.next; or NONE */
	uint32_t policy;      /* the rule that is ":NAME POLICY", or NONE */
	uint32_t rules;
};

/* One ":CHAIN POLICY" or "-A CHAIN ..."; views into the file. */
struct rule {
	uint32_t line;    /* in the file, from 1 */
	uint32_t lines;   /* that it takes: of nft maybe more than one */
	uint32_t number;  /* in its chain, from 1; 0: the chain's policy */
	uint32_t chain;   /* in rulefile.chain */
	uint32_t next;    /* in its chain, or NONE */
	struct span text; /* the line without counters and line end */
	/* NULL, or why it is not loaded, in stable words. */
	const char *problem;
};

/* A line that is neither a rule nor anything else that iptables-save
 * writes. */
struct rulefile_stray {
	uint32_t line;
	const char *problem;
};

/* So many strays and the file is something else. */
#define RULEFILE_STRAYS_MAX 64

struct rulefile {
	bool nft;    /* the language of nft */
	char *bytes; /* and a NUL */
	size_t len;
	struct rule *rule; /* in the order of the file */
	uint32_t rules, room;
	struct rulefile_chain *chain;
	uint32_t chains;
	struct rulefile_stray stray[RULEFILE_STRAYS_MAX];
	uint32_t strays;
};

enum rulefile_result {
	RULEFILE_OK,
	RULEFILE_NOT_ONE, /* not what iptables-save (or nft) prints */
	RULEFILE_BINARY,  /* it has bytes that no text has */
	RULEFILE_TOO_LARGE,
	RULEFILE_SYSTEM, /* see errno */
};

/*
 * Read @path ("-": standard input). *@line is where it became something else,
 * 0 where no line is to blame. RULEFILE_OK: rulefile_free() is due; otherwise
 * there is nothing to free.
 */
enum rulefile_result rulefile_load(const char *path, struct rulefile *out,
				   uint32_t *line);

/* The same from memory, which is copied. */
enum rulefile_result rulefile_parse(struct span bytes, struct rulefile *out,
				    uint32_t *line);

/* Both for what `nft list ruleset` prints. */
enum rulefile_result rulefile_load_nft(const char *path, struct rulefile *out,
				       uint32_t *line);
enum rulefile_result rulefile_parse_nft(struct span bytes, struct rulefile *out,
					uint32_t *line);

/* Harmless on a zeroed struct. */
void rulefile_free(struct rulefile *f);

/* Stable words for all but RULEFILE_OK and RULEFILE_SYSTEM. */
const char *rulefile_result_text(enum rulefile_result result);

/* The table and the chain of a rule. */
struct span rule_table(const struct rulefile *f, const struct rule *r);
struct span rule_chain(const struct rulefile *f, const struct rule *r);

/* NULL: there is none. */
const struct rulefile_chain *
rulefile_chain(const struct rulefile *f, struct span table, struct span name);

/*
 * The text for iptables-restore: the file, where each line that has a problem
 * is a comment, so that the numbers of lines stay.
 */
void rulefile_write(FILE *to, const struct rulefile *f);

/* --- rulefile_nft.c ----------------------------------------------------------------- */

/* Read the whole of @f->bytes; see rulefile_parse(). */
enum rulefile_result rulefile_read_nft(struct rulefile *f, uint32_t *line);

/* For it, of rulefile.c: gives NONE without room (a chain) or memory. */
uint32_t rulefile_add_chain(struct rulefile *f, struct span table,
			    struct span name);
uint32_t rulefile_add_rule(struct rulefile *f, uint32_t chain, bool policy,
			   const struct rule *r);

/* --- rulefile_word.c: the words of a rule ------------------------------------------ */

/* Longest word that is looked at; a comment has 255 bytes at most. */
#define RULE_WORD_MAX 512

/*
 * Take the next word from *@rest into @out with a NUL, quotation marks and
 * backslashes resolved as iptables-restore does. False at the end, and where a
 * word is too long (then *@rest keeps it).
 */
bool rule_word(struct span *rest, char out[RULE_WORD_MAX]);

/* The value of option @name, such as "--dport", into @out. False: the rule has
 * no such option. *@negated: it stands behind "!". */
bool rule_option(const struct rule *r, const char *name,
		 char out[RULE_WORD_MAX], bool *negated);

/* NULL, or why iptables-restore must not see it. */
const char *rule_unsafe(struct span text);

#endif
