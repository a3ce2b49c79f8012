/* SPDX-License-Identifier: BSD-3-Clause */
/* address_translation.c — translation of addresses: the edges of a region, and
 * the two address spaces that must not be mixed.
 *
 * The region under test, TARGET, is a part of a file.  The bytes before and
 * after it are painted, and not announced.  Rings and all other buffers are in
 * the first region. */
#include "fixture/layout.h"
#include "fixture/recovery.h"
#include "fixture/reloc.h"
#include "fixture/rings.h"

#include <inttypes.h>

#define TARGET_SIZE (64 * VUS_KIB)
#define TARGET      VUS_GIB /* guest address */
#define TARGET_END  (TARGET + TARGET_SIZE)
#define TARGET_USER UINT64_C(0x500000000000)

enum { RINGS_REGION, TARGET_REGION, BEFORE, BEHIND };

static const struct vus_region_spec target[] = {
	[RINGS_REGION] = { .gpa = 0, .size = VUS_MIB },
	[TARGET_REGION] = { .gpa = TARGET,
			    .size = TARGET_SIZE,
			    .offset = TARGET_SIZE,
			    .file = 1,
			    .user = TARGET_USER },
	[BEFORE] = { .gpa = TARGET - TARGET_SIZE,
		     .size = TARGET_SIZE,
		     .file = 1,
		     .hidden = true },
	[BEHIND] = { .gpa = TARGET_END,
		     .size = TARGET_SIZE,
		     .offset = 2 * TARGET_SIZE,
		     .file = 1,
		     .hidden = true },
};

/* Announce both regions, with all of the target's file painted. */
static bool announce_regions(struct vus_ctx *t)
{
	if (!vus_layout(t, target, VUS_COUNT(target)))
		return false;
	for (unsigned i = TARGET_REGION; i <= BEHIND; i++)
		vus_guest_paint(&vus_fe(t)->guest, i, t->seed);
	return vus_step_announce_memory(t);
}

static bool announce_and_start(struct vus_ctx *t)
{
	return announce_regions(t) && vus_step_ring_setup(t, 0, 0, 0) &&
	       vus_step_control(t, 0);
}

/* Judge that in the target's file nothing but the buffer at `gpa` was
 * written. */
static bool check_only_buffer(struct vus_ctx *t, const char *rule, uint64_t gpa,
			      uint64_t len)
{
	for (unsigned i = TARGET_REGION; i <= BEHIND; i++) {
		const uint64_t bad = vus_layout_first_change(t, i, gpa, len);

		if (!vus_check(t, rule, bad == UINT64_MAX,
			       "only the buffer is written",
			       "guest byte 0x%" PRIx64
			       " changed, outside of the buffer at 0x%" PRIx64,
			       bad, gpa))
			return false;
	}
	return true;
}

/* Judge a request with one buffer at an edge of the target. */
static bool check_edge(struct vus_ctx *t, const char *rule, bool write,
		       bool last)
{
	struct vus_reloc m;
	uint64_t gpa;

	if (!announce_and_start(t) || !vus_reloc_choose(t, t->seed, write, &m))
		return false;
	gpa = last ? TARGET_END - vus_reloc_len(&m) : TARGET;
	vus_reloc_to(t, &m, gpa);
	return vus_reloc_serve(t, rule, 0, &m) &&
	       check_only_buffer(t, rule, gpa, vus_reloc_len(&m));
}

/* "Memory access": a guest's memory begins where its region does, which need
 * not be address 0. */
static const struct vus_region_spec high[] = {
	{ .gpa = UINT64_C(0x123456000), .size = VUS_MIB },
};

