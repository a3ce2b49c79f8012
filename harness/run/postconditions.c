/* SPDX-License-Identifier: BSD-3-Clause */
/* postconditions.c — what must hold after every case, whatever it was about. */
#include "postconditions.h"
#include "host.h"
#include "case.h"

#include "base/clock.h"
#include "proc/proc.h"
#include "proc/settle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Letting go of a session takes a moment: it gets this long, and as long as it
 * is seen to have something to do. */
#define RELEASE_MS 1500

const char *const vus_postcondition_rules[] = { VUS_POSTCONDITION_ALIVE,
						VUS_POSTCONDITION_REACCEPTS,
						VUS_POSTCONDITION_RELEASED,
						VUS_POSTCONDITION_IDLE, NULL };

bool vus_postcondition_judges(const char *rule)
{
	for (size_t i = 0; vus_postcondition_rules[i]; i++)
		if (strcmp(vus_postcondition_rules[i], rule) == 0)
			return true;
	return false;
}

void vus_postcondition_breach(struct vus_variant *v, const char *rule,
			      const char *fmt, ...)
{
	const struct vus_rule *r = vus_rule_find(rule);
	va_list ap;

	if (v->verdict != VUS_PASS || !r)
		return;
	v->verdict = vus_rule_fails(r) ? VUS_FAIL : VUS_WARN;
	v->rule = r;
	free(v->reason);
	va_start(ap, fmt);
	if (vasprintf(&v->reason, fmt, ap) < 0)
		v->reason = NULL;
	va_end(ap);
}

/* Look until nothing is held any more, or nothing more is to come. */
static bool wait_until_released(pid_t server, const struct vus_file_id *ids,
				size_t n, struct vus_held_files *ret,
				struct vus_err *err)
{
	struct vus_settle v = vus_settle_begin(server, RELEASE_MS, false);
	bool any = true;

	*ret = (struct vus_held_files){ 0 };
	while (any && vus_settle_again(&v, NULL, 0))
		if (!vus_proc_holds_any(server, ids, n, &any, err))
			return false;
	return !any || vus_proc_holds(server, ids, n, ret, err);
}

/* It has not come to rest, and the machine gave it no time to. */
static bool had_no_time(pid_t server, uint64_t ran_before)
{
	struct vus_err err;
	uint64_t ran;

	return !vus_proc_is_idle(server, false) &&
	       vus_proc_ran(server, &ran, &err) &&
	       ran - ran_before < RELEASE_MS * VUS_MS;
}

void vus_postcondition_released(struct vus_ctx *t, pid_t server, const int *fds,
				size_t n)
{
	struct vus_host *host = t->host;
	struct vus_result *r = &host->slot->r;
	const struct vus_rule *rule = vus_rule_find(VUS_POSTCONDITION_RELEASED);
	struct vus_file_id ids[VUS_HOLDS_MAX];
	struct vus_held_files held;
	struct vus_err err;
	uint64_t ran = 0;
	size_t known = 0;

	if (r->verdict != VUS_PASS || r->peer_stuck || server <= 0)
		return;
	for (size_t i = 0; i < n && known < VUS_COUNT(ids); i++)
		known += vus_proc_identify(fds[i], &ids[known]);
	if (known == 0 || !vus_proc_ran(server, &ran, &err) ||
	    !wait_until_released(server, ids, known, &held, &err))
		return;
	if (held.fds + held.maps > 0 && had_no_time(server, ran))
		return;
	r->released = true;
	if (held.fds + held.maps == 0)
		return;
	if (vus_host_verdict(host, vus_rule_fails(rule) ? VUS_FAIL : VUS_WARN,
			     rule->id, NULL, 0))
		(void)snprintf(r->reason, sizeof(r->reason),
			       "%d ms after the connection was closed the peer "
			       "still has %u descriptor%s open and %u "
			       "mapping%s of what this session gave it",
			       RELEASE_MS, held.fds, held.fds == 1 ? "" : "s",
			       held.maps, held.maps == 1 ? "" : "s");
}
