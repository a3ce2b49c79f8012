/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_slots_remove.c — memory regions that are removed one at a time, and the
 * regions that stay.  The painted bytes of a removed region's file show whether
 * the device still writes there. */
#include "fixture/reloc.h"
#include "fixture/spare_regions.h"

#include "base/own.h"

#include <inttypes.h>

/* "VHOST_USER_REM_MEM_REG": the back-end must unmap the region; its addresses
 * are invalid from then on. */
VUS_CASE(removed_region_is_gone,
	 .title = "a region that was removed is unmapped and no longer written",
	 .rules = { "mem_slots.rem" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	uint64_t bad;

	VUS_STEP(t, vus_spare_start(t, 2));
	VUS_STEP(t, vus_layout_ping(t, "mem_slots.rem", VUS_SPARE_A_ADDR,
				    t->seed));
	VUS_CHECK(t, "mem_slots.rem",
		  vus_spare_change(s, VUS_FE_REM_MEM_REG, VUS_SPARE_A, &err),
		  "REM_MEM_REG of a region that was added succeeds", "%s",
		  err.text);
	vus_guest_paint(&s->guest, VUS_SPARE_A, t->seed);
	VUS_STEP(t, vus_reloc_offer_unmapped(t, VUS_SPARE_A_ADDR,
					     VUS_RELOC_SAME_LEN));
	bad = vus_guest_unpainted(&s->guest, VUS_SPARE_A, t->seed);
	VUS_CHECK(t, "mem_slots.rem", bad == UINT64_MAX,
		  "a removed region is not written",
		  "0x%" PRIx64 " was written after its region was removed",
		  bad);
	VUS_CHECK(t, "mem_slots.rem",
		  vus_layout_unmapped(t, vus_layout_file(s, VUS_SPARE_A)),
		  "the file of the removed region is unmapped",
		  "the file of the removed region is still mapped");
}

/* The same heading: guest address, user address and size identify the region;
 * the mmap offset is ignored. */
static const uint64_t offsets[] = { 0, UINT64_C(0x1000), UINT64_MAX };

VUS_CASE(offset_is_no_part_of_the_key,
	 .title = "a region is removed whatever mmap offset the message has",
	 .rules = { "mem_slots.rem_key" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS) | PF(REPLY_ACK),
	 .rows = { "the_same", "another", "largest" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f;

	VUS_STEP(t, vus_step_announce_memory(t));
	f = vus_spare_frame(s, VUS_FE_REM_MEM_REG, 0);
	f.body.mem_reg.region.mmap_offset = offsets[t->row];
	VUS_EXPECT(t, "mem_slots.rem_key", vus_fe_classify(s, &f, NULL, NULL),
		   VUS_ACCEPTED, "REM_MEM_REG with another mmap offset");
}

/* A message in which one of the three differs names no region. */
VUS_CASE(removal_needs_the_whole_key,
	 .title = "REM_MEM_REG with a wrong address or size is refused",
	 .rules = { "mem_slots.rem_key_mismatch" },
	 .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS) | PF(REPLY_ACK), .pings = true,
	 .rows = { "guest_address", "user_address", "size" })
{
	struct vus_session *s = vus_fe(t);
	enum vus_outcome outcome;
	struct vus_frame f;

	VUS_STEP(t, vus_spare_start(t, 2));
	f = vus_spare_frame(s, VUS_FE_REM_MEM_REG, VUS_SPARE_A);
	if (t->row == 0)
		f.body.mem_reg.region.guest_addr += 4 * VUS_KIB;
	if (t->row == 1)
		f.body.mem_reg.region.user_addr += 4 * VUS_KIB;
	if (t->row == 2)
		f.body.mem_reg.region.size -= 4 * VUS_KIB;
	outcome = vus_fe_classify(s, &f, NULL, NULL);
	VUS_EXPECT(t, "mem_slots.rem_key_mismatch", outcome,
		   VUS_REFUSED | VUS_CLOSED,
		   "REM_MEM_REG that differs in an address or the size");
	if (outcome == VUS_REFUSED)
		VUS_STEP(t, vus_layout_ping(t, "mem_slots.rem_key_mismatch",
					    VUS_SPARE_A_ADDR, t->seed));
}

/* A region that does not exist cannot be removed, nor the same region twice. */
VUS_CASE(unknown_region_is_not_removed,
	 .title = "REM_MEM_REG of a region that does not exist is refused",
	 .rules = { "mem_slots.rem_unknown" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS) | PF(REPLY_ACK), .pings = true,
	 .rows = { "of_none", "never_added", "twice" })
{
	struct vus_session *s = vus_fe(t);
	enum vus_outcome outcome;
	struct vus_frame f;
	struct vus_err err;

	if (t->row > 0)
		VUS_STEP(t, vus_spare_start(t, t->row));
	if (t->row == 2)
		VUS_PREREQ(t, "mem_slots.rem",
			   vus_spare_change(s, VUS_FE_REM_MEM_REG, VUS_SPARE_A,
					    &err),
			   &err);
	f = vus_spare_frame(s, VUS_FE_REM_MEM_REG,
			    t->row > 0 ? VUS_SPARE_A : 0);
	outcome = vus_fe_classify(s, &f, NULL, NULL);
	VUS_EXPECT(t, "mem_slots.rem_unknown", outcome,
		   VUS_REFUSED | VUS_CLOSED,
		   "REM_MEM_REG of a region that does not exist");
	if (outcome != VUS_REFUSED)
		return;
	if (t->row == 0) {
		VUS_STEP(t, vus_step_announce_memory(t));
		VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	}
	VUS_STEP(t, vus_step_ping(t, "mem_slots.rem_unknown", 0, t->seed));
}

/* "VHOST_USER_REM_MEM_REG" lets a back-end tolerate one descriptor, for old
 * front-ends; DPDK and rust-vmm refuse it.  Either is acknowledged. */
VUS_CASE(removal_with_a_descriptor_is_answered,
	 .title = "REM_MEM_REG with a descriptor is carried out or refused",
	 .rules = { "mem_slots.rem_one_fd" }, .start = VUS_START_MEMORY,
	 .needs = PF(CONFIGURE_MEM_SLOTS) | PF(REPLY_ACK))
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_spare_frame(s, VUS_FE_REM_MEM_REG, 0);

	f.fds[0] = vus_layout_file(s, 0);
	f.nfds = 1;
	VUS_EXPECT(t, "mem_slots.rem_one_fd",
		   vus_fe_classify(s, &f, NULL, NULL),
		   VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED,
		   "REM_MEM_REG with a descriptor");
}