VUS_CASE(memory_may_begin_anywhere,
	 .title = "memory that begins at a high guest address is used",
	 .rules = { "address_translation.guest_lookup" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	VUS_STEP(t, vus_layout(t, high, VUS_COUNT(high)));
	VUS_STEP(t, vus_layout_announce_and_start(
			    t, "address_translation.guest_lookup"));
	VUS_STEP(t, vus_step_ping(t, "address_translation.guest_lookup", 0,
				  t->seed));
}

/* The same heading maps an address to the region that contains it, from its
 * first to its last byte. */
VUS_CASE(buffer_may_begin_a_region,
	 .title = "a buffer at the first byte of a region is used",
	 .rules = { "address_translation.first_byte" },
	 .start = VUS_START_NEGOTIATED, .pings = true, .each_memory = true,
	 .rows = { "read", "written" })
{
	VUS_STEP(t, check_edge(t, "address_translation.first_byte", t->row == 1,
			       false));
}

VUS_CASE(buffer_may_end_a_region,
	 .title = "a buffer that ends with the last byte of a region is used",
	 .rules = { "address_translation.last_byte" },
	 .start = VUS_START_NEGOTIATED, .pings = true, .each_memory = true,
	 .rows = { "read", "written" })
{
	VUS_STEP(t, check_edge(t, "address_translation.last_byte", t->row == 1,
			       true));
}

/* The part of ring 0 that the row names ends with the target, as closely as its
 * alignment allows (the used ring of an even size cannot end there exactly). */
static void place_ring_part(struct vus_ctx *t, struct vus_queue *q)
{
	const unsigned num = q->num;
	const struct {
		uint64_t *gpa, bytes, align;
	} parts[] = {
		{ &q->desc, vus_split_desc_bytes(num), 16 },
		{ &q->avail, vus_split_avail_bytes(num), 2 },
		{ &q->used, vus_split_used_bytes(num), 4 },
	};

	*parts[t->row].gpa =
		(TARGET_END - parts[t->row].bytes) & ~(parts[t->row].align - 1);
}

/* Ring parts are translated as buffers are: the last byte of each may be the
 * last of a region. */
VUS_CASE(ring_part_may_end_a_region,
	 .title = "a ring part that ends with a region is used",
	 .rules = { "address_translation.last_byte" },
	 .start = VUS_START_NEGOTIATED, .pings = true,
	 .rows = { "descriptors", "available", "used" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_err err;

	VUS_STEP(t, announce_regions(t));
	VUS_STEP(t, vus_layout_ring_alloc(t, 0));
	place_ring_part(t, q);
	vus_layout_ring_attach(t);
	VUS_PREREQ(t, "ring_size.set",
		   vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index, q->num,
				    &err),
		   &err);
	/* The message is refused, or the ring not served later, if the last
	 * byte is taken to be outside. */
	VUS_CHECK(t, "address_translation.last_byte",
		  vus_fe_queue_send_addr(s, 0, &err),
		  "a ring part that ends with the last byte of a region is "
		  "accepted",
		  "%s", err.text);
	VUS_STEP(t, vus_step_ring_restart(t, 0, 0));
	VUS_STEP(t,
		 vus_step_ping(t, "address_translation.last_byte", 0, t->seed));
	VUS_STEP(t, vus_step_ping(t, "address_translation.last_byte", 0,
				  t->seed + 1));
}

/* Offer a request with a buffer that the device writes, in no region, and judge
 * that the painted bytes there stay. */
static bool check_unmapped(struct vus_ctx *t, const char *rule, uint64_t gpa,
			   uint64_t len, unsigned region)
{
	uint64_t bad;

	if (!announce_and_start(t) || !vus_reloc_offer_unmapped(t, gpa, len))
		return false;
	bad = vus_guest_unpainted(&vus_fe(t)->guest, region, t->seed);
	return vus_check(t, rule, bad == UINT64_MAX,
			 "nothing is written outside of the regions",
			 "0x%" PRIx64 " was written, which is in no region; "
			 "the buffer begins at 0x%" PRIx64,
			 bad, gpa) &&
	       vus_step_recovers(t);
}

/* "derived": the bytes before and after a region are not guest memory.  The
 * request may fail, the ring stop, or the connection be closed. */
VUS_CASE(one_past_the_end_is_outside,
	 .title = "a buffer that begins after a region is not written",
	 .rules = { "address_translation.one_past", VUS_RECOVERY_RULES },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	VUS_STEP(t, check_unmapped(t, "address_translation.one_past",
				   TARGET_END, VUS_RELOC_SAME_LEN, BEHIND));
}

VUS_CASE(one_before_the_start_is_outside,
	 .title = "a buffer that begins before a region is not written there",
	 .rules = { "address_translation.one_before", VUS_RECOVERY_RULES },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	VUS_STEP(t, check_unmapped(t, "address_translation.one_before",
				   TARGET - 1, VUS_RELOC_SAME_LEN, BEFORE));
}

/* A buffer has to be in memory from its first byte to its last.  Lengths are
 * whole sectors, so that no device refuses them for another reason. */
static const struct {
	uint32_t len, over;
} long_buffers[] = {
	{ 1024, 1 },
	{ 4096 + 512, 4096 },
	{ UINT32_MAX - 511, UINT32_MAX - 1023 },
};

VUS_CASE(buffer_is_checked_to_its_end,
	 .title = "a buffer that begins in a region is not written beyond its "
		  "end",
	 .rules = { "address_translation.end_checked", VUS_RECOVERY_RULES },
	 .start = VUS_START_NEGOTIATED, .pings = true,
	 .rows = { "a_byte", "a_page", "4_gib" })
{
	VUS_STEP(t, check_unmapped(t, "address_translation.end_checked",
				   TARGET_END - (long_buffers[t->row].len -
						 long_buffers[t->row].over),
				   long_buffers[t->row].len, BEHIND));
}

/* The sum of address and length passes 2^64, and must not be taken for a small
 * one. */
static const struct {
	uint64_t gpa;
	uint32_t len;
} wraps[] = {
	{ UINT64_MAX - 511, 1024 },
	{ UINT64_MAX, UINT32_MAX },
};

VUS_CASE(buffer_does_not_wrap,
	 .title = "a buffer that passes the last address does not go on at "
		  "address 0",
	 .rules = { "address_translation.length_wrap", VUS_RECOVERY_RULES },
	 .start = VUS_START_NEGOTIATED, .pings = true,
	 .rows = { "to_zero", "far" })
{
	struct vus_guest *g = &vus_fe(t)->guest;
	const uint64_t page = 4 * VUS_KIB;
	uint64_t bad;

	VUS_STEP(t, announce_and_start(t));
	/* It would go on in the first page, which is not used otherwise. */
	vus_guest_paint_part(g, 0, page, t->seed);
	VUS_STEP(t,
		 vus_reloc_offer_any(t, wraps[t->row].gpa, wraps[t->row].len));
	bad = vus_guest_unpainted_part(g, 0, page, t->seed);
	VUS_CHECK(t, "address_translation.length_wrap", bad == UINT64_MAX,
		  "a buffer that passes the last address does not go on at "
		  "address 0",
		  "guest address 0x%" PRIx64 " was written", bad);
	VUS_STEP(t, vus_step_recovers(t));
}

/* A buffer in no region: the request fails, the ring stops, or the connection
 * is closed, and the process goes on. */
static const uint32_t unmapped_lengths[] = { 0, 1, 4096 };

VUS_CASE(buffer_outside_memory_is_survived,
	 .title = "the back-end survives a buffer in no region",
	 .rules = { "address_translation.unmapped_buffer", VUS_RECOVERY_RULES },
	 .start = VUS_START_NEGOTIATED, .pings = true,
	 .rows = { "empty", "byte", "page" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, announce_and_start(t));
	VUS_STEP(t,
		 vus_reloc_offer_any(t, 5 * VUS_TIB, unmapped_lengths[t->row]));
	VUS_CHECK(t, "address_translation.unmapped_buffer",
		  vus_fe_barrier(s, &err) || err.kind == VUS_ERR_EOF,
		  "after a buffer in no region the next message is answered, "
		  "or the connection closed",
		  "%s", err.text);
	VUS_STEP(t, vus_step_recovers(t));
}

/* The same with two rings: a back-end that keeps the connection has to go on
 * with the other ring. */
VUS_CASE(bad_buffer_affects_its_ring_only,
	 .title = "a buffer in no region leaves other rings running",
	 .rules = { "address_translation.unmapped_buffer", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .queues = 2, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, vus_reloc_offer_any(t, 5 * VUS_TIB, VUS_RELOC_SAME_LEN));
	if (!vus_fe_barrier(s, &err)) {
		VUS_CHECK(t, "address_translation.unmapped_buffer",
			  err.kind == VUS_ERR_EOF,
			  "after a buffer in no region the next message is "
			  "answered, or the connection closed",
			  "%s", err.text);
		return;
	}
	VUS_STEP(t, vus_step_ping(t, "address_translation.unmapped_buffer", 1,
				  t->seed));
	VUS_STEP(t, vus_step_recovers(t));
}

/* "Memory access": without an IOMMU, buffers are given by guest address and
 * rings by user address.  The same number may be valid in both spaces: here the
 * ring's user addresses are also guest addresses of the second region. */
VUS_CASE(address_spaces_are_distinguished,
	 .title = "rings are found by user, buffers by guest address",
	 .rules = { "address_translation.user_lookup",
		    "address_translation.guest_lookup" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	static const struct vus_region_spec specs[] = {
		{ .gpa = 0, .size = VUS_MIB, .user = VUS_GIB },
		{ .gpa = VUS_GIB, .size = VUS_MIB, .file = 1 },
	};

	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	/* In the first region only the guest address of a buffer is valid. */
	VUS_STEP(t, vus_layout_ping(t, "address_translation.user_lookup",
				    512 * VUS_KIB, t->seed));
	VUS_STEP(t, vus_layout_ping(t, "address_translation.guest_lookup",
				    VUS_GIB, t->seed + 1));
}

/* "derived": an address that its own space does not have is not looked up in
 * the other. */
VUS_CASE(buffers_are_not_found_by_user_address,
	 .title = "a buffer whose address is a user address is not written",
	 .rules = { "address_translation.no_mixing", VUS_RECOVERY_RULES },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	VUS_STEP(t,
		 check_unmapped(t, "address_translation.no_mixing", TARGET_USER,
				VUS_RELOC_SAME_LEN, TARGET_REGION));
}

VUS_CASE(rings_are_not_found_by_guest_address,
	 .title = "a ring whose addresses are guest addresses does not run",
	 .rules = { "address_translation.no_mixing" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	struct vus_frame addr =
		vus_request_frame(VUS_FE, VUS_FE_SET_VRING_ADDR);
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_ping ping;
	struct vus_err err;

	VUS_STEP(t, announce_and_start(t));
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_STEP(t, vus_layout_ring_alloc(t, 0));
	VUS_PREREQ(t, "ring_size.set",
		   vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index, q->num,
				    &err),
		   &err);
	VUS_PREREQ(
		t, "ring_base.set",
		vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index, 0, &err),
		&err);
	addr.body.vring_addr = (struct vus_p_vring_addr){
		.index = q->index,
		.desc = q->desc,
		.avail = q->avail,
		.used = q->used,
	};
	/* The message, or any later one, may be refused, or the ring may not
	 * run. */
	vus_may_close(t);
	(void)vus_fe_classify(s, &addr, NULL, NULL);
	if (vus_fe_queue_send_fds(s, 0, &err) && vus_fe_barrier(s, &err) &&
	    (!(s->features & VF(PROTOCOL_FEATURES)) ||
	     vus_fe_queue_enable(s, 0, true, &err))) {
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
		vus_reloc_wait_quiet(t, 0);
	}
	VUS_CHECK(t, "address_translation.no_mixing",
		  vus_split_used_pending(q->ring) == 0,
		  "a ring whose addresses are in no region's user addresses "
		  "does not run",
		  "the ring was served, although only guest addresses lead to "
		  "it");
	VUS_STEP(t, vus_step_control_anew(t, 0));
}
