/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit once more, with the changes that it advises. */
#include "cmd/audit_mend.h"

#include <stdlib.h>
#include <string.h>

#include "lab/rulefile_edit.h"

static const char *const family_word[] = { "ip", "ip6" };

/* The line of a rule file in an advice, which says for `iptables` which table is
 * meant. */
static const char *line_of(const struct audit_advice *v)
{
	static const char nat[] = "-t nat ";

	return strncmp(v->text, nat, strlen(nat)) == 0 ? v->text + strlen(nat)
						       : v->text;
}

/* What is advised for file @f; gives how many. */
static size_t edits_of(const struct audit *a, const struct rulefile *f,
		       const struct audit_advice *advice, size_t count,
		       struct rule_edit out[AUDIT_ADVICE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct audit_advice *v = &advice[i];

		if ((v->what != ADVICE_ADD && v->what != ADVICE_DROP) ||
		    a->spec->rules[v->family] != f)
			continue;
		out[n++] = (struct rule_edit){
			.remove = v->what == ADVICE_DROP,
			.rule = v->rule,
			.chain = v->chain,
			.family = family_word[v->family],
			.text = line_of(v),
		};
	}
	return n;
}

/* A copy of @f with these edits; false: it is no rule file any more. */
static bool edit(const struct rulefile *f, const struct rule_edit *edits,
		 size_t count, struct rulefile *out)
{
	uint32_t line;
	size_t len;
	char *text = rulefile_edited(f, edits, count, &len);
	enum rulefile_result result;

	if (!text)
		return false;
	result = f->nft ? rulefile_parse_nft(span_of(text, len), out, &line)
			: rulefile_parse(span_of(text, len), out, &line);
	free(text);
	return result == RULEFILE_OK;
}

static bool try_them(const struct audit *a, struct twin_spec *spec,
		     struct audit_checked *out)
{
	struct twin_result *result = twin_run(spec);
	bool fine = result && result->failure == TWIN_FINE;

	if (fine)
		audit_compare(a->result, result, out);
	twin_free(result);
	return fine;
}

bool audit_mend(const struct audit *a, struct audit_checked *out)
{
	static struct audit_advice advice[AUDIT_ADVICE_MAX];
	static struct rule_edit edits[AUDIT_ADVICE_MAX];
	struct rulefile changed[TWIN_FAMILIES] = { { .len = 0 }, { .len = 0 } };
	struct twin_spec spec = *a->spec;
	size_t count = audit_advice(a, advice), n, all = 0;
	bool fine = true;

	for (int f = 0; f < TWIN_FAMILIES && fine; f++) {
		struct rulefile *old = a->spec->rules[f];

		/* One file of nft's is for both. */
		if (!old || (f == TWIN_V6 && old == a->spec->rules[TWIN_V4])) {
			spec.rules[f] = old ? spec.rules[TWIN_V4] : NULL;
			continue;
		}
		n = edits_of(a, old, advice, count, edits);
		all += n;
		fine = edit(old, edits, n, &changed[f]);
		spec.rules[f] = &changed[f];
	}
	fine = fine && all > 0 && try_them(a, &spec, out);
	for (int f = 0; f < TWIN_FAMILIES; f++)
		rulefile_free(&changed[f]);
	return fine;
}
