/* SPDX-License-Identifier: BSD-3-Clause */
/* region_seam.c — buffers, indirect tables and rings that lie over more than
 * one region.  The specification maps an address to a region and does not
 * mention a buffer over two: most back-ends split it, some refuse it.  None may
 * serve half of it.  The two regions are in different files, so that they are
 * not adjacent in the back-end's address space. */
#include "fixture/layout.h"
#include "fixture/reloc.h"
#include "fixture/rings.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

#define SIZE (64 * VUS_KIB)
#define LOW  VUS_GIB /* guest address of the lower region */
#define SEAM (LOW + SIZE)
#define USER UINT64_C(0x500000000000) /* of the lower region */

static const struct vus_region_spec rising[] = {
	{ .gpa = 0, .size = VUS_MIB },
	{ .gpa = LOW, .size = SIZE, .file = 1, .user = USER },
	{ .gpa = SEAM, .size = SIZE, .file = 2, .user = USER + SIZE },
};

/* The order in the table has no meaning. */
static const struct vus_region_spec falling[] = {
	{ .gpa = 0, .size = VUS_MIB },
	{ .gpa = SEAM, .size = SIZE, .file = 1, .user = USER + SIZE },
	{ .gpa = LOW, .size = SIZE, .file = 2, .user = USER },
};

static bool announce_seam(struct vus_ctx *t,
			  const struct vus_region_spec specs[3])
{
	if (!vus_layout(t, specs, 3))
		return false;
	vus_guest_paint(&vus_fe(t)->guest, 1, t->seed);
	vus_guest_paint(&vus_fe(t)->guest, 2, t->seed);
	return vus_step_announce_memory(t);
}

static bool was_written(const struct vus_ctx *t, uint64_t gpa, uint64_t len)
{
	return vus_guest_unpainted_part(&vus_fe(t)->guest, gpa, len, t->seed) !=
	       UINT64_MAX;
}

/* "derived": both sides of the seam are written, or neither is. */
VUS_CASE(buffer_over_a_seam_is_whole,
	 .title = "a buffer over two touching regions is written in both",
	 .rules = { "address_translation.span_adjacent" },
	 .start = VUS_START_NEGOTIATED, .pings = true,
	 .rows = { "rising", "falling" })
{
	struct vus_reloc m;
	uint32_t half;
	bool low, high;

	VUS_STEP(t, announce_seam(t, t->row ? falling : rising));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, vus_step_control(t, 0));
	VUS_STEP(t, vus_reloc_choose(t, t->seed, true, &m));
	half = vus_reloc_len(&m) / 2;
	/* It is not relocated with its content: the paint shows what is
	 * written. */
	m.away.segs[m.seg].gpa = SEAM - half;
	VUS_STEP(t, vus_reloc_offer(t, 0, &m));
	vus_reloc_wait_quiet(t, 0);
	low = was_written(t, SEAM - half, half);
	high = was_written(t, SEAM, vus_reloc_len(&m) - half);
	VUS_CHECK(t, "address_translation.span_adjacent", low == high,
		  "a buffer over two regions is written in both, or in neither",
		  "only the part of the buffer in the %s region was written",
		  low ? "lower" : "upper");
	if (low)
		VUS_STEP(t,
			 vus_reloc_wait(t, "address_translation.span_adjacent",
					0, &m));
}

/* A buffer with a hole in it must not go on after the hole. */
VUS_CASE(buffer_over_a_hole_is_refused,
	 .title = "a buffer with a hole is not written after the hole",
	 .rules = { "address_translation.span_gap" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	const uint64_t hole = 4 * VUS_KIB;
	const struct vus_region_spec specs[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = LOW, .size = SIZE, .file = 1 },
		{ .gpa = SEAM + hole, .size = SIZE, .file = 2 },
	};
	uint64_t bad;

	VUS_STEP(t, announce_seam(t, specs));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, vus_step_control(t, 0));
	VUS_STEP(t, vus_reloc_offer_unmapped(t, SEAM - 512, 512 + hole + 512));
	bad = vus_layout_first_change(t, 2, 0, 0);
	VUS_CHECK(t, "address_translation.span_gap", bad == UINT64_MAX,
		  "nothing is written after a hole in a buffer",
		  "0x%" PRIx64 ", after the hole, was written", bad);
}

