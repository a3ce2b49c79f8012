/* SPDX-License-Identifier: BSD-3-Clause */
/* indirect_descriptors.c — requests whose descriptors are in an indirect table.
 *
 * virtio 2.7.5.3: usual drivers make tables of the exact size, aligned, and
 * without direct descriptors before them; a device must rely on none of that.
 */
#include "fixture/shapes.h"

#include <endian.h>
#include <string.h>

/* virtio 2.7.5.3: "A single indirect descriptor table can include both
 * device-readable and device-writable descriptors", and the chain ends with
 * the entry without NEXT, not with the table. */
static const char *const served_rules[] = {
	"split_ring.indirect.mixed_direction",
	"split_ring.indirect.longer_than_chain",
};

VUS_CASE(indirect_requests_are_served,
	 .title = "a request in an indirect table is served like a direct one",
	 .rules = { "split_ring.indirect.mixed_direction",
		    "split_ring.indirect.longer_than_chain" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true, .rows = { "exact_table", "longer_table" })
{
	struct vus_shape shape;
	struct vus_table table;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	VUS_STEP(t, vus_step_table_build(t, 0, &shape, shape.n, &table));
	if (t->row == 1)
		table.n = 2 * VUS_PING_SEGS;
	VUS_STEP(t, vus_step_table_offer(t, 0, &table));
	VUS_STEP(t,
		 vus_step_ping_wait(t, served_rules[t->row], 0, &shape.ping));
}

/* The same heading: "additional indirect descriptors are chained by next".
 * The chain goes through the table backwards, with junk in between. */
VUS_CASE(table_is_followed_by_next,
	 .title = "the entries of an indirect table are visited by next",
	 .rules = { "split_ring.indirect.table" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(RING_INDIRECT_DESC), .pings = true)
{
	const struct vring_desc junk = { .addr = UINT64_MAX,
					 .len = UINT32_MAX };
	struct vring_desc entries[VUS_PING_SEGS];
	struct vus_shape shape;
	struct vus_table table;

	VUS_STEP(t, vus_step_prereq_framing(t));
	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	vus_shape_spread(&shape, 4);
	VUS_STEP(t, vus_step_table_build(t, 0, &shape, shape.n, &table));
	table.n = 2 * shape.n;
	memcpy(entries, table.e, shape.n * sizeof(entries[0]));
	for (unsigned i = 1; i < table.n; i++)
		table.e[i] = junk;
	for (unsigned i = 0; i < shape.n; i++) {
		const unsigned at = i == 0 ? 0 : 2 * (shape.n - i);

		table.e[at] = entries[i];
		table.e[at].next = htole16((uint16_t)(2 * (shape.n - i - 1)));
	}
	VUS_STEP(t, vus_step_table_offer(t, 0, &table));
	VUS_STEP(t, vus_step_ping_wait(t, "split_ring.indirect.table", 0,
				       &shape.ping));
}

/* virtio 2.7.5.3: a table is stored "anywhere in memory"; 2.7 asks for an
 * alignment of the ring's own parts only. */
static const uint64_t skews[] = { 1, 2, 4, 7, 8, 15 };

VUS_CASE(table_may_stand_anywhere,
	 .title = "an indirect table is read at any address",
	 .rules = { "split_ring.indirect.any_address" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true, .rows = { "1", "2", "4", "7", "8", "15" })
{
	struct vus_shape shape;
	struct vus_table table;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	VUS_STEP(t, vus_step_table_build(t, 0, &shape, shape.n, &table));
	table.gpa += skews[t->row];
	VUS_STEP(t, vus_step_table_offer(t, 0, &table));
	VUS_STEP(t, vus_step_ping_wait(t, "split_ring.indirect.any_address", 0,
				       &shape.ping));
}

/* virtio 2.7.5.3.2: "The device MUST ignore the write-only flag" of the
 * descriptor that refers to a table. */
VUS_CASE(write_flag_of_a_table_means_nothing,
	 .title = "WRITE on the descriptor of an indirect table is ignored",
	 .rules = { "split_ring.indirect.write_flag_ignored" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true)
{
	struct vus_shape shape;
	struct vus_table table;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	VUS_STEP(t, vus_step_table_build(t, 0, &shape, shape.n, &table));
	vus_fe(t)->queues[0].ring->desc[table.head].flags |=
		htole16(VRING_DESC_F_WRITE);
	VUS_STEP(t, vus_step_table_offer(t, 0, &table));
	VUS_STEP(t,
		 vus_step_ping_wait(t, "split_ring.indirect.write_flag_ignored",
				    0, &shape.ping));
}

/* virtio 2.7.5.3.2: "The device MUST handle the case of zero or more normal
 * chained descriptors followed by a single descriptor with
 * VIRTQ_DESC_F_INDIRECT."  libvhost-user does not, since it looks for the flag
 * in the head only. */
VUS_CASE(direct_descriptors_may_come_first,
	 .title = "an indirect table may follow direct descriptors",
	 .rules = { "split_ring.indirect.after_direct" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true, .early = true, .rows = { "one", "two" })
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const unsigned direct = t->row + 1;
	struct vus_shape shape, rest;
	struct vus_table table;
	struct vus_err err;
	uint16_t head, last;

	VUS_STEP(t, vus_step_prereq_framing(t));
	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	vus_shape_spread(&shape, VUS_MAX(shape.n, direct + 1));
	rest = shape;
	rest.n -= direct;
	memcpy(rest.segs, shape.segs + direct, rest.n * sizeof(rest.segs[0]));
	VUS_SETUP(t, vus_split_add(ring, shape.segs, direct, &head, &err),
		  &err);
	VUS_STEP(t, vus_step_table_build(t, 0, &rest, rest.n, &table));
	for (last = head; le16toh(ring->desc[last].flags) & VRING_DESC_F_NEXT;)
		last = le16toh(ring->desc[last].next);
	ring->desc[last].flags |= htole16(VRING_DESC_F_NEXT);
	ring->desc[last].next = htole16(table.head);
	vus_table_write(t, 0, &table);
	VUS_STEP(t, vus_step_offer_head(t, 0, head));
	VUS_STEP(t, vus_step_ping_wait(t, "split_ring.indirect.after_direct", 0,
				       &shape.ping));
}

/* virtio 2.7.5.1: "A device MUST NOT write to a device-readable buffer", and a
 * table is one. */
VUS_CASE(indirect_table_is_only_read,
	 .title = "the device does not write to an indirect table",
	 .rules = { "split_ring.indirect.table_read_only" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true)
{
	VUS_AUTO_SNAPSHOT snapshot = { 0 };
	struct vus_shape shape;
	struct vus_table table;
	struct vus_err err;
	size_t bytes;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	VUS_STEP(t, vus_step_table_build(t, 0, &shape, 2 * shape.n, &table));
	bytes = table.n * sizeof(table.e[0]);
	vus_table_write(t, 0, &table);
	vus_snapshot_take(&snapshot,
			  vus_guest_host(&vus_fe(t)->guest, table.gpa, bytes),
			  bytes);
	VUS_STEP(t, vus_step_offer_head(t, 0, table.head));
	VUS_PREREQ(t, "ring_state.enabled_runs", vus_step_wait_used(t, 0, &err),
		   &err);
	VUS_CHECK(t, "split_ring.indirect.table_read_only",
		  vus_snapshot_diff(&snapshot) == bytes,
		  "the device does not write to an indirect table",
		  "entry %zu of the table was changed",
		  vus_snapshot_diff(&snapshot) / sizeof(table.e[0]));
}

/* virtio 2.7.5.3: a table takes one descriptor of the ring, so that the ring
 * holds as many large requests as it has descriptors. */
#define FULL 16

static bool lay_tables(struct vus_ctx *t, struct vus_shape shapes[FULL],
		       uint16_t heads[FULL])
{
	struct vus_table table;

	for (unsigned i = 0; i < FULL; i++) {
		if (!vus_shape_ping(t, t->seed + i, &shapes[i]))
			return false;
		if (!vus_step_table_build(t, 0, &shapes[i], shapes[i].n,
					  &table))
			return false;
		vus_table_write(t, 0, &table);
		heads[i] = table.head;
		vus_split_put(vus_fe(t)->queues[0].ring, table.head);
	}
	return true;
}

VUS_CASE(tables_take_one_descriptor_each,
	 .title = "the ring holds as many indirect requests as it has "
		  "descriptors",
	 .rules = { "split_ring.indirect.one_slot" }, .start = VUS_START_MEMORY,
	 .needs_vf = VF(RING_INDIRECT_DESC), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_shape shapes[FULL];
	struct vus_used used;
	uint16_t heads[FULL];
	struct vus_err err;

	VUS_STEP(t, vus_step_ring_setup(t, 0, FULL, 0));
	VUS_STEP(t, lay_tables(t, shapes, heads));
	vus_split_publish(s->queues[0].ring);
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	for (unsigned n = 0; n < FULL; n++) {
		unsigned i = 0;

		VUS_CHECK(t, "split_ring.indirect.one_slot",
			  vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms),
					   &used, &err),
			  "as many indirect requests are served as the ring "
			  "has descriptors",
			  "%u of %u requests came back: %s", n, FULL, err.text);
		while (i < FULL && heads[i] != used.id)
			i++;
		VUS_CHECK(t, "split_ring.indirect.one_slot",
			  i < FULL && s->driver->pong(s, &shapes[i].ping,
						      used.len, &err),
			  "each used entry names a request, and the request is "
			  "done",
			  "the used entry names descriptor %u: %s", used.id,
			  i < FULL ? err.text : "no request begins there");
		heads[i] = UINT16_MAX; /* it is done once */
	}
}
