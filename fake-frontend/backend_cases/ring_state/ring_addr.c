/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_addr.c — SET_VRING_ADDR with addresses and flags that are not legal.
 *
 * A back-end may refuse such a message, close, or store it: then the ring is
 * started and kicked, and must not be served. */
#include "fixture/layout.h"
#include "fixture/places.h"
#include "fixture/shapes.h"
#include "fixture/rings.h"

/* The address of a part of the ring in SET_VRING_ADDR. */
static uint64_t *part_of(struct vus_frame *f, unsigned part)
{
	struct vus_p_vring_addr *a = &f->body.vring_addr;

	return part == 0 ? &a->desc : part == 1 ? &a->avail : &a->used;
}

/* Send `addr` for ring 0 of `num` descriptors, and start the ring if that was
 * accepted.  False: it cannot start, or the verdict is set. */
static bool start_at(struct vus_ctx *t, const char *rule, uint32_t num,
		     const struct vus_frame *addr)
{
	struct vus_session *s = vus_fe(t);
	const uint32_t index = s->queues[0].index;
	struct vus_err err = { 0 };

	return vus_step_setup_companions(t) &&
	       vus_step_prereq(t, "ring_size.set",
			       vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, index,
						num, &err),
			       &err) &&
	       /* The base of the session before may be kept. */
	       vus_step_prereq(t, "ring_base.set",
			       vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, index,
						s->queues[0].base, &err),
			       &err) &&
	       vus_step_is_accepted(t, rule, addr) &&
	       vus_fe_queue_send_fds(s, 0, &err) &&
	       (!(s->features & VF(PROTOCOL_FEATURES)) ||
		vus_fe_queue_enable(s, 0, true, &err));
}

/* "VHOST_USER_SET_VRING_ADDR" gives user addresses, which map to the region
 * that contains them.  One that lies in no region cannot be translated. */
VUS_CASE(parts_outside_of_memory_do_not_run,
	 .title = "a ring of which a part lies in no region does not run",
	 .rules = { "ring_addr.unmapped" }, .start = VUS_START_MEMORY,
	 .pings = true, .rows = { "desc", "avail", "used" })
{
	struct vus_session *s = vus_fe(t);
	const struct vus_guest_region *r = vus_place_home(&s->guest);
	struct vus_ping ping;
	struct vus_frame f;
	struct vus_err err;

	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err);
	f = vus_vring_addr_frame(s, 0);
	*part_of(&f, t->row) = r->user - 4096;
	if (!start_at(t, "ring_addr.unmapped", s->queues[0].num, &f)) {
		(void)!vus_step_control_anew(VUS_AT(t), 0);
		return;
	}
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
	VUS_CHECK(t, "ring_addr.unmapped",
		  vus_fe_ring_is_quiet(s, 0, t->quiet_ms),
		  "a ring that lies outside guest memory is not served",
		  "a request in such a ring was served");
	VUS_STEP(t, vus_step_control_anew(t, 0));
}

/* The end of each part must be checked as well: if only its first byte is, a
 * back-end reads and writes behind the region.  A back-end may translate a
 * ring's addresses once or with each access, so the request is placed where
 * only one that checks neither would find it: in the part of the ring that is
 * outside.
 *
 * Linux makes mappings in order and downwards, so the mapping of one region is
 * followed by that of the region before it.  The ring's region is announced
 * second, and is the first half of a file whose other half is announced first,
 * elsewhere in the guest: in our own mapping the ring is in one piece, and also
 * for a back-end that checks its first byte only.  Neither half follows the
 * other in any announced address space: "User addresses map to the vhost memory
 * region containing that user address", and a back-end that translates byte by
 * byte must not find the rest of the ring. */
#define HALF (64 * VUS_MIB) /* larger than gaps between older mappings */

static const struct vus_region_spec halves[] = {
	{ .gpa = VUS_GIB, .size = HALF },
	{ .gpa = 0,
	  .size = HALF,
	  .offset = HALF,
	  .user = UINT64_C(0x5fff00000000) },
};

#define INSIDE 16 /* entries of the part that are in the region */

static bool lay_halves(struct vus_ctx *t)
{
	struct vus_guest *g = &vus_fe(t)->guest;
	struct vus_guest_region home;

	if (!vus_layout(t, halves, 2))
		return false;
	home = g->regions[0];
	g->regions[0] = g->regions[1];
	g->regions[1] = home;
	return vus_step_announce_memory(t);
}

static void place_over_end(struct vus_session *s, unsigned part)
{
	const struct vus_guest_region *home = &s->guest.regions[1];
	struct vus_queue *q = &s->queues[0];
	uint64_t *const at[] = { &q->desc, &q->avail, &q->used };
	const uint64_t bytes[] = { INSIDE * 16, 4 + INSIDE * 2,
				   4 + INSIDE * 8 };

	*at[part] = home->gpa + home->size - bytes[part];
	vus_split_driver_init(q->ring, q->num,
			      home->host + (q->desc - home->gpa),
			      home->host + (q->avail - home->gpa),
			      home->host + (q->used - home->gpa), q->base);
	q->ring->event_idx = s->features & VF(RING_EVENT_IDX);
}

