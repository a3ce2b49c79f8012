/* SPDX-License-Identifier: BSD-3-Clause */
/* hints.c — what a refused word of test-backend may have been meant to be. */
#include "hints.h"

#include "cli.h"
#include "test_options.h"
#include "test_side.h"

#include "spec/fault.h"

#include <stdlib.h>
#include <string.h>

/* "; that is a rule, checked by: a.b, a.c" */
static void add_rule_hint(const char *rule, const char *party,
			  struct vus_text *ret)
{
	size_t n, found = 0;
	const struct vus_case *const *all = vus_cases_all(&n);
	char id[128];

	vus_text_add(ret, "; that is a rule, not a case");
	for (size_t i = 0; i < n && found < 4; i++) {
		if (strcmp(vus_case_party(all[i]), party) != 0 ||
		    !vus_case_cites(all[i], rule))
			continue;
		vus_case_id(all[i], id);
		vus_text_add(ret, "%s%s",
			     found++ ? ", " : "; it is checked by ", id);
	}
}

static bool is_known(const char *filter, const char *party)
{
	size_t n;
	const struct vus_case *const *all = vus_cases_all(&n);
	const size_t len = strcspn(filter, "[");
	char id[128], glob[160];

	(void)snprintf(glob, sizeof(glob), "%.*s", (int)len, filter);
	for (size_t i = 0; i < n; i++) {
		vus_case_id(all[i], id);
		if (strcmp(vus_case_party(all[i]), party) == 0 &&
		    vus_glob(glob, id))
			return true;
	}
	return false;
}

static void add_case_hint(const char *filter, const char *party,
			  struct vus_text *ret)
{
	struct vus_suggestions near = { .word = filter };
	size_t n;
	const struct vus_case *const *all = vus_cases_all(&n);
	char(*ids)[128] = calloc(n + 1, sizeof(*ids));

	if (!ids)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (strcmp(vus_case_party(all[i]), party) != 0)
			continue;
		vus_case_id(all[i], ids[i]);
		vus_suggestions_add(&near, ids[i]);
	}
	vus_suggestions_text(&near, ret);
	free(ids);
}

static void add_fault_hint(const struct vus_fault_book *book, const char *word,
			   struct vus_text *ret)
{
	struct vus_suggestions near = { .word = word };

	for (const struct vus_fault_entry *const *e = book->begin;
	     e < book->end; e++)
		vus_suggestions_add(&near, (*e)->row.name);
	vus_suggestions_text(&near, ret);
}

static void add_device_hint(const struct vus_test_side *side,
			    const struct vus_test_options *o,
			    struct vus_text *ret)
{
	struct vus_suggestions near = { .word = o->device };
	VUS_AUTO_TEXT names = { 0 };
	char words[16][64] = { { 0 } };

	side->devices(o, &names);
	for (size_t i = 0;
	     i < VUS_COUNT(words) &&
	     vus_word(vus_text_str(&names), ' ', i, words[i], sizeof(words[i]));
	     i++) {
		if (strcmp(words[i], o->device) == 0)
			return;
		if (words[i][0])
			vus_suggestions_add(&near, words[i]);
	}
	vus_suggestions_text(&near, ret);
}

void vus_hints_add(const struct vus_test_side *side,
		   const struct vus_test_options *o, struct vus_text *ret)
{
	const char *party = o->sel.party;

	if (o->device[0])
		add_device_hint(side, o, ret);
	for (size_t i = 0; ret->len == 0 && i < o->faults.n; i++)
		if (!vus_fault_book_find(side->faults, o->faults.p[i]))
			add_fault_hint(side->faults, o->faults.p[i], ret);
	for (size_t i = 0; ret->len == 0 && i < o->filters.n; i++) {
		const char *filter = o->filters.p[i];

		filter += filter[0] == '!';
		if (is_known(filter, party))
			continue;
		if (vus_rule_find(filter))
			add_rule_hint(filter, party, ret);
		else
			add_case_hint(filter, party, ret);
	}
}
