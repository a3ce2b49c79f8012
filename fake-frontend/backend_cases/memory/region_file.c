/* SPDX-License-Identifier: BSD-3-Clause */
/* region_file.c — regions against the files they lie in: ends and offsets
 * within a page, more than there is, and what a back-end may do to a file. */
#include "fixture/layout.h"
#include "fixture/reloc.h"

#include "base/own.h"
#include "proc/proc.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAR VUS_GIB /* guest address of the region under test */

/* Announce what may well be refused; true: it was taken.  That is judged, so
 * that a case which ends here has said something. */
static bool file_is_accepted(struct vus_ctx *t, const char *rule)
{
	struct vus_err err = { 0 };
	const bool ok = vus_fe_announce_memory(vus_fe(t), &err) &&
			vus_fe_barrier(vus_fe(t), &err);
	const bool refused =
		err.kind == VUS_ERR_REFUSED || err.kind == VUS_ERR_EOF;

	return vus_check(t, rule, ok || refused, "taken or refused", "%s",
			 err.text) &&
	       ok;
}

/* "derived": an offset within a page is mapped or refused, and nothing is
 * shifted.  A disk image's partition, or libblkio's buffers, are such. */
static const uint64_t offsets[] = { 1, 512, 4095, 4097 };

VUS_CASE(offset_within_a_page_shifts_nothing,
	 .title = "a region at an odd mmap offset is in its place, or refused",
	 .rules = { "mem_table.offset_unaligned" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true, .rows = { "1", "512", "4095", "4097" })
{
	const char *rule = "mem_table.offset_unaligned";
	const struct vus_region_spec plots[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = FAR,
		  .size = VUS_MIB,
		  .offset = offsets[t->row],
		  .file = 1 },
	};

	if (!vus_layout(t, plots, VUS_COUNT(plots)) ||
	    !file_is_accepted(t, rule) || !vus_step_ring_setup(t, 0, 0, 0) ||
	    !vus_layout_ping(t, rule, FAR, t->seed))
		return;
	vus_layout_ping(t, rule, FAR + VUS_MIB / 2, t->seed + 1);
}

/* The same of a size that is no number of pages: its last byte is there. */
static const uint64_t sizes[] = { 4095, 4097, VUS_MIB + 512 };

VUS_CASE(size_within_a_page_loses_nothing,
	 .title = "a region of an odd size is there to its end, or refused",
	 .rules = { "mem_table.size_unaligned" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true,
	 .rows = { "4095", "4097", "1_mib_512" })
{
	const char *rule = "mem_table.size_unaligned";
	const struct vus_region_spec plots[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = FAR, .size = sizes[t->row], .file = 1 },
	};
	struct vus_reloc m;

	if (!vus_layout(t, plots, VUS_COUNT(plots)) ||
	    !file_is_accepted(t, rule) || !vus_step_ring_setup(t, 0, 0, 0) ||
	    !vus_reloc_choose(t, t->seed, true, &m))
		return;
	vus_reloc_to(t, &m, FAR + sizes[t->row] - vus_reloc_len(&m));
	vus_reloc_serve(t, rule, 0, &m);
}

/* Home, and a region whose file the row does not fit. */
static const struct vus_region_spec and_far[] = {
	{ .gpa = 0, .size = VUS_MIB },
	{ .gpa = FAR, .size = VUS_MIB, .file = 1 },
};

/* Offer a request with a buffer in the middle of the far region, and see that
 * the back-end lives: it may fail it, break the ring or close. */
static void check_survival(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	bool ok;

	if (!vus_step_ring_setup(t, 0, 0, 0) ||
	    !vus_reloc_offer_any(t, FAR + VUS_MIB / 2, VUS_RELOC_SAME_LEN))
		return;
	ok = vus_fe_barrier(s, &err);
	VUS_OLD_CHECK(t, rule, ok || err.kind == VUS_ERR_EOF, "%s", err.text);
}

/* Bytes that a file does not have cannot be mapped: touching them is a SIGBUS.
 * A front-end that announces them, or cuts the file afterwards, must not kill
 * the back-end by it.  We do not touch them ourselves. */
