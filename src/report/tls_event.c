/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What JSON Lines and text share of the event `tls`. */
#include "report/tls_event.h"

#include <stdio.h>

#include <sallyport/tls_cipher.h>
#include <sallyport/tls_handshake.h>
#include <sallyport/tls_hello.h>

static const char *name_or_hex(const char *name, uint16_t value,
			       char hex[TLS_EVENT_HEX_MAX])
{
	if (name)
		return name;
	snprintf(hex, TLS_EVENT_HEX_MAX, "0x%04x", value);
	return hex;
}

const char *tls_event_version(uint16_t version, char hex[TLS_EVENT_HEX_MAX])
{
	return name_or_hex(tls_version_name(version), version, hex);
}

const char *tls_event_cipher(uint16_t cipher, char hex[TLS_EVENT_HEX_MAX])
{
	return name_or_hex(tls_cipher_name(cipher), cipher, hex);
}

enum certificate_result tls_event_certificate(const struct event *e,
					      struct certificate *out)
{
	const struct certificate_view view = { .sni = e->tls.sni,
					       .now_us = e->at_us };
	/* One more than are taken, so that too many are told apart. */
	struct span der[CERTIFICATE_CHAIN_MAX + 1];
	struct span list;
	size_t count = 0;

	if (tls_certificates_parse(e->tls.chain, &list) != PARSE_OK)
		return CERTIFICATE_BAD;
	while (count < CERTIFICATE_CHAIN_MAX + 1 &&
	       tls_certificate_next(&list, &der[count]))
		count++;
	return certificate_read(der, count, &view, out);
}
