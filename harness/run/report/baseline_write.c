/* SPDX-License-Identifier: BSD-3-Clause */
/* baseline_write.c — the file of known deviations, made from a run and from
 * what people wrote into it before. */
#include "baseline.h"
#include "escape.h"
#include "facts.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char head[] =
	"# Known deviations of a target from the rules of vhost-user, for\n"
	"# vuspec test-backend --baseline.  A line each, tab separated:\n"
	"# id, verdict, rule, reason, link.\n";

/* What a line says, and whether something new must be said. */
struct found {
	const struct vus_variant *v; /* the worst of its repeats */
	bool told;
};

static int by_id(const void *left, const void *right)
{
	const struct found *a = left, *b = right;
	int order = strcmp(a->v->id, b->v->id);

	return order ? order
		     : vus_verdict_severity(b->v->verdict) -
			       vus_verdict_severity(a->v->verdict);
}

/* One entry an id, sorted; the caller frees. */
static struct found *collect_worst(const struct vus_variant *variants, size_t n,
				   size_t *ret_n)
{
	struct found *all = calloc(n + 1, sizeof(*all));
	size_t used = 0, out = 0;

	if (!all)
		abort();
	for (size_t i = 0; i < n; i++)
		if (vus_verdict_severity(variants[i].verdict) > 0 &&
		    variants[i].rule)
			all[used++].v = &variants[i];
	qsort(all, used, sizeof(*all), by_id);
	for (size_t i = 0; i < used; i++)
		if (out == 0 || strcmp(all[out - 1].v->id, all[i].v->id) != 0)
			all[out++] = all[i];
	*ret_n = out;
	return all;
}

/* One line, without what would end a cell. */
static void add_baseline_cell(struct vus_text *ret, const char *text)
{
	VUS_AUTO_TEXT clean = { 0 };

	vus_report_escape(&clean, text, strlen(text));
	for (const char *p = vus_text_str(&clean); *p; p++)
		vus_text_add_bytes(ret, *p == '\n' || *p == '\t' ? " " : p, 1);
}

/* A file that is kept in a tree says of a crash what all reports may say. */
static void add_baseline_reason(struct vus_text *ret,
				const struct vus_variant *v)
{
	char print[17];

	if (v->crashed)
		vus_text_add(ret, "crashed: %s, fingerprint %s",
			     v->peer_end[0] ? v->peer_end : "end unknown",
			     vus_report_fingerprint(v, print));
	else
		add_baseline_cell(ret, v->reason ? v->reason : "");
}

static void add_new(struct vus_text *ret, const struct vus_variant *v)
{
	vus_text_add(ret, "%s\t%s\t%s\t", v->id, vus_verdict_name(v->verdict),
		     v->rule->id);
	add_baseline_reason(ret, v);
	vus_text_add(ret, "\t\n");
}

static bool covers(const struct vus_baseline_line *k,
		   const struct vus_variant *v)
{
	size_t len = strlen(k->id);

	return strncmp(k->id, v->id, len) == 0 &&
	       (v->id[len] == '\0' || v->id[len] == '[');
}

/* What a line is about was seen to deviate as it says: it stays; in another
 * way: the line is made true, and keeps its reason and link. */
static void add_known(struct vus_text *ret, const struct vus_baseline_line *k,
		      struct found *found, size_t n)
{
	const struct vus_variant *now = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct vus_variant *v = found[i].v;

		if (!covers(k, v))
			continue;
		if (vus_baseline_line_says(k, v))
			found[i].told = true;
		else if (strcmp(k->id, v->id) == 0)
			now = v;
	}
	if (now && !k->confirmed) {
		for (size_t i = 0; i < n; i++)
			found[i].told |= found[i].v == now;
		vus_text_add(ret, "%s\t%s\t%s\t%s\t%s\n", k->id,
			     vus_verdict_name(now->verdict), now->rule->id,
			     k->reason, k->link);
	} else if (!vus_baseline_line_changed(k)) {
		vus_text_add(ret, "%s\n", k->text);
	}
}

static bool replace_file(const char *path, const struct vus_text *text,
			 struct vus_err *err)
{
	VUS_AUTO_TEXT other = { 0 };
	VUS_AUTO_FD fd = -1;
	struct stat st = { .st_mode = 0644 };
	bool ok;

	(void)stat(path, &st);
	vus_text_add(&other, "%s.new-%d", path, (int)getpid());
	fd = open(vus_text_str(&other), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		  0666);
	if (fd < 0)
		return vus_fail_sys(err, "%s", vus_text_str(&other));
	ok = write(fd, text->p, text->len) == (ssize_t)text->len &&
	     (st.st_ino == 0 || fchmod(fd, st.st_mode & 0777) == 0) &&
	     rename(vus_text_str(&other), path) == 0;
	if (!ok) {
		(void)vus_fail_sys(err, "%s", path);
		(void)unlink(vus_text_str(&other));
	}
	return ok;
}

bool vus_baseline_write(const struct vus_baseline *b, const char *path,
			const struct vus_variant *variants, size_t n,
			struct vus_err *err)
{
	size_t nfound = 0;
	VUS_AUTO_FREE struct found *found = collect_worst(variants, n, &nfound);
	VUS_AUTO_TEXT text = { 0 };

	if (b->n == 0)
		vus_text_add(&text, "%s", head);
	for (size_t i = 0; i < b->n; i++) {
		if (b->lines[i].id)
			add_known(&text, &b->lines[i], found, nfound);
		else
			vus_text_add(&text, "%s\n", b->lines[i].text);
	}
	for (size_t i = 0; i < nfound; i++)
		if (!found[i].told)
			add_new(&text, found[i].v);
	return replace_file(path, &text, err);
}
