/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as lines of the log. */
#include "cmd/daemon_people.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "report/text.h"

int people_begin(struct people *p)
{
	*p = (struct people){ .line = NULL };
	p->line = open_memstream(&p->text, &p->len);
	return p->line ? 0 : -errno;
}

void people_end(struct people *p)
{
	if (p->line)
		fclose(p->line);
	free(p->text);
}

static bool is_detail(const struct event *e)
{
	if (e->type == EVENT_TLS)
		return e->tls.step == TLS_STEP_CLIENT_HELLO ||
		       e->tls.step == TLS_STEP_SERVER_HELLO ||
		       e->tls.step == TLS_STEP_CERTIFICATE_REQUEST;
	return e->type == EVENT_COMMAND || e->type == EVENT_REPLY;
}

enum log_level people_level(const struct event *e)
{
	if (is_detail(e))
		return LOG_LEVEL_DEBUG;
	if (e->type == EVENT_ALERT &&
	    alert_severity(e->alert.rule) != SEVERITY_INFO)
		return LOG_LEVEL_WARNING;
	return LOG_LEVEL_INFO;
}

/* --- fields --------------------------------------------------------------------- */

/* Event, session, client, server, rule, severity. */
#define FIELDS_MAX 6

struct fields {
	struct log_field field[FIELDS_MAX];
	size_t count;
	char session[24];
	char client[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX];
};

static void add(struct fields *f, const char *name, const char *value)
{
	f->field[f->count++] = (struct log_field){ name, value };
}

/* What scripts ask the journal for; the rest is in the event log. */
static void fields_fill(struct fields *f, const struct event *e)
{
	f->count = 0;
	add(f, "SALLYPORT_EVENT", event_type_name(e->type));
	if (e->session) {
		snprintf(f->session, sizeof(f->session), "%" PRIu64,
			 e->session);
		endpoint_format(&e->client, f->client);
		endpoint_format(&e->server, f->server);
		add(f, "SALLYPORT_SESSION", f->session);
		add(f, "SALLYPORT_CLIENT", f->client);
		add(f, "SALLYPORT_SERVER", f->server);
	}
	if (e->type != EVENT_ALERT)
		return;
	add(f, "SALLYPORT_RULE", alert_name(e->alert.rule));
	add(f, "SALLYPORT_SEVERITY",
	    severity_name(alert_severity(e->alert.rule)));
}

/* --- lines ---------------------------------------------------------------------- */

void people_tell(struct people *p, const struct event *e)
{
	enum log_level level = people_level(e);
	struct fields fields;

	if (level > log_get_level())
		return;
	rewind(p->line);
	text_write(p->line, e);
	if (fflush(p->line) != 0 || p->len == 0)
		return;
	fields_fill(&fields, e);
	/* The batch ends lines itself. */
	log_batch_add(&p->batch, level, "event", span_of(p->text, p->len - 1),
		      fields.field, fields.count);
}

void people_flush(struct people *p)
{
	log_batch_write(&p->batch);
}