/* "VHOST_USER_REM_MEM_REG" carries no descriptor; old front-ends send one, and
 * the back-end must close it, whether it accepts the message or not. */
VUS_CASE(descriptor_of_a_removal_is_closed,
	 .title = "a descriptor that comes with REM_MEM_REG is closed",
	 .rules = { "mem_slots.rem_fd_closed" }, .start = VUS_START_MEMORY,
	 .needs = PF(CONFIGURE_MEM_SLOTS))
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_fe_mem_reg_frame(s, VUS_FE_REM_MEM_REG, 0);
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_err err;

	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	f.fds[0] = wr;
	f.nfds = 1;
	(void)vus_fe_classify(s, &f, NULL, NULL);
	vus_fd_close(&wr);
	VUS_CHECK(t, "mem_slots.rem_fd_closed", vus_pipe_released(t, rd),
		  "a descriptor that comes with REM_MEM_REG is closed",
		  "the descriptor is still open %d ms after the next answer",
		  VUS_RELEASE_MS);
}

/* The same of more than one. */
VUS_CASE(descriptors_of_a_removal_are_closed,
	 .title = "all descriptors that come with REM_MEM_REG are closed",
	 .rules = { "mem_slots.rem_fd_closed" }, .start = VUS_START_MEMORY,
	 .needs = PF(CONFIGURE_MEM_SLOTS), .rows = { "two", "eight" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_fe_mem_reg_frame(s, VUS_FE_REM_MEM_REG, 0);
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_err err;

	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	f.nfds = t->row == 0 ? 2 : 8;
	for (unsigned i = 0; i < f.nfds; i++)
		f.fds[i] = wr;
	(void)vus_fe_classify(s, &f, NULL, NULL);
	vus_fd_close(&wr);
	VUS_CHECK(t, "mem_slots.rem_fd_closed", vus_pipe_released(t, rd),
		  "descriptors that come with REM_MEM_REG are closed",
		  "one of %u descriptors is still open %d ms after the next "
		  "answer",
		  f.nfds, VUS_RELEASE_MS);
}

/* "derived": when a region is removed from the back-end's table, the others
 * stay valid. */
VUS_CASE(other_regions_stay,
	 .title = "the other regions still work after one was removed",
	 .rules = { "mem_slots.rem_others_stay" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true, .rows = { "first", "middle", "last" })
{
	const unsigned removed = VUS_SPARE_A + t->row;
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, vus_spare_start(t, VUS_SPARE_COUNT));
	VUS_PREREQ(t, "mem_slots.rem",
		   vus_spare_change(s, VUS_FE_REM_MEM_REG, removed, &err),
		   &err);
	VUS_STEP(t, vus_step_ping(t, "mem_slots.rem_others_stay", 0, t->seed));
	for (unsigned i = VUS_SPARE_A; i <= VUS_SPARE_C; i++)
		if (i != removed)
			VUS_STEP(t,
				 vus_layout_ping(t, "mem_slots.rem_others_stay",
						 s->guest.regions[i].gpa,
						 t->seed + i));
}

/* Move region A into C's file, and C into A's. */
static void swap_files(struct vus_guest *g)
{
	struct vus_guest_region *a = &g->regions[VUS_SPARE_A];
	struct vus_guest_region *c = &g->regions[VUS_SPARE_C];
	const unsigned file = a->backing;
	uint8_t *host = a->host;

	a->backing = c->backing;
	a->host = c->host;
	c->backing = file;
	c->host = host;
}

/* "derived": memory that was unplugged may be plugged in again, in another
 * file. */
VUS_CASE(removed_addresses_may_be_used_again,
	 .title = "a removed region may be added again with another file",
	 .rules = { "mem_slots.add_again" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	uint64_t bad;

	VUS_STEP(t, vus_spare_start(t, 2));
	VUS_STEP(t, vus_layout_ping(t, "mem_slots.add_again", VUS_SPARE_A_ADDR,
				    t->seed));
	VUS_PREREQ(t, "mem_slots.rem",
		   vus_spare_change(s, VUS_FE_REM_MEM_REG, VUS_SPARE_A, &err),
		   &err);
	swap_files(&s->guest);
	vus_guest_paint(&s->guest, VUS_SPARE_C, t->seed);
	VUS_CHECK(t, "mem_slots.add_again",
		  vus_spare_change(s, VUS_FE_ADD_MEM_REG, VUS_SPARE_A, &err),
		  "ADD_MEM_REG at the addresses of a removed region succeeds",
		  "%s", err.text);
	VUS_STEP(t, vus_layout_ping(t, "mem_slots.add_again", VUS_SPARE_A_ADDR,
				    t->seed + 1));
	bad = vus_guest_unpainted(&s->guest, VUS_SPARE_C, t->seed);
	VUS_CHECK(t, "mem_slots.add_again", bad == UINT64_MAX,
		  "the file of the removed region is not written",
		  "byte 0x%" PRIx64
		  " of the file of the removed region was written",
		  bad - VUS_SPARE_C_ADDR);
}

/* A ring in a removed region is not accessed.  Once the region is added again
 * and the ring's addresses are set, it runs. */
VUS_CASE(ring_in_a_removed_region_is_not_served,
	 .title = "a ring in a removed region is not served until it is added "
		  "again",
	 .rules = { "mem_slots.rem_ring" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;

	VUS_STEP(t, vus_spare_announce(t, 2));
	s->guest.cursor = VUS_SPARE_A_ADDR;
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	s->guest.cursor = 4 * VUS_KIB;
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "mem_slots.rem",
		   vus_spare_change(s, VUS_FE_REM_MEM_REG, VUS_SPARE_A, &err),
		   &err);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	vus_reloc_wait_quiet(t, 0);
	VUS_CHECK(t, "mem_slots.rem_ring",
		  vus_split_used_pending(s->queues[0].ring) == 0,
		  "a ring in a removed region is not served",
		  "a request on a ring in a removed region was served");
	if (!vus_fe_barrier(s, &err) && err.kind == VUS_ERR_EOF)
		return;
	VUS_PREREQ(t, "mem_slots.add_again",
		   vus_spare_change(s, VUS_FE_ADD_MEM_REG, VUS_SPARE_A, &err),
		   &err);
	VUS_STEP(t, vus_layout_ring_restart(t));
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_STEP(t, vus_step_ping_wait(t, "mem_slots.rem_ring", 0, &ping));
}
