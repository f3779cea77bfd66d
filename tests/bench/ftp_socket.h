/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of both ends of the load, and the endpoint that 227 and PORT name. */
#ifndef BENCH_FTP_SOCKET_H
#define BENCH_FTP_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTP_PORT 21

/* Longest wait for the other end; a lost SYN is sent again after one second. */
#define PATIENCE_MS 4000

/* "10.2.1.5"; exits with status 2 if it is no address. */
struct sockaddr_in socket_name(const char *addr, uint16_t port);

/* The end of @fd that is ours. */
struct sockaddr_in socket_local(int fd);

/* Listen on @at (port 0: any). */
int socket_listen(const struct sockaddr_in *at);

/* The next connection, or -1 when PATIENCE_MS are over. */
int socket_accept(int listener);

/* Connect and tell how long that took; -1 when it failed. */
int socket_connect(const struct sockaddr_in *to, uint64_t *took_ns);

/* Lines leave at once. */
void socket_nodelay(int fd);

/* Send all of it, or false. */
bool socket_send(int fd, const void *bytes, size_t len);

/* "h1,h2,h3,h4,p1,p2" behind the first digit of @text. */
bool hostport_read(const char *text, struct sockaddr_in *out);
#define HOSTPORT_MAX 32
void hostport_write(const struct sockaddr_in *at, char out[HOSTPORT_MAX]);

/* ftp_serve.c: an FTP server on each of @count addresses, in the background. */
_Noreturn void ftp_serve(char *const *addr, int count);

#endif
