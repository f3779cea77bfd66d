/* SPDX-License-Identifier: GPL-2.0-or-later */
/* However the gateway translates, and on whichever side of it the capture was
 * made: the story is the same, and so is what leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "film.h"
#include "scene.h"
#include "support.h"

#define NAT "replay:\n  nat:\n"
#define SNAT4                      \
	"    - inside: 10.1.4.4\n" \
	"      public: 203.0.113.1\n"
#define DNAT4                      \
	"    - inside: 10.2.5.5\n" \
	"      public: 203.0.113.9\n"
#define SNAT6                     \
	"    - inside: fc00::4\n" \
	"      public: 2001:db8::1\n"
#define DNAT6                     \
	"    - inside: fc00::5\n" \
	"      public: 2001:db8::9\n"

static const struct translation {
	const char *name, *yaml;
} translations[] = {
	{ "", "" },
	{ "snat", NAT SNAT4 },
	{ "dnat", NAT DNAT4 },
	{ "snat dnat", NAT SNAT4 DNAT4 },
	{ "v6", "" },
	{ "v6 snat", NAT SNAT6 },
	{ "v6 dnat", NAT DNAT6 },
	{ "v6 snat dnat", NAT SNAT6 DNAT6 },
};

#define SIGHTS 4

/* The letters of film_transfer(). */
static void expect_letters(const struct film *f, struct endpoint src,
			   uint16_t src_port, struct endpoint dst,
			   uint16_t dst_port, size_t len)
{
	char *got;

	src.port = src_port;
	dst.port = dst_port;
	got = film_read(f, &src, &dst);
	assert_int_equal(strlen(got), len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(got[i], 'a' + i % 26);
	free(got);
}

static void expect_control(const struct film *f, const char *client,
			   const char *server)
{
	film_expect_read(f, &f->client_public, &f->server, client);
	film_expect_read(f, &f->server_public, &f->client, server);
}

static void expect_well(const struct film *f, const char *name)
{
	if (f->counts.unfollowed || film_told(f, "#1 alert") ||
	    film_told(f, "#1 session_open") != 1 ||
	    film_told(f, "#2 session_open") ||
	    film_told(f, "#1 session_close fin") != 1 ||
	    film_told(f, "#1 flow") != 1 || film_told(f, "#1 traffic") != 1)
		fail_msg("%s, seen from %d:\n%s", name, f->sight, f->story);
	assert_int_equal(f->counts.second_legs != 0,
			 f->sight == FILM_BOTH || f->sight == FILM_FILES);
}

static void begin(struct film *f, const struct translation *t, int sight)
{
	film_start(f, t->name, (enum film_sight)sight);
	film_login(f);
}

static void end(struct film *f, const struct translation *t)
{
	film_play(f, "< 226 done\n"
		     "> QUIT\n"
		     "< 221 bye\n");
	film_fin(f, &f->control);
	film_show(f, t->yaml);
	expect_well(f, t->name);
}

static void name(enum via via, const struct addr *a, uint16_t port,
		 char out[SCENE_TEXT_MAX])
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	scene_name(via, text, port, out);
}

static void active(const struct translation *t, int sight)
{
	char port[SCENE_TEXT_MAX], public[SCENE_TEXT_MAX], told[1024];
	struct film f;
	struct film_call data;
	enum via via = strstr(t->name, "v6") ? VIA_EPRT : VIA_PORT;

	begin(&f, t, sight);
	name(via, &f.client.addr, 5001, port);
	name(via, &f.client_public.addr, 5001, public);
	film_say(&f, CLIENT, port);
	film_play(&f, "< 200 ok\n"
		      "> RETR x\n"
		      "< 150 here\n");
	data = film_active(&f, 5001, 5001);
	film_transfer(&f, &data, SERVER, 3000);
	end(&f, t);
	assert_int_equal(film_told(&f, "#1 flow active "), 1);
	assert_non_null(strstr(f.story, "related cleartext 3000/0 \n"));
	snprintf(told, sizeof(told),
		 "USER ftpuser\r\nPASS secret\r\n%sRETR x\r\nQUIT\r\n", public);
	expect_control(&f, told,
		       "220 ready\r\n331 and?\r\n230 welcome\r\n200 ok\r\n"
		       "150 here\r\n226 done\r\n221 bye\r\n");
	expect_letters(&f, f.server_public, 20, f.client, 5001, 3000);
	film_stop(&f);
}

static void passive(const struct translation *t, int sight)
{
	char here[SCENE_TEXT_MAX], public[SCENE_TEXT_MAX], told[1024];
	struct film f;
	struct film_call data;
	enum via via = strstr(t->name, "v6") ? VIA_LPSV : VIA_PASV;

	begin(&f, t, sight);
	name(via, &f.server.addr, 42000, here);
	name(via, &f.server_public.addr, 42000, public);
	film_play(&f, via == VIA_PASV ? "> PASV" : "> LPSV");
	film_say(&f, SERVER, here);
	film_play(&f, "> STOR x\n"
		      "< 150 here\n");
	data = film_passive(&f, 45000, 42000);
	film_transfer(&f, &data, CLIENT, 3000);
	end(&f, t);
	assert_int_equal(film_told(&f, "#1 flow passive "), 1);
	assert_non_null(strstr(f.story, "related cleartext 3000/0 \n"));
	snprintf(told, sizeof(told),
		 "220 ready\r\n331 and?\r\n230 welcome\r\n%s150 here\r\n"
		 "226 done\r\n221 bye\r\n",
		 public);
	expect_control(&f,
		       via == VIA_PASV ? "USER ftpuser\r\nPASS secret\r\n"
					 "PASV\r\nSTOR x\r\nQUIT\r\n"
				       : "USER ftpuser\r\nPASS secret\r\n"
					 "LPSV\r\nSTOR x\r\nQUIT\r\n",
		       told);
	expect_letters(&f, f.client_public, 45000, f.server, 42000, 3000);
	film_stop(&f);
}

static void test_active(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(translations); i++)
		for (int sight = 0; sight < SIGHTS; sight++)
			active(&translations[i], sight);
}

static void test_passive(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(translations); i++)
		for (int sight = 0; sight < SIGHTS; sight++)
			passive(&translations[i], sight);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_active),
		cmocka_unit_test(test_passive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
