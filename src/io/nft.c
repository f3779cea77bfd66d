/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands in the language of nft, through libnftables. */
#include "io/nft.h"

#include <stdio.h>
#include <string.h>

#include <nftables/libnftables.h>

/* What stands before the reason: the place in the commands. */
#define ERROR_WORD "Error: "

/* The reason, which the first line tells. It may quote with more than ASCII. */
static void error_copy(char error[NFT_ERROR_MAX], const char *said)
{
	const char *reason = strstr(said, ERROR_WORD);
	size_t len = 0;

	if (reason)
		said = reason + strlen(ERROR_WORD);
	for (; *said && *said != '\n' && len + 1 < NFT_ERROR_MAX; said++)
		if (*said >= ' ' && *said <= '~')
			error[len++] = *said;
	error[len] = '\0';
}

bool nft_run(const char *commands, bool try_only, char error[NFT_ERROR_MAX])
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	bool fine;

	if (!nft || nft_ctx_buffer_error(nft) != 0) {
		snprintf(error, NFT_ERROR_MAX, "no memory");
		nft_ctx_free(nft);
		return false;
	}
	nft_ctx_set_dry_run(nft, try_only);
	fine = nft_run_cmd_from_buffer(nft, commands) == 0;
	if (!fine)
		error_copy(error, nft_ctx_get_error_buffer(nft));
	nft_ctx_free(nft);
	return fine;
}
