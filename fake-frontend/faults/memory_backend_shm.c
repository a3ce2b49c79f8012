/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_backend_shm.c — faults of shared memory objects. */
#include "fault.h"
#include "keep_names.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>

/* ---- what is read ---- */

static bool all_but_shm(const char *name, enum vus_backing_kind *ret)
{
	return vus_object_kind(name, ret) && *ret != VUS_SHM;
}

VUS_FE_FAULT(memory_backend_shm, is_unknown, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.exists",
	     .says = "knows no memory-backend-shm")
{
	decide->object.kind = all_but_shm;
}

static enum vus_property_use without_share(const struct vus_object *o,
					   const char *name, bool own)
{
	return o->opts.kind == VUS_SHM && strcmp(name, "share") == 0
		       ? VUS_PROPERTY_IGNORED
		       : vus_object_property(o, name, own);
}

VUS_FE_FAULT(memory_backend_shm, takes_share_off,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.share_off",
	     .says = "ignores share= of a shared memory object")
{
	decide->object.property = without_share;
}

static enum vus_property_use every_property(const struct vus_object *o,
					    const char *name, bool own)
{
	(void)o, (void)name;
	return own ? VUS_PROPERTY_TAKEN : VUS_PROPERTY_IGNORED;
}

VUS_FE_FAULT(memory_backend_shm, takes_seal, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.foreign_property",
	     .says = "ignores properties that another kind of memory has")
{
	decide->object.property = every_property;
}

static uint64_t at_most_m(const struct vus_machine *m,
			  const struct vus_object *o)
{
	return o->opts.size > INT64_MAX ? m->ram_size : o->opts.size;
}

VUS_FE_FAULT(memory_backend_shm, shrinks_huge_sizes,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.size_limit",
	     .says = "takes -m for a size that no file can have")
{
	decide->object.object_size = at_most_m;
}

/* ---- how it is made ---- */

static bool never(const struct vus_backing_opts *opts)
{
	(void)opts;
	return false;
}

VUS_FE_FAULT(memory_backend_shm, ignores_prealloc,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.fs_full",
	     .also = "memory_backend.prealloc.all",
	     .says = "has pages given when they are touched, whatever was "
		     "asked")
{
	decide->backing.preallocates = never;
}

static int open_0600(const char *name)
{
	return shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
}

VUS_FE_FAULT(memory_backend_shm, has_mode_0600,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.mode_zero",
	     .says = "makes objects of mode 0600")
{
	decide->backing.shm_open = open_0600;
}

static int open_existing(const char *name)
{
	return shm_open(name, O_RDWR | O_CREAT, 0);
}

VUS_FE_FAULT(memory_backend_shm, takes_over, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.collision",
	     .also = "memory_backend.shm.create_flags",
	     .says = "opens and resizes an object that is there already")
{
	decide->backing.shm_open = open_existing;
}

static int open_for_children(const char *name)
{
	const int fd = vus_fe_honest.backing.shm_open(name);

	return fd < 0 || fcntl(fd, F_SETFD, 0) == 0 ? fd : -1;
}

VUS_FE_FAULT(memory_backend_shm, survives_exec,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.cloexec",
	     .says = "leaves the descriptor open to other programs")
{
	decide->backing.shm_open = open_for_children;
}

static int open_memfd(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* A memfd has no name to remove. */
static int unlink_nothing(const char *name)
{
	(void)name;
	return 0;
}

static int seal_all(const struct vus_backing_opts *opts)
{
	(void)opts;
	return F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
}

VUS_FE_FAULT(memory_backend_shm, is_sealed, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.not_sealed",
	     .says = "hands out a sealed memfd for shm")
{
	decide->backing.shm_open = open_memfd;
	decide->backing.shm_unlink = unlink_nothing;
	decide->backing.seals = seal_all;
}

static int open_either(const char *name)
{
	const int fd = vus_fe_honest.backing.shm_open(name);

	return fd < 0 ? open_memfd(name) : fd;
}

static int unlink_if_there(const char *name)
{
	(void)shm_unlink(name);
	return 0;
}

VUS_FE_FAULT(memory_backend_shm, falls_back, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.fs_readonly",
	     .says = "takes a memfd where no object of shared memory can be "
		     "made")
{
	decide->backing.shm_open = open_either;
	decide->backing.shm_unlink = unlink_if_there;
}

static uint64_t twice(const struct vus_backing_opts *opts)
{
	return opts->kind == VUS_SHM ? 2 * opts->size
				     : vus_fe_honest.backing.file_bytes(opts);
}

VUS_FE_FAULT(memory_backend_shm, is_twice_as_large,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.size",
	     .says = "makes the object twice as large")
{
	decide->backing.file_bytes = twice;
}

static bool all_but_shm_share(const struct vus_backing_opts *opts)
{
	return opts->kind != VUS_SHM && vus_fe_honest.backing.shares(opts);
}

VUS_FE_FAULT(memory_backend_shm, is_mapped_privately,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.share_default",
	     .says = "maps the object privately")
{
	decide->backing.shares = all_but_shm_share;
}

/* ---- its name ---- */

VUS_FE_FAULT(memory_backend_shm, keeps_its_name,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.nlink",
	     .also = "memory_backend.shm.unlink_first memory_fds.anonymous "
		     "memory_backend.shm.sigkill memory_backend.shm.lifetime",
	     .says = "gives the object a name that stays")
{
	vus_fault_keep_names(decide);
}

VUS_FE_FAULT(memory_backend_shm, is_called_otherwise,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.name",
	     .says = "gives the object another name than it should have")
{
	decide->backing.shm_name = vus_fault_shm_name;
}

static void unlink_all(const struct vus_guest *guest)
{
	char name[64];

	for (unsigned i = 0; i < guest->nbackings; i++) {
		vus_fault_shm_name(i, name, sizeof(name));
		(void)shm_unlink(name);
	}
}

VUS_FE_FAULT(memory_backend_shm, unlinks_at_the_end,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.sigkill",
	     .also = "memory_backend.shm.nlink memory_backend.shm.unlink_first "
		     "memory_fds.anonymous memory_backend.shm.lifetime",
	     .says = "unlinks the object when it ends")
{
	vus_fault_keep_names(decide);
	decide->memory_ends = unlink_all;
}

VUS_FE_FAULT(memory_backend_shm, unlinks_when_announced,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.unlink_first",
	     .also = "memory_backend.shm.nlink memory_fds.anonymous",
	     .says = "unlinks the object once the back-end has it")
{
	vus_fault_keep_names(decide);
	decide->memory_shared = unlink_all;
}

/* ---- its content ---- */

static void empty_all(const struct vus_guest *guest)
{
	for (unsigned i = 0; i < guest->nbackings; i++)
		memset(guest->backings[i].addr, 0,
		       (size_t)guest->backings[i].size);
}

VUS_FE_FAULT(memory_backend_shm, is_emptied, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.shm.lifetime",
	     .says = "empties the object when it ends")
{
	decide->memory_ends = empty_all;
}
