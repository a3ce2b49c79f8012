/* SPDX-License-Identifier: BSD-3-Clause */
/* gpa_addresses.c — GPA_ADDRESSES: guest physical addresses where else the
 * front-end's virtual ones stand. */
#include "fixture/layout.h"

/* "Protocol features": a front-end that has no address space of the guest's
 * memory, or does not tell of it, puts guest addresses into these words. */
static void send_guest_addresses(struct vus_guest *g)
{
	for (unsigned i = 0; i < g->nregions; i++)
		g->regions[i].user = g->regions[i].gpa;
}

/* "A vring address description": with GPA_ADDRESSES, and without an IOMMU, the
 * parts of a ring are at guest physical addresses. */
VUS_CASE(rings_are_at_guest_addresses,
	 .title = "with GPA_ADDRESSES rings are found at guest addresses",
	 .rules = { "address_translation.gpa_mode_rings" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(GPA_ADDRESSES),
	 .pings = true)
{
	static const char rule[] = "address_translation.gpa_mode_rings";
	static const struct vus_region_spec plots[] = {
		{ .gpa = 3 * VUS_GIB, .size = VUS_MIB },
		{ .gpa = 1 * VUS_GIB, .size = VUS_MIB, .file = 1 },
	};

	VUS_STEP(t, vus_layout(t, plots, VUS_COUNT(plots)));
	send_guest_addresses(&vus_fe(t)->guest);
	if (vus_layout_announce(t, rule) && vus_layout_ring_alloc(t, 0)) {
		VUS_OLD_CHECK(t, rule, vus_layout_ring_send(vus_fe(t)),
			      "refused a ring at 0x%llx",
			      (unsigned long long)vus_fe(t)->queues[0].desc);
		if (vus_layout_ping(t, rule, plots[1].gpa, t->seed))
			VUS_STEP(t, vus_step_ping(t, rule, 0, t->seed + 1));
	}
}

/* "derived": guest memory begins at 0 on most machines, so that neither a
 * region nor a part of a ring there is without an address. */
VUS_CASE(zero_is_an_address,
	 .title = "with GPA_ADDRESSES memory and rings may begin at 0",
	 .rules = { "address_translation.gpa_mode_zero" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(GPA_ADDRESSES),
	 .pings = true)
{
	static const char rule[] = "address_translation.gpa_mode_zero";
	static const struct vus_region_spec plots[] = { { .size = VUS_MIB } };
	struct vus_session *s = vus_fe(t);

	VUS_STEP(t, vus_layout(t, plots, VUS_COUNT(plots)));
	send_guest_addresses(&s->guest);
	if (!vus_layout_announce(t, rule) || !vus_layout_ring_alloc(t, 0))
		return;
	s->queues[0].desc = 0;
	vus_layout_ring_attach(t);
	VUS_OLD_CHECK(t, rule, vus_layout_ring_send(s), "refused a ring at 0");
	VUS_STEP(t, vus_step_ping(t, rule, 0, t->seed));
}
