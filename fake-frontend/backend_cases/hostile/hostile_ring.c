/* SPDX-License-Identifier: BSD-3-Clause */
/* hostile_ring.c — rings that are not legal, and what the device does with
 * them.
 *
 * It may break the ring, fail the request or close the connection, but it must
 * survive.  Executing a request of such a ring harms only the driver that wrote
 * it: that is a rule of its own, which warns. */
#include "fixture/places.h"
#include "fixture/recovery.h"
#include "fixture/shapes.h"

#include "base/clock.h"
#include "base/rand.h"

#include <endian.h>
#include <linux/virtio_blk.h>
#include <string.h>

#define DECOY_MAX  4096
#define ILL_FORMED "split_ring.desc.ill_formed_refused"

/* A whole request that must not be executed, and what its writable bytes hold.
 */
struct decoy {
	struct vus_shape shape;
	uint8_t was[DECOY_MAX];
};

/* In at least `pieces` pieces. */
static bool make_decoy(struct vus_ctx *t, unsigned pieces, struct decoy *ret)
{
	if (!vus_shape_ping(t, t->seed, &ret->shape))
		return false;
	if (vus_shape_writable(&ret->shape) > DECOY_MAX) {
		vus_skip(t, "a request of more than %u bytes", DECOY_MAX);
		return false;
	}
	vus_shape_spread(&ret->shape, VUS_MAX(pieces, ret->shape.n));
	vus_shape_prefill(t, &ret->shape, t->seed);
	vus_shape_gather(t, &ret->shape, ret->was);
	return true;
}

/* A request that was begun before the connection was closed may end after it.
 */
static bool decoy_was_executed(struct vus_ctx *t, const struct decoy *decoy)
{
	const bool left = vus_poll_one(vus_fe(t)->link.fd, POLLRDHUP, 0) == 1;
	struct vus_settle v =
		vus_link_settle(&vus_fe(t)->link, t->quiet_ms, true);
	const uint32_t len = vus_shape_writable(&decoy->shape);
	uint8_t is[DECOY_MAX];

	do {
		vus_shape_gather(t, &decoy->shape, is);
		if (memcmp(is, decoy->was, len) != 0)
			return true;
	} while (left && vus_settle_again(&v, NULL, 0));
	return false;
}

/* Judge that the device survived, and, under `executed`, that it did not
 * execute the decoy. */
static bool check_refused(struct vus_ctx *t, const char *rule,
			  const char *executed, const struct decoy *decoy)
{
	return vus_step_check_alive(t, rule) &&
	       vus_check(t, executed, !decoy_was_executed(t, decoy),
			 "a request in an illegal ring is not executed",
			 "the buffers of such a request were written") &&
	       vus_step_recovers(t);
}

/* The `n` slots from `first` on, modulo the ring's size. */
static void fill_slots_from(unsigned first, unsigned num, unsigned n,
			    uint16_t *slots)
{
	for (unsigned i = 0; i < n; i++)
		slots[i] = (uint16_t)((first + i) % num);
}

/* A head outside the table; a valid request is where the number points to
 * modulo the ring's size. */
VUS_CASE(head_outside_the_table_is_refused,
	 .title = "a head beyond the descriptor table is not served",
	 .rules = { "split_ring.hardening.head_range", ILL_FORMED,
		    VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "size", "size_and_one", "32767", "65535" })
{
	const unsigned num = vus_fe(t)->queues[0].num;
	const uint16_t heads[] = { (uint16_t)num, (uint16_t)(num + 1), 0x7fff,
				   0xffff };
	uint16_t slots[VUS_SHAPE_MAX];
	struct decoy decoy;

	VUS_STEP(t, make_decoy(t, 1, &decoy));
	fill_slots_from(heads[t->row] % num, num, decoy.shape.n, slots);
	vus_chain_write_at(vus_fe(t)->queues[0].ring, decoy.shape.segs,
			   decoy.shape.n, slots);
	VUS_STEP(t, vus_step_offer_head(t, 0, heads[t->row]));
	VUS_STEP(t, check_refused(t, "split_ring.hardening.head_range",
				  ILL_FORMED, &decoy));
}

/* A next outside the table, the ring's or an indirect one; the rest of a valid
 * request is where it points to modulo the table's size. */
#define TABLE_SIZE 14 /* 65535 mod 14 is 1 */