/* virtio allows an indirect table wherever a buffer may be. */
#define TABLE 8 /* entries; a ping uses the first few */

VUS_CASE(indirect_table_over_a_seam_is_read,
	 .title = "an indirect table over two touching regions is followed",
	 .rules = { "address_translation.indirect_span" },
	 .start = VUS_START_NEGOTIATED, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true, .rows = { "between_entries", "inside_an_entry" })
{
	struct vring_desc table[TABLE] = { 0 };
	const uint64_t at = SEAM - sizeof(table[0]) - (t->row ? 8 : 0);
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head;

	VUS_STEP(t, announce_seam(t, rising));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	ring = s->queues[0].ring;
	VUS_SETUP(t, s->driver->ping(s, t->seed, 0, &ping, &err), &err);
	if (ping.nsegs < 2)
		VUS_SKIP(t, "a request to this device has one buffer");
	VUS_SETUP(t,
		  vus_split_add_indirect(ring, ping.segs, ping.nsegs, table, at,
					 &head, &err),
		  &err);
	ring->desc[head].len = htole32(sizeof(table));
	for (size_t i = 0; i < sizeof(table); i++)
		*(uint8_t *)vus_guest_host(&s->guest, at + i, 1) =
			((const uint8_t *)table)[i];
	vus_split_put(ring, head);
	vus_split_publish(ring);
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_STEP(t, vus_step_ping_wait(t, "address_translation.indirect_span",
				       0, &ping));
}

/* A ring part that crosses into another region is used in both, or its ring
 * does not run.  Here it is the used ring: its index and first entries are in
 * the lower region, the others in the upper.  What follows the lower region in
 * its file is painted. */
#define USED_LOW                                                               \
	16 /* bytes of it in the lower region: one and a half entries */

static const struct vus_region_spec seam_in_ring[] = {
	{ .gpa = 0, .size = VUS_MIB },
	{ .gpa = LOW, .size = SIZE, .file = 1, .user = USER },
	{ .gpa = SEAM, .size = SIZE, .file = 2, .user = USER + SIZE },
	{ .gpa = VUS_TIB,
	  .size = SIZE,
	  .offset = SIZE,
	  .file = 1,
	  .hidden = true },
};

/* Ring 0 with its used ring over the seam.  Our own pointer leads to its start,
 * and then to what follows in the lower region's file. */
static bool lay_used_over_seam(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);

	if (!vus_layout_ring_alloc(t, 0))
		return false;
	s->queues[0].used = SEAM - USED_LOW;
	vus_layout_ring_attach(t);
	memset(vus_guest_host(&s->guest, SEAM, SIZE), 0, SIZE);
	return true;
}

VUS_CASE(ring_part_over_a_seam_is_not_overrun,
	 .title = "a used ring over two regions is used in both or not at all",
	 .rules = { "address_translation.ring_span" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	const unsigned pings = 4;
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;
	uint64_t bad;

	VUS_STEP(t, vus_layout(t, seam_in_ring, VUS_COUNT(seam_in_ring)));
	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_STEP(t, lay_used_over_seam(t));
	vus_guest_paint(&s->guest, 3, t->seed);
	vus_may_close(t);
	if (vus_layout_ring_send(s)) {
		for (unsigned i = 0; i < pings; i++)
			VUS_STEP(t,
				 vus_step_ping_offer(t, 0, t->seed + i, &ping));
		vus_reloc_wait_quiet(t, 0);
		/* If one request was completed, the others will be. */
		if (vus_split_used_pending(s->queues[0].ring) > 0)
			(void)!vus_step_wait_used_idx(t, 0, pings, &err);
	}
	bad = vus_layout_first_change(t, 3, 0, 0);
	VUS_CHECK(t, "address_translation.ring_span", bad == UINT64_MAX,
		  "a used ring over two regions does not run over the end of "
		  "the first",
		  "used entries were written past the end of the region, at "
		  "byte 0x%" PRIx64 " of what follows in its file",
		  bad - VUS_TIB);
	VUS_STEP(t, vus_step_control_anew(t, 0));
}
