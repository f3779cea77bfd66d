/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates for tests, good ones and odd ones, made by OpenSSL itself. */
#include "make_cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

/* No step can fail but for a mistake in a test, or no memory. */
static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "make_cert: %s: %s\n", what,
		ERR_reason_error_string(ERR_peek_last_error()));
	abort();
}

static EVP_PKEY *make_key(const char *kind, bool explicit_curve)
{
	EVP_PKEY *key;

	if (strcmp(kind, "RSA") == 0)
		key = EVP_RSA_gen(2048);
	else if (strcmp(kind, "Ed25519") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		key = EVP_EC_gen(kind);
	must(key != NULL, kind);
	if (explicit_curve)
		must(EVP_PKEY_set_utf8_string_param(
			     key, OSSL_PKEY_PARAM_EC_ENCODING,
			     OSSL_PKEY_EC_ENCODING_EXPLICIT),
		     "curve");
	return key;
}

static void add_rdn(X509_NAME *name, int nid, int type, struct cert_bytes text)
{
	/* A type without MBSTRING_FLAG takes the bytes as they are. */
	if (text.len > 0)
		must(X509_NAME_add_entry_by_NID(name, nid, type, text.at,
						(int)text.len, -1, 0),
		     "name");
}

static void set_names(X509 *x, const struct cert_spec *spec)
{
	int type = spec->name_type ? spec->name_type : V_ASN1_UTF8STRING;
	X509_NAME *name = X509_get_subject_name(x);

	add_rdn(name, NID_organizationName, type, spec->organisation);
	add_rdn(name, NID_commonName, type, spec->common_name);
	if (spec->issuer)
		name = X509_get_subject_name(spec->issuer->x);
	must(X509_set_issuer_name(x, name), "issuer");
}

static void set_times(X509 *x, const struct cert_spec *spec)
{
	must(ASN1_TIME_set(X509_getm_notBefore(x), spec->not_before) &&
		     ASN1_TIME_set(X509_getm_notAfter(x), spec->not_after),
	     "time");
}

static GENERAL_NAME *make_san(const struct cert_san *san)
{
	static const struct {
		int type, string;
	} form[] = {
		[CERT_SAN_DNS] = { GEN_DNS, V_ASN1_IA5STRING },
		[CERT_SAN_IP] = { GEN_IPADD, V_ASN1_OCTET_STRING },
		[CERT_SAN_MAIL] = { GEN_EMAIL, V_ASN1_IA5STRING },
	};
	ASN1_STRING *text = ASN1_STRING_type_new(form[san->kind].string);
	GENERAL_NAME *name = GENERAL_NAME_new();

	must(text && name &&
		     ASN1_STRING_set(text, san->bytes.at, (int)san->bytes.len),
	     "alternative name");
	GENERAL_NAME_set0_value(name, form[san->kind].type, text);
	return name;
}

static void add_sans(X509 *x, const struct cert_san *san)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	for (; san->kind != CERT_SAN_END; san++)
		must(sk_GENERAL_NAME_push(names, make_san(san)) > 0,
		     "alternative names");
	must(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0,
			       X509V3_ADD_DEFAULT) == 1,
	     "alternative names");
	GENERAL_NAMES_free(names);
}

static void add_raw_san(X509 *x, struct cert_bytes raw)
{
	ASN1_OCTET_STRING *text = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	must(text && ASN1_OCTET_STRING_set(text, raw.at, (int)raw.len), "raw");
	extension = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0,
						 text);
	must(extension && X509_add_ext(x, extension, -1), "raw");
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(text);
}

/* One of X.509 version 3's extensions as openssl.cnf would have it. */
static void add_extension(X509 *x, const struct cert *issuer, int nid,
			  const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer ? issuer->x : x, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(extension && X509_add_ext(x, extension, -1), "extension");
	X509_EXTENSION_free(extension);
}

static void add_extensions(X509 *x, const struct cert_spec *spec)
{
	if (spec->san)
		add_sans(x, spec->san);
	for (unsigned int i = 0; i < spec->raw_san_times; i++)
		add_raw_san(x, spec->raw_san);
	add_extension(x, NULL, NID_subject_key_identifier, "hash");
	if (spec->issuer)
		add_extension(x, spec->issuer, NID_authority_key_identifier,
			      "keyid:always");
	if (!spec->ca)
		return;
	add_extension(x, NULL, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(x, NULL, NID_key_usage, "critical,keyCertSign");
}

struct cert make_cert(const struct cert_spec *spec)
{
	struct cert c = { make_key(spec->key, spec->explicit_curve), X509_new(),
			  NULL, 0 };
	EVP_PKEY *signer = spec->issuer ? spec->issuer->key : c.key;
	bool edwards = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519;
	int len;

	must(c.x && X509_set_version(c.x, X509_VERSION_3) &&
		     ASN1_INTEGER_set(X509_get_serialNumber(c.x), 1) &&
		     X509_set_pubkey(c.x, c.key),
	     "certificate");
	set_names(c.x, spec);
	set_times(c.x, spec);
	add_extensions(c.x, spec);
	/* Ed25519 has its digest built in (RFC 8410 3). */
	must(X509_sign(c.x, signer, edwards ? NULL : EVP_sha256()), "sign");
	len = i2d_X509(c.x, &c.der);
	must(len > 0, "DER");
	c.len = (size_t)len;
	return c;
}

void cert_free(struct cert *cert)
{
	EVP_PKEY_free(cert->key);
	X509_free(cert->x);
	OPENSSL_free(cert->der);
	*cert = (struct cert){ NULL, NULL, NULL, 0 };
}
