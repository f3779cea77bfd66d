/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to src/io: endpoints in and out of a libnetfilter_conntrack object.
 */
#ifndef IO_CTTUPLE_H
#define IO_CTTUPLE_H

#include <stdbool.h>
#include <stdint.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include <sallyport/addr.h>

#include "io/conntrack.h"

/* The attributes that make one tuple, and those of a translated address. */
struct ct_tuple_attrs {
	enum nf_conntrack_attr l3, l4, src4, dst4, src6, dst6, sport, dport;
};

extern const struct ct_tuple_attrs ct_orig, ct_reply, ct_master;

/* A TCP tuple. Both endpoints are of the same family. */
void ct_set_tuple(struct nf_conntrack *ct, const struct ct_tuple_attrs *attrs,
		  const struct endpoint *from, const struct endpoint *to);

/* False: the object has no such TCP tuple. */
bool ct_get_tuple(const struct nf_conntrack *ct,
		  const struct ct_tuple_attrs *attrs, struct endpoint *from,
		  struct endpoint *to);

/* @v4 or @v6, as the family wants. */
void ct_set_addr(struct nf_conntrack *ct, enum nf_conntrack_attr v4,
		 enum nf_conntrack_attr v6, const struct addr *a);

/* AF_INET or AF_INET6 */
uint8_t ct_family(const struct addr *a);

/* Have both ends closed a connection in TCP state @state, or one reset it? In
 * LAST_ACK both have, but one FIN is not acknowledged yet: it may be lost. */
bool ct_is_over(uint8_t state);

/* What a negative errno from the kernel means; sets errno. */
enum conntrack_result ct_result(int error);

#endif
