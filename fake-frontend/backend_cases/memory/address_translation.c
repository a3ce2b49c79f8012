/* SPDX-License-Identifier: BSD-3-Clause */
/* address_translation.c — from addresses to memory: the edges of a region, and
 * the two address spaces that must not be mixed.
 *
 * The region under test is an island: a part of a file whose bytes before and
 * behind it were not announced, and are painted.  Rings and all other buffers
 * are at home. */
#include "fixture/layout.h"
#include "fixture/reloc.h"

#include <inttypes.h>

#define ISLAND_SIZE (64 * VUS_KIB)
#define TARGET      VUS_GIB /* guest address */
#define ISLAND_END  (TARGET + ISLAND_SIZE)
#define ISLAND_USER UINT64_C(0x500000000000)

enum { RINGS_REGION, TARGET_REGION, BEFORE, BEHIND };

static const struct vus_region_spec target[] = {
	[RINGS_REGION] = { .gpa = 0, .size = VUS_MIB },
	[TARGET_REGION] = { .gpa = TARGET,
			    .size = ISLAND_SIZE,
			    .offset = ISLAND_SIZE,
			    .file = 1,
			    .user = ISLAND_USER },
	[BEFORE] = { .gpa = TARGET - ISLAND_SIZE,
		     .size = ISLAND_SIZE,
		     .file = 1,
		     .hidden = true },
	[BEHIND] = { .gpa = ISLAND_END,
		     .size = ISLAND_SIZE,
		     .offset = 2 * ISLAND_SIZE,
		     .file = 1,
		     .hidden = true },
};

/* Both regions announced, all of the island's file painted. */
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
	return announce_regions(t) && vus_step_ring_setup(t, 0, 0, 0);
}

/* Nothing of the island's file was touched but the buffer at `gpa`. */
static void only_touched(struct vus_ctx *t, const char *rule, uint64_t gpa,
			 uint64_t len)
{
	for (unsigned i = TARGET_REGION; i <= BEHIND; i++) {
		const uint64_t bad = vus_layout_first_change(t, i, gpa, len);

		VUS_OLD_CHECK(t, rule, bad == UINT64_MAX,
			      "changed guest byte 0x%" PRIx64
			      ", outside of the buffer at 0x%" PRIx64,
			      bad, gpa);
	}
}

/* Serve a request with one buffer at an edge of the island. */
static void serve_at(struct vus_ctx *t, const char *rule, bool write, bool last)
{
	struct vus_reloc m;
	uint64_t gpa;

	if (!announce_and_start(t) || !vus_reloc_choose(t, t->seed, write, &m))
		return;
	gpa = last ? ISLAND_END - vus_reloc_len(&m) : TARGET;
	vus_reloc_to(t, &m, gpa);
	if (vus_reloc_serve(t, rule, 0, &m))
		only_touched(t, rule, gpa, vus_reloc_len(&m));
}

/* "Memory access" maps an address to the region that contains it: the first
 * byte is in it, and the last. */
VUS_CASE(buffer_may_begin_a_region,
	 .title = "a buffer at the first byte of a region is used",
	 .rules = { "address_translation.first_byte" },
	 .start = VUS_START_NEGOTIATED, .pings = true, .each_memory = true,
	 .rows = { "read", "written" })
{
	serve_at(t, "address_translation.first_byte", t->row == 1, false);
}

VUS_CASE(buffer_may_end_a_region,
	 .title = "a buffer that ends with the last byte of a region is used",
	 .rules = { "address_translation.last_byte" },
	 .start = VUS_START_NEGOTIATED, .pings = true, .each_memory = true,
	 .rows = { "read", "written" })
{
	serve_at(t, "address_translation.last_byte", t->row == 1, true);
}

/* The part of ring 0 that the row names ends the island, as nearly as its
 * alignment lets it (the used ring of an even size never does quite). */
static void move_part(struct vus_ctx *t, struct vus_queue *q)
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
		(ISLAND_END - parts[t->row].bytes) & ~(parts[t->row].align - 1);
}

/* virtio's ring parts count like buffers: the last byte of each may be the last
 * of a region. */
