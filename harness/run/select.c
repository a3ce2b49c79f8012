/* SPDX-License-Identifier: BSD-3-Clause */
/* select.c — finds the registered cases, and spreads them into variants. */
#include "select.h"

#include "base/own.h"
#include "base/rand.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* VUS_CASE puts a pointer into this section; the linker names its ends.  Weak,
 * so that a program without cases links: both are NULL then. */
extern const struct vus_case *const __start_vus_cases[] __attribute__((weak));
extern const struct vus_case *const __stop_vus_cases[] __attribute__((weak));

void vus_case_group(const struct vus_case *c, char buf[32])
{
	const char *slash = strrchr(c->file, '/');
	const char *name = slash ? slash + 1 : c->file;
	size_t len = strcspn(name, ".");

	(void)snprintf(buf, 32, "%.*s", (int)VUS_MIN(len, (size_t)31), name);
}

void vus_case_id(const struct vus_case *c, char buf[128])
{
	char group[32];

	vus_case_group(c, group);
	(void)snprintf(buf, 128, "%s.%s", group, c->name);
}

static int compare_cases(const void *left, const void *right)
{
	const struct vus_case *a = *(const struct vus_case *const *)left;
	const struct vus_case *b = *(const struct vus_case *const *)right;
	char ga[32], gb[32];
	int order;

	vus_case_group(a, ga);
	vus_case_group(b, gb);
	order = strcmp(ga, gb);
	return order != 0 ? order : strcmp(a->name, b->name);
}

const struct vus_case *const *vus_cases_all(size_t *ret_n)
{
	/* Made once, from what the linker collected; never changed again. */
	static const struct vus_case **sorted;
	size_t n = (size_t)(__stop_vus_cases - __start_vus_cases);

	if (!sorted && n > 0) {
		sorted = calloc(n, sizeof(sorted[0]));
		if (!sorted)
			abort();
		for (size_t i = 0; i < n; i++)
			sorted[i] = __start_vus_cases[i];
		qsort(sorted, n, sizeof(sorted[0]), compare_cases);
	}
	*ret_n = n;
	return sorted;
}

const struct vus_case *vus_case_find(const char *id)
{
	size_t n;
	const struct vus_case *const *all = vus_cases_all(&n);
	char buf[128];

	for (size_t i = 0; i < n; i++) {
		vus_case_id(all[i], buf);
		if (strcmp(buf, id) == 0)
			return all[i];
	}
	return NULL;
}

/* Does it judge a HARDEN rule?  --hardening chooses by this. */
static bool hardens(const struct vus_case *c)
{
	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++) {
		const struct vus_rule *rule = vus_rule_find(c->rules[i]);

		if (rule && rule->level == VUS_HARDEN)
			return true;
	}
	return false;
}

static bool has_word(const char *words, const char *word)
{
	char one[64];

	for (size_t i = 0; vus_word(words, ' ', i, one, sizeof(one)); i++)
		if (strcmp(one, word) == 0)
			return true;
	return false;
}

bool vus_case_suits(const struct vus_case *c, const char *device)
{
	return !device || !c->devices || has_word(c->devices, device);
}

const char *vus_case_party(const struct vus_case *c)
{
	return c->party ? c->party : "backend";
}

static unsigned count_rows(const struct vus_case *c)
{
	unsigned n = 0;

	while (n < VUS_CASE_ROWS && c->rows[n])
		n++;
	return n;
}

static bool runs_on(const struct vus_case *c, unsigned memories,
		    enum vus_backing_kind kind)
{
	enum vus_backing_kind only = VUS_MEMFD;

	if (c->each_memory)
		return (memories & VUS_BIT(kind)) != 0;
	/* The first kind asked for, when memfd is not among them. */
	if ((memories & VUS_BIT(VUS_MEMFD)) == 0)
		for (only = 0; (memories & VUS_BIT(only)) == 0;)
			only++;
	return kind == only;
}

static struct vus_variant variant_of(const struct vus_case *c,
				     enum vus_backing_kind memory, unsigned row)
{
	struct vus_variant v = { .c = c, .memory = memory, .row = row };
	const char *name = c->rows[0] ? c->rows[row] : NULL;
	int len;

	vus_case_group(c, v.group);
	len = snprintf(v.id, sizeof(v.id), "%s.%s%s%s%s%s%s%s", v.group,
		       c->name, c->each_memory || name ? "[" : "",
		       c->each_memory ? vus_backing_name(memory) : "",
		       c->each_memory && name ? "," : "", name ? "row=" : "",
		       name ? name : "", c->each_memory || name ? "]" : "");
	/* Two ids that were cut could be the same. */
	assert(len > 0 && (size_t)len < sizeof(v.id));
	return v;
}

static const struct vus_case *const *cases_of(const struct vus_selection *sel,
					      size_t *ret_n)
{
	if (!sel->only)
		return vus_cases_all(ret_n);
	*ret_n = 1;
	return &sel->only;
}

/* Every variant that the memories allow, in the order of cases.  The caller
 * frees. */
static struct vus_variant *spread(const struct vus_selection *sel,
				  size_t *ret_n)
{
	unsigned memories = sel->memories;
	size_t ncases, n = 0;
	const struct vus_case *const *all = cases_of(sel, &ncases);
	struct vus_variant *out = calloc(
		ncases * VUS_NBACKINGS * VUS_CASE_ROWS + 1, sizeof(out[0]));

	if (!out)
		abort();
	if ((memories & (VUS_BIT(VUS_NBACKINGS) - 1)) == 0)
		memories = 1u << VUS_MEMFD;
	for (size_t i = 0; i < ncases; i++) {
		unsigned rows = VUS_MAX(count_rows(all[i]), 1u);

		if (strcmp(vus_case_party(all[i]), sel->party) != 0)
			continue;
		for (enum vus_backing_kind m = 0; m < VUS_NBACKINGS; m++)
			for (unsigned row = 0; row < rows; row++)
				if (runs_on(all[i], memories, m))
					out[n++] = variant_of(all[i], m, row);
	}
	*ret_n = n;
	return out;
}

