/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of cipher suites. */
#ifndef SALLYPORT_TLS_CIPHER_H
#define SALLYPORT_TLS_CIPHER_H

#include <stdint.h>

/* The name that IANA gives to suite @cipher, such as
 * "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"; NULL if unknown. */
const char *tls_cipher_name(uint16_t cipher);

#endif
