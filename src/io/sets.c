/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's sets of open pinholes, of whichever kind is there. */
#include "io/sets.h"

#include <errno.h>
#include <stdlib.h>

#include "io/sets_kind.h"

/* ipset's IPSET_MAX_TIMEOUT: milliseconds in 31 bits. */
#define TIMEOUT_MAX_S (INT32_MAX / 1000)

/* Microseconds in a second. */
#define US 1000000

struct sets {
	struct mnl_socket *nl[SETS_KINDS]; /* NULL: the kernel has none */
	enum sets_kind use;
};

static const struct sets_backend *const backend[SETS_KINDS] = {
	[SETS_NFT] = &sets_nft,
	[SETS_IPSET] = &sets_ipset,
};

static const char *const result_text[] = {
	[SETS_FINE] = "fine",
	[SETS_MISSING] = "the set is not there; load the rules: sallyport "
			 "rules --load",
	[SETS_FULL] = "the set is full; raise limits.pinholes and load the "
		      "rules again",
	[SETS_IN_USE] = "a rule of somebody else still names the set; remove "
			"that rule",
	[SETS_OTHER] = "a set of that name but of another kind is there; "
		       "destroy or rename it",
	[SETS_DENIED] = "not permitted to change sets; run as root or with "
			"CAP_NET_ADMIN",
	[SETS_UNSUPPORTED] = "the kernel has no such sets; load the module "
			     "ip_set_hash_ipportip, or nf_tables for the "
			     "rules of nft",
	[SETS_FAILED] = "the kernel refused the set",
};

const char *sets_text(enum sets_result result)
{
	return result_text[result];
}

/* What it means that a backend gave @error, which is 0 or negative. */
static enum sets_result meaning(enum sets_kind kind, int error)
{
	const struct sets_backend *b = backend[kind];

	errno = -error;
	if (error == 0)
		return SETS_FINE;
	for (size_t i = 0; i < b->meanings; i++)
		if (b->meaning[i].error == -error)
			return b->meaning[i].result;
	return SETS_FAILED;
}

/* That the kernel has no such sets is fine as long as it has the others. */
static enum sets_result kind_open(struct sets *s, enum sets_kind kind)
{
	enum sets_result result =
		meaning(kind, backend[kind]->open(&s->nl[kind]));

	if (result == SETS_FINE || !s->nl[kind])
		return result;
	mnl_socket_close(s->nl[kind]);
	s->nl[kind] = NULL;
	return result == SETS_UNSUPPORTED ? SETS_FINE : result;
}

enum sets_result sets_open(struct sets **out)
{
	enum sets_result result = SETS_FINE;
	struct sets *s = calloc(1, sizeof(*s));
	bool any = false;

	if (!s) {
		errno = ENOMEM;
		return SETS_FAILED;
	}
	for (int k = 0; k < SETS_KINDS && result == SETS_FINE; k++) {
		result = kind_open(s, k);
		any = any || s->nl[k];
	}
	if (result == SETS_FINE && !any)
		result = SETS_UNSUPPORTED;
	if (result != SETS_FINE) {
		const int saved = errno;

		sets_close(s);
		errno = saved;
		return result;
	}
	sets_look(s);
	*out = s;
	return SETS_FINE;
}

void sets_close(struct sets *s)
{
	if (!s)
		return;
	for (int k = 0; k < SETS_KINDS; k++)
		if (s->nl[k])
			mnl_socket_close(s->nl[k]);
	free(s);
}

bool sets_there(struct sets *s, enum sets_kind kind)
{
	return s->nl[kind] && backend[kind]->there(s->nl[kind]) == 0;
}

void sets_look(struct sets *s)
{
	for (int k = 0; k < SETS_KINDS; k++)
		if (sets_there(s, k)) {
			s->use = k;
			return;
		}
}

static enum sets_result kind_add(struct sets *s, enum sets_kind kind,
				 const struct pinhole_key *key,
				 uint32_t timeout_s)
{
	if (!s->nl[kind])
		return SETS_MISSING;
	return meaning(kind, backend[kind]->add(s->nl[kind], key, timeout_s));
}

static uint32_t seconds_of(uint64_t us)
{
	uint64_t seconds = us / US + (us % US > 0);

	/* 0 would be for ever. */
	if (seconds == 0)
		return 1;
	return seconds > TIMEOUT_MAX_S ? TIMEOUT_MAX_S : (uint32_t)seconds;
}

enum sets_result sets_add(struct sets *s, const struct pinhole_key *key,
			  uint64_t timeout_us)
{
	const uint32_t seconds = seconds_of(timeout_us);
	enum sets_result result = kind_add(s, s->use, key, seconds);

	for (int k = 0; k < SETS_KINDS && result == SETS_MISSING; k++) {
		result = kind_add(s, k, key, seconds);
		if (result != SETS_MISSING)
			s->use = k;
	}
	return result;
}

enum sets_result sets_del(struct sets *s, const struct pinhole_key *key)
{
	enum sets_result result = SETS_FINE;

	if (s->nl[s->use])
		result = meaning(s->use,
				 backend[s->use]->del(s->nl[s->use], key));
	/* A set that somebody removed holds no pinhole. */
	return result == SETS_MISSING ? SETS_FINE : result;
}

enum sets_result sets_create(struct sets *s, uint32_t max)
{
	struct mnl_socket *nl = s->nl[SETS_IPSET];

	return nl ? meaning(SETS_IPSET, sets_ipset_create(nl, max))
		  : SETS_UNSUPPORTED;
}

enum sets_result sets_destroy(struct sets *s)
{
	struct mnl_socket *nl = s->nl[SETS_IPSET];

	return nl ? meaning(SETS_IPSET, sets_ipset_destroy(nl)) : SETS_FINE;
}

bool sets_differ(struct sets *s, uint32_t max)
{
	return s->nl[SETS_NFT] && sets_nft_differ(s->nl[SETS_NFT], max);
}