static bool filter_matches(const char *glob, const struct vus_variant *v)
{
	char id[128];

	vus_case_id(v->c, id);
	return vus_glob(glob, id) || vus_glob(glob, v->id);
}

static bool hardening_allows(const struct vus_selection *sel,
			     const struct vus_variant *v)
{
	return sel->hardening == 1 || hardens(v->c) == (sel->hardening == 2);
}

/* Chosen by an including filter (or there is none), and by no excluding one:
 * the order of filters does not matter. */
static bool filters_allow(const struct vus_selection *sel,
			  const struct vus_variant *v)
{
	bool any = false, in = false;

	for (size_t i = 0; i < sel->nfilters; i++) {
		const char *f = sel->filters[i];

		if (f[0] == '!' && filter_matches(f + 1, v))
			return false;
		if (f[0] != '!') {
			any = true;
			in = in || filter_matches(f, v);
		}
	}
	return in || !any;
}

/* What an including filter matches, or that it is left out. */
struct matched {
	bool any, suiting, allowed;
	const char *devices; /* of one that does not suit */
};

static struct matched look_at_case(const struct vus_selection *sel,
				   const char *glob,
				   const struct vus_variant *all, size_t n)
{
	struct matched m = { 0 };

	for (size_t i = 0; i < n; i++) {
		const bool suits = vus_case_suits(all[i].c, sel->device);

		if (!filter_matches(glob, &all[i]))
			continue;
		m.any = true;
		m.suiting = m.suiting || suits;
		m.allowed =
			m.allowed || (suits && hardening_allows(sel, &all[i]));
		if (!suits)
			m.devices = all[i].c->devices;
	}
	return m;
}

/* Every filter matches something, or the user mistyped it. */
static bool filters_match(const struct vus_selection *sel,
			  const struct vus_variant *all, size_t n,
			  struct vus_err *err)
{
	for (size_t f = 0; f < sel->nfilters; f++) {
		const char *glob = sel->filters[f];
		const bool excludes = glob[0] == '!';
		const struct matched m =
			look_at_case(sel, glob + excludes, all, n);

		if (!m.any)
			return vus_fail(err, VUS_ERR_USAGE,
					"--filter '%s' matches no case that "
					"tests a %s (see vuspec list)",
					glob, sel->party);
		if (excludes || m.allowed)
			continue;
		if (!m.suiting)
			return vus_fail(err, VUS_ERR_USAGE,
					"--filter '%s': made for %s, the "
					"device is %s",
					glob, m.devices, sel->device);
		return vus_fail(err, VUS_ERR_USAGE,
				"--filter '%s' matches only cases that "
				"--hardening %s leaves out",
				glob, sel->hardening ? "only" : "off");
	}
	return true;
}

static void shuffle(struct vus_variant *v, size_t n, uint64_t seed)
{
	struct vus_rand r = { .state = seed };

	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)vus_rand_below(&r, i);
		struct vus_variant kept = v[i - 1];

		v[i - 1] = v[j];
		v[j] = kept;
	}
}

/* Those that ask for it come right behind the first, which all others wait for;
 * else the order stays. */
static void early_first(struct vus_variant *v, size_t n)
{
	size_t first = n > 0 && !v[0].c->early ? 1 : 0;

	for (size_t i = 0; i < n; i++) {
		const struct vus_variant kept = v[i];

		if (!kept.c->early)
			continue;
		memmove(&v[first + 1], &v[first], (i - first) * sizeof(v[0]));
		v[first++] = kept;
	}
}

/* All once, then all again: what one run leaves meets the next. */
static struct vus_variant *repeated(const struct vus_selection *sel,
				    const struct vus_variant *v, size_t n,
				    size_t total)
{
	struct vus_variant *out = calloc(total + 1, sizeof(out[0]));

	if (!out)
		abort();
	for (size_t i = 0; i < total; i++) {
		out[i] = v[i % n];
		out[i].repeat = (unsigned)(i / n);
	}
	if (sel->shuffle)
		shuffle(out, total, sel->seed);
	return out;
}

bool vus_select(const struct vus_selection *sel, struct vus_selected *ret,
		struct vus_err *err)
{
	const unsigned repeat = VUS_MAX(sel->repeat, 1u);
	size_t nall, n = 0, others = 0;
	VUS_AUTO_FREE struct vus_variant *all = spread(sel, &nall);

	if (!filters_match(sel, all, nall, err))
		return false;
	for (size_t i = 0; i < nall; i++) {
		if (!filters_allow(sel, &all[i]) ||
		    !hardening_allows(sel, &all[i]))
			continue;
		if (vus_case_suits(all[i].c, sel->device))
			all[n++] = all[i];
		else
			others++;
	}
	if (n == 0 && sel->nfilters > 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"--filter '%s' leaves no case to run%s%s",
				sel->filters[sel->nfilters - 1],
				others ? " on device " : "",
				others ? sel->device : "");
	if (sel->early_first)
		early_first(all, n);
	*ret = (struct vus_selected){
		.v = repeated(sel, all, n, n * repeat),
		.n = n * repeat,
		.left_out = others * repeat,
	};
	return true;
}
