/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts that are not encrypted (RFC 8446 6, RFC 5246 7.2). */
#include <sallyport/tls_alert.h>

#define ALERT_LEN 2

enum parse tls_alert_parse(struct span body, struct tls_alert *out)
{
	struct cursor c = cursor_of(body);
	uint8_t level, description;

	if (body.len > ALERT_LEN)
		return PARSE_BAD;
	level = rd_u8(&c);
	description = rd_u8(&c);
	if (body.len > 0 && level != TLS_ALERT_WARNING &&
	    level != TLS_ALERT_FATAL)
		return PARSE_BAD;
	if (c.bad)
		return PARSE_PARTIAL;
	out->level = level;
	out->description = description;
	return PARSE_OK;
}

const char *tls_alert_name(uint8_t description)
{
	/* RFC 8446 B.2; 100 is of RFC 5246, 110 to 114 of RFC 6066. */
	static const char *const name[UINT8_MAX + 1] = {
		[TLS_ALERT_CLOSE_NOTIFY] = "close_notify",
		[10] = "unexpected_message",
		[20] = "bad_record_mac",
		[21] = "decryption_failed",
		[22] = "record_overflow",
		[30] = "decompression_failure",
		[40] = "handshake_failure",
		[41] = "no_certificate",
		[42] = "bad_certificate",
		[43] = "unsupported_certificate",
		[44] = "certificate_revoked",
		[45] = "certificate_expired",
		[46] = "certificate_unknown",
		[47] = "illegal_parameter",
		[48] = "unknown_ca",
		[49] = "access_denied",
		[50] = "decode_error",
		[51] = "decrypt_error",
		[60] = "export_restriction",
		[70] = "protocol_version",
		[71] = "insufficient_security",
		[80] = "internal_error",
		[86] = "inappropriate_fallback",
		[90] = "user_canceled",
		[100] = "no_renegotiation",
		[109] = "missing_extension",
		[110] = "unsupported_extension",
		[111] = "certificate_unobtainable",
		[112] = "unrecognized_name",
		[113] = "bad_certificate_status_response",
		[114] = "bad_certificate_hash_value",
		[115] = "unknown_psk_identity",
		[116] = "certificate_required",
		[120] = "no_application_protocol",
	};

	return name[description];
}
