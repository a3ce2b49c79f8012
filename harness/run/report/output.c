/* SPDX-License-Identifier: BSD-3-Clause */
/* output.c — where a run's results go: one reporter a format. */
#include "output.h"

#include "document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct vus_reporter *const reporters[] = {
	&vus_reporter_human, &vus_reporter_github, &vus_reporter_json,
	&vus_reporter_junit, &vus_reporter_tap,
};

struct vus_output *vus_output_new(const char *format, FILE *to)
{
	for (size_t i = 0; i < VUS_COUNT(reporters); i++) {
		const struct vus_reporter *rep = reporters[i];
		struct vus_output *o;

		if (strcmp(rep->format, format) != 0)
			continue;
		o = calloc(1, sizeof(*o));
		if (!o)
			abort();
		*o = (struct vus_output){
			.format = rep->format,
			.to = to ? to : stdout,
			.collects = rep->collects,
			.begin = rep->begin,
			.result = rep->result,
			.end = rep->end,
			.drop = rep->drop,
		};
		return o;
	}
	return NULL;
}

void vus_output_free(struct vus_output *o)
{
	if (!o)
		return;
	if (o->state)
		o->drop(o);
	free(o);
}

void vus_output_formats(struct vus_text *ret)
{
	for (size_t i = 0; i < VUS_COUNT(reporters); i++)
		vus_text_add(ret, "%s%s", i > 0 ? ", " : "",
			     reporters[i]->format);
}

static void note_failure(struct vus_output *o)
{
	o->failed = true;
	if (o->error == 0)
		o->error = errno;
}

/* The reason is known only as long as nothing else fails. */
static void look_for_failure(struct vus_output *o)
{
	if (o->to && !o->failed && ferror(o->to))
		note_failure(o);
}

void vus_outputs_begin(struct vus_output *const *outputs, struct vus_report *r)
{
	bool collects = false;

	for (size_t i = 0; outputs && outputs[i]; i++)
		collects = collects || outputs[i]->collects;
	r->document = vus_document_new(r->n, collects);
	for (size_t i = 0; outputs && outputs[i]; i++)
		if (outputs[i]->begin) {
			outputs[i]->begin(outputs[i], r);
			look_for_failure(outputs[i]);
		}
}

void vus_outputs_result(struct vus_output *const *outputs, struct vus_report *r,
			const struct vus_variant *v)
{
	if (!outputs || !outputs[0])
		return;
	vus_document_add(r->document, r, v);
	for (size_t i = 0; outputs[i]; i++)
		if (outputs[i]->result) {
			outputs[i]->result(outputs[i], r, v);
			look_for_failure(outputs[i]);
		}
}

static void close_file(struct vus_output *o)
{
	errno = 0;
	if (fflush(o->to) != 0 || ferror(o->to))
		note_failure(o);
	if (o->to != stdout && fclose(o->to) != 0)
		note_failure(o);
	o->to = NULL;
}

void vus_outputs_end(struct vus_output *const *outputs, struct vus_report *r)
{
	vus_document_end(r->document, r);
	for (size_t i = 0; outputs && outputs[i]; i++) {
		struct vus_output *o = outputs[i];

		o->end(o, r);
		if (o->state && o->drop)
			o->drop(o);
		/* An output of another program's own has no file. */
		if (o->to)
			close_file(o);
	}
	vus_document_free(r->document);
	r->document = NULL;
}
