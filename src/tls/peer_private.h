/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the TLS peers know of each other. */
#ifndef TLS_PEER_PRIVATE_H
#define TLS_PEER_PRIVATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

struct identity {
	EVP_PKEY *key;
	X509 *certificate;
};

#endif
