/* SPDX-License-Identifier: BSD-3-Clause */
/* needs.h — each "needs RULE" of a run is explained by a failure of that rule.
 *
 * A variant that needs a rule is reported only when the rule has failed
 * elsewhere, or when all are done.  If nothing has explained the need by then,
 * the first such variant, by its id, is the failure of that rule. */
#ifndef VUS_RUN_NEEDS_H
#define VUS_RUN_NEEDS_H

#include "run/report/baseline.h"

/* It was skipped, since a rule was not kept that it does not judge. */
bool vus_needs_rule(const struct vus_variant *v);

/* A failure or warning of `rule` is among them, or a known deviation of it is
 * in the baseline (which may be NULL). */
bool vus_needs_is_explained(const struct vus_variant *variants, size_t n,
			    const struct vus_baseline *baseline,
			    const struct vus_rule *rule);

/* All have run: turn what nothing explains into failures, or warnings, by the
 * rule's level.  Rules that `spec` (NULL: latest) does not have are left, and a
 * second connection where the target is `one_shot`. */
void vus_needs_settle(struct vus_variant *variants, size_t n,
		      const struct vus_baseline *baseline, const char *spec,
		      bool one_shot);

#endif
