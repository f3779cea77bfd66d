/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about a certificate chain. */
#include "tls/certificate.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "tls/certificate_field.h"

#define US_PER_S 1000000u

struct chain {
	X509 *x[CERTIFICATE_CHAIN_MAX];
	size_t count;
};

static void chain_free(struct chain *chain)
{
	while (chain->count > 0)
		X509_free(chain->x[--chain->count]);
}

/* One certificate that fills @der; NULL if there is none. */
static X509 *decode(struct span der)
{
	const unsigned char *at = der.at;
	X509 *x = d2i_X509(NULL, &at, (long)der.len);

	if (x && at != der.at + der.len) {
		X509_free(x);
		return NULL;
	}
	return x;
}

static enum certificate_result
chain_decode(struct chain *chain, const struct span *der, size_t count)
{
	if (count == 0)
		return CERTIFICATE_NONE;
	if (count > CERTIFICATE_CHAIN_MAX)
		return CERTIFICATE_TOO_MANY;
	for (size_t i = 0; i < count; i++) {
		if (der[i].len > CERTIFICATE_DER_MAX)
			return CERTIFICATE_TOO_LONG;
		chain->x[i] = decode(der[i]);
		if (!chain->x[i])
			return CERTIFICATE_BAD;
		chain->count++;
	}
	return CERTIFICATE_OK;
}

/*
 * Whether @x is for the host @sni. X509_check_host() drops a NUL at the end of
 * a name and takes a leading dot for any host of a domain; in a ClientHello
 * neither is a host name (RFC 6066 3).
 */
static bool is_for_host(X509 *x, struct span sni)
{
	if (sni.at[0] == '.' || span_find(sni, '\0') < sni.len)
		return false;
	return X509_check_host(x, (const char *)sni.at, sni.len, 0, NULL) == 1;
}

static bool is_for_address(X509 *x, const struct addr *a)
{
	if (addr_is_v4(a))
		return X509_check_ip(x, addr_v4_bytes(a), 4, 0) == 1;
	return X509_check_ip(x, a->b, sizeof(a->b), 0) == 1;
}

static void judge_name(struct certificate *out, X509 *leaf, bool has_ip,
		       const struct certificate_view *view)
{
	char text[ADDR_TEXT_MAX];

	out->name_mismatch = false;
	out->address_mismatch = false;
	out->wanted.len = 0;
	if (view->sni.len > 0) {
		out->name_mismatch = !is_for_host(leaf, view->sni);
		if (out->name_mismatch)
			field_name(&out->wanted, view->sni);
	} else if (view->server && has_ip) {
		out->address_mismatch = !is_for_address(leaf, view->server);
		if (out->address_mismatch)
			field_name(&out->wanted,
				   span_of(text,
					   addr_format(view->server, text)));
	}
}

static void judge_time(struct certificate *out, uint64_t now_us)
{
	int64_t now = (int64_t)(now_us / US_PER_S);

	/* RFC 5280 4.1.2.5: both ends belong to the validity. */
	out->expired = now > out->not_after;
	out->not_yet_valid = now < out->not_before;
}

static bool read_leaf(struct certificate *out, X509 *leaf,
		      const struct certificate_view *view)
{
	bool has_ip;

	if (!field_dn(&out->subject, X509_get_subject_name(leaf)) ||
	    !field_dn(&out->issuer, X509_get_issuer_name(leaf)) ||
	    !field_san(out, leaf, &has_ip) ||
	    !field_time(&out->not_before, X509_get0_notBefore(leaf)) ||
	    !field_time(&out->not_after, X509_get0_notAfter(leaf)))
		return false;
	field_key(out->key, leaf);
	out->self_signed = (X509_get_extension_flags(leaf) & EXFLAG_SS) != 0;
	judge_time(out, view->now_us);
	judge_name(out, leaf, has_ip, view);
	return true;
}

/* After the leaf: what the certificates say of each other. */
static bool read_chain(struct certificate *out, const struct chain *chain)
{
	out->chain_count = (uint32_t)chain->count;
	out->chain_not_after = out->not_after;
	memset(out->issued_by_next, 0, sizeof(out->issued_by_next));
	for (size_t i = 1; i < chain->count; i++) {
		int64_t not_after;

		if (!field_time(&not_after, X509_get0_notAfter(chain->x[i])))
			return false;
		if (not_after < out->chain_not_after)
			out->chain_not_after = not_after;
		out->issued_by_next[i - 1] =
			X509_check_issued(chain->x[i], chain->x[i - 1]) ==
			X509_V_OK;
	}
	return true;
}

enum certificate_result certificate_read(const struct span *chain, size_t count,
					 const struct certificate_view *view,
					 struct certificate *out)
{
	struct chain decoded = { .count = 0 };
	enum certificate_result result;

	/* Errors of other users of this thread's queue are not ours to drop. */
	ERR_set_mark();
	result = chain_decode(&decoded, chain, count);
	if (result == CERTIFICATE_OK &&
	    (!read_leaf(out, decoded.x[0], view) || !read_chain(out, &decoded)))
		result = CERTIFICATE_BAD;
	chain_free(&decoded);
	ERR_pop_to_mark();
	return result;
}

const char *certificate_result_text(enum certificate_result result)
{
	static const char *const text[CERTIFICATE_RESULTS] = {
		[CERTIFICATE_OK] = "the certificates are readable",
		[CERTIFICATE_NONE] = "there is no certificate",
		[CERTIFICATE_TOO_MANY] = "there are too many certificates",
		[CERTIFICATE_TOO_LONG] = "a certificate is too long",
		[CERTIFICATE_BAD] = "a certificate cannot be decoded",
	};

	return text[result];
}

struct span certificate_name_span(const struct certificate_name *name)
{
	return span_of(name->at, name->len);
}
