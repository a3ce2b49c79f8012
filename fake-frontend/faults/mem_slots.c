/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_slots.c — faults of memory that is announced a region at a time. */
#include "fault.h"

static bool never(const struct vus_session *s)
{
	(void)s;
	return false;
}

VUS_FE_FAULT(mem_slots, table_despite_slots,
	     .rule = "mem_slots.frontend_exclusive",
	     .says = "sends SET_MEM_TABLE where slots were negotiated")
{
	decide->uses_slots = never;
}

static void attach_twice(const struct vus_session *s, uint32_t id,
			 unsigned region, struct vus_frame *f)
{
	vus_fe_honest.attach_region(s, id, region, f);
	vus_fe_honest.attach_region(s, id, region, f);
}

VUS_FE_FAULT(mem_slots, two_descriptors, .rule = "mem_slots.add_one_fd",
	     .says = "adds a region with two descriptors")
{
	decide->attach_region = attach_twice;
}

/* As if it were added. */
static void attach_always(const struct vus_session *s, uint32_t id,
			  unsigned region, struct vus_frame *f)
{
	(void)id;
	vus_fe_honest.attach_region(s, VUS_FE_ADD_MEM_REG, region, f);
}

VUS_FE_FAULT(mem_slots, removes_with_descriptor, .rule = "mem_slots.rem_no_fd",
	     .says = "sends a region's descriptor with its removal")
{
	decide->attach_region = attach_always;
}

static bool always(const struct vus_session *s)
{
	(void)s;
	return true;
}

VUS_FE_FAULT(mem_slots, ignores_limit, .rule = "mem_slots.frontend_limit",
	     .says = "adds regions beyond the back-end's slots")
{
	decide->slot_is_free = always;
}

static bool any_number(const struct vus_fake *f, uint64_t slots)
{
	(void)f, (void)slots;
	return true;
}

VUS_FE_FAULT(mem_slots, ignores_shrinking, .rule = "mem_slots.frontend_shrink",
	     .also = "mem_slots.frontend_limit",
	     .says = "announces all of its regions whatever the slots are")
{
	decide->regions_suffice = any_number;
	decide->slot_is_free = always;
}

static void describe_at_guest_address(const struct vus_session *s, uint32_t id,
				      unsigned region, struct vus_p_region *ret)
{
	vus_fe_honest.describe_region(s, id, region, ret);
	if (id == VUS_FE_REM_MEM_REG)
		ret->user_addr = ret->guest_addr;
}

VUS_FE_FAULT(mem_slots, removes_at_guest_address,
	     .rule = "mem_slots.frontend_removes_added",
	     .says = "says the guest address for the user address of a region "
		     "that it removes")
{
	decide->describe_region = describe_at_guest_address;
}