VUS_CASE(ring_part_may_end_a_region,
	 .title = "a ring part that ends with a region is used",
	 .rules = { "address_translation.last_byte" },
	 .start = VUS_START_NEGOTIATED, .pings = true,
	 .rows = { "descriptors", "available", "used" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_err err;

	if (!announce_regions(t) || !vus_layout_ring_alloc(t, 0))
		return;
	move_part(t, q);
	vus_layout_ring_attach(t);
	VUS_PREREQ(t, "ring_size.set",
		   vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index, q->num,
				    &err),
		   &err);
	/* Refused here, or not served later: the last byte was not inside. */
	VUS_OLD_CHECK(t, "address_translation.last_byte",
		      vus_fe_queue_send_addr(s, 0, &err), "%s", err.text);
	VUS_STEP(t, vus_step_ring_restart(t, 0, 0));
	VUS_STEP(t,
		 vus_step_ping(t, "address_translation.last_byte", 0, t->seed));
	VUS_STEP(t, vus_step_ping(t, "address_translation.last_byte", 0,
				  t->seed + 1));
}

/* Offer a request with a buffer that the device writes, at an address where it
 * must not, and see that the painted bytes there stay. */
static void set_gap(struct vus_ctx *t, const char *rule, uint64_t gpa,
		    uint64_t len, unsigned region)
{
	uint64_t bad;

	if (!announce_and_start(t) || !vus_reloc_offer_unmapped(t, gpa, len))
		return;
	bad = vus_guest_unpainted(&vus_fe(t)->guest, region, t->seed);
	VUS_OLD_CHECK(t, rule, bad == UINT64_MAX,
		      "wrote to 0x%" PRIx64 ", which is in no region: a buffer "
		      "began at 0x%" PRIx64,
		      bad, gpa);
}

/* "derived": what follows or precedes a region is not guest memory.  The
 * request may be failed, the ring broken or the connection closed. */
