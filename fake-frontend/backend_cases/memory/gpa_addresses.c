/* SPDX-License-Identifier: BSD-3-Clause */
/* gpa_addresses.c — GPA_ADDRESSES: guest physical addresses in place of the
 * front-end's virtual ones. */
#include "fixture/layout.h"

/* "Protocol features": a front-end that has not mapped the guest's memory, or
 * does not expose its addresses, puts guest addresses into these fields. */
static void use_guest_addresses(struct vus_guest *g)
{
	for (unsigned i = 0; i < g->nregions; i++)
		g->regions[i].user = g->regions[i].gpa;
}

/* Set ring 0 up; whether its addresses are taken is the case's to judge, all
 * else is not. */
static bool address_is_sent(struct vus_ctx *t, bool *ret_taken)
{
	struct vus_session *s = vus_fe(t);
	const bool ok = vus_layout_ring_send(s);
	struct vus_err err;

	*ret_taken = ok || s->last_id != VUS_FE_SET_VRING_ADDR;
	(void)vus_fail(&err, VUS_ERR_REFUSED, "a ring could not be set up");
	return !*ret_taken || vus_step_bring_up(t, ok, &err);
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
	static const struct vus_region_spec specs[] = {
		{ .gpa = 3 * VUS_GIB, .size = VUS_MIB },
		{ .gpa = 1 * VUS_GIB, .size = VUS_MIB, .file = 1 },
	};
	bool taken;

	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	use_guest_addresses(&vus_fe(t)->guest);
	VUS_STEP(t, vus_layout_announce(t, rule));
	VUS_STEP(t, vus_layout_ring_alloc(t, 0));
	VUS_STEP(t, address_is_sent(t, &taken));
	VUS_CHECK(t, rule, taken, "a ring at guest addresses is accepted",
		  "the ring at 0x%llx was refused",
		  (unsigned long long)vus_fe(t)->queues[0].desc);
	VUS_STEP(t, vus_layout_ping(t, rule, specs[1].gpa, t->seed));
	VUS_STEP(t, vus_step_ping(t, rule, 0, t->seed + 1));
}

/* "derived": guest memory begins at 0 on most machines: 0 is the address of a
 * region or ring part, and does not mean that there is none. */
VUS_CASE(zero_is_an_address,
	 .title = "with GPA_ADDRESSES memory and rings may begin at 0",
	 .rules = { "address_translation.gpa_mode_zero" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(GPA_ADDRESSES),
	 .pings = true)
{
	static const char rule[] = "address_translation.gpa_mode_zero";
	static const struct vus_region_spec specs[] = { { .size = VUS_MIB } };
	struct vus_session *s = vus_fe(t);
	bool taken;

	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	use_guest_addresses(&s->guest);
	VUS_STEP(t, vus_layout_announce(t, rule));
	VUS_STEP(t, vus_layout_ring_alloc(t, 0));
	s->queues[0].desc = 0;
	vus_layout_ring_attach(t);
	VUS_STEP(t, address_is_sent(t, &taken));
	VUS_CHECK(t, rule, taken, "a ring at guest address 0 is accepted",
		  "the ring at 0 was refused");
	VUS_STEP(t, vus_step_ping(t, rule, 0, t->seed));
}
