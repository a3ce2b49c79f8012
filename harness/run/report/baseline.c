/* SPDX-License-Identifier: BSD-3-Clause */
/* baseline.c — known deviations: read, compared with what was seen. */
#include "baseline.h"

#include "base/own.h"
#include "run/select.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID, VERDICT, RULE, REASON, LINK, NCELLS };
#define NEEDED 3 /* cells that must be there */

static bool baseline_verdict(const char *word, enum vus_verdict *ret)
{
	static const enum vus_verdict known[] = { VUS_FAIL, VUS_UNSTABLE,
						  VUS_WARN };

	for (size_t i = 0; i < VUS_COUNT(known); i++) {
		if (strcmp(vus_verdict_name(known[i]), word) == 0) {
			*ret = known[i];
			return true;
		}
	}
	return false;
}

/* Cut `cells` at its tabs; the number of cells, at most one too many. */
static size_t cut_cells(char *cells, const char *ret[NCELLS])
{
	size_t n = 0;
	char *cell;

	for (size_t i = 0; i < NCELLS; i++)
		ret[i] = "";
	while ((cell = strsep(&cells, "\t"))) {
		if (n < NCELLS)
			ret[n] = cell;
		n++;
	}
	return n;
}

static bool parse_line(struct vus_baseline_line *k, const char *where,
		       struct vus_err *err)
{
	const char *cell[NCELLS];
	size_t n;

	k->cells = strdup(k->text);
	if (!k->cells)
		abort();
	if (k->text[0] == '#' || k->text[strspn(k->text, " \t")] == '\0')
		return true;
	n = cut_cells(k->cells, cell);
	if (n < NEEDED || n > NCELLS)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s: %zu columns; wanted are id, verdict, "
				"rule, reason and link, with tabs between them",
				where, n);
	if (!cell[ID][0])
		return vus_fail(err, VUS_ERR_USAGE, "%s: no id", where);
	if (!baseline_verdict(cell[VERDICT], &k->verdict))
		return vus_fail(
			err, VUS_ERR_USAGE,
			"%s: verdict '%s': not one of fail, unstable, warn",
			where, cell[VERDICT]);
	if (!vus_rule_find(cell[RULE]))
		return vus_fail(err, VUS_ERR_USAGE, "%s: there is no rule '%s'",
				where, cell[RULE]);
	k->id = cell[ID];
	k->rule = cell[RULE];
	k->reason = cell[REASON];
	k->link = cell[LINK];
	return true;
}

static struct vus_baseline_line *append_line(struct vus_baseline *b, char *text)
{
	struct vus_baseline_line *more =
		reallocarray(b->lines, b->n + 1, sizeof(*more));

	if (!more)
		abort();
	b->lines = more;
	more[b->n] = (struct vus_baseline_line){ .text = text };
	return &more[b->n++];
}

static bool read_lines(FILE *f, struct vus_baseline *b, struct vus_err *err)
{
	VUS_AUTO_FREE char *line = NULL;
	char where[300], *text;
	size_t cap = 0;
	ssize_t len;

	while ((len = getline(&line, &cap, f)) >= 0) {
		if (len > 0 && line[len - 1] == '\n')
			line[--len] = '\0';
		if (strlen(line) != (size_t)len)
			return vus_fail(err, VUS_ERR_USAGE,
					"%s:%zu: a byte of zero", b->path,
					b->n + 1);
		text = strdup(line);
		if (!text)
			abort();
		(void)snprintf(where, sizeof(where), "%.200s:%zu", b->path,
			       b->n + 1);
		if (!parse_line(append_line(b, text), where, err))
			return false;
	}
	return !ferror(f) ||
	       vus_fail(err, VUS_ERR_USAGE, "%s: %s", b->path, strerror(errno));
}

bool vus_baseline_read(const char *path, bool may_lack,
		       struct vus_baseline *ret, struct vus_err *err)
{
	FILE *f = fopen(path, "re");
	bool ok;

	*ret = (struct vus_baseline){ .path = path };
	if (!f && errno == ENOENT && may_lack)
		return true;
	if (!f)
		return vus_fail(err, VUS_ERR_USAGE, "%s: %s", path,
				strerror(errno));
	ok = read_lines(f, ret, err);
	(void)fclose(f);
	if (!ok)
		vus_baseline_free(ret);
	return ok;
}

void vus_baseline_free(struct vus_baseline *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->lines[i].text);
		free(b->lines[i].cells);
	}
	free(b->lines);
	*b = (struct vus_baseline){ 0 };
}

/* ---- compared with a run ---- */

static bool is_about(const struct vus_baseline_line *k,
		     const struct vus_variant *v)
{
	char id[128];

	if (!k->id)
		return false;
	vus_case_id(v->c, id);
	return strcmp(k->id, v->id) == 0 || strcmp(k->id, id) == 0;
}

bool vus_baseline_line_says(const struct vus_baseline_line *k,
			    const struct vus_variant *v)
{
	/* What fails, may do so on a used instance only. */
	return (k->verdict == v->verdict ||
		(k->verdict == VUS_FAIL && v->verdict == VUS_UNSTABLE)) &&
	       v->rule && strcmp(k->rule, v->rule->id) == 0;
}

int vus_verdict_severity(enum vus_verdict v)
{
	switch (v) {
	case VUS_FAIL:
		return 3;
	case VUS_UNSTABLE:
		return 2;
	default:
		return v == VUS_WARN;
	}
}

const char *vus_baseline_note(struct vus_baseline *b,
			      const struct vus_variant *v)
{
	const char *reason = NULL;

	/* Neither tells how the target behaves. */
	if (v->verdict == VUS_SKIP || v->verdict == VUS_BROKEN)
		return NULL;
	for (size_t i = 0; i < b->n; i++) {
		struct vus_baseline_line *k = &b->lines[i];

		if (!is_about(k, v))
			continue;
		if (!k->ran || vus_verdict_severity(v->verdict) >
				       vus_verdict_severity(k->now))
			k->now = v->verdict;
		k->ran = true;
		if (!vus_baseline_line_says(k, v))
			continue;
		k->confirmed = true;
		reason = k->reason;
	}
	return reason;
}

bool vus_baseline_line_changed(const struct vus_baseline_line *k)
{
	return k->ran && !k->confirmed;
}

bool vus_baseline_line_improved(const struct vus_baseline_line *k)
{
	return vus_verdict_severity(k->now) < vus_verdict_severity(k->verdict);
}

bool vus_baseline_fails(const struct vus_baseline *b)
{
	for (size_t i = 0; b && i < b->n; i++)
		if (vus_baseline_line_changed(&b->lines[i]) &&
		    !vus_baseline_line_improved(&b->lines[i]))
			return true;
	return false;
}

size_t vus_baseline_changes(const struct vus_baseline *b)
{
	size_t n = 0;

	for (size_t i = 0; b && i < b->n; i++)
		n += vus_baseline_line_changed(&b->lines[i]);
	return n;
}

void vus_baseline_line_describe(const struct vus_baseline_line *k,
				struct vus_text *ret)
{
	int step =
		vus_verdict_severity(k->now) - vus_verdict_severity(k->verdict);

	if (step == 0)
		vus_text_add(ret, "%s, but no longer of %s",
			     vus_verdict_name(k->verdict), k->rule);
	else
		vus_text_add(
			ret, "%s: %s is now %s", step < 0 ? "better" : "worse",
			vus_verdict_name(k->verdict), vus_verdict_name(k->now));
}
