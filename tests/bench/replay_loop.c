/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that reading a capture can cost: pcap_next_ex() for each packet of
 * Ethernet, and a look at the TCP header.
 *
 *	replay_loop FILE
 */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

#define ETHERNET 14

/* What is read of each header: ports, sequence numbers, flags. */
struct tally {
	uint64_t segments, ports, numbers, flags;
};

static uint32_t be16(const uint8_t *at)
{
	return (uint32_t)(at[0] << 8 | at[1]);
}

static uint32_t be32(const uint8_t *at)
{
	return be16(at) << 16 | be16(at + 2);
}

static void look(struct tally *t, const uint8_t *at, uint32_t len)
{
	uint32_t type, tcp;

	if (len < ETHERNET + 40)
		return;
	type = be16(at + 12);
	tcp = ETHERNET + (type == 0x86dd ? 40 : (at[ETHERNET] & 15) * 4u);
	if (len < tcp + 20 || at[ETHERNET + (type == 0x86dd ? 6 : 9)] != 6)
		return;
	t->segments++;
	t->ports += be16(at + tcp) ^ be16(at + tcp + 2);
	t->numbers += be32(at + tcp + 4) ^ be32(at + tcp + 8);
	t->flags += at[tcp + 13];
}

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	struct tally t = { 0 };
	const u_char *bytes;
	pcap_t *p;
	int result;

	if (argc != 2) {
		fprintf(stderr, "use: replay_loop FILE\n");
		return 2;
	}
	p = pcap_open_offline(argv[1], why);
	if (!p) {
		fprintf(stderr, "replay_loop: %s\n", why);
		return 2;
	}
	while ((result = pcap_next_ex(p, &header, &bytes)) == 1)
		look(&t, bytes, header->caplen);
	pcap_close(p);
	printf("%llu segments %llx %llx %llx\n", (unsigned long long)t.segments,
	       (unsigned long long)t.ports, (unsigned long long)t.numbers,
	       (unsigned long long)t.flags);
	return result == PCAP_ERROR_BREAK ? 0 : 2;
}
