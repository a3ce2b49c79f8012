/* SPDX-License-Identifier: BSD-3-Clause */
/* used_result.c — what a variant came to on an instance that others had used.
 */
#include "used_result.h"
#include "variant.h"

#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void vus_used_result_take(struct vus_used_result *used,
			  const struct vus_instance *inst,
			  const struct vus_end *end, struct vus_variant *v)
{
	*used = (struct vus_used_result){
		.served = inst->served - 1,
		.skipped = v->verdict == VUS_SKIP,
		.before = inst->before,
		.rule = v->rule,
		.result = v->result,
		.reason = v->reason,
		.peer_stderr = v->peer_stderr,
		.end = *end,
	};
	v->result = NULL;
	v->reason = v->peer_stderr = NULL;
}

/* "3 cases, the last of them X; among them a hostile one, Y" */
static void add_history(const struct vus_used_result *used,
			struct vus_text *ret)
{
	vus_text_add(ret, "on a target that had served %u case%s", used->served,
		     used->served == 1 ? "" : "s");
	if (used->before.last[0])
		vus_text_add(ret, ", the last of them %s", used->before.last);
	if (used->before.hostile[0])
		vus_text_add(ret, ", after the hostile %s",
			     used->before.hostile);
}

void vus_used_result_give(struct vus_used_result *used, struct vus_variant *v)
{
	struct vus_other_result *other = calloc(1, sizeof(*other));
	VUS_AUTO_TEXT history = { 0 };

	if (!other)
		abort();
	*other = (struct vus_other_result){
		.verdict = v->verdict,
		.reason = v->reason,
		.result = v->result,
	};
	add_history(used, &history);
	v->reason = NULL;
	vus_variant_reason(
		v, "%s: %s; on a fresh one: %s%s%s", vus_text_str(&history),
		used->reason ? used->reason : "it failed",
		vus_verdict_name(other->verdict), other->reason ? ": " : "",
		other->reason ? other->reason : "");
	v->verdict = VUS_UNSTABLE;
	v->other = other;
	v->rule = used->rule;
	v->result = used->result;
	free(v->peer_stderr);
	v->peer_stderr = used->peer_stderr;
	used->result = NULL;
	used->peer_stderr = NULL;
}

void vus_used_result_drop(struct vus_used_result *used)
{
	free((void *)(uintptr_t)used->result);
	free(used->reason);
	free(used->peer_stderr);
	*used = (struct vus_used_result){ 0 };
}
