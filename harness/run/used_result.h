/* SPDX-License-Identifier: BSD-3-Clause */
/* used_result.h — what a variant came to on an instance that others had used,
 * kept while it runs again on a fresh one. */
#ifndef VUS_RUN_USED_RESULT_H
#define VUS_RUN_USED_RESULT_H

#include "instance.h"
#include "result.h"

struct vus_used_result {
	unsigned served; /* cases before this one */
	bool skipped;    /* it needed a rule */
	struct vus_served_cases before;
	const struct vus_rule *rule;
	const struct vus_result *result; /* owned */
	char *reason, *peer_stderr;      /* owned */
	struct vus_end end;
};

/* Take over from the variant, which failed on `inst`. */
void vus_used_result_take(struct vus_used_result *used,
			  const struct vus_instance *inst,
			  const struct vus_end *end, struct vus_variant *v);
/* The variant passed, warned or was skipped on a fresh instance: it becomes
 * unstable, by the failure, and keeps both. */
void vus_used_result_give(struct vus_used_result *used, struct vus_variant *v);
void vus_used_result_drop(struct vus_used_result *used);

#endif
