/* SPDX-License-Identifier: BSD-3-Clause */
/* descriptor_chain.c — descriptor chains: order, shape and length, and the
 * buffers that they describe. */
#include "fixture/shapes.h"

#include "base/rand.h"

#include <endian.h>
#include <string.h>

/* Descriptors that every device must accept (split_ring.desc.any_framing): more
 * may be beyond "a reasonable limit of descriptors" (virtio 2.7.4.1). */
#define PIECES_MAX 16

/* virtio 2.7.5: descriptors of a chain are visited in `next` order; their
 * indexes need not rise or be adjacent. */
VUS_CASE(descriptors_in_any_order,
	 .title = "a chain is followed by next, whatever the order of its "
		  "descriptors",
	 .rules = { "split_ring.desc.any_order" }, .start = VUS_START_RUNNING,
	 .pings = true, .rows = { "backwards", "shuffled" })
{
	static const uint16_t slots[][9] = { { 8, 7, 6, 5, 4, 3, 2, 1, 0 },
					     { 4, 9, 1, 8, 2, 11, 0, 6, 3 } };
	struct vus_shape shape;

	VUS_STEP(t, vus_step_prereq_framing(t));
	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	if (vus_fe(t)->queues[0].num < 12)
		VUS_SKIP(t, "a ring of %u descriptors",
			 vus_fe(t)->queues[0].num);
	vus_shape_spread(&shape, 6);
	vus_chain_write_at(vus_fe(t)->queues[0].ring, shape.segs, shape.n,
			   slots[t->row]);
	VUS_STEP(t, vus_step_offer_head(t, 0, slots[t->row][0]));
	VUS_STEP(t, vus_step_ping_wait(t, "split_ring.desc.any_order", 0,
				       &shape.ping));
}

/* virtio 2.7.5: next has a meaning "if flags & NEXT" only.  In the last
 * descriptor it names one outside the ring, or one with a writable buffer. */
VUS_CASE(next_counts_with_its_flag,
	 .title = "the next of a descriptor without NEXT is not followed",
	 .rules = { "split_ring.desc.next_needs_flag" },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "out_of_range", "a_writable_buffer" })
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const uint16_t decoy = (uint16_t)(ring->num - 1);
	VUS_AUTO_SNAPSHOT snapshot = { 0 };
	struct vus_shape shape;
	struct vus_err err;
	uint16_t head, last;
	uint64_t gpa;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	VUS_SETUP(t, vus_guest_alloc(&vus_fe(t)->guest, 64, 16, &gpa, &err),
		  &err);
	vus_snapshot_take(&snapshot, vus_guest_host(&vus_fe(t)->guest, gpa, 64),
			  64);
	vus_chain_write_at(ring, &(struct vus_seg){ gpa, 64, true }, 1, &decoy);
	VUS_SETUP(t, vus_split_add(ring, shape.segs, shape.n, &head, &err),
		  &err);
	for (last = head; le16toh(ring->desc[last].flags) & VRING_DESC_F_NEXT;)
		last = le16toh(ring->desc[last].next);
	ring->desc[last].next = htole16(t->row == 0 ? UINT16_MAX : decoy);
	VUS_STEP(t, vus_step_offer_head(t, 0, head));
	VUS_STEP(t, vus_step_ping_wait(t, "split_ring.desc.next_needs_flag", 0,
				       &shape.ping));
	VUS_CHECK(t, "split_ring.desc.next_needs_flag",
		  vus_snapshot_diff(&snapshot) == snapshot.len,
		  "a buffer that no NEXT leads to is not written",
		  "byte %zu of that buffer was written",
		  vus_snapshot_diff(&snapshot));
}

/* virtio 2.7.4.1: "The device MUST NOT make assumptions about the particular
 * arrangement of descriptors."  Each buffer of the request is divided at each
 * of its first and last bytes; then into as many as any device must accept. */
#define CUTS 16

static bool cut_everywhere(struct vus_ctx *t, unsigned seg, bool from_end)
{
	for (uint32_t at = 1; at <= CUTS; at++) {
		const uint64_t cursor = vus_fe(t)->guest.cursor;
		struct vus_shape shape;

		if (!vus_shape_ping(t, t->seed + at, &shape))
			return false;
		if (seg >= shape.n)
			return true;
		if (!vus_shape_cut(&shape, seg,
				   from_end ? shape.segs[seg].len - at : at))
			return true;
		if (!vus_step_shape_serve(t, "split_ring.desc.any_framing", 0,
					  &shape))
			return false;
		vus_fe(t)->guest.cursor = cursor;
	}
	return true;
}

