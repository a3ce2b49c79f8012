/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_backend_file.c — faults of memory in files. */
#include "fault.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what is read ---- */

static bool no_path(const struct vus_object *o)
{
	(void)o;
	return false;
}

VUS_FE_FAULT(memory_backend_file, makes_up_a_path,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.path",
	     .says = "takes $TMPDIR or /tmp where no path is said")
{
	decide->object.needs_path = no_path;
}

static enum vus_switch on(const struct vus_object *o)
{
	(void)o;
	return VUS_ON;
}

VUS_FE_FAULT(memory_backend_file, shares_unasked,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.share_default",
	     .says = "shares a file without share=on")
{
	decide->object.default_share = on;
}

static uint64_t whole_pages(const struct vus_object *o)
{
	return o->opts.offset / 4096 * 4096;
}

VUS_FE_FAULT(memory_backend_file, starts_at_a_page,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.offset",
	     .says = "rounds an offset down to a page")
{
	decide->object.object_offset = whole_pages;
}

static enum vus_property_use without_readonly(const struct vus_object *o,
					      const char *name, bool own)
{
	return own && strcmp(name, "readonly") == 0
		       ? VUS_PROPERTY_IGNORED
		       : vus_object_property(o, name, own);
}

VUS_FE_FAULT(memory_backend_file, writes_readonly,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.readonly",
	     .says = "ignores readonly=")
{
	decide->object.property = without_readonly;
}

static bool any_alignment(const struct vus_object *o, struct vus_err *err)
{
	(void)o, (void)err;
	return true;
}

VUS_FE_FAULT(memory_backend_file, takes_any_alignment,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.align", .says = "takes any align=")
{
	decide->object.alignment_fits = any_alignment;
}

static bool make_then_check(const struct vus_object *o, struct vus_err *err)
{
	if (o->path[0])
		(void)close(open(o->path, O_CREAT | O_CLOEXEC, 0600));
	return vus_object_alignment_fits(o, err);
}

VUS_FE_FAULT(memory_backend_file, stays_behind,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.create_undo",
	     .says = "makes the file before it looks at the alignment, and "
		     "leaves it")
{
	decide->object.alignment_fits = make_then_check;
}

static bool any_rom(const struct vus_object *o)
{
	(void)o;
	return true;
}

VUS_FE_FAULT(memory_backend_file, takes_rom, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.rom",
	     .says = "takes rom=on for memory that is written")
{
	decide->object.rom_fits = any_rom;
}

/* ---- the file ---- */

static int create_0600(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

VUS_FE_FAULT(memory_backend_file, creates_with_mode_0600,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.create",
	     .says = "makes files of mode 0600")
{
	decide->backing.create_file = create_0600;
}

static int unlink_nothing(const char *path)
{
	(void)path;
	return 0;
}

VUS_FE_FAULT(memory_backend_file, keeps_its_name,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.directory",
	     .also = "memory_fds.anonymous",
	     .says = "leaves a name in the folder")
{
	decide->backing.unlink_temporary = unlink_nothing;
}

static uint64_t twice(const struct vus_backing_opts *opts)
{
	const uint64_t bytes = vus_fe_honest.backing.file_bytes(opts);

	return opts->kind == VUS_FILE ? 2 * bytes : bytes;
}

VUS_FE_FAULT(memory_backend_file, grows_twice,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.empty",
	     .says = "grows empty files to twice the size")
{
	decide->backing.file_bytes = twice;
}

static bool grow(const struct vus_backing_opts *opts, int fd, uint64_t now,
		 struct vus_err *err)
{
	const uint64_t end = opts->offset + opts->size;

	return now >= end || ftruncate(fd, (off_t)end) == 0 ||
	       vus_fail_sys(err, "growing a file");
}

VUS_FE_FAULT(memory_backend_file, grows_small_ones,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.smaller",
	     .says = "grows files that are too small")
{
	decide->backing.file_fits = grow;
}

static bool cut(const struct vus_backing_opts *opts, int fd, uint64_t now,
		struct vus_err *err)
{
	const uint64_t end = opts->offset + opts->size;

	if (now > end && ftruncate(fd, (off_t)end) < 0)
		return vus_fail_sys(err, "cutting a file");
	return vus_fe_honest.backing.file_fits(opts, fd, now, err);
}

VUS_FE_FAULT(memory_backend_file, cuts_large_ones,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.larger",
	     .says = "cuts files to the size")
{
	decide->backing.file_fits = cut;
}

static bool die(const char *path, struct vus_err *err)
{
	(void)path, (void)err;
	abort();
}

VUS_FE_FAULT(memory_backend_file, aborts_on_devices,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.file.not_mappable",
	     .says = "aborts when memory is wanted of what is no file")
{
	decide->backing.takes_special_file = die;
}
