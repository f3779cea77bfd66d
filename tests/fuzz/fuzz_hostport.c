/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Endpoint texts. The first byte chooses the form, the rest is the text. */
#include <stdlib.h>
#include <string.h>

#include <sallyport/hostport.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static enum hostport_error parse(enum via via, struct span text,
				 struct hostport *out)
{
	return via_is_active(via) ? hostport_parse_arg(via, text, out)
				  : hostport_parse_reply(via, text, out);
}

/* What is written in the place of what was read must read the same. */
static void round_trip(struct span text, const struct hostport *hp)
{
	char form[HOSTPORT_TEXT_MAX];
	size_t len = hostport_format(hp, form);
	size_t behind = hp->at + hp->len;
	uint8_t *again = malloc(text.len + sizeof(form));
	struct hostport back;

	must(again != NULL && len > 0);
	memcpy(again, text.at, hp->at);
	memcpy(again + hp->at, form, len);
	memcpy(again + hp->at + len, text.at + behind, text.len - behind);
	must(parse(hp->via, span_of(again, text.len - hp->len + len), &back) ==
	     HOSTPORT_FINE);
	must(endpoint_equal(&back.endpoint, &hp->endpoint));
	must(back.at == hp->at && back.len == len);
	must(back.delimiter == hp->delimiter);
	/* Only addresses of EPRT have more than one spelling. */
	if (hp->via != VIA_EPRT)
		must(span_equal(span_sub(text, hp->at, hp->len),
				span_of(form, len)));
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct hostport hp, untouched;
	struct cursor c = cursor_of(text);
	enum via via = rd_u8(&c) % (VIA_LPSV + 1);
	enum hostport_error error;

	memset(&hp, 0x5a, sizeof(hp));
	untouched = hp;
	error = parse(via, c.rest, &hp);
	must(hostport_reason(error) != NULL);
	if (error != HOSTPORT_FINE) {
		must(memcmp(&hp, &untouched, sizeof(hp)) == 0);
		return 0;
	}
	must(hp.via == via && hp.endpoint.port != 0);
	must(hp.has_addr == (via != VIA_EPSV));
	must(hp.len > 0 && hp.at <= c.rest.len && hp.len <= c.rest.len - hp.at);
	round_trip(c.rest, &hp);
	return 0;
}
