/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as lines of text, for wire_logged(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <sallyport/event.h>

#include "wire.h"

static void logf_line(struct wire *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->log + w->log_len, WIRE_LOG_MAX - w->log_len, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && w->log_len + (size_t)n + 1 < WIRE_LOG_MAX);
	w->log_len += (size_t)n;
}

static const char *where(const struct endpoint *e, char text[ENDPOINT_TEXT_MAX])
{
	endpoint_format(e, text);
	return text;
}

static const char *data_tls(const struct event *ev)
{
	static const char *const text[] = { [DATA_TLS_UNKNOWN] = "",
					    [DATA_TLS_YES] = "tls ",
					    [DATA_TLS_NO] = "not tls " };

	return text[ev->data.tls];
}

void wire_log_event(struct wire *w, const struct event *ev)
{
	char a[ENDPOINT_TEXT_MAX], b[ENDPOINT_TEXT_MAX];
	struct endpoint from;

	logf_line(w, "%s ", event_type_name(ev->type));
	switch (ev->type) {
	case EVENT_COMMAND:
		logf_line(w, "%.*s %.*s", (int)ev->command.verb.len,
			  (const char *)ev->command.verb.at,
			  (int)ev->command.arg.len,
			  (const char *)ev->command.arg.at);
		break;
	case EVENT_REPLY:
		logf_line(w, "%u %.*s [%u]", ev->reply.code,
			  (int)ev->reply.text.len,
			  (const char *)ev->reply.text.at, ev->reply.lines);
		break;
	case EVENT_AUTH:
		logf_line(w, "%.*s %u %d", (int)ev->auth.mechanism.len,
			  (const char *)ev->auth.mechanism.at, ev->auth.code,
			  ev->auth.accepted);
		break;
	case EVENT_TLS:
		logf_line(w, "%s %04x %.*s%s%s%s%s",
			  tls_step_name(ev->tls.step), ev->tls.version,
			  (int)ev->tls.sni.len, (const char *)ev->tls.sni.at,
			  ev->tls.resumed ? " resumed" : "",
			  ev->tls.retry ? " retry" : "",
			  ev->tls.from_client ? " client" : "",
			  ev->tls.reason ? ev->tls.reason : "");
		break;
	case EVENT_GRANT:
		logf_line(w, "%s %s %u-%u %s", grant_op_name(ev->grant.op),
			  ev->grant.active ? "active" : "passive",
			  ev->grant.ports.lo, ev->grant.ports.hi,
			  ev->grant.reason ? ev->grant.reason : "");
		break;
	case EVENT_ENDPOINT:
		logf_line(w, "%s %s %s", via_name(ev->endpoint.via),
			  ev->endpoint.accepted ? "accepted"
						: ev->endpoint.reason,
			  where(&ev->endpoint.endpoint, a));
		break;
	case EVENT_REWRITE:
		logf_line(w, "%s %s -> %s %+d", via_name(ev->rewrite.via),
			  where(&ev->rewrite.from, a),
			  where(&ev->rewrite.to, b), ev->rewrite.delta);
		break;
	case EVENT_PINHOLE:
		from = (struct endpoint){ ev->pinhole.from,
					  ev->pinhole.from_port };
		logf_line(w, "%s %s -> %s %s", pinhole_op_name(ev->pinhole.op),
			  where(&from, a), where(&ev->pinhole.to, b),
			  ev->pinhole.reason ? ev->pinhole.reason : "");
		break;
	case EVENT_DATA:
		logf_line(w, "%s %s %s -> %s %s%s%s",
			  ev->data.open ? "open" : "close",
			  ev->data.related ? "related" : "unrelated",
			  where(&ev->data.from, a), where(&ev->data.to, b),
			  ev->data.granted ? "granted " : "", data_tls(ev),
			  ev->data.reason ? ev->data.reason : "");
		break;
	case EVENT_ALERT:
		logf_line(w, "%s", alert_name(ev->alert.rule));
		break;
	case EVENT_SESSION_CLOSE:
		logf_line(w, "%s", ev->session_close.reason);
		break;
	default:
		break;
	}
	logf_line(w, "\n");
}
