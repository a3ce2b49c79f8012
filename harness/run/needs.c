/* SPDX-License-Identifier: BSD-3-Clause */
/* needs.c — each "needs RULE" of a run is explained by a failure of that rule.
 */
#include "needs.h"
#include "postconditions.h"
#include "variant.h"

#include <stdlib.h>
#include <string.h>

bool vus_needs_rule(const struct vus_variant *v)
{
	return v->verdict == VUS_SKIP && v->rule != NULL;
}

static bool is_known(const struct vus_baseline *b, const struct vus_rule *rule)
{
	for (size_t i = 0; b && i < b->n; i++)
		if (b->lines[i].id && strcmp(b->lines[i].rule, rule->id) == 0)
			return true;
	return false;
}

bool vus_needs_is_explained(const struct vus_variant *variants, size_t n,
			    const struct vus_baseline *baseline,
			    const struct vus_rule *rule)
{
	for (size_t i = 0; i < n; i++)
		if (variants[i].done && variants[i].rule == rule &&
		    vus_verdict_severity(variants[i].verdict) > 0)
			return true;
	return is_known(baseline, rule);
}

/* The order of a run may be shuffled: the id decides. */
static struct vus_variant *first_that_needs(struct vus_variant *variants,
					    size_t n,
					    const struct vus_rule *rule)
{
	struct vus_variant *first = NULL;

	for (size_t i = 0; i < n; i++) {
		struct vus_variant *v = &variants[i];

		if (vus_needs_rule(v) && v->rule == rule &&
		    (!first || strcmp(v->id, first->id) < 0))
			first = v;
	}
	return first;
}

static void fail_rule(struct vus_variant *v)
{
	VUS_AUTO_TEXT was = { 0 };

	vus_text_add(&was, "%s", v->reason ? v->reason : "it failed");
	v->verdict = vus_rule_fails(v->rule) ? VUS_FAIL : VUS_WARN;
	vus_variant_reason(v, "%s; no other case of this run fails by that",
			   vus_text_str(&was));
}

void vus_needs_settle(struct vus_variant *variants, size_t n,
		      const struct vus_baseline *baseline, const char *spec,
		      bool one_shot)
{
	for (size_t i = 0; i < n; i++) {
		const struct vus_rule *rule = variants[i].rule;

		if (one_shot && rule &&
		    strcmp(rule->id, VUS_POSTCONDITION_REACCEPTS) == 0)
			continue;
		if (vus_needs_rule(&variants[i]) &&
		    vus_rule_is_in(rule, spec) &&
		    !vus_needs_is_explained(variants, n, baseline, rule))
			fail_rule(first_that_needs(variants, n, rule));
	}
}