VUS_CASE(short_file_is_survived,
	 .title = "a region beyond the end of its file is survived",
	 .rules = { "mem_table.file_too_short" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true,
	 .rows = { "announced_so", "cut_later" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	int fd;

	VUS_STEP(t, vus_layout_unsealed(t, and_far, VUS_COUNT(and_far)));
	fd = s->guest.backings[1].fd;
	if (t->row == 0)
		VUS_SETUP(t, vus_layout_truncate(fd, 4 * VUS_KIB, &err), &err);
	if (!file_is_accepted(t, "mem_table.file_too_short"))
		return;
	if (t->row == 1)
		VUS_SETUP(t, vus_layout_truncate(fd, 0, &err), &err);
	check_survival(t, "mem_table.file_too_short");
}

/* Memory is not there until it is touched: a region of many TiB is refused or
 * mapped, at no cost that grows with its pages. */
static const uint64_t huge[] = { VUS_TIB, 16 * VUS_TIB };

#define COST_MAX (128 * VUS_MIB) /* bytes of its own memory */

VUS_CASE(huge_region_costs_little,
	 .title = "a huge, empty region is refused or mapped at little cost",
	 .rules = { "mem_table.huge_size" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .rows = { "1_tib", "16_tib" })
{
	const struct vus_region_spec plots[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = VUS_TIB, .size = huge[t->row], .file = 1 },
	};
	struct vus_session *s = vus_fe(t);
	uint64_t before = 0, after = 0;
	struct vus_err err;
	pid_t pid = 0;

	if (!vus_layout_allow_sparse(t) ||
	    !vus_layout(t, plots, VUS_COUNT(plots)))
		return;
	if (!vus_proc_of_socket(s->link.fd, &pid, &err) ||
	    !vus_proc_resident(pid, &before, &err))
		VUS_SKIP(t, "the peer's memory cannot be looked at");
	if (!file_is_accepted(t, "mem_table.huge_size") ||
	    !vus_proc_resident(pid, &after, &err))
		return;
	VUS_OLD_CHECK(t, "mem_table.huge_size", after < before + COST_MAX,
		      "grew from %" PRIu64 " to %" PRIu64
		      " KiB for a region that nobody touched",
		      before / VUS_KIB, after / VUS_KIB);
}

/* A region is what is mapped, and not all of its file up to there: address
 * space is no less limited than memory. */
VUS_CASE(region_is_mapped_from_its_offset,
	 .title = "a region far into its file costs no more address space",
	 .rules = { "mem_table.one_file_many_mappings" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS))
{
	static const struct vus_region_spec plots[] = {
		{ .gpa = 0, .size = VUS_MIB },
		{ .gpa = FAR, .size = VUS_MIB, .offset = VUS_TIB, .file = 1 },
	};
	struct vus_session *s = vus_fe(t);
	uint64_t bytes = 0;
	struct stat st;
	struct vus_err err;
	pid_t pid = 0;

	if (!vus_layout_allow_sparse(t) ||
	    !vus_layout(t, plots, VUS_COUNT(plots)) ||
	    !vus_step_announce_memory(t))
		return;
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_SETUP(t,
		  fstat(s->guest.backings[1].fd, &st) == 0 ||
			  vus_fail_sys(&err, "looking at guest memory"),
		  &err);
	if (!vus_proc_of_socket(s->link.fd, &pid, &err) ||
	    !vus_proc_mapped(pid, &st, &bytes, &err))
		VUS_SKIP(t, "the peer's mappings cannot be looked at");
	VUS_OLD_CHECK(t, "mem_table.one_file_many_mappings",
		      bytes < VUS_MIB + VUS_GIB,
		      "maps %" PRIu64 " MiB for a region of 1 MiB",
		      bytes / VUS_MIB);
}

/* "derived": guest memory is the guest's.  A back-end reads and writes it as
 * requests say, and never cuts its file or punches holes. */
VUS_CASE(files_keep_their_size_and_content,
	 .title = "a whole session leaves guest memory's file as it is",
	 .rules = { "mem_table.no_resize" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true, .each_memory = true)
{
	const char *rule = "mem_table.no_resize";
	struct vus_session *s = vus_fe(t);
	struct stat before, after;
	struct vus_err err;
	uint64_t bad;
	int fd;

	VUS_STEP(t, vus_layout_unsealed(t, and_far, VUS_COUNT(and_far)));
	fd = s->guest.backings[1].fd;
	vus_guest_paint(&s->guest, 1, t->seed);
	if (fstat(fd, &before) < 0 || !vus_step_announce_memory(t) ||
	    !vus_step_ring_setup(t, 0, 0, 0) ||
	    !vus_layout_ping(t, rule, FAR, t->seed) ||
	    !vus_step_announce_memory(t))
		return;
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_OLD_CHECK(t, rule,
		      fstat(fd, &after) == 0 && after.st_size == before.st_size,
		      "changed the file's size from %lld to %lld",
		      (long long)before.st_size, (long long)after.st_size);
	bad = vus_layout_first_change(t, 1, FAR, 64 * VUS_KIB);
	VUS_OLD_CHECK(t, rule, bad == UINT64_MAX,
		      "changed byte 0x%" PRIx64 " of the file, no buffer's",
		      bad - FAR);
}
