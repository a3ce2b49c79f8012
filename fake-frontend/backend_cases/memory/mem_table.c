/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_table.c — memory tables that must work, and what their fields mean.  All
 * of these use SET_MEM_TABLE; mem_slots.c has the cases of ADD_MEM_REG. */
#include "fixture/layout.h"
#include "fixture/reloc.h"

#include <inttypes.h>

/* "VHOST_USER_SET_MEM_TABLE": ring and buffer addresses are translated with its
 * regions. */
VUS_CASE(plain_table_serves_requests,
	 .title = "rings and buffers in an announced region are found",
	 .rules = { "mem_table.set" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true, .each_memory = true)
{
	VUS_STEP(t, vus_layout_announce_and_start(t, "mem_table.set"));
	VUS_STEP(t, vus_step_ping(t, "mem_table.set", 0, t->seed));
	VUS_STEP(t, vus_step_ping(t, "mem_table.set", 0, t->seed + 1));
}

/* The same heading limits the size of a region to 64 bits only: guests may be
 * larger than the host's memory, most of which is never touched.  The low 32
 * bits of the size here are those of a small one. */
VUS_CASE(memory_beyond_ram_serves_requests,
	 .title = "64 GiB of sparse memory are usable from end to end",
	 .rules = { "mem_table.set" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true, .each_memory = true,
	 .min_memory = 64 * VUS_GIB + 16 * VUS_MIB)
{
	const struct vus_guest *g = &vus_fe(t)->guest;
	const uint64_t end = g->regions[0].size;

	VUS_STEP(t, vus_layout_allow_sparse(t));
	VUS_STEP(t, vus_layout_announce_and_start(t, "mem_table.set"));
	VUS_STEP(t, vus_layout_ping(t, "mem_table.set", end / 2, t->seed));
	VUS_STEP(t, vus_layout_ping(t, "mem_table.set", end - 64 * VUS_KIB,
				    t->seed + 1));
}

/* "VHOST_USER_SET_MEM_TABLE" has no reply except that of postcopy, and an
 * acknowledgement with need_reply. */
VUS_CASE(table_is_not_answered,
	 .title = "SET_MEM_TABLE without need_reply is not answered",
	 .rules = { "mem_table.no_reply" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS))
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f = vus_fe_mem_table_frame(s);

	/* Another case judges a back-end that refuses it. */
	VUS_EXPECT(t, "mem_table.no_reply", vus_fe_classify(s, &f, NULL, NULL),
		   VUS_SILENT | VUS_CLOSED, "SET_MEM_TABLE without need_reply");
}

/* "Memory region description": mmap offset is where the region starts in the
 * mapped memory.  The bytes before it are not guest memory. */
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
	const struct vus_region_spec specs[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = gpa, .size = VUS_MIB, .offset = offset, .file = 1 },
		{ .gpa = VUS_GIB,
		  .size = VUS_MIN(offset, VUS_MIB),
		  .file = 1,
		  .hidden = true },
	};
	uint64_t bad;

	/* Some back-ends map the bytes before the region as well. */
	if (offset > VUS_GIB)
		VUS_STEP(t, vus_layout_allow_sparse(t));
	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	vus_guest_paint(&vus_fe(t)->guest, 1, t->seed);
	vus_guest_paint(&vus_fe(t)->guest, 2, t->seed);
	VUS_STEP(t,
		 vus_layout_announce_and_start(t, "mem_table.offset_nonzero"));
	VUS_STEP(t,
		 vus_layout_ping(t, "mem_table.offset_nonzero", gpa, t->seed));
	bad = vus_layout_first_change(t, 1, gpa, 64 * VUS_KIB);
	VUS_CHECK(t, "mem_table.offset_nonzero", bad == UINT64_MAX,
		  "only the buffer in the region is written",
		  "byte 0x%" PRIx64
		  " of the region changed, outside of the buffer",
		  bad - gpa);
	bad = vus_layout_first_change(t, 2, 0, 0);
	VUS_CHECK(t, "mem_table.offset_nonzero", bad == UINT64_MAX,
		  "nothing before the region is written in its file",
		  "byte 0x%" PRIx64 " before the region changed",
		  bad - VUS_GIB);
}

