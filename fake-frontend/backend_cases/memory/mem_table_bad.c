/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_table_bad.c — memory tables that make no sense.  The specification does
 * not demand that they are refused, but addresses in such a table are ambiguous
 * or invalid.  The back-end may refuse it or close the connection; without
 * REPLY_ACK only a close is seen. */
#include "fixture/layout.h"
#include "fixture/reloc.h"
#include "fixture/rings.h"

#include "base/own.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static bool expect_refusal(struct vus_ctx *t, const char *rule,
			   const struct vus_frame *f,
			   const struct vus_twist *twist, const char *what)
{
	const enum vus_outcome outcome = vus_step_classify(t, f, twist);
	return vus_step_observable(t, outcome) &&
	       vus_expect(t, rule, outcome, VUS_REFUSED | VUS_CLOSED, what);
}

/* The rings' region, and another that the cases change in the message. */
static const struct vus_region_spec two_regions[] = {
	{ .gpa = 0, .size = VUS_MIB },
	{ .gpa = VUS_GIB, .size = VUS_MIB, .file = 1 },
};

/* "derived": an empty region is an error, alone, beside a good one, or at the
 * address of one. */
VUS_CASE(empty_region_is_refused, .title = "a region of size 0 is refused",
	 .rules = { "mem_table.size_zero" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .early = true,
	 .rows = { "alone", "beside", "inside" })
{
	struct vus_frame f;

	VUS_STEP(t, vus_layout(t, two_regions, t->row > 0 ? 2 : 1));
	f = vus_fe_mem_table_frame(vus_fe(t));
	f.body.mem_table.regions[t->row > 0].size = 0;
	if (t->row == 2)
		f.body.mem_table.regions[1].guest_addr = 0;
	VUS_STEP(t, expect_refusal(t, "mem_table.size_zero", &f, NULL,
				   "SET_MEM_TABLE with a region of size 0"));
}

/* The sum of mmap offset and size passes 2^64. */
VUS_CASE(region_does_not_wrap_in_its_file,
	 .title = "a region whose offset and size pass 2^64 is refused",
	 .rules = { "mem_table.wrap_offset" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .rows = { "offset", "size" })
{
	struct vus_frame f = vus_fe_mem_table_frame(vus_fe(t));
	struct vus_p_region *r = &f.body.mem_table.regions[0];

	r->size = t->row == 0 ? 8 * VUS_KIB : UINT64_MAX;
	r->mmap_offset = t->row == 0 ? -4 * VUS_KIB : 4 * VUS_KIB;
	VUS_STEP(t, expect_refusal(t, "mem_table.wrap_offset", &f, NULL,
				   "SET_MEM_TABLE with a region whose offset "
				   "and size pass 2^64"));
}

/* A region that passes the last address may be refused, or lose its last bytes;
 * they must not appear at address 0. */
#define HIGH (-4 * VUS_KIB) /* where the region begins */

static const struct vus_region_spec high_specs[] = {
	{ .gpa = VUS_MIB, .size = VUS_MIB },
	{ .gpa = VUS_TIB, .size = 8 * VUS_KIB, .file = 1, .hidden = true },
};

/* A table of the rings' region and of the other file, at wrapping addresses of
 * the row's kind. */
static enum vus_outcome announce_high(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	struct vus_guest *g = &s->guest;
	struct vus_frame f = vus_fe_mem_table_frame(s);
	struct vus_p_region *r = &f.body.mem_table.regions[1];

	vus_guest_paint(g, 1, t->seed);
	if (t->row == 1)
		g->regions[1].user = HIGH;
	vus_guest_describe(g, 1, r);
	if (t->row == 0)
		r->guest_addr = HIGH;
	f.fds[f.nfds++] = g->backings[1].fd;
	f.body.mem_table.nregions++;
	return vus_step_classify(t, &f, NULL);
}

static bool check_no_buffer_at_zero(struct vus_ctx *t)
{
	uint64_t bad;

	if (!vus_step_ring_setup(t, 0, 0, 0) || !vus_step_control(t, 0) ||
	    !vus_reloc_offer_unmapped(t, 0, VUS_RELOC_SAME_LEN))
		return false;
	bad = vus_guest_unpainted(&vus_fe(t)->guest, 1, t->seed);
	return vus_check(t, "mem_table.wrap_guest", bad == UINT64_MAX,
			 "a buffer at guest address 0 is not found in a region "
			 "that begins at 2^64 - 4096",
			 "byte 0x%" PRIx64 " of that region was written",
			 bad - VUS_TIB);
}

static bool check_no_ring_at_zero(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_ping ping;

	if (!vus_layout_ring_alloc(t, 16))
		return false;
	/* User addresses 0x100 and so on. */
	q->desc = VUS_TIB + 4 * VUS_KIB + 0x100;
	q->avail = q->desc + vus_split_desc_bytes(q->num);
	q->used = (q->avail + vus_split_avail_bytes(q->num) + 3) & ~3ULL;
	vus_layout_ring_attach(t);
	if (vus_layout_ring_send(s)) {
		if (!vus_step_ping_offer(t, 0, t->seed, &ping))
			return false;
		vus_reloc_wait_quiet(t, 0);
	}
	return vus_check(t, "mem_table.wrap_user",
			 vus_split_used_pending(q->ring) == 0,
			 "a ring at user address 0x100 is not found in a "
			 "region that begins at 2^64 - 4096",
			 "the ring was served") &&
	       vus_step_control_anew(t, 0);
}

VUS_CASE(region_does_not_wrap_to_address_zero,
	 .title = "a region that passes the last address is not found at 0",
	 .rules = { "mem_table.wrap_guest", "mem_table.wrap_user" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true, .rows = { "guest_addresses", "user_addresses" })
{
	enum vus_outcome outcome;

	VUS_STEP(t, vus_layout(t, high_specs, VUS_COUNT(high_specs)));
	outcome = announce_high(t);
	VUS_EXPECT_OBSERVABLE(
		t, t->row == 0 ? "mem_table.wrap_guest" : "mem_table.wrap_user",
		outcome, VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED,
		"SET_MEM_TABLE with a region that passes 2^64");
	if (outcome == VUS_REFUSED) {
		VUS_STEP(t, vus_step_announce_memory(t));
		VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
		VUS_STEP(t, vus_step_control(t, 0));
	}
	if (outcome != VUS_ACCEPTED)
		return;
	VUS_STEP(t, t->row == 0 ? check_no_buffer_at_zero(t)
				: check_no_ring_at_zero(t));
}

/* An address in two regions is ambiguous.  These are guest addresses of the
 * second one; the first is [0, 1 MiB). */
static const struct {
	uint64_t gpa, size;
} overlaps[] = {
	{ 0, VUS_MIB },
	{ 256 * VUS_KIB, 256 * VUS_KIB },
	{ VUS_MIB - 4 * VUS_KIB, VUS_MIB },
	{ VUS_MIB - 1, VUS_MIB },
};

VUS_CASE(regions_do_not_overlap,
	 .title = "a table whose regions share guest addresses is refused",
	 .rules = { "mem_table.overlap_guest" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS),
	 .rows = { "equal", "nested", "a_page", "a_byte" })
{
	struct vus_frame f;

	VUS_STEP(t, vus_layout(t, two_regions, VUS_COUNT(two_regions)));
	f = vus_fe_mem_table_frame(vus_fe(t));
	f.body.mem_table.regions[1].guest_addr = overlaps[t->row].gpa;
	f.body.mem_table.regions[1].size = overlaps[t->row].size;
	VUS_STEP(t, expect_refusal(t, "mem_table.overlap_guest", &f, NULL,
				   "SET_MEM_TABLE with regions that share "
				   "guest addresses"));
}

/* User addresses are used for rings only: a table whose regions share some may
 * be refused.  If it is accepted, its guest addresses still work. */
VUS_CASE(shared_user_addresses_are_refused_or_work,
	 .title = "regions that share user addresses are refused, or work",
	 .rules = { "mem_table.overlap_user" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	static const struct vus_region_spec specs[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = VUS_GIB, .size = VUS_MIB, .file = 1, .user = VUS_TIB },
		{ .gpa = VUS_TIB, .size = VUS_MIB, .file = 2, .user = VUS_TIB },
	};
	const char *rule = "mem_table.overlap_user";
	enum vus_outcome outcome;
	struct vus_frame f;

	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	f = vus_fe_mem_table_frame(vus_fe(t));
	outcome = vus_step_classify(t, &f, NULL);
	VUS_EXPECT_OBSERVABLE(
		t, rule, outcome, VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED,
		"SET_MEM_TABLE with two regions at the same user addresses");
	if (outcome != VUS_ACCEPTED)
		return;
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, vus_layout_ping(t, rule, VUS_GIB, t->seed));
	VUS_STEP(t, vus_layout_ping(t, rule, VUS_TIB, t->seed + 1));
}

/* Descriptors that cannot be mapped for reading and writing. */
static int open_unmappable(struct vus_ctx *t, int memory)
{
	char path[64];
	int fds[2];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	switch (t->row) {
	case 0:
		if (pipe2(fds, O_CLOEXEC) < 0)
			return -1;
		(void)close(fds[0]);
		return fds[1];
	case 1:
		return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	case 2:
		return open(path, O_RDONLY | O_CLOEXEC);
	default:
		return open(path, O_WRONLY | O_CLOEXEC);
	}
}

VUS_CASE(unmappable_region_is_refused,
	 .title = "a table with a descriptor that cannot be mapped is refused",
	 .rules = { "mem_table.map_failure" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS),
	 .rows = { "pipe", "directory", "read_only", "write_only" })
{
	struct vus_frame f = vus_fe_mem_table_frame(vus_fe(t));
	VUS_AUTO_FD fd = open_unmappable(t, f.fds[0]);
	struct vus_err err;

	VUS_SETUP(t,
		  fd >= 0 ||
			  vus_fail_sys(
				  &err,
				  "opening a descriptor that cannot be mapped"),
		  &err);
	f.fds[0] = fd;
	VUS_STEP(t, expect_refusal(t, "mem_table.map_failure", &f, NULL,
				   "SET_MEM_TABLE with a descriptor that "
				   "cannot be mapped"));
}

/* "VHOST_USER_SET_MEM_TABLE" has a descriptor for each region: without it the
 * region has no memory. */
VUS_CASE(each_region_needs_its_descriptor,
	 .title = "a table with fewer descriptors than regions is refused",
	 .rules = { "mem_table.fd_count_mismatch" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .rows = { "none_for_two", "one_for_two" })
{
	struct vus_frame f;

	VUS_STEP(t, vus_layout(t, two_regions, VUS_COUNT(two_regions)));
	f = vus_fe_mem_table_frame(vus_fe(t));
	f.nfds = t->row;
	VUS_STEP(t,
		 expect_refusal(
			 t, "mem_table.fd_count_mismatch", &f, NULL,
			 "SET_MEM_TABLE with fewer descriptors than regions"));
}

/* With more descriptors the table may be refused or not.  Those of no region
 * must be closed, or a front-end could use up all descriptors of the
 * back-end. */
static const struct {
	unsigned regions, fds;
} surplus[] = { { 2, 3 }, { 2, 8 }, { 0, 1 } };

VUS_CASE(surplus_descriptors_of_a_table_are_closed,
	 .title = "descriptors beyond a table's regions are closed",
	 .rules = { "mem_table.fd_count_mismatch" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .early = true,
	 .rows = { "three_for_two", "eight_for_two", "one_for_none" })
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_frame f;
	struct vus_err err;

	VUS_STEP(t, vus_layout(t, two_regions, VUS_COUNT(two_regions)));
	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	f = vus_fe_mem_table_frame(s);
	f.body.mem_table.nregions = surplus[t->row].regions;
	f.nfds = surplus[t->row].fds;
	for (unsigned i = surplus[t->row].regions; i < f.nfds; i++)
		f.fds[i] = wr;
	(void)vus_fe_classify(s, &f, NULL, NULL);
	vus_fd_close(&wr);
	VUS_CHECK(t, "mem_table.fd_count_mismatch", vus_pipe_released(t, rd),
		  "descriptors beyond the regions of a table are closed",
		  "a descriptor beyond the table's regions is still open %d ms "
		  "after the next answer",
		  VUS_RELEASE_MS);
}

/* "Memory regions description" ends with region 7.  The payload has eight
 * regions in each row, whatever the count says. */
static const uint32_t too_many[] = { 9, 255, 0x10000, UINT32_MAX };

VUS_CASE(table_has_eight_regions_at_most,
	 .title = "a table that counts more than eight regions is refused",
	 .rules = { "mem_table.too_many_regions" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .early = true, .rows = { "9", "255", "65536", "all_ones" })
{
	struct vus_region_spec specs[VUS_MAX_REGIONS];
	struct vus_frame f;

	for (unsigned i = 0; i < VUS_MAX_REGIONS; i++)
		specs[i] = (struct vus_region_spec){ .gpa = i * VUS_GIB,
						     .size = VUS_MIB,
						     .file = i };
	VUS_STEP(t, vus_layout(t, specs, VUS_MAX_REGIONS));
	f = vus_fe_mem_table_frame(vus_fe(t));
	f.body.mem_table.nregions = too_many[t->row];
	VUS_STEP(t,
		 expect_refusal(
			 t, "mem_table.too_many_regions", &f, NULL,
			 "SET_MEM_TABLE that counts more than eight regions"));
}

/* Regions that are counted and not sent must not be read from what the buffer
 * held before. */
VUS_CASE(counted_regions_are_sent,
	 .title = "a table that ends before its last region is refused",
	 .rules = { "mem_table.count_beyond_payload" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .early = true)
{
	const unsigned counted = 4;
	uint8_t payload[8 + 32]; /* one region */
	const struct vus_twist twist = { .payload = payload,
					 .payload_len = sizeof(payload) };
	struct vus_frame f = vus_fe_mem_table_frame(vus_fe(t));

	f.body.mem_table.nregions = counted;
	f.nfds = counted;
	for (unsigned i = 1; i < counted; i++)
		f.fds[i] = f.fds[0];
	(void)vus_encode(&vus_payload_mem_table, &f.body, payload,
			 sizeof(payload));
	VUS_STEP(t,
		 expect_refusal(
			 t, "mem_table.count_beyond_payload", &f, &twist,
			 "SET_MEM_TABLE that counts four regions and has one"));
}

/* A table without regions removes all memory, or is refused.  A ring that was
 * running must not be accessed once there is no memory. */
VUS_CASE(empty_table_leaves_no_memory,
	 .title = "after a table without regions nothing is served",
	 .rules = { "mem_table.zero_regions" }, .start = VUS_START_RUNNING,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_fe_mem_table_frame(s);
	enum vus_outcome outcome;
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	f.body.mem_table.nregions = 0;
	f.nfds = 0;
	outcome = vus_step_classify(t, &f, NULL);
	VUS_EXPECT_OBSERVABLE(t, "mem_table.zero_regions", outcome,
			      VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED,
			      "SET_MEM_TABLE without regions");
	if (outcome != VUS_ACCEPTED)
		return;
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_CHECK(t, "mem_table.zero_regions",
		  vus_fe_ring_is_quiet(s, 0, t->quiet_ms),
		  "after a table without regions no ring is served",
		  "a request was served in memory that was removed");
}
