/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file: YAML in; policy, limits and settings out. */
#ifndef IO_CONFIG_H
#define IO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sallyport/addr.h>
#include <sallyport/engine.h>
#include <sallyport/policy.h>
#include <sallyport/span.h>

#include "io/log.h"

/* Read where no -c is given; it may be missing. */
#define CONFIG_PATH "/etc/sallyport.conf"

/* 256 servers of the longest kind fill a tenth of it. */
#define CONFIG_FILE_MAX (1u << 20)

/* Each server's range is a rule of its own; more belong into prefixes. */
#define CONFIG_SERVERS_MAX 256

/* Clients that nobody can rewrite for; more belong into prefixes. */
#define CONFIG_CLIENTS_MAX 256

/* replay.nat: as many networks as a lab's gateway may translate. */
#define CONFIG_NAT_MAX 256

/* One worker per queue and CPU; no gateway spends more CPUs on signalling. */
#define CONFIG_WORKERS_MAX 64

/* Packets of 64 KiB: a million of them is all the memory a gateway has. */
#define CONFIG_QUEUE_LENGTH_MAX (1u << 20)

/* Data connections of one control connection; clients use a dozen. */
#define CONFIG_MAX_DATA_MAX 1024

/* New data connections a minute of one control connection. Each takes a command
 * and a reply: a thousand a second is more than any server manages. */
#define CONFIG_MAX_NEW_MAX 60000

/* A pinhole is short-lived: an hour is a transfer's setup in no network. */
#define CONFIG_TIMEOUT_MAX_S 3600

/* sun_path of unix(7), with its NUL. */
#define CONFIG_SOCKET_MAX 108

/* The control socket where none is configured; a service that is not root has
 * a directory of its own for it. */
#define CONFIG_SOCKET         "/run/sallyport.sock"
#define CONFIG_STATE          "/run/sallyport.state"
#define CONFIG_SERVICE_SOCKET "/run/sallyport/sallyport.sock"

/* Of a user or group, with its NUL: useradd(8) takes 32 characters. */
#define CONFIG_ACCOUNT_MAX 33

enum when_down {
	WHEN_DOWN_PASS, /* queue-bypass: traffic flows by the user's rules */
	WHEN_DOWN_DROP, /* control connections and queued SYNs are dropped */
};

/* One entry of replay.nat. */
struct config_nat {
	struct prefix inside;
	struct addr public_address;
};

struct config {
	struct policy policy; /* its arrays belong to the config */
	struct engine_limits limits;
	uint16_t queue_first;
	uint32_t queue_workers; /* queues first to first + workers - 1 */
	enum when_down when_down;
	uint32_t queue_length; /* packets, of each queue */
	struct config_nat *nat;
	size_t nats;
	enum log_level log_level;
	enum log_to log_to;
	char control_socket[CONFIG_SOCKET_MAX];
	char control_group[CONFIG_ACCOUNT_MAX]; /* may ask there; "": none */
	char user[CONFIG_ACCOUNT_MAX];          /* "": see daemon_identify() */
	bool sandbox;
	char state_file[CONFIG_SOCKET_MAX]; /* "": none is kept */
	struct endpoint metrics; /* where they are served; port 0: nowhere */
	bool from_file;          /* false: the default file is missing */
};

/* After that many somebody will mend the file and look again. */
#define PROBLEMS_MAX     64
#define PROBLEM_TEXT_MAX 320

/* What is wrong with the file, by line. */
struct problems {
	struct problem {
		unsigned int line; /* from 1; 0: the file as a whole */
		char text[PROBLEM_TEXT_MAX]; /* printable */
	} item[PROBLEMS_MAX];
	size_t count;
	size_t more; /* found but not kept */
};

enum config_result {
	CONFIG_OK,
	CONFIG_BAD,    /* see the problems */
	CONFIG_SYSTEM, /* the file cannot be read, or no memory: see errno */
};

/*
 * Read @path (NULL: CONFIG_PATH) into @out. A missing file is CONFIG_BAD where
 * @must_exist, else all defaults. Every problem that can be found goes into
 * @problems, which need not be initialised; a syntax error hides what stands
 * behind it. CONFIG_OK: config_free() @out; otherwise there is nothing to free.
 */
enum config_result config_load(struct config *out, const char *path,
			       bool must_exist, struct problems *problems);

/* The same for the file @name in the directory @dir, as openat(2) has it. */
enum config_result config_load_at(struct config *out, int dir, const char *name,
				  bool must_exist, struct problems *problems);

/* The same from memory; never touches a file. */
enum config_result config_load_bytes(struct config *out, struct span bytes,
				     struct problems *problems);

/* Frees what config_load() took; harmless on a zeroed struct. */
void config_free(struct config *c);

/* All settings as a configuration file, in effect the same as the one read. */
void config_print(FILE *to, const struct config *c);

/* Longest text: an address, "/128" and the NUL. */
#define CONFIG_PREFIX_TEXT_MAX (ADDR_TEXT_MAX + 4)

/* "10.2.5.0/24", or the address alone where it is one host. Gives the length.
 */
size_t config_prefix_text(const struct prefix *p,
			  char out[CONFIG_PREFIX_TEXT_MAX]);

#endif
