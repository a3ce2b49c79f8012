/* SPDX-License-Identifier: BSD-3-Clause */
/* region_file.c — regions and the files they are in: ends and offsets within
 * a page, regions beyond the end of a file, and what a back-end may do to a
 * file. */
#include "fixture/layout.h"
#include "fixture/reloc.h"

#include "base/own.h"
#include "proc/proc.h"
#include "ring/split_watch.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAR VUS_GIB /* guest address of the region under test */

/* The rings' region, and a region whose file is too short or changes. */
static const struct vus_region_spec two_regions[] = {
	{ .gpa = 0, .size = VUS_MIB },
	{ .gpa = FAR, .size = VUS_MIB, .file = 1 },
};

/* What was refused was not refused because nothing ever works.  A refusal may
 * end the session, too. */
static void control_plain(struct vus_ctx *t)
{
	struct vus_err err = { 0 };

	if (!vus_fe_barrier(vus_fe(t), &err) && err.kind == VUS_ERR_EOF)
		return;
	if (vus_layout(t, two_regions, 1) && vus_step_announce_memory(t) &&
	    vus_step_ring_setup(t, 0, 0, 0))
		(void)!vus_step_control(t, 0);
}

/* Announce memory that may be refused; true: it was accepted.  False may mean
 * that it was refused, which `rule` allows: the case passes then. */
static bool announce_is_accepted(struct vus_ctx *t, const char *rule)
{
	struct vus_err err = { 0 };
	const bool ok = vus_fe_announce_memory(vus_fe(t), &err) &&
			vus_fe_barrier(vus_fe(t), &err);
	const bool refused =
		err.kind == VUS_ERR_REFUSED || err.kind == VUS_ERR_EOF;

	if (!vus_check(t, rule, ok || refused,
		       "the region is accepted, refused or answered by a close",
		       "%s", err.text))
		return false;
	if (err.kind == VUS_ERR_REFUSED && t->c->pings)
		control_plain(t);
	return ok;
}

/* "derived": a region at an offset within a page is mapped or refused, and not
 * shifted.  The partition of a disk image and libblkio's buffers have such
 * offsets. */
static const uint64_t odd_offsets[] = { 1, 512, 4095, 4097 };

VUS_CASE(offset_within_a_page_shifts_nothing,
	 .title = "a region at an mmap offset within a page is not shifted, or "
		  "refused",
	 .rules = { "mem_table.offset_unaligned" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true, .rows = { "1", "512", "4095", "4097" })
{
	const char *rule = "mem_table.offset_unaligned";
	const struct vus_region_spec specs[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = FAR,
		  .size = VUS_MIB,
		  .offset = odd_offsets[t->row],
		  .file = 1 },
	};

	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	if (!announce_is_accepted(VUS_AT(t), rule))
		return;
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, vus_layout_ping(t, rule, FAR, t->seed));
	VUS_STEP(t, vus_layout_ping(t, rule, FAR + VUS_MIB / 2, t->seed + 1));
}

/* The same for a size that is no multiple of a page: the last byte can be
 * used. */
static const uint64_t odd_sizes[] = { 4095, 4097, VUS_MIB + 512 };

VUS_CASE(size_within_a_page_loses_nothing,
	 .title = "a region that ends within a page is usable to its end, or "
		  "refused",
	 .rules = { "mem_table.size_unaligned" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true,
	 .rows = { "4095", "4097", "1_mib_512" })
{
	const char *rule = "mem_table.size_unaligned";
	const struct vus_region_spec specs[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = FAR, .size = odd_sizes[t->row], .file = 1 },
	};
	struct vus_reloc m;

	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	if (!announce_is_accepted(VUS_AT(t), rule))
		return;
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, vus_reloc_choose(t, t->seed, true, &m));
	vus_reloc_to(t, &m, FAR + odd_sizes[t->row] - vus_reloc_len(&m));
	VUS_STEP(t, vus_reloc_serve(t, rule, 0, &m));
}

/* Offer a request with a buffer in the middle of the far region, and judge that
 * the back-end survives: it may fail the request, stop the ring or close. */
static bool check_survives_request(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	bool ok;

	if (!vus_step_ring_setup(t, 0, 0, 0) || !vus_step_control(t, 0))
		return false;
	/* A watch would look at the buffer. */
	vus_split_break(s->queues[0].ring);
	if (!vus_reloc_offer_any(t, FAR + VUS_MIB / 2, VUS_RELOC_SAME_LEN))
		return false;
	ok = vus_fe_barrier(s, &err);
	return vus_check(t, rule, ok || err.kind == VUS_ERR_EOF,
			 "a request with a buffer beyond the end of the file "
			 "does not end the back-end",
			 "%s", err.text);
}

/* An access beyond the end of a file raises SIGBUS. A front-end that announces
 * such a region, or truncates the file later, must not end the back-end with
 * it.  We do not access it ourselves. */
