/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_table.c — tables of guest memory that must work, and what they must mean.
 *
 * All of these use SET_MEM_TABLE; slots are another file's. */
#include "fixture/layout.h"
#include "fixture/reloc.h"

#include <inttypes.h>

/* "VHOST_USER_SET_MEM_TABLE": the regions are what ring and buffer addresses
 * are translated by. */
VUS_CASE(plain_table_serves_requests,
	 .title = "rings and buffers in an announced region are found",
	 .rules = { "mem_table.set" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true, .each_memory = true)
{
	VUS_STEP(t, vus_layout_announce_and_start(t, "mem_table.set"));
	VUS_STEP(t, vus_step_ping(t, "mem_table.set", 0, t->seed));
	VUS_STEP(t, vus_step_ping(t, "mem_table.set", 0, t->seed + 1));
}

/* The same heading sets no limit to a region but 64 bits: guests are larger
 * than the host's memory, and most of them is never touched.  The size here
 * has the low 32 bits of a small one. */
VUS_CASE(memory_beyond_ram_serves_requests,
	 .title = "64 GiB of sparse memory are usable from end to end",
	 .rules = { "mem_table.set" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true, .each_memory = true,
	 .min_memory = 64 * VUS_GIB + 16 * VUS_MIB)
{
	const struct vus_guest *g = &vus_fe(t)->guest;
	const uint64_t end = g->regions[0].size;

	if (!vus_layout_allow_sparse(t) ||
	    !vus_layout_announce_and_start(t, "mem_table.set") ||
	    !vus_layout_ping(t, "mem_table.set", end / 2, t->seed))
		return;
	vus_layout_ping(t, "mem_table.set", end - 64 * VUS_KIB, t->seed + 1);
}

/* "VHOST_USER_SET_MEM_TABLE" has no reply but the one of postcopy and an
 * acknowledgement that was asked for. */
VUS_CASE(table_is_not_answered,
	 .title = "a table without need_reply brings no message back",
	 .rules = { "mem_table.no_reply" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS))
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f = vus_fe_mem_table_frame(s);

	/* A peer that refuses it is judged elsewhere. */
	VUS_OLD_EXPECT(t, "mem_table.no_reply",
		       vus_fe_classify(s, &f, NULL, NULL),
		       VUS_SILENT | VUS_CLOSED);
}

/* "Memory region description": mmap offset is where the region starts in the
 * mapped memory.  The bytes in front of it are not the guest's. */
static const struct {
	uint64_t offset, gpa;
} offsets[] = {
	{ 4 * VUS_KIB, 4 * VUS_GIB },
	{ 2 * VUS_MIB, VUS_TIB },
	{ VUS_TIB, 64 * VUS_GIB },
};

VUS_CASE(region_begins_at_its_mmap_offset,
	 .title = "byte k of a region is byte offset + k of its file",
	 .rules = { "mem_table.offset_nonzero" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true, .each_memory = true,
	 .rows = { "page", "huge_page", "tib" })
{
	const uint64_t offset = offsets[t->row].offset;
	const uint64_t gpa = offsets[t->row].gpa;
	const struct vus_region_spec plots[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = gpa, .size = VUS_MIB, .offset = offset, .file = 1 },
		{ .gpa = VUS_GIB,
		  .size = VUS_MIN(offset, VUS_MIB),
		  .file = 1,
		  .hidden = true },
	};
	uint64_t bad;

	/* Some back-ends map the bytes in front as well. */
	if ((offset > VUS_GIB && !vus_layout_allow_sparse(t)) ||
	    !vus_layout(t, plots, VUS_COUNT(plots)))
		return;
	vus_guest_paint(&vus_fe(t)->guest, 1, t->seed);
	vus_guest_paint(&vus_fe(t)->guest, 2, t->seed);
	if (!vus_layout_announce_and_start(t, "mem_table.offset_nonzero") ||
	    !vus_layout_ping(t, "mem_table.offset_nonzero", gpa, t->seed))
		return;
	bad = vus_layout_first_change(t, 1, gpa, 64 * VUS_KIB);
	VUS_OLD_CHECK(t, "mem_table.offset_nonzero", bad == UINT64_MAX,
		      "changed byte 0x%" PRIx64 " of the region, no buffer's",
		      bad - gpa);
	bad = vus_layout_first_change(t, 2, 0, 0);
	VUS_OLD_CHECK(t, "mem_table.offset_nonzero", bad == UINT64_MAX,
		      "changed byte 0x%" PRIx64 " in front of the region",
		      bad - VUS_GIB);
}

/* "VHOST_USER_SET_MEM_TABLE": descriptor i of the array is region i's, in
 * whatever order the regions stand.  It asks for no order of their addresses,
 * and grants none either: to pair wrongly breaks a sentence, to refuse such a
 * table does not. */
static const struct vus_region_spec shuffled[] = {
	{ .gpa = 5 * VUS_GIB, .size = VUS_MIB, .file = 0 },
	{ .gpa = 2 * VUS_GIB, .size = VUS_MIB, .file = 1 },
	{ .gpa = 7 * VUS_GIB, .size = VUS_MIB, .file = 2 },
	{ .gpa = 0 * VUS_GIB, .size = VUS_MIB, .file = 3 },
	{ .gpa = 6 * VUS_GIB, .size = VUS_MIB, .file = 4 },
	{ .gpa = 1 * VUS_GIB, .size = VUS_MIB, .file = 5 },
	{ .gpa = 4 * VUS_GIB, .size = VUS_MIB, .file = 6 },
	{ .gpa = 3 * VUS_GIB, .size = VUS_MIB, .file = 7 },
};

VUS_CASE(each_region_has_its_own_descriptor,
	 .title = "eight regions in mixed order lie in their own eight files",
	 .rules = { "mem_table.region_order", "mem_table.any_order" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true, .each_memory = true)
{
	if (!vus_layout(t, shuffled, VUS_COUNT(shuffled)) ||
	    !vus_layout_announce_and_start(t, "mem_table.any_order"))
		return;
	for (unsigned i = 0; i < VUS_COUNT(shuffled); i++)
		VUS_STEP(t, vus_layout_ping(t, "mem_table.region_order",
					    shuffled[i].gpa + 64 * VUS_KIB,
					    t->seed + i));
}

/* A VMM with one memory backend announces it in parts: below and above the PCI
 * hole, or cut by its chip set into eight. */
static const struct vus_region_spec around_hole[] = {
	{ .gpa = 0, .size = VUS_MIB },
	{ .gpa = 4 * VUS_GIB, .size = 3 * VUS_MIB, .offset = VUS_MIB },
};

static const struct vus_region_spec in_eight[] = {
	{ .gpa = 0, .size = VUS_MIB, .offset = 7 * VUS_MIB },
	{ .gpa = 2 * VUS_MIB, .size = VUS_MIB, .offset = 2 * VUS_MIB },
	{ .gpa = 5 * VUS_MIB, .size = VUS_MIB, .offset = 6 * VUS_MIB },
	{ .gpa = 7 * VUS_MIB, .size = VUS_MIB, .offset = 0 },
	{ .gpa = 4 * VUS_GIB, .size = VUS_MIB, .offset = 5 * VUS_MIB },
	{ .gpa = 6 * VUS_GIB, .size = VUS_MIB, .offset = 1 * VUS_MIB },
	{ .gpa = 9 * VUS_GIB, .size = VUS_MIB, .offset = 4 * VUS_MIB },
	{ .gpa = VUS_TIB, .size = VUS_MIB, .offset = 3 * VUS_MIB },
};

VUS_CASE(regions_of_one_file_are_distinguished,
	 .title = "regions whose descriptors are of one file all work",
	 .rules = { "mem_table.same_fd_many_regions" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true, .each_memory = true,
	 .rows = { "around_the_hole", "in_eight" })
{
	const char *rule = "mem_table.same_fd_many_regions";
	const struct vus_region_spec *plots = t->row ? in_eight : around_hole;
	const unsigned n =
		t->row ? VUS_COUNT(in_eight) : VUS_COUNT(around_hole);

	if (!vus_layout(t, plots, n) || !vus_layout_announce_and_start(t, rule))
		return;
	for (unsigned i = 0; i < n; i++)
		VUS_STEP(t,
			 vus_layout_ping(t, rule, plots[i].gpa + 64 * VUS_KIB,
					 t->seed + i));
}

/* "derived": firmware is seen at two addresses.  What the device writes at one
 * of them is in the file, and so at the other. */
VUS_CASE(two_regions_may_share_bytes,
	 .title = "two regions over the same bytes of a file are coherent",
	 .rules = { "mem_table.alias_regions" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	const uint64_t there = 8 * VUS_GIB;
	const struct vus_region_spec plots[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = VUS_GIB, .size = VUS_MIB, .file = 1 },
		{ .gpa = there,
		  .size = VUS_MIB,
		  .file = 1,
		  .user = UINT64_C(0x300000000000) },
	};
	struct vus_reloc m;

	if (!vus_layout(t, plots, VUS_COUNT(plots)) ||
	    !vus_layout_announce_and_start(t, "mem_table.alias_regions"))
		return;
	vus_fe(t)->guest.cursor = VUS_GIB;
	for (unsigned i = 0; i < 2; i++) {
		VUS_STEP(t, vus_reloc_choose(t, t->seed + i, i, &m));
		/* One buffer through the other address, the rest where it is.
		 */
		m.away.segs[m.seg].gpa += there - VUS_GIB;
		VUS_STEP(t,
			 vus_reloc_serve(t, "mem_table.alias_regions", 0, &m));
	}
}

/* Two DIMMs, or two nodes, follow each other without a gap; in the front-end's
 * own addresses as well. */
static const struct vus_region_spec rising[] = {
	{ .gpa = 0, .size = VUS_MIB, .user = UINT64_C(0x600000000000) },
	{ .gpa = VUS_MIB,
	  .size = VUS_MIB,
	  .file = 1,
	  .user = UINT64_C(0x600000100000) },
};

static const struct vus_region_spec falling[] = {
	{ .gpa = VUS_MIB, .size = VUS_MIB, .user = UINT64_C(0x600000100000) },
	{ .gpa = 0,
	  .size = VUS_MIB,
	  .file = 1,
	  .user = UINT64_C(0x600000000000) },
};

VUS_CASE(regions_may_touch, .title = "a region may begin where another ends",
	 .rules = { "mem_table.adjacent_ok" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true,
	 .rows = { "rising", "falling" })
{
	const struct vus_region_spec *plots = t->row ? falling : rising;

	VUS_STEP(t, vus_layout(t, plots, 2));
	/* Whether a table must rise is for mem_table.any_order to say. */
	if (t->row == 0
		    ? !vus_layout_announce_and_start(t, "mem_table.adjacent_ok")
		    : !vus_step_announce_memory(t) ||
			      !vus_step_ring_setup(t, 0, 0, 0))
		return;
	VUS_STEP(t, vus_layout_ping(t, "mem_table.adjacent_ok", 64 * VUS_KIB,
				    t->seed));
	vus_layout_ping(t, "mem_table.adjacent_ok", VUS_MIB, t->seed + 1);
}

/* "derived": a user address is a number to compare with.  Those here are
 * unmapped, or not even possible, in the back-end's own process. */
static const uint64_t foreign[] = {
	UINT64_C(0x1000),
	UINT64_C(0x7fff00000000),
	UINT64_C(0xffff900000000000),
};

VUS_CASE(any_user_address_will_do, .title = "user addresses may be any numbers",
	 .rules = { "mem_table.user_addr_foreign" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true, .rows = { "low", "high", "upper_half" })
{
	const struct vus_region_spec plot = { .gpa = VUS_GIB,
					      .size = VUS_MIB,
					      .user = foreign[t->row] };

	if (!vus_layout(t, &plot, 1) ||
	    !vus_layout_announce_and_start(t, "mem_table.user_addr_foreign"))
		return;
	VUS_STEP(t,
		 vus_step_ping(t, "mem_table.user_addr_foreign", 0, t->seed));
}
