/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of an FTP or FTPS conversation, and how one can stop it. */
#include "lab/step.h"

const char *step_name(enum step step)
{
	static const char *const name[STEPS] = {
		[STEP_CONNECT] = "connect",
		[STEP_GREETING] = "greeting",
		[STEP_FEAT] = "FEAT",
		[STEP_AUTH] = "AUTH",
		[STEP_HANDSHAKE] = "TLS handshake",
		[STEP_LOGIN] = "login",
		[STEP_PBSZ] = "PBSZ",
		[STEP_PROT] = "PROT",
		[STEP_TYPE] = "TYPE",
		[STEP_ENDPOINT] = "endpoint",
		[STEP_DATA_CONNECT] = "data connect",
		[STEP_DATA_HANDSHAKE] = "data TLS handshake",
		[STEP_TRANSFER] = "data transfer",
		[STEP_QUIT] = "QUIT",
	};

	return name[step];
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