VUS_CASE(requests_may_be_cut_anywhere,
	 .title = "a request is served however it is divided into descriptors",
	 .rules = { "split_ring.desc.any_framing" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(VERSION_1), .pings = true,
	 .rows = { "in_two", "into_bytes", "into_many" })
{
	struct vus_shape shape;

	if (vus_fe(t)->queues[0].num < PIECES_MAX)
		VUS_SKIP(t, "a ring of %u descriptors",
			 vus_fe(t)->queues[0].num);
	for (unsigned i = 0; t->row == 0 && i < VUS_PING_SEGS; i++) {
		VUS_STEP(t, cut_everywhere(t, i, false));
		VUS_STEP(t, cut_everywhere(t, i, true));
	}
	for (unsigned i = 0; t->row > 0 && i < VUS_PING_SEGS; i++) {
		VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
		/* Single bytes from the start of segment i on, while there is
		 * room. */
		for (unsigned k = i; t->row == 1 && shape.n < PIECES_MAX &&
				     vus_shape_cut(&shape, k, 1);)
			k++;
		vus_shape_spread(&shape, PIECES_MAX);
		VUS_STEP(t,
			 vus_step_shape_serve(t, "split_ring.desc.any_framing",
					      0, &shape));
	}
}

/* virtio 2.7.5: the ring's size "is the maximum possible descriptor chain
 * length".  These are within any device's own limit. */
static const unsigned chain_sizes[] = { 4, 8, 16 };

VUS_CASE(a_chain_may_take_the_whole_ring,
	 .title = "a chain of as many descriptors as the ring has is served",
	 .rules = { "split_ring.desc.chain_up_to_num" },
	 .start = VUS_START_MEMORY, .needs_vf = VF(VERSION_1), .pings = true,
	 .rows = { "4", "8", "16" })
{
	const unsigned num = chain_sizes[t->row];
	struct vus_shape shape;

	VUS_STEP(t, vus_step_ring_setup(t, 0, num, 0));
	VUS_STEP(t, vus_step_prereq_framing(t));
	for (unsigned i = 0; i < 3; i++) {
		VUS_STEP(t, vus_shape_ping(t, t->seed + i, &shape));
		vus_shape_spread(&shape, num);
		VUS_STEP(t, vus_step_shape_serve(
				    t, "split_ring.desc.chain_up_to_num", 0,
				    &shape));
	}
}

/* Have a ping served without taking its used entry: the memory that is compared
 * afterwards must not be changed by us. */
static bool serve_untaken(struct vus_ctx *t, const struct vus_shape *shape)
{
	struct vus_err err;

	if (!vus_step_shape_offer(t, 0, shape, NULL))
		return false;
	if (vus_step_wait_used(t, 0, &err))
		return true;
	vus_prereq_failed(t, "ring_state.enabled_runs", &err);
	return false;
}

/* virtio 2.7: each part of the ring "is write-able by either the driver or the
 * device, but not both", and 2.7.5 gives the table to the driver. */
VUS_CASE(descriptor_table_is_only_read,
	 .title = "the device does not write to the descriptor table",
	 .rules = { "split_ring.desc.table_read_only" },
	 .start = VUS_START_RUNNING, .pings = true)
{
	const struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const size_t bytes = vus_split_desc_bytes(ring->num);

	/* Words without a meaning that are not zero. */
	for (unsigned i = 0; i < ring->num; i++)
		ring->desc[i].next = htole16((uint16_t)(i + 0x5a00));
	for (unsigned i = 0; i < 16; i++) {
		VUS_AUTO_SNAPSHOT snapshot = { 0 };
		struct vus_shape shape;
		struct vus_err err;
		uint16_t head;
		size_t at;

		VUS_STEP(t, vus_shape_ping(t, t->seed + i, &shape));
		VUS_SETUP(t,
			  vus_split_add(vus_fe(t)->queues[0].ring, shape.segs,
					shape.n, &head, &err),
			  &err);
		vus_snapshot_take(&snapshot, ring->desc, bytes);
		VUS_STEP(t, vus_step_offer_head(t, 0, head));
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_step_wait_used(t, 0, &err), &err);
		at = vus_snapshot_diff(&snapshot);
		VUS_CHECK(t, "split_ring.desc.table_read_only", at == bytes,
			  "the device does not write to the descriptor table",
			  "descriptor %zu was changed", at / 16);
		vus_reap_all(t, 0);
	}
}

/* virtio 2.7.5.1: "A device MUST NOT write to a device-readable buffer". */
VUS_CASE(readable_buffers_stay_as_they_are,
	 .title = "the device does not write to device-readable buffers",
	 .rules = { "split_ring.desc.readable_untouched" },
	 .start = VUS_START_RUNNING, .devices = "blk invert", .pings = true)
{
	for (unsigned i = 0; i < 16; i++) {
		VUS_AUTO_SNAPSHOT snapshot = { 0 };
		struct vus_shape shape;

		VUS_STEP(t, vus_shape_ping(t, t->seed + i, &shape));
		vus_snapshot_take(&snapshot,
				  vus_guest_host(&vus_fe(t)->guest,
						 shape.segs[0].gpa,
						 shape.segs[0].len),
				  shape.segs[0].len);
		VUS_STEP(t, serve_untaken(t, &shape));
		VUS_CHECK(
			t, "split_ring.desc.readable_untouched",
			vus_snapshot_diff(&snapshot) == snapshot.len,
			"the device does not write to a device-readable buffer",
			"byte %zu of a readable buffer was changed",
			vus_snapshot_diff(&snapshot));
		vus_reap_all(t, 0);
	}
}

/* virtio 2.7.5.1: "a device SHOULD NOT read a device-writable buffer".  The
 * same request, with other bytes in the buffer, has the same answer. */
VUS_CASE(writable_buffers_are_no_input,
	 .title = "the answer does not depend on what a buffer held before",
	 .rules = { "split_ring.desc.writable_unread" },
	 .start = VUS_START_RUNNING, .devices = "blk invert", .pings = true)
{
	uint8_t first[4096], again[4096];

	for (unsigned i = 0; i < 3; i++) {
		struct vus_shape shape;
		uint32_t len;

		VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
		len = vus_shape_writable(&shape);
		if (len > sizeof(first))
			VUS_SKIP(t, "a request of %u writable bytes", len);
		vus_shape_fill(t, &shape, i == 0 ? 0 : 0xff);
		if (i == 2)
			vus_shape_prefill(t, &shape, t->seed);
		VUS_STEP(t, serve_untaken(t, &shape));
		vus_shape_gather(t, &shape, i == 0 ? first : again);
		VUS_CHECK(t, "split_ring.desc.writable_unread",
			  i == 0 || memcmp(first, again, len) == 0,
			  "the answer does not depend on what a writable "
			  "buffer held",
			  "the answer differs where the buffer held %s",
			  i == 1 ? "0xff" : "random bytes");
		vus_reap_all(t, 0);
	}
}
