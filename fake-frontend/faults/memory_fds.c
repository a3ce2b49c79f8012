/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_fds.c — faults of what is announced of memory. */
#include "fault.h"
#include "keep_names.h"

#include "base/own.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* ---- messages ---- */

static void one_for_all(struct vus_frame *table)
{
	if (table->nfds > 1)
		table->nfds = 1;
}

VUS_FE_FAULT(memory_fds, one_descriptor, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.one_per_region",
	     .also = "memory_fds.split_4g memory_fds.size "
		     "qemu_memory_size.example",
	     .says = "sends one descriptor for a table of several regions")
{
	decide->attach_table = one_for_all;
}

static void too_large(const struct vus_session *s, uint32_t id, unsigned region,
		      struct vus_p_region *ret)
{
	vus_fe_honest.describe_region(s, id, region, ret);
	ret->size += 4096;
}

VUS_FE_FAULT(memory_fds, file_too_small, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.size",
	     .says = "announces more than the file has")
{
	decide->describe_region = too_large;
}

static void at_the_beginning(const struct vus_session *s, uint32_t id,
			     unsigned region, struct vus_p_region *ret)
{
	vus_fe_honest.describe_region(s, id, region, ret);
	ret->mmap_offset = 0;
}

VUS_FE_FAULT(memory_fds, one_piece, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.split_4g",
	     .says = "announces memory above 4 GiB as a file's beginning")
{
	decide->describe_region = at_the_beginning;
}

static void slots_at_the_beginning(const struct vus_session *s, uint32_t id,
				   unsigned region, struct vus_p_region *ret)
{
	vus_fe_honest.describe_region(s, id, region, ret);
	if (id != VUS_FE_SET_MEM_TABLE)
		ret->mmap_offset = 0;
}

VUS_FE_FAULT(memory_fds, slots_without_offset,
	     .proved_by = VUS_PROVED_BY_PYTEST, .rule = "memory_fds.slots_same",
	     .says = "adds regions with another offset than its table has")
{
	decide->describe_region = slots_at_the_beginning;
}

static bool yes(const struct vus_object *o)
{
	(void)o;
	return true;
}

static bool announce_and_fail(struct vus_fake *f, struct vus_err *err)
{
	return vus_fe_honest.announce_memory(f, err) &&
	       vus_fail(err, VUS_ERR_USAGE, "guest memory is readonly");
}

VUS_FE_FAULT(memory_fds, announces_readonly, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.readonly",
	     .says = "announces memory of readonly=on before it refuses it")
{
	decide->takes_readonly = yes;
	decide->announce_memory = announce_and_fail;
}

static bool no(const struct vus_object *o)
{
	(void)o;
	return false;
}

VUS_FE_FAULT(memory_fds, plain_memory_too, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.mixed",
	     .also = "mem_table.frontend_needs_shared",
	     .says = "announces memory that it keeps to itself")
{
	decide->hides = no;
}

/* ---- the files ---- */

static uint64_t no_offset(const struct vus_object *o)
{
	(void)o;
	return 0;
}

VUS_FE_FAULT(memory_fds, ignores_offset, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.file_offset", .says = "ignores offset=")
{
	decide->object.object_offset = no_offset;
}

static int unlink_nothing(const char *path)
{
	(void)path;
	return 0;
}

VUS_FE_FAULT(memory_fds, keeps_names, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.anonymous",
	     .also = "memory_backend.shm.nlink memory_backend.shm.unlink_first "
		     "memory_backend.file.directory",
	     .says = "leaves memory files the names that they were made under")
{
	vus_fault_keep_names(decide);
	decide->backing.unlink_temporary = unlink_nothing;
}

/* The mapping stays as it is. */
static bool open_to_read(struct vus_guest *guest, struct vus_err *err)
{
	for (unsigned i = 0; i < guest->nbackings; i++) {
		const int mapped = guest->backings[i].fd;
		char path[32];
		VUS_AUTO_FD fd = -1;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", mapped);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || dup3(fd, mapped, O_CLOEXEC) < 0)
			return vus_fail_sys(err, "a descriptor to read only");
	}
	return true;
}

VUS_FE_FAULT(memory_fds, readonly_descriptors,
	     .proved_by = VUS_PROVED_BY_PYTEST, .rule = "memory_fds.writable",
	     .says = "hands out descriptors that are only read")
{
	decide->memory_made = open_to_read;
}

static const char *fixed_name(const struct vus_backing_opts *opts)
{
	(void)opts;
	return "vuspec-memory";
}

VUS_FE_FAULT(memory_fds, hides_shared_ram, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.ram_share_on",
	     .says = "gives memory-backend-ram another name than its id")
{
	decide->backing.memfd_name = fixed_name;
}

/* ---- the mapping ---- */

static bool always(const struct vus_backing_opts *opts)
{
	(void)opts;
	return true;
}

VUS_FE_FAULT(memory_fds, hands_out_private, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.private_refused",
	     .says = "shares and hands out memory of share=off")
{
	decide->is_shared = yes;
	decide->backing.shares = always;
}

static bool never(const struct vus_backing_opts *opts)
{
	(void)opts;
	return false;
}

VUS_FE_FAULT(memory_fds, is_unseen, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_fds.visible",
	     .says = "maps what it hands out privately")
{
	decide->backing.shares = never;
}
