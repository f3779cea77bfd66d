/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Throw-away certificates. */
#include "tls/peer_identity.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls/certificate.h"
#include "tls/peer_private.h"

/* "DNS:" before a name of the longest kind, and its NUL. */
#define SAN_MAX (CERTIFICATE_NAME_MAX + 5)

static bool add_name(X509 *x, const char *text)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
					  (const unsigned char *)text, -1, -1,
					  0) &&
	       X509_set_issuer_name(x, name);
}

static bool add_san(X509 *x, const char *text)
{
	X509_EXTENSION *extension;
	char value[SAN_MAX];
	bool added;

	snprintf(value, sizeof(value), "DNS:%s", text);
	extension =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, value);
	added = extension && X509_add_ext(x, extension, -1);
	X509_EXTENSION_free(extension);
	return added;
}

static bool fill(struct identity *id, const struct identity_spec *spec)
{
	X509 *x = id->certificate;

	return x && id->key && X509_set_version(x, X509_VERSION_3) &&
	       ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
	       X509_set_pubkey(x, id->key) && add_name(x, spec->name) &&
	       add_san(x, spec->name) &&
	       ASN1_TIME_set(X509_getm_notBefore(x), spec->not_before) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), spec->not_after) &&
	       X509_sign(x, id->key, EVP_sha256()) > 0;
}

struct identity *identity_new(const struct identity_spec *spec)
{
	struct identity *id = malloc(sizeof(*id));

	if (!id)
		return NULL;
	ERR_set_mark();
	id->key = EVP_EC_gen("P-256");
	id->certificate = X509_new();
	if (!fill(id, spec)) {
		identity_free(id);
		id = NULL;
	}
	ERR_pop_to_mark();
	return id;
}

void identity_free(struct identity *id)
{
	if (!id)
		return;
	EVP_PKEY_free(id->key);
	X509_free(id->certificate);
	free(id);
}