/* The first descriptors are those inside the region. */
static bool use_up(struct vus_ctx *t, unsigned n)
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	struct vus_err err = { 0 };
	uint16_t head;

	for (unsigned i = 0; i < n; i++) {
		const struct vus_seg seg = { .gpa = VUS_GIB, .len = 1 };

		if (!vus_step_setup(
			    t, vus_split_add(ring, &seg, 1, &head, &err), &err))
			return false;
	}
	return true;
}

VUS_CASE(parts_that_leave_memory_do_not_run,
	 .title = "a ring of which a part ends outside its region does not run",
	 .rules = { "ring_addr.end_checked" }, .start = VUS_START_NEGOTIATED,
	 .pings = true, .rows = { "desc", "avail", "used" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_frame f;
	struct vus_err err;

	VUS_STEP(t, lay_halves(t));
	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 64, INSIDE, &err), &err);
	place_over_end(s, t->row);
	f = vus_vring_addr_frame(s, 0);
	if (!start_at(t, "ring_addr.end_checked", 64, &f)) {
		(void)!vus_step_control_anew(VUS_AT(t), 0);
		return;
	}
	VUS_STEP(t, use_up(t, t->row == 0 ? INSIDE : 0));
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
	VUS_CHECK(
		t, "ring_addr.end_checked",
		vus_fe_ring_is_quiet(s, 0, t->quiet_ms),
		"a ring of which a part ends outside its region is not served",
		"a request was served from memory behind the region");
	VUS_STEP(t, vus_step_check_alive(t, "ring_addr.end_checked"));
	VUS_STEP(t, vus_step_control_anew(t, 0));
}

/* virtio, "Virtqueues": descriptor table, available and used ring are aligned
 * to 16, 2 and 4 bytes.  Other addresses may be refused, or be served byte by
 * byte; the back-end must survive. */
static const uint64_t off_by[] = { 8, 1, 2 };

VUS_CASE(
	unaligned_parts_do_no_harm,
	.title =
		"a ring whose parts are not aligned does not harm the back-end",
	.rules = { "ring_addr.alignment" }, .start = VUS_START_MEMORY,
	.rows = { "desc_by_8", "avail_by_1", "used_by_2" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f;
	struct vus_err err;

	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err);
	f = vus_vring_addr_frame(s, 0);
	*part_of(&f, t->row) += off_by[t->row];
	if (!start_at(t, "ring_addr.alignment", s->queues[0].num, &f))
		return;
	/* Accepted: the kick makes the back-end look at the ring, which is
	 * empty. */
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_CHECK(t, "ring_addr.alignment",
		  vus_fe_barrier(s, &err) || err.kind == VUS_ERR_EOF,
		  "the back-end answers, or closes, when such a ring is kicked",
		  "%s", err.text);
}

/* No heading says that memory comes first.  Addresses may be stored until it
 * does or be refused; they must not be used before. */
VUS_CASE(addresses_before_memory_do_no_harm,
	 .title = "addresses that come before memory are stored or refused",
	 .rules = { "ring_addr.before_mem_table" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	enum vus_outcome outcome;
	struct vus_frame f;
	struct vus_err err;

	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err);
	VUS_STEP(t, vus_step_ring_send_num(t, 0));
	f = vus_vring_addr_frame(s, 0);
	outcome = vus_fe_classify(s, &f, NULL, NULL);
	VUS_EXPECT(t, "ring_addr.before_mem_table", outcome, VUS_ORDERLY,
		   "SET_VRING_ADDR before any memory");
	/* The early message has no effect on a ring that is set up in order. */
	if (outcome != VUS_CLOSED && vus_step_announce_memory(t) &&
	    vus_step_ring_setup(t, 0, 0, 0))
		VUS_STEP(t, vus_step_ping(t, "ring_addr.before_mem_table", 0,
					  t->seed));
}

/* "Migration" defines bit 0 of the flags.  The others may be ignored or
 * refused. */
static const uint32_t odd_flags[] = { 2, UINT32_C(1) << 31, UINT32_MAX - 1 };

VUS_CASE(
	unknown_flags_do_no_harm,
	.title = "undefined flags of a ring's addresses are ignored or refused",
	.rules = { "ring_addr.flags_unknown" }, .start = VUS_START_MEMORY,
	.pings = true, .rows = { "2", "bit_31", "all_but_bit_0" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f;
	struct vus_err err;

	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err);
	f = vus_vring_addr_frame(s, 0);
	f.body.vring_addr.flags = odd_flags[t->row];
	if (start_at(t, "ring_addr.flags_unknown", s->queues[0].num, &f))
		VUS_STEP(t, vus_step_ping(t, "ring_addr.flags_unknown", 0,
					  t->seed));
	else
		(void)!vus_step_control_anew(VUS_AT(t), 0);
}
