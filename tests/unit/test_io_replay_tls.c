/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encrypted sessions: grants, what is let in and what is not, the middle of
 * one, and the queue that it leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "film.h"
#include "support.h"
#include "tls_talk.h"

#define SERVER_LAB                  \
	"servers:\n"                \
	"  - name: lab\n"           \
	"    address: [10.2.5.5]\n" \
	"    passive-ports: 42000-42999\n"
#define FAST    SERVER_LAB "tls:\n  fast-path: true\n"
#define REQUIRE SERVER_LAB "    data-protection: require\n"

static void record(struct film *f, struct film_call *c, enum side who,
		   uint8_t type, size_t len)
{
	uint8_t bytes[TLS_TALK_MAX] = { type, 3, 3, (uint8_t)(len >> 8),
					(uint8_t)len };

	assert_true(len + TLS_RECORD_HEADER <= sizeof(bytes));
	memset(bytes + TLS_RECORD_HEADER,
	       type == TLS_CHANGE_CIPHER_SPEC ? 1 : 0xc5, len);
	film_send(f, c, who, bytes, len + TLS_RECORD_HEADER);
}

/* TLS 1.3, with the ticket that shows that the server has read it all. */
static void handshake(struct film *f, struct film_call *c)
{
	uint8_t bytes[TLS_TALK_MAX];

	film_send(f, c, CLIENT, bytes,
		  tls_client_hello(bytes, TLS_1_3, "ftp.example.net"));
	film_send(f, c, SERVER, bytes, tls_server_hello(bytes, TLS_1_3, false));
	record(f, c, SERVER, TLS_CHANGE_CIPHER_SPEC, 1);
	record(f, c, SERVER, TLS_APPLICATION_DATA, 800);
	record(f, c, SERVER, TLS_APPLICATION_DATA, TLS_TALK_FINISHED);
	record(f, c, CLIENT, TLS_CHANGE_CIPHER_SPEC, 1);
	record(f, c, CLIENT, TLS_APPLICATION_DATA, TLS_TALK_FINISHED);
	record(f, c, SERVER, TLS_APPLICATION_DATA, 250);
}

static void exchange(struct film *f)
{
	record(f, &f->control, CLIENT, TLS_APPLICATION_DATA, 29);
	record(f, &f->control, SERVER, TLS_APPLICATION_DATA, 61);
}

static void encrypt(struct film *f)
{
	film_open(f, &f->control);
	film_play(f, "< 220 ready\n"
		     "> AUTH TLS\n"
		     "< 234 go");
	handshake(f, &f->control);
	exchange(f);
}

static void clear_transfer(struct film *f, uint16_t from, uint16_t port)
{
	struct film_call data = film_passive(f, from, port);

	film_transfer(f, &data, SERVER, 10);
}

static void tls_transfer(struct film *f, uint16_t from, uint16_t port)
{
	struct film_call data = film_passive(f, from, port);

	film_open(f, &data);
	handshake(f, &data);
	film_fin(f, &data);
}

/* --- grants ----------------------------------------------------------------- */

static void test_grant(void **state)
{
	struct film f;

	(void)state;
	for (int sight = FILM_CLIENT_SIDE; sight <= FILM_FILES; sight++) {
		film_start(&f, "", (enum film_sight)sight);
		encrypt(&f);
		tls_transfer(&f, 45000, 42000);
		clear_transfer(&f, 45001, 43000);
		film_fin(&f, &f.control);
		clear_transfer(&f, 45002, 42000);
		film_show(&f, SERVER_LAB);
		film_expect(&f, "#1 tls established");
		film_expect(&f, "#1 grant open passive 42000-42999");
		film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> "
				"10.2.5.5:42000 related granted tls ");
		film_expect(&f,
			    "#1 flow passive 10.1.4.4:45001 -> 10.2.5.5:43000 "
			    "unmatched cleartext 0/10 the session is "
			    "encrypted, and port 43000 is outside the "
			    "42000-42999 granted for lab\n");
		film_expect(&f, "#0 flow passive 10.1.4.4:45002 -> "
				"10.2.5.5:42000 unmatched cleartext 0/10 no "
				"encrypted session of this pair\n");
		film_expect(&f, "#1 traffic ");
		assert_int_equal(film_told(&f, "#1 flow"), 2);
		assert_int_equal(f.counts.unfollowed, 0);
		film_stop(&f);
	}
}

/* What TLS took: 3 lines in the clear; 8 records until the ticket shows that
 * the handshake is done; then the rest. */
static void test_share(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	encrypt(&f);
	film_fin(&f, &f.control);
	film_show(&f, SERVER_LAB);
	assert_non_null(strstr(f.story, " clear 3/29 handshake 8/"));
	assert_non_null(strstr(f.story, " records 2/100\n"));
	film_stop(&f);
}

static void test_nobody_told(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	encrypt(&f);
	tls_transfer(&f, 45000, 42000);
	film_show(&f, "");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"unmatched tls 151/1179 ");
	assert_non_null(strstr(f.story, "the session is encrypted, and "
					"nothing is granted"));
	film_stop(&f);
}

