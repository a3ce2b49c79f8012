/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_table.c — faults of SET_MEM_TABLE. */
#include "fault.h"

static bool privately(const struct vus_backing_opts *opts)
{
	(void)opts;
	return false;
}

VUS_FE_FAULT(mem_table, is_mapped_privately,
	     .rule = "memory_fds.private_refused",
	     .says = "maps its memory privately, and hands it out")
{
	decide->backing.shares = privately;
}

static void repeat_last(struct vus_frame *table)
{
	if (table->nfds == 0)
		return;
	table->fds[table->nfds] = table->fds[table->nfds - 1];
	table->nfds++;
}

VUS_FE_FAULT(mem_table, two_descriptors, .rule = "mem_table.fd_per_region",
	     .says = "sends a table's last descriptor twice")
{
	decide->attach_table = repeat_last;
}

static void describe_a_page_more(const struct vus_session *s, uint32_t id,
				 unsigned region, struct vus_p_region *ret)
{
	vus_fe_honest.describe_region(s, id, region, ret);
	ret->size += 4096;
}

VUS_FE_FAULT(mem_table, announces_a_page_more,
	     .rule = "mem_table.fd_per_region",
	     .also = "mem_table.frontend_whole",
	     .says = "announces regions a page larger than their files")
{
	decide->describe_region = describe_a_page_more;
}

static bool always(const struct vus_session *s)
{
	(void)s;
	return true;
}

VUS_FE_FAULT(mem_table, leaves_the_ninth_out,
	     .rule = "mem_table.frontend_too_many",
	     .says = "announces the first eight of more regions")
{
	decide->table_has_room = always;
}

/* What is plugged in begins where the first region does. */
static void describe_at_first(const struct vus_session *s, uint32_t id,
			      unsigned region, struct vus_p_region *ret)
{
	struct vus_p_region first;

	vus_fe_honest.describe_region(s, id, 0, &first);
	vus_fe_honest.describe_region(s, id, region, ret);
	ret->guest_addr = first.guest_addr;
}

VUS_FE_FAULT(mem_table, announces_one_place,
	     .rule = "mem_table.frontend_disjoint",
	     .says = "announces all regions at one guest address")
{
	decide->describe_region = describe_at_first;
}

#define GUARD 4096 /* bytes behind a region that nobody has */

static void describe_with_guard(const struct vus_session *s, uint32_t id,
				unsigned region, struct vus_p_region *ret)
{
	vus_fe_honest.describe_region(s, id, region, ret);
	if (region + 1 == s->guest.nregions)
		ret->size += GUARD;
}

VUS_FE_FAULT(mem_table, counts_a_guard_page, .rule = "mem_table.frontend_whole",
	     .says = "announces a page behind the end of the file")
{
	decide->describe_region = describe_with_guard;
}
