/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One field of an OpenSSL certificate into ours. */
#include "tls/certificate_field.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

/* --- names --------------------------------------------------------------- */

static const char cut_mark[] = "...";

/* The longest prefix of @raw within @room that ends between two characters. */
static size_t cut_at(struct span raw, size_t room)
{
	size_t len = room;

	/* 10xxxxxx continues a character of UTF-8, by three bytes at most. */
	while (len > room - 3 && (raw.at[len] & 0xc0) == 0x80)
		len--;
	return (raw.at[len] & 0xc0) == 0x80 ? room : len;
}

void field_name(struct certificate_name *out, struct span raw)
{
	size_t mark = 0, len = raw.len;

	if (raw.len > sizeof(out->at)) {
		mark = sizeof(cut_mark) - 1;
		len = cut_at(raw, sizeof(out->at) - mark);
	}
	if (len > 0)
		memcpy(out->at, raw.at, len);
	memcpy(out->at + len, cut_mark, mark);
	out->len = (uint16_t)(len + mark);
}

/* RFC 2253 escapes what is not ASCII as it were binary; here it stays. */
#define DN_FLAGS \
	((unsigned long)XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)

bool field_dn(struct certificate_name *out, const X509_NAME *dn)
{
	BIO *to = BIO_new(BIO_s_mem());
	char *text = NULL;
	bool good;
	long len;

	if (!to)
		return false;
	good = X509_NAME_print_ex(to, dn, 0, DN_FLAGS) >= 0;
	len = BIO_get_mem_data(to, &text);
	if (good)
		field_name(out, span_of(text, len > 0 ? (size_t)len : 0));
	BIO_free(to);
	return good;
}

static void san_hex(struct certificate_name *out, struct span raw)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t text[CERTIFICATE_NAME_MAX + 2];
	size_t len = 0;

	text[len++] = '#';
	/* One byte more than fits, so that the name is seen to be cut. */
	for (size_t i = 0; i < raw.len && len <= CERTIFICATE_NAME_MAX; i++) {
		text[len++] = (uint8_t)digit[raw.at[i] >> 4];
		text[len++] = (uint8_t)digit[raw.at[i] & 15];
	}
	field_name(out, span_of(text, len));
}

static void san_address(struct certificate_name *out, struct span raw)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;

	if (raw.len == 4) {
		a = addr_v4(raw.at);
	} else if (raw.len == 16) {
		a = addr_v6(raw.at);
		/* ::ffff:10.2.5.5 is not 10.2.5.5 in a certificate. */
		if (addr_is_v4(&a)) {
			san_hex(out, raw);
			return;
		}
	} else {
		san_hex(out, raw);
		return;
	}
	field_name(out, span_of(text, addr_format(&a, text)));
}

static struct span string_span(const ASN1_STRING *s)
{
	return span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static void add_san(struct certificate *out, const GENERAL_NAME *name)
{
	struct certificate_name *slot = out->san + out->san_count;

	if (out->san_count == CERTIFICATE_SAN_MAX) {
		out->san_more++;
		return;
	}
	if (name->type == GEN_DNS)
		field_name(slot, string_span(name->d.dNSName));
	else
		san_address(slot, string_span(name->d.iPAddress));
	out->san_count++;
}

bool field_san(struct certificate *out, const X509 *x, bool *has_ip)
{
	int found;
	GENERAL_NAMES *names =
		X509_get_ext_d2i(x, NID_subject_alt_name, &found, NULL);

	*has_ip = false;
	out->san_count = 0;
	out->san_more = 0;
	if (!names)
		return found == -1; /* none; else broken, or twice */
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		*has_ip |= name->type == GEN_IPADD;
		if (name->type == GEN_DNS || name->type == GEN_IPADD)
			add_san(out, name);
	}
	GENERAL_NAMES_free(names);
	return true;
}

/* --- key --------------------------------------------------------------- */

static void key_sized(char *out, const char *kind, const EVP_PKEY *key)
{
	snprintf(out, CERTIFICATE_KEY_MAX, "%s %d", kind,
		 EVP_PKEY_get_bits(key));
}

static void key_curve(char *out, const char *kind, const EVP_PKEY *key)
{
	char curve[CERTIFICATE_KEY_MAX / 2]; /* OpenSSL's longest: 23 */
	const char *nist;
	size_t len;

	if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), &len) != 1) {
		snprintf(out, CERTIFICATE_KEY_MAX, "%s with its own curve",
			 kind);
		return;
	}
	nist = EC_curve_nid2nist(OBJ_txt2nid(curve));
	snprintf(out, CERTIFICATE_KEY_MAX, "%s %s", kind, nist ? nist : curve);
}

static void key_plain(char *out, const char *kind, const EVP_PKEY *key)
{
	(void)key;
	snprintf(out, CERTIFICATE_KEY_MAX, "%s", kind);
}

static const struct {
	int id;
	const char *kind;
	void (*put)(char *out, const char *kind, const EVP_PKEY *key);
} key_form[] = {
	{ EVP_PKEY_RSA, "RSA", key_sized },
	{ EVP_PKEY_RSA_PSS, "RSA-PSS", key_sized },
	{ EVP_PKEY_EC, "EC", key_curve },
	{ EVP_PKEY_ED25519, "Ed25519", key_plain },
	{ EVP_PKEY_ED448, "Ed448", key_plain },
	{ EVP_PKEY_DSA, "DSA", key_sized },
};

/* Kinds that we or OpenSSL do not know, and keys that are damaged. */
static void key_unknown(char out[CERTIFICATE_KEY_MAX], const X509 *x)
{
	char kind[CERTIFICATE_KEY_MAX - sizeof("unknown ()") + 1] = "";
	ASN1_OBJECT *algorithm;

	X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL,
			       X509_get_X509_PUBKEY(x));
	OBJ_obj2txt(kind, sizeof(kind), algorithm, 0);
	snprintf(out, CERTIFICATE_KEY_MAX, "unknown (%s)", kind);
}

void field_key(char out[CERTIFICATE_KEY_MAX], const X509 *x)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);

	for (size_t i = 0; key && i < sizeof(key_form) / sizeof(key_form[0]);
	     i++) {
		if (EVP_PKEY_get_base_id(key) == key_form[i].id) {
			key_form[i].put(out, key_form[i].kind, key);
			return;
		}
	}
	key_unknown(out, x);
}

/* --- time --------------------------------------------------------------- */

bool field_time(int64_t *out, const ASN1_TIME *time)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}