static bool send_wild_table(struct vus_ctx *t, const struct decoy *decoy,
			    uint16_t next)
{
	struct vus_table table;

	if (!vus_step_require_feature(t, VF(RING_INDIRECT_DESC),
				      "INDIRECT_DESC") ||
	    !vus_step_table_build(t, 0, &decoy->shape, TABLE_SIZE, &table))
		return false;
	table.e[0].next = htole16(next);
	return vus_step_table_offer(t, 0, &table);
}

VUS_CASE(next_outside_the_table_is_refused,
	 .title = "a next beyond its table is not followed",
	 .rules = { "split_ring.hardening.next_range", ILL_FORMED,
		    VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "ring_size", "ring_65535", "table_size_and_one",
		   "table_65535" })
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const unsigned num = ring->num;
	const uint16_t nexts[] = { (uint16_t)num, 0xffff, TABLE_SIZE + 1,
				   0xffff };
	const uint16_t next = nexts[t->row], head = (uint16_t)(num / 2);
	uint16_t slots[VUS_SHAPE_MAX];
	struct decoy decoy;

	VUS_STEP(t, make_decoy(t, 3, &decoy));
	if (t->row >= 2) {
		VUS_STEP(t, send_wild_table(t, &decoy, next));
	} else {
		fill_slots_from(next % num, num, decoy.shape.n - 1, slots + 1);
		slots[0] = head;
		vus_chain_write_at(ring, decoy.shape.segs, decoy.shape.n,
				   slots);
		ring->desc[head].next = htole16(next);
		VUS_STEP(t, vus_step_offer_head(t, 0, head));
	}
	VUS_STEP(t, check_refused(t, "split_ring.hardening.next_range",
				  ILL_FORMED, &decoy));
}

/* virtio 2.7.5.1: "loops in the descriptor chain are forbidden". */
static const struct {
	unsigned len;  /* descriptors of the loop; 0: all */
	bool writable; /* the loop's */
	bool table;    /* in an indirect table */
} loops[] = {
	{ .len = 1 }, { .len = 1, .writable = true }, { .len = 2 },
	{ .len = 0 }, { .len = 1, .table = true },
};

VUS_CASE(loops_come_to_an_end,
	 .title = "a chain that loops does not keep the device busy",
	 .rules = { "split_ring.hardening.loop", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "one", "one_writable", "two", "whole_ring", "in_a_table" })
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const unsigned len = loops[t->row].len ? loops[t->row].len : ring->num;
	struct vus_shape shape;
	struct vus_table table;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	for (unsigned i = 0; i < len; i++) {
		const uint16_t slot = (uint16_t)i;
		const struct vus_seg seg = { shape.segs[0].gpa, 1,
					     loops[t->row].writable };

		vus_chain_write_at(ring, &seg, 1, &slot);
		ring->desc[i].flags |= htole16(VRING_DESC_F_NEXT);
		ring->desc[i].next = htole16((uint16_t)((i + 1) % len));
	}
	if (!loops[t->row].table) {
		VUS_STEP(t, vus_step_offer_head(t, 0, 0));
	} else if (!vus_step_require_feature(t, VF(RING_INDIRECT_DESC),
					     "INDIRECT_DESC") ||
		   !vus_step_table_build(t, 0, &shape, shape.n, &table)) {
		return;
	} else {
		table.e[0].flags |= htole16(VRING_DESC_F_NEXT);
		table.e[0].next = 0;
		VUS_STEP(t, vus_step_table_offer(t, 0, &table));
	}
	VUS_STEP(t, vus_step_check_alive(t, "split_ring.hardening.loop"));
	VUS_STEP(t, vus_step_recovers(t));
}

/* virtio 2.7.13: never more than the ring's size is available, and 2.7.6.1:
 * the index is not decremented.  A request is in every slot. */
