/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages of an FTP or FTPS conversation, and how one can stop it. */
#include "lab/stop.h"

const char *stage_name(enum stage stage)
{
	static const char *const name[STAGES] = {
		[STAGE_RESOLVE] = "name lookup",
		[STAGE_CONNECT] = "connect",
		[STAGE_GREETING] = "greeting",
		[STAGE_FEAT] = "FEAT",
		[STAGE_AUTH] = "AUTH",
		[STAGE_HANDSHAKE] = "TLS handshake",
		[STAGE_LOGIN] = "login",
		[STAGE_PBSZ] = "PBSZ",
		[STAGE_PROT] = "PROT",
		[STAGE_TYPE] = "TYPE",
		[STAGE_ENDPOINT] = "endpoint",
		[STAGE_DATA_CONNECT] = "data connect",
		[STAGE_DATA_HANDSHAKE] = "data TLS handshake",
		[STAGE_TRANSFER] = "data transfer",
		[STAGE_QUIT] = "QUIT",
	};

	return name[stage];
}

const char *stop_reason_name(enum stop_reason reason)
{
	static const char *const name[STOP_REASONS] = {
		[STOP_NOT] = "none",
		[STOP_TIMEOUT] = "timeout",
		[STOP_CLOSED] = "closed",
		[STOP_BROKEN] = "broken",
		[STOP_TLS] = "tls",
		[STOP_REFUSED] = "refused",
		[STOP_MALFORMED] = "malformed",
		[STOP_TOO_LONG] = "too-long",
		[STOP_DIFFERENT] = "different",
		[STOP_SYSTEM] = "system",
	};

	return name[reason];
}
