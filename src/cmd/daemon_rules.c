/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that feed the daemon: it does not load them, but tells of what it
 * could never work with. */
#include "cmd/daemon.h"

#include "io/log.h"

void daemon_rules_look(struct daemon *d)
{
	bool nft, iptables;

	pthread_mutex_lock(&d->lock);
	sets_look(d->sets);
	nft = sets_there(d->sets, SETS_NFT);
	iptables = sets_there(d->sets, SETS_IPSET);
	pthread_mutex_unlock(&d->lock);
	if (nft && iptables)
		log_warn("rules",
			 "they are loaded for iptables and for nft, so "
			 "that packets are queued twice; remove one of "
			 "them: sallyport rules --unload --format "
			 "iptables, or nft");
	else if (!nft && !iptables)
		log_warn("rules", "none are loaded, so that nothing is queued; "
				  "load them: sallyport rules --load");
	else
		log_info("rules", "loaded for %s", nft ? "nft" : "iptables");
}
