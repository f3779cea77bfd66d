/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to src/io: commands in the language of nft, through libnftables. */
#ifndef IO_NFT_H
#define IO_NFT_H

#include <stdbool.h>

/* The first line of an error says what is wrong. */
#define NFT_ERROR_MAX 256

/*
 * Carry out @commands in the network namespace we are in, all of them or none;
 * @try_only: none, but say whether the kernel would take them. False: @error
 * says why not, in one printable line.
 */
bool nft_run(const char *commands, bool try_only, char error[NFT_ERROR_MAX]);

#endif