VUS_CASE(one_past_the_end_is_outside,
	 .title = "a buffer that begins behind a region is not written",
	 .rules = { "address_translation.one_past" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	set_gap(t, "address_translation.one_past", ISLAND_END,
		VUS_RELOC_SAME_LEN, BEHIND);
}

VUS_CASE(one_before_the_start_is_outside,
	 .title = "a buffer that begins before a region is not written there",
	 .rules = { "address_translation.one_before" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	set_gap(t, "address_translation.one_before", TARGET - 1,
		VUS_RELOC_SAME_LEN, BEFORE);
}

/* The whole of a buffer has to be in memory, not its first byte alone.  Lengths
 * are whole sectors, so that no device refuses them for another reason. */
static const struct {
	uint32_t len, over;
} ends[] = {
	{ 1024, 1 },
	{ 4096 + 512, 4096 },
	{ UINT32_MAX - 511, UINT32_MAX - 1023 },
};

VUS_CASE(buffer_is_checked_to_its_end,
	 .title = "nothing is written behind a region that a buffer begins in",
	 .rules = { "address_translation.end_checked" },
	 .start = VUS_START_NEGOTIATED, .pings = true,
	 .rows = { "a_byte", "a_page", "4_gib" })
{
	set_gap(t, "address_translation.end_checked",
		ISLAND_END - (ends[t->row].len - ends[t->row].over),
		ends[t->row].len, BEHIND);
}

/* A sum of address and length that passes 2^64 must not pass a check. */
static const struct {
	uint64_t gpa;
	uint32_t len;
} wraps[] = {
	{ UINT64_MAX - 511, 1024 },
	{ UINT64_MAX, UINT32_MAX },
};

VUS_CASE(buffer_does_not_wrap,
	 .title = "a buffer that passes the last address harms nobody",
	 .rules = { "address_translation.length_wrap" },
	 .start = VUS_START_NEGOTIATED, .pings = true,
	 .rows = { "to_zero", "far" })
{
	struct vus_guest *g = &vus_fe(t)->guest;
	const uint64_t page = 4 * VUS_KIB;
	uint64_t bad;

	if (!announce_and_start(t))
		return;
	/* Where it would go on: the first page, which nobody uses. */
	vus_guest_paint_part(g, 0, page, t->seed);
	VUS_STEP(t,
		 vus_reloc_offer_any(t, wraps[t->row].gpa, wraps[t->row].len));
	bad = vus_guest_unpainted_part(g, 0, page, t->seed);
	VUS_OLD_CHECK(t, "address_translation.length_wrap", bad == UINT64_MAX,
		      "went on at guest address 0x%" PRIx64, bad);
}

/* An address in no region: the request is failed, the ring broken, or the
 * connection closed, and the back-end lives. */
static const uint32_t nowhere[] = { 0, 1, 4096 };

VUS_CASE(buffer_outside_memory_is_survived,
	 .title = "a buffer in no region does not kill the back-end",
	 .rules = { "address_translation.unmapped_buffer" },
	 .start = VUS_START_NEGOTIATED, .pings = true,
	 .rows = { "empty", "byte", "page" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	if (!announce_and_start(t) ||
	    !vus_reloc_offer_any(t, 5 * VUS_TIB, nowhere[t->row]))
		return;
	VUS_OLD_CHECK(t, "address_translation.unmapped_buffer",
		      vus_fe_barrier(s, &err) || err.kind == VUS_ERR_EOF, "%s",
		      err.text);
}

/* The same on one ring of two, where a back-end that keeps the connection has
 * to go on with the other. */
VUS_CASE(bad_buffer_affects_its_ring_only,
	 .title = "a buffer in no region leaves other rings running",
	 .rules = { "address_translation.unmapped_buffer" },
	 .start = VUS_START_RUNNING, .queues = 2, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, vus_reloc_offer_any(t, 5 * VUS_TIB, VUS_RELOC_SAME_LEN));
	if (!vus_fe_barrier(s, &err)) {
		VUS_OLD_CHECK(t, "address_translation.unmapped_buffer",
			      err.kind == VUS_ERR_EOF, "%s", err.text);
		return;
	}
	VUS_STEP(t, vus_step_ping(t, "address_translation.unmapped_buffer", 1,
				  t->seed));
}

/* "Memory access": without an IOMMU, buffers are given by guest address and
 * rings by user address.  The ranges of either space may look like the other's:
 * here the ring's user addresses are the second region's guest addresses. */
VUS_CASE(address_spaces_are_distinguished,
	 .title = "rings go by user address and buffers by guest address",
	 .rules = { "address_translation.user_lookup",
		    "address_translation.guest_lookup" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	static const struct vus_region_spec plots[] = {
		{ .gpa = 0, .size = VUS_MIB, .user = VUS_GIB },
		{ .gpa = VUS_GIB, .size = VUS_MIB, .file = 1 },
	};

	if (!vus_layout(t, plots, VUS_COUNT(plots)) ||
	    !vus_step_announce_memory(t) || !vus_step_ring_setup(t, 0, 0, 0))
		return;
	/* Buffers at home are guest addresses to any reader. */
	if (vus_layout_ping(t, "address_translation.user_lookup", 512 * VUS_KIB,
			    t->seed))
		vus_layout_ping(t, "address_translation.guest_lookup", VUS_GIB,
				t->seed + 1);
}

/* "derived": no address is looked up in the other space because its own does
 * not have it. */
VUS_CASE(buffers_are_not_found_by_user_address,
	 .title = "a buffer whose address is a user address is not written",
	 .rules = { "address_translation.no_mixing" },
	 .start = VUS_START_NEGOTIATED, .pings = true)
{
	set_gap(t, "address_translation.no_mixing", ISLAND_USER,
		VUS_RELOC_SAME_LEN, TARGET_REGION);
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

	if (!announce_regions(t) || !vus_layout_ring_alloc(t, 0))
		return;
	VUS_PREREQ(t, "ring_size.set",
		   vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index, q->num,
				    &err),
		   &err);
	addr.body.vring_addr = (struct vus_p_vring_addr){
		.index = q->index,
		.desc = q->desc,
		.avail = q->avail,
		.used = q->used,
	};
	/* It may be refused at once, or at any later step, or never run. */
	(void)vus_fe_classify(s, &addr, NULL, NULL);
	if (vus_fe_queue_send_fds(s, 0, &err) && vus_fe_barrier(s, &err) &&
	    (!(s->features & VF(PROTOCOL_FEATURES)) ||
	     vus_fe_queue_enable(s, 0, true, &err))) {
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
		vus_reloc_wait_quiet(t, 0);
	}
	VUS_OLD_CHECK(t, "address_translation.no_mixing",
		      vus_split_used_pending(q->ring) == 0,
		      "served a ring that no user address leads to");
}