VUS_CASE(jumps_of_the_index_are_refused,
	 .title = "an available index that jumps makes nothing available",
	 .rules = { "split_ring.hardening.idx_jump", ILL_FORMED,
		    VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "size_and_one", "32768", "back_by_one" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	const int jumps[] = { (int)ring->num + 1, 32768, -1 };
	struct vus_err err;
	struct decoy decoy;
	uint16_t head;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_STEP(t, make_decoy(t, 1, &decoy));
	VUS_SETUP(t,
		  vus_split_add(ring, decoy.shape.segs, decoy.shape.n, &head,
				&err),
		  &err);
	for (unsigned i = 0; i < ring->num; i++)
		ring->avail->ring[i] = htole16(head);
	ring->avail_idx = (uint16_t)(ring->avail_idx + jumps[t->row]);
	vus_split_publish(ring);
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_STEP(t, check_refused(t, "split_ring.hardening.idx_jump",
				  ILL_FORMED, &decoy));
}

/* An address outside memory, or one whose buffer ends there, in every place
 * where a request has an address.  The request must not succeed, by an older
 * table least of all. */
enum { BAD_HEADER, BAD_DATA, BAD_STATUS, BAD_TABLE, BAD_ENTRY, NO_TABLE };

#define NOWHERE (UINT64_C(1) << 50)

/* A request by a table in memory, with the same buffers. */
static bool serve_by_table(struct vus_ctx *t, const struct vus_shape *shape)
{
	struct vus_session *s = vus_fe(t);
	struct vus_table table;
	struct vus_used used;
	struct vus_err err;

	return vus_step_require_feature(t, VF(RING_INDIRECT_DESC),
					"INDIRECT_DESC") &&
	       vus_step_table_build(t, 0, shape, shape->n, &table) &&
	       vus_step_table_offer(t, 0, &table) &&
	       vus_step_prereq(t, "split_ring.indirect.table",
			       vus_fe_wait_used(s, 0,
						vus_deadline_ms(t->request_ms),
						&used, &err),
			       &err);
}

VUS_CASE(addresses_outside_of_memory_fail,
	 .title = "a request with an address outside of memory fails",
	 .rules = { "split_ring.hardening.bad_addr_anywhere",
		    VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .devices = "blk", .pings = true,
	 .rows = { "header", "data", "status", "table", "entry",
		   "table_nowhere" })
{
	const struct vus_guest *g = &vus_fe(t)->guest;
	const struct vus_guest_region *home = vus_place_home(g);
	const uint64_t end = home->gpa + home->size;
	const bool bad_table = t->row == BAD_TABLE || t->row == NO_TABLE;
	const unsigned piece = t->row == BAD_ENTRY ? 1 : t->row;
	struct vus_shape shape;
	struct vus_table table;
	uint8_t *status;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	status = vus_guest_host(g, shape.segs[2].gpa, 1);
	if (!bad_table)
		shape.segs[piece].gpa = end - shape.segs[piece].len / 2;
	if (t->row < BAD_TABLE) {
		VUS_STEP(t, vus_step_shape_offer(t, 0, &shape, NULL));
	} else if ((bad_table && !serve_by_table(t, &shape)) ||
		   !vus_step_require_feature(t, VF(RING_INDIRECT_DESC),
					     "INDIRECT_DESC") ||
		   !vus_step_table_build(t, 0, &shape, shape.n, &table)) {
		return;
	} else {
		vus_table_write(t, 0, &table);
		*status = 0xff;
		if (bad_table)
			vus_fe(t)->queues[0].ring->desc[table.head].addr =
				htole64(t->row == NO_TABLE
						? NOWHERE
						: end - sizeof(table.e[0]));
		VUS_STEP(t, vus_step_offer_head(t, 0, table.head));
	}
	VUS_STEP(t, vus_step_check_alive(
			    t, "split_ring.hardening.bad_addr_anywhere"));
	VUS_CHECK(t, "split_ring.hardening.bad_addr_anywhere",
		  *status != VIRTIO_BLK_S_OK,
		  "a request with an address outside of memory does not "
		  "succeed",
		  "the request came back with status OK");
	VUS_STEP(t, vus_step_recovers(t));
}

/* virtio 2.7.4.2: writable elements stand behind all readable ones.  Whatever
 * a device does with another order, it must not write a readable buffer. */
VUS_CASE(readable_behind_writable_is_not_written,
	 .title = "a readable buffer behind a writable one is not written",
	 .rules = { "split_ring.hardening.order", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "in_between", "last" })
{
	VUS_AUTO_SNAPSHOT snapshot = { 0 };
	struct vus_shape shape;
	struct vus_err err;
	unsigned at;
	uint64_t gpa;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	VUS_SETUP(t, vus_guest_alloc(&vus_fe(t)->guest, 512, 16, &gpa, &err),
		  &err);
	vus_rand_fill(t->seed, vus_guest_host(&vus_fe(t)->guest, gpa, 512),
		      512);
	vus_snapshot_take(&snapshot,
			  vus_guest_host(&vus_fe(t)->guest, gpa, 512), 512);
	at = t->row == 0 ? shape.n - 1 : shape.n;
	memmove(&shape.segs[at + 1], &shape.segs[at],
		(shape.n - at) * sizeof(shape.segs[0]));
	shape.segs[at] = (struct vus_seg){ gpa, 512, false };
	shape.n++;
	VUS_STEP(t, vus_step_shape_offer(t, 0, &shape, NULL));
	VUS_STEP(t, vus_step_check_alive(t, "split_ring.hardening.order"));
	VUS_CHECK(t, "split_ring.hardening.order",
		  vus_snapshot_diff(&snapshot) == snapshot.len,
		  "a readable buffer is not written",
		  "byte %zu of the readable buffer was written",
		  vus_snapshot_diff(&snapshot));
	VUS_STEP(t, vus_step_recovers(t));
}

/* ---- indirect tables that are not legal ---- */

/* virtio 2.7.5.3.1 forbids the flag to drivers that did not negotiate the
 * feature, and requires nothing of devices: one that serves such a request
 * merely does something unusual. */
VUS_CASE(tables_need_their_feature,
	 .title = "an indirect table is not read without its feature",
	 .rules = { "split_ring.hardening.indirect_gate", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .without_vf = VF(RING_INDIRECT_DESC),
	 .pings = true)
{
	struct vus_table table;
	struct decoy decoy;

	VUS_STEP(t, make_decoy(t, 1, &decoy));
	VUS_STEP(t, vus_step_table_build(t, 0, &decoy.shape, decoy.shape.n,
					 &table));
	VUS_STEP(t, vus_step_table_offer(t, 0, &table));
	VUS_STEP(t,
		 check_refused(t, "split_ring.hardening.indirect_gate",
			       "split_ring.hardening.indirect_gate", &decoy));
}

/* virtio 2.7.5.3: a table has len / 16 entries, and at least the first. */
static const uint32_t table_lengths[] = { 0, 1, 15, 17, 8 * 16 + 8, ~0u };

VUS_CASE(odd_table_lengths_are_refused,
	 .title = "an indirect table with a part of an entry is refused",
	 .rules = { "split_ring.hardening.indirect_len", ILL_FORMED,
		    VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true, .rows = { "0", "1", "15", "17", "136", "4294967295" })
{
	struct vus_table table;
	struct decoy decoy;

	VUS_STEP(t, make_decoy(t, 1, &decoy));
	VUS_STEP(t, vus_step_table_build(t, 0, &decoy.shape, decoy.shape.n,
					 &table));
	vus_table_write(t, 0, &table);
	vus_fe(t)->queues[0].ring->desc[table.head].len =
		htole32(table_lengths[t->row]);
	VUS_STEP(t, vus_step_offer_head(t, 0, table.head));
	VUS_STEP(t, check_refused(t, "split_ring.hardening.indirect_len",
				  ILL_FORMED, &decoy));
}

/* virtio 2.7.5.3.1: "only one table per descriptor". */
VUS_CASE(tables_in_tables_are_refused,
	 .title = "an indirect table within another is not followed",
	 .rules = { "split_ring.hardening.indirect_nested", ILL_FORMED,
		    VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true)
{
	struct vus_shape first, rest;
	struct vus_table outer, inner;
	struct decoy decoy;

	VUS_STEP(t, make_decoy(t, 2, &decoy));
	first = rest = decoy.shape;
	first.n = 1;
	rest.n--;
	memmove(rest.segs, rest.segs + 1, rest.n * sizeof(rest.segs[0]));
	VUS_STEP(t, vus_step_table_build(t, 0, &rest, rest.n, &inner));
	VUS_STEP(t, vus_step_table_build(t, 0, &first, 2, &outer));
	vus_table_write(t, 0, &inner);
	outer.e[0].flags |= htole16(VRING_DESC_F_NEXT);
	outer.e[0].next = htole16(1);
	outer.e[1] = vus_fe(t)->queues[0].ring->desc[inner.head];
	VUS_STEP(t, vus_step_table_offer(t, 0, &outer));
	VUS_STEP(t, check_refused(t, "split_ring.hardening.indirect_nested",
				  ILL_FORMED, &decoy));
}