VUS_CASE(short_file_is_survived,
	 .title = "the back-end survives a region beyond the end of its file",
	 .rules = { "mem_table.file_too_short", "mem_table.file_cut_later" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true, .rows = { "announced_so", "cut_later" })
{
	const char *rule = t->c->rules[t->row];
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	int fd;

	VUS_STEP(t,
		 vus_layout_unsealed(t, two_regions, VUS_COUNT(two_regions)));
	fd = s->guest.backings[1].fd;
	if (t->row == 0)
		VUS_SETUP(t, vus_layout_truncate(fd, 4 * VUS_KIB, &err), &err);
	if (!announce_is_accepted(VUS_AT(t), rule))
		return;
	if (t->row == 1) {
		VUS_SETUP(t, vus_layout_truncate(fd, 0, &err), &err);
		vus_end_breaks(t, rule);
	}
	VUS_STEP(t, check_survives_request(t, rule));
}

/* Memory takes space when it is touched: a region of many TiB is refused or
 * mapped, at a cost that does not grow with its size. */
static const uint64_t huge_sizes[] = { VUS_TIB, 16 * VUS_TIB };

#define COST_MAX (128 * VUS_MIB) /* bytes of its own memory */

VUS_CASE(huge_region_costs_little,
	 .title = "a huge, sparse region is refused or mapped at little cost",
	 .rules = { "mem_table.huge_size" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .rows = { "1_tib", "16_tib" })
{
	const struct vus_region_spec specs[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = VUS_TIB, .size = huge_sizes[t->row], .file = 1 },
	};
	struct vus_session *s = vus_fe(t);
	uint64_t before = 0, after = 0;
	struct vus_err err;
	pid_t pid = 0;

	VUS_STEP(t, vus_layout_allow_sparse(t));
	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	if (!vus_proc_of_socket(s->link.fd, &pid, &err) ||
	    !vus_proc_resident(pid, &before, &err))
		VUS_SKIP(t, "the peer's memory cannot be looked at");
	if (!announce_is_accepted(VUS_AT(t), "mem_table.huge_size") ||
	    !vus_proc_resident(pid, &after, &err))
		return;
	VUS_CHECK(t, "mem_table.huge_size", after < before + COST_MAX,
		  "a region that is never touched costs little memory",
		  "the process grew from %" PRIu64 " to %" PRIu64 " KiB",
		  before / VUS_KIB, after / VUS_KIB);
}

/* The region is mapped, and not the file from its beginning: address space is
 * limited as memory is. */
VUS_CASE(region_is_mapped_from_its_offset,
	 .title = "a region far into its file costs no more address space",
	 .rules = { "mem_table.one_file_many_mappings" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS))
{
	static const struct vus_region_spec specs[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = FAR, .size = VUS_MIB, .offset = VUS_TIB, .file = 1 },
	};
	struct vus_session *s = vus_fe(t);
	uint64_t bytes = 0;
	struct stat st;
	struct vus_err err;
	pid_t pid = 0;

	VUS_STEP(t, vus_layout_allow_sparse(t));
	VUS_STEP(t, vus_layout(t, specs, VUS_COUNT(specs)));
	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_SETUP(
		t,
		fstat(s->guest.backings[1].fd, &st) == 0 ||
			vus_fail_sys(&err, "reading the state of guest memory"),
		&err);
	if (!vus_proc_of_socket(s->link.fd, &pid, &err) ||
	    !vus_proc_mapped(pid, &st, &bytes, &err))
		VUS_SKIP(t, "the peer's mappings cannot be looked at");
	VUS_CHECK(t, "mem_table.one_file_many_mappings",
		  bytes < VUS_MIB + VUS_GIB,
		  "a region costs no more address space than its size",
		  "%" PRIu64 " MiB are mapped for a region of 1 MiB",
		  bytes / VUS_MIB);
}

/* "derived": a back-end reads and writes guest memory as requests say, and
 * never truncates its file or punches holes. */
VUS_CASE(files_keep_their_size_and_content,
	 .title = "a session does not change the size or other content of a "
		  "memory file",
	 .rules = { "mem_table.no_resize" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true, .each_memory = true)
{
	const char *rule = "mem_table.no_resize";
	struct vus_session *s = vus_fe(t);
	struct stat before, after;
	struct vus_err err;
	uint64_t bad;
	int fd;

	VUS_STEP(t,
		 vus_layout_unsealed(t, two_regions, VUS_COUNT(two_regions)));
	fd = s->guest.backings[1].fd;
	vus_guest_paint(&s->guest, 1, t->seed);
	VUS_SETUP(
		t,
		fstat(fd, &before) == 0 ||
			vus_fail_sys(&err, "reading the size of guest memory"),
		&err);
	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, vus_layout_ping(t, rule, FAR, t->seed));
	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_CHECK(t, rule,
		  fstat(fd, &after) == 0 && after.st_size == before.st_size,
		  "the size of the file stays as it was",
		  "the file was %lld bytes, and is %lld",
		  (long long)before.st_size, (long long)after.st_size);
	bad = vus_layout_first_change(t, 1, FAR, 64 * VUS_KIB);
	VUS_CHECK(t, rule, bad == UINT64_MAX,
		  "only the buffer of the request is written",
		  "byte 0x%" PRIx64
		  " of the file changed, outside of the buffer",
		  bad - FAR);
}
