/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In words why there is no more to read. */
#include "tls/decrypt.h"

#include <stdio.h>

#include <sallyport/tls_cipher.h>
#include <sallyport/tls_hello.h>

static int explain_unsupported(const struct decrypt_status *s, char *out)
{
	const char *version = tls_version_name(s->version);
	const char *cipher = tls_cipher_name(s->cipher);

	if (s->compressed)
		return snprintf(out, DECRYPT_TEXT_MAX,
				"TLS compression is not supported");
	if (s->version < TLS_1_2)
		return snprintf(out, DECRYPT_TEXT_MAX, "%s is not supported",
				version ? version : "this version of TLS");
	if (cipher)
		return snprintf(out, DECRYPT_TEXT_MAX,
				"cipher suite %s is not supported", cipher);
	return snprintf(out, DECRYPT_TEXT_MAX,
			"cipher suite 0x%04x is not known", s->cipher);
}

size_t decrypt_explain(const struct decrypt_status *s,
		       char out[DECRYPT_TEXT_MAX])
{
	static const char *const what[DECRYPT_RESULTS] = {
		[DECRYPT_NOT_AUTHENTIC] = "does not authenticate",
		[DECRYPT_NOT_TLS] = "is not TLS",
		[DECRYPT_UNEXPECTED] = "is not what TLS allows there",
		[DECRYPT_LIBRARY] = "cannot be decrypted by OpenSSL",
	};
	const char *side = s->side == DECRYPT_CLIENT ? "client" : "server";
	int len;

	if (s->result == DECRYPT_OK)
		len = snprintf(out, DECRYPT_TEXT_MAX, "nothing is wrong");
	else if (s->result == DECRYPT_NO_KEY)
		len = snprintf(out, DECRYPT_TEXT_MAX,
			       "the key log has no %s for this session",
			       keylog_label_name(s->missing));
	else if (s->result == DECRYPT_UNSUPPORTED)
		len = explain_unsupported(s, out);
	else
		len = snprintf(out, DECRYPT_TEXT_MAX,
			       "record %llu of the %s %s",
			       (unsigned long long)s->record, side,
			       what[s->result]);
	return (size_t)len;
}
