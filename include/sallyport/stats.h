/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine counts. Names are those of `ctl stats` and, behind
 * "sallyport_", of Prometheus; the manual lists them with these texts.
 *
 * What is held ends: packets_held = packets_released + packets_waiting + those
 * of packets_dropped whose reason is hold-timeout or hold-end. And
 * pinholes_opened + pinholes_restored = pinholes + pinholes_used +
 * pinholes_expired + pinholes_closed + those of pinholes_refused whose reason is
 * kernel.
 */
#ifndef SALLYPORT_STATS_H
#define SALLYPORT_STATS_H

#include <stdint.h>

#include <sallyport/event.h>
#include <sallyport/reason.h>

/* Levels: how many there are now. X(name, text) */
#define ENGINE_LEVELS(X)                                        \
	X(sessions, "sessions open now")                        \
	X(tls_sessions, "encrypted sessions open now")          \
	X(tls_fast, "encrypted sessions outside the queue now") \
	X(pinholes, "pinholes open now")                        \
	X(grants, "grants open now")                            \
	X(data_connections, "data connections alive now")       \
	X(packets_waiting, "packets held now")

/* Counters since start. X(name, text) Those that may change with every packet
 * come first: they share a cache line. */
#define ENGINE_COUNTERS(X)                                                  \
	X(packets, "packets seen")                                          \
	X(control_packets, "packets of control connections")                \
	X(commands, "commands read")                                        \
	X(replies, "replies read")                                          \
	X(packets_rewritten, "packets changed")                             \
	X(packets_renumbered, "packets changed in nothing but TCP numbers") \
	X(retransmissions, "segments seen again")                           \
	X(packets_refilled, "packets sent with bytes of earlier ones, "     \
			    "from memory")                                  \
	X(packets_held, "packets held because of a hole before them")       \
	X(packets_released, "held packets that went on")                    \
	X(packets_cut, "packets cut so that they still fit")                \
	X(bad_checksums, "packets with a wrong checksum, passed unread")    \
	X(acks_sent, "acknowledgements sent for a receiver")                \
	X(resets_sent, "resets sent, one to each end")                      \
	X(sessions_opened, "sessions opened")                               \
	X(sessions_restored, "sessions taken over from the last daemon")    \
	X(sessions_midstream, "sessions picked up in their middle")         \
	X(sessions_evicted, "half-open sessions given up for new ones")     \
	X(sessions_cut, "sessions reset, by policy or for lost numbers")    \
	X(logins_accepted, "logins that the server accepted")               \
	X(logins_refused, "logins that the server refused")                 \
	X(commands_refused, "commands refused because of tls.explicit")     \
	X(auth_accepted, "AUTH commands accepted")                          \
	X(auth_refused, "AUTH commands refused")                            \
	X(tls_established, "TLS handshakes seen to finish")                 \
	X(tls_cleared, "sessions that went back from TLS to cleartext")     \
	X(endpoints_accepted, "data endpoints found to be right")           \
	X(rewrites, "endpoints rewritten")                                  \
	X(pinholes_opened, "pinholes opened")                               \
	X(pinholes_restored, "open pinholes taken over")                    \
	X(pinholes_used, "pinholes used")                                   \
	X(pinholes_expired, "pinholes expired unused")                      \
	X(pinholes_closed, "pinholes closed unused")                        \
	X(grants_opened, "grants opened")                                   \
	X(grants_closed, "grants closed")                                   \
	X(grants_used, "data connections let in by a grant")                \
	X(data_closed, "data connections seen to end")                      \
	X(data_failed, "data connections that the kernel refused")          \
	X(data_cleartext, "data connections dropped: no TLS")               \
	X(actions_failed, "actions that the kernel refused")

/* Counters with a label, one for each of its values: those of an enum with so
 * many, as @value_name gives them.
 * X(name, label, values, value_name, text) */
#define ENGINE_FAMILIES(X)                                                     \
	X(alerts, rule, ALERTS, alert_name, "alerts raised")                   \
	X(packets_dropped, reason, DROP_REASONS, drop_reason_name,             \
	  "packets dropped")                                                   \
	X(sessions_refused, reason, SESSION_REFUSALS, session_refusal_name,    \
	  "sessions not followed: table or client full")                       \
	X(sessions_untrusted, reason, UNTRUSTED_REASONS, untrusted_name,       \
	  "sessions that may open nothing any more")                           \
	X(sessions_closed, reason, SESSION_ENDS, session_end_name,             \
	  "sessions closed")                                                   \
	X(tls_failed, reason, TLS_FAILURES, tls_failure_name,                  \
	  "sessions whose TLS broke, in the handshake or after it")            \
	X(endpoints_refused, reason, ENDPOINT_REFUSALS, endpoint_refusal_name, \
	  "data endpoints that may open nothing")                              \
	X(pinholes_refused, reason, PINHOLE_REFUSALS, pinhole_refusal_name,    \
	  "pinholes refused")                                                  \
	X(grants_refused, reason, GRANT_REFUSALS, grant_refusal_name,          \
	  "grants, or data connections under one, refused")                    \
	X(data_unmatched, reason, DATA_REFUSALS, data_refusal_name,            \
	  "queued SYNs that fitted no pinhole or grant")

struct engine_stats {
#define X(name, text) uint64_t name;
	ENGINE_COUNTERS(X)
	ENGINE_LEVELS(X)
#undef X
	/* Of each family the sum, made by engine_stats(), and its parts. */
#define X(name, label, values, value_name, text) \
	uint64_t name, name##_by[values];
	ENGINE_FAMILIES(X)
#undef X
};

#endif
