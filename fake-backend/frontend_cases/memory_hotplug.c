/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_hotplug.c — memory that is plugged in and unplugged. */
#include "fixture/watch.h"

#include "base/clock.h"

static const struct vus_log *hotplug_log(const struct vus_ctx *t)
{
	return &vus_watch(t)->log;
}

/* The table that was sent last; NULL: none. */
static const struct vus_p_mem_table *last_table(const struct vus_log *log)
{
	const struct vus_log_entry *s = NULL, *last = NULL;

	while ((s = vus_log_next(log, VUS_FE_SET_MEM_TABLE, s)))
		last = s;
	return last ? &last->body.mem_table : NULL;
}

static uint32_t regions(const struct vus_log *log)
{
	const struct vus_p_mem_table *table = last_table(log);

	return table ? table->nregions : 0;
}

static bool until_announced_again(const struct vus_watch *w, const void *arg)
{
	const unsigned *before = arg;

	return vus_log_count(&w->log, VUS_FE_SET_MEM_TABLE) > *before;
}

/* Plug memory in and wait for the messages about it; false: the verdict is set.
 */
static bool plug(struct vus_ctx *t, int *ret_status)
{
	const unsigned told =
		vus_log_count(hotplug_log(t), VUS_FE_SET_MEM_TABLE);
	struct vus_err err;

	if (!vus_stimulate(t, VUS_DO_HOTPLUG, ret_status))
		return false;
	if (*ret_status == 0)
		(void)!vus_watch_serve(t, until_announced_again, &told,
				       vus_deadline_ms(t->request_ms), &err);
	return true;
}

/* Derived from "VHOST_USER_SET_MEM_TABLE", which has room for eight regions: a
 * front-end with more reports an error, and does not leave the last ones out.
 * It may refuse fewer regions, too. */
VUS_CASE(a_ninth_region_is_an_error, .party = "frontend",
	 .title = "memory beyond eight regions is refused, not left out",
	 .rules = { "mem_table.frontend_too_many" },
	 .without = PF(CONFIGURE_MEM_SLOTS), .stimuli = VUS_BIT(VUS_DO_HOTPLUG))
{
	int status = 0;

	VUS_STEP(t, vus_stimulate_set_up(t));
	if (regions(hotplug_log(t)) == 0)
		VUS_SKIP(t, "the front-end announced no table");
	for (unsigned i = 0; i <= VUS_MAX_REGIONS && status == 0; i++) {
		const uint32_t before = regions(hotplug_log(t));

		VUS_STEP(t, plug(t, &status));
		if (before < VUS_MAX_REGIONS &&
		    (status != 0 || regions(hotplug_log(t)) == before))
			VUS_SKIP(t, "it announced no more than %u regions",
				 before);
		VUS_CHECK(t, "mem_table.frontend_too_many",
			  status != 0 || regions(hotplug_log(t)) > before,
			  "a region beyond the eighth is refused",
			  "a ninth region was plugged in, and the table has %u",
			  before);
	}
}

/* "VHOST_USER_REM_MEM_REG": a region is removed without a descriptor. */
VUS_CASE(removed_regions_have_no_descriptor, .party = "frontend",
	 .title = "REM_MEM_REG carries no descriptor",
	 .rules = { "mem_slots.rem_no_fd" }, .needs = PF(CONFIGURE_MEM_SLOTS),
	 .stimuli = VUS_BIT(VUS_DO_RESET))
{
	const struct vus_log_entry *s = NULL;

	/* Machines move memory at a reset, too. */
	(void)!(vus_stimulate_set_up(t) &&
		vus_stimulate_required(t, VUS_DO_RESET) &&
		vus_stimulate_required(t, VUS_DO_HOTPLUG) &&
		vus_stimulate_required(t, VUS_DO_UNPLUG));
	while ((s = vus_log_next(hotplug_log(t), VUS_FE_REM_MEM_REG, s)))
		VUS_CHECK(t, "mem_slots.rem_no_fd", s->nfds == 0,
			  "REM_MEM_REG comes without a descriptor",
			  "REM_MEM_REG came with %u descriptors", s->nfds);
	if (vus_log_count(hotplug_log(t), VUS_FE_REM_MEM_REG) == 0)
		VUS_SKIP(t, "the front-end removed no region");
}