/* Two encrypted sessions; the end of one takes nothing from the other. */
static void test_two_sessions(void **state)
{
	struct film f;
	struct film_call first;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	encrypt(&f);
	first = f.control;
	f.control = film_control(&f, 40001);
	encrypt(&f);
	film_fin(&f, &f.control);
	clear_transfer(&f, 45000, 43000);
	tls_transfer(&f, 45001, 42000);
	film_fin(&f, &first);
	film_show(&f, SERVER_LAB);
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:43000 "
			"unmatched cleartext 0/10 the session is encrypted, "
			"and port 43000 is outside the 42000-42999");
	film_expect(&f, "#1 flow passive 10.1.4.4:45001 -> 10.2.5.5:42000 "
			"related granted");
	film_stop(&f);
}

/* --- data-protection: require ------------------------------------------------ */

static void test_cleartext_data(void **state)
{
	const char *const nat[] = { "", "snat", "dnat", "snat dnat" };
	struct film f;
	struct endpoint from, to;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nat); i++) {
		film_start(&f, nat[i], FILM_BOTH);
		encrypt(&f);
		clear_transfer(&f, 45000, 42000);
		tls_transfer(&f, 45001, 42001);
		film_fin(&f, &f.control);
		film_show(&f, REQUIRE);
		assert_int_equal(film_told(&f, "#1 alert cleartext-data"), 1);
		film_expect(&f, "#1 packet < dropped 10");
		/* Nothing of it leaves, but for what TCP needs. */
		from = (struct endpoint){ f.server_public.addr, 42000 };
		to = (struct endpoint){ f.client.addr, 45000 };
		film_expect_read(&f, &from, &to, "");
		/* The other one is as it was: 1168 bytes and five headers. */
		from.port = 42001;
		to.port = 45001;
		assert_true(film_left(&f, &from, &to) > 5);
		assert_non_null(strstr(f.story, ":42001 related granted tls"));
		film_stop(&f);
	}
}

/* --- the fast path ------------------------------------------------------------- */

static void test_fast_path(void **state)
{
	const char *const nat[] = { "", "snat", "dnat", "snat dnat" };
	struct film f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nat); i++) {
		for (int reset = 0; reset < 2; reset++) {
			film_start(&f, nat[i], FILM_BOTH);
			encrypt(&f);
			tls_transfer(&f, 45000, 42000);
			exchange(&f);
			if (reset)
				film_rst(&f, &f.control, CLIENT);
			else
				film_fin(&f, &f.control);
			film_show(&f, FAST);
			film_expect(&f, "#1 grant open");
			film_expect(&f, "#1 session_close ");
			film_expect_not(&f, "#1 session_close shutdown");
			film_expect_not(&f, "#1 alert");
			assert_non_null(strstr(f.story, "related granted tls"));
			/* It goes on as it was. */
			assert_int_equal(f.lefts, f.counts.frames / 2);
			assert_int_equal(film_told(&f, "#1 traffic"), 1);
			assert_non_null(strstr(f.story, " records 4/200\n"));
			film_stop(&f);
		}
	}
}

/* --- picked up ------------------------------------------------------------------- */

static void test_midstream(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	exchange(&f);
	exchange(&f);
	film_fin(&f, &f.control);
	film_show(&f, SERVER_LAB);
	assert_int_equal(film_told(&f, "#1 session_open"), 1);
	assert_int_equal(film_told(&f, "#1 session_close"), 1);
	/* None of it was in the clear. */
	film_expect(&f, "#1 traffic 11 packets clear 0/0 handshake 0/0 records "
			"4/200\n");
	film_stop(&f);

	film_start(&f, "", FILM_CLIENT_SIDE);
	film_play(&f, "> TYPE I\n"
		      "< 200 ok\n"
		      "> PASV\n"
		      "< 227 ok (10,2,5,5,164,16)\n");
	clear_transfer(&f, 45000, 42000);
	film_fin(&f, &f.control);
	film_show(&f, "pinhole:\n  require-login: false\n");
	film_expect(&f, "#1 command PASV");
	film_expect(&f, "#1 session_close fin");
	film_stop(&f);
}

static void test_implicit(void **state)
{
	struct film f;

	(void)state;
	film_start(&f, "", FILM_CLIENT_SIDE);
	f.server.port = f.server_public.port = 990;
	f.control = film_control(&f, 40000);
	film_open(&f, &f.control);
	handshake(&f, &f.control);
	exchange(&f);
	tls_transfer(&f, 45000, 42000);
	film_fin(&f, &f.control);
	film_show(&f, SERVER_LAB);
	film_expect(&f, "#1 tls established");
	film_expect(&f, "#1 grant open passive");
	film_expect(&f, "#1 flow passive 10.1.4.4:45000 -> 10.2.5.5:42000 "
			"related granted tls");
	assert_non_null(strstr(f.story, " clear 0/0 handshake 8/"));
	film_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grant),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_nobody_told),
		cmocka_unit_test(test_two_sessions),
		cmocka_unit_test(test_cleartext_data),
		cmocka_unit_test(test_fast_path),
		cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_implicit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
