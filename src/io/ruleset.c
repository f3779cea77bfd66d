/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules, in one language or the other.
 *
 * Never in both: each packet would be queued twice, and what the daemon made of
 * it the first time would come back as the client's own words.
 */
#include "io/ruleset.h"

#include <stdarg.h>

#include "io/ruleset_private.h"

enum ruleset_result ruleset_problem(enum ruleset_result result,
				    char text[RULESET_TEXT_MAX],
				    const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, RULESET_TEXT_MAX, fmt, args);
	va_end(args);
	return result;
}

enum ruleset_result ruleset_sets_problem(enum sets_result result,
					 char text[RULESET_TEXT_MAX])
{
	return ruleset_problem(result == SETS_DENIED ? RULESET_DENIED
						     : RULESET_REFUSED,
			       text, "%s", sets_text(result));
}

void ruleset_print(FILE *to, const struct ruleset *rules,
		   enum ruleset_language language)
{
	if (language == RULESET_NFT)
		ruleset_nft_print(to, rules);
	else
		ruleset_iptables_print(to, rules);
}

/* Whose sets are there? Rules do not go without, and come after them. */
struct loaded {
	bool iptables, nft;
};

static enum ruleset_result look(struct loaded *is, char text[RULESET_TEXT_MAX])
{
	struct sets *sets;
	enum sets_result result = sets_open(&sets);

	*is = (struct loaded){ 0 };
	/* Where there can be no sets there are none. */
	if (result == SETS_UNSUPPORTED)
		return RULESET_FINE;
	if (result != SETS_FINE)
		return ruleset_sets_problem(result, text);
	is->iptables = sets_there(sets, SETS_IPSET);
	is->nft = sets_there(sets, SETS_NFT);
	sets_close(sets);
	return RULESET_FINE;
}

enum ruleset_result ruleset_load(const struct ruleset *rules,
				 enum ruleset_language language,
				 char text[RULESET_TEXT_MAX])
{
	struct loaded is;
	enum ruleset_result result = look(&is, text);

	if (result != RULESET_FINE)
		return result;
	if (language == RULESET_ANY)
		language = is.nft ? RULESET_NFT : RULESET_IPTABLES;
	if (language == RULESET_NFT ? is.iptables : is.nft)
		return ruleset_problem(
			RULESET_TWICE, text,
			"they are loaded for %s, and with both every packet "
			"would be queued twice; go on with that format, or "
			"remove them first: sallyport rules --unload",
			language == RULESET_NFT ? "iptables" : "nft");
	if (language == RULESET_NFT)
		return ruleset_nft_load(rules, text);
	return ruleset_iptables_load(rules, text);
}

/* Where the sets of iptables are not, and no iptables either, nothing of it is
 * loaded. */
static enum ruleset_result unload_any(char text[RULESET_TEXT_MAX])
{
	enum ruleset_result result = ruleset_nft_unload(text);
	struct loaded is;

	if (result == RULESET_FINE)
		result = look(&is, text);
	if (result != RULESET_FINE)
		return result;
	result = ruleset_iptables_unload(text);
	if (result == RULESET_NO_PROGRAM && !is.iptables)
		return RULESET_FINE;
	return result;
}

enum ruleset_result ruleset_unload(enum ruleset_language language,
				   char text[RULESET_TEXT_MAX])
{
	switch (language) {
	case RULESET_IPTABLES:
		return ruleset_iptables_unload(text);
	case RULESET_NFT:
		return ruleset_nft_unload(text);
	default:
		return unload_any(text);
	}
}