/* "VHOST_USER_SET_MEM_TABLE": descriptor i of the array belongs to region i, in
 * whatever order the regions are.  The specification neither requires an order
 * of addresses nor promises that any is accepted: a wrong descriptor breaks a
 * rule, refusing the table does not. */
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
	 .title = "eight regions in mixed order are found in their own files",
	 .rules = { "mem_table.region_order", "mem_table.any_order" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true, .each_memory = true)
{
	VUS_STEP(t, vus_layout(t, shuffled, VUS_COUNT(shuffled)));
	VUS_STEP(t, vus_layout_announce_and_start(t, "mem_table.any_order"));
	for (unsigned i = 0; i < VUS_COUNT(shuffled); i++)
		VUS_STEP(t, vus_layout_ping(t, "mem_table.region_order",
					    shuffled[i].gpa + 64 * VUS_KIB,
					    t->seed + i));
}

/* A VMM with one memory backend announces it in parts: below and above the PCI
 * hole, or in eight parts because of its chipset. */
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
	const struct vus_region_spec *specs = t->row ? in_eight : around_hole;
	const unsigned n =
		t->row ? VUS_COUNT(in_eight) : VUS_COUNT(around_hole);

	VUS_STEP(t, vus_layout(t, specs, n));
	VUS_STEP(t, vus_layout_announce_and_start(t, rule));
	for (unsigned i = 0; i < n; i++)
		VUS_STEP(t,
			 vus_layout_ping(t, rule, specs[i].gpa + 64 * VUS_KIB,
					 t->seed + i));
}

/* "derived": firmware is mapped at two addresses.  A write at one of them is
 * seen at the other. */
VUS_CASE(two_regions_may_share_bytes,
	 .title = "two regions over the same bytes of a file are coherent",
	 .rules = { "mem_table.alias_regions" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	const uint64_t there = 8 * VUS_GIB;
	const struct vus_region_spec specs[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = VUS_GIB, .size = VUS_MIB, .file = 1 },
		{ .gpa = there,
		  .size = VUS_MIB,
		  .file = 1,
		  .user = UINT64_C(0x300000000000) },
	};
	struct vus_reloc m;

	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	VUS_STEP(t,
		 vus_layout_announce_and_start(t, "mem_table.alias_regions"));
	vus_fe(t)->guest.cursor = VUS_GIB;
	for (unsigned i = 0; i < 2; i++) {
		VUS_STEP(t, vus_reloc_choose(t, t->seed + i, i, &m));
		/* One buffer at the other address, the others unchanged. */
		m.away.segs[m.seg].gpa += there - VUS_GIB;
		VUS_STEP(t,
			 vus_reloc_serve(t, "mem_table.alias_regions", 0, &m));
	}
}

/* Two DIMMs, or two NUMA nodes, follow each other without a gap, in user
 * addresses as well. */
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
	const struct vus_region_spec *specs = t->row ? falling : rising;

	VUS_STEP(t, vus_layout(t, specs, 2));
	/* mem_table.any_order judges whether addresses may fall. */
	if (t->row == 0) {
		VUS_STEP(t, vus_layout_announce_and_start(
				    t, "mem_table.adjacent_ok"));
	} else {
		VUS_STEP(t, vus_step_announce_memory(t));
		VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	}
	VUS_STEP(t, vus_layout_ping(t, "mem_table.adjacent_ok", 64 * VUS_KIB,
				    t->seed));
	VUS_STEP(t, vus_layout_ping(t, "mem_table.adjacent_ok", VUS_MIB,
				    t->seed + 1));
}

/* "derived": user addresses are only compared.  Those here are unmapped, or not
 * valid at all, in the back-end's own process. */
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

	VUS_STEP(t, vus_layout(t, &plot, 1));
	VUS_STEP(t, vus_layout_announce_and_start(
			    t, "mem_table.user_addr_foreign"));
	VUS_STEP(t,
		 vus_step_ping(t, "mem_table.user_addr_foreign", 0, t->seed));
}
