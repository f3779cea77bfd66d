/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Load and remove the rules of nft: one transaction for all of the table. */
#include "io/ruleset_private.h"

#include <stdlib.h>
#include <string.h>

#include "io/nft.h"

#define TABLE "inet " SETS_TABLE

/* What it takes to queue. Only tried: the table is not made. */
#define QUEUE_TRIAL                                                      \
	"table inet sallyport-trial { chain c { meta l4proto tcp queue " \
	"to 0; }; }"

/* Make the table, or empty it of its rules; the open pinholes stay. */
#define KEEP "table " TABLE "\nflush table " TABLE "\n"

/* Away with all of it, whether it is there or not. */
#define AWAY "table " TABLE "\ndelete table " TABLE "\n"

static enum ruleset_result refusal(const char *error,
				   char text[RULESET_TEXT_MAX])
{
	char why[NFT_ERROR_MAX];

	if (strstr(error, "Operation not permitted"))
		return ruleset_problem(RULESET_DENIED, text,
				       "not permitted to change rules; run as "
				       "root or with CAP_NET_ADMIN");
	if (!nft_run(QUEUE_TRIAL, true, why))
		return ruleset_problem(
			RULESET_REFUSED, text,
			"nft cannot queue on this kernel; load the modules "
			"nf_tables and nft_queue, or where there are none "
			"take --format iptables");
	return ruleset_problem(RULESET_REFUSED, text, "nft failed: %s", error);
}

/* The table anew, after @before; the caller frees. NULL: no memory. */
static char *text_of(const struct ruleset *rules, const char *before)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return NULL;
	fputs(before, to);
	ruleset_nft_put_table(to, rules);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

static bool load(const struct ruleset *rules, const char *before,
		 char error[NFT_ERROR_MAX])
{
	char *commands = text_of(rules, before);
	bool fine = false;

	if (commands)
		fine = nft_run(commands, false, error);
	else
		snprintf(error, NFT_ERROR_MAX, "no memory");
	free(commands);
	return fine;
}

/* Are sets there that cannot stay? */
static bool must_go(const struct ruleset *rules)
{
	struct sets *sets;
	bool differ;

	if (sets_open(&sets) != SETS_FINE)
		return false;
	differ = sets_differ(sets, rules->pinholes);
	sets_close(sets);
	return differ;
}

/* What cannot be put right in its place (a chain of that name, but at another
 * hook) is made anew. */
enum ruleset_result ruleset_nft_load(const struct ruleset *rules,
				     char text[RULESET_TEXT_MAX])
{
	char error[NFT_ERROR_MAX];

	if ((!must_go(rules) && load(rules, KEEP, error)) ||
	    load(rules, AWAY, error))
		return RULESET_FINE;
	return refusal(error, text);
}

static bool table_is_there(void)
{
	char error[NFT_ERROR_MAX];

	return nft_run("flush table " TABLE, true, error) ||
	       strstr(error, "not permitted");
}

enum ruleset_result ruleset_nft_unload(char text[RULESET_TEXT_MAX])
{
	char error[NFT_ERROR_MAX];

	if (!table_is_there() || nft_run(AWAY, false, error))
		return RULESET_FINE;
	return refusal(error, text);
}
