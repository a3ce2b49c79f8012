/* SPDX-License-Identifier: BSD-3-Clause */
/* file.c — memory in a file: a path that stays, or a temporary file in a
 * folder whose name goes at once.
 *
 * As QEMU's memory-backend-file: an empty file grows to the size, a larger one
 * keeps its own, a smaller one is refused. */
#include "backing_kind.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *open_file_name(const struct vus_backing_opts *opts)
{
	const char *tmp = getenv("TMPDIR");

	return opts->path ? opts->path : tmp && tmp[0] ? tmp : "/tmp";
}

int vus_backing_create_file(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
}

int vus_backing_unlink_temporary(const char *path)
{
	return unlink(path);
}

bool vus_backing_takes_special_file(const char *path, struct vus_err *err)
{
	return vus_fail(err, VUS_ERR_USAGE, "%s is neither a file nor a folder",
			path);
}

static bool open_in_folder(const struct vus_backing_opts *opts,
			   const char *folder, int *ret_fd, struct vus_err *err)
{
	char path[PATH_MAX];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/vuspec-memory.XXXXXX",
			     folder) >= sizeof(path))
		return vus_fail(err, VUS_ERR_USAGE,
				"the name of folder %.100s... is too long",
				folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return vus_fail_host(err, VUS_HOST_FOLDER,
				     "creating a file in folder %s", folder);
	(void)vus_backing_rules_of(opts)->unlink_temporary(path);
	*ret_fd = fd;
	return true;
}

static bool open_path(const struct vus_backing_opts *opts, const char *path,
		      int *ret_fd, enum vus_backing_effect *ret_deed,
		      struct vus_err *err)
{
	const int access = opts->readonly ? O_RDONLY : O_RDWR;
	int fd = open(path, access | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && !opts->readonly) {
		fd = vus_backing_rules_of(opts)->create_file(path);
		if (fd >= 0)
			*ret_deed = VUS_EFFECT_MADE;
	}
	if (fd < 0)
		return vus_fail_sys(err, "opening %s for memory", path);
	*ret_fd = fd;
	return true;
}

/* Open the file or folder of this name, or make the file. */
static bool open_name(const struct vus_backing_opts *opts, const char *name,
		      int *ret_fd, enum vus_backing_effect *ret_deed,
		      struct vus_err *err)
{
	struct stat st;

	/* $TMPDIR is a folder, even where it is missing: a file of that name
	 * would stay. */
	if (opts->path && (stat(name, &st) < 0 || S_ISREG(st.st_mode)))
		return open_path(opts, name, ret_fd, ret_deed, err);
	if (opts->path && !S_ISDIR(st.st_mode) &&
	    !vus_backing_rules_of(opts)->takes_special_file(name, err))
		return false;
	if (opts->readonly)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s: Is a directory, and a new file in it "
				"cannot be readonly",
				name);
	return open_in_folder(opts, name, ret_fd, err);
}

bool vus_backing_file_fits(const struct vus_backing_opts *opts, int fd,
			   uint64_t now, struct vus_err *err)
{
	(void)fd;
	if (now >= opts->offset + opts->size)
		return true;
	return vus_fail(err, VUS_ERR_USAGE,
			"%s: backing store size 0x%" PRIx64
			" is too small for 'size' option 0x%" PRIx64
			" plus 'offset' option 0x%" PRIx64,
			open_file_name(opts), now, opts->size, opts->offset);
}

/* Does the file hold offset + size, or may it grow to it? */
static bool fit(int fd, const struct vus_backing_opts *opts, const char *name,
		enum vus_backing_effect *deed, struct vus_err *err)
{
	struct stat st;

	if (!vus_backing_whole_pages(fd, opts, err))
		return false;
	if (fstat(fd, &st) < 0)
		return vus_fail_sys(err, "fstat of %s", name);
	if (st.st_size == 0 && !opts->readonly) {
		if (*deed == VUS_EFFECT_NONE)
			*deed = VUS_EFFECT_GROWN;
		return vus_backing_resize(fd, opts, name, err);
	}
	return vus_backing_rules_of(opts)->file_fits(opts, fd,
						     (uint64_t)st.st_size, err);
}

static void undo_file(const struct vus_backing_opts *opts, int fd,
		      enum vus_backing_effect deed)
{
	if (deed == VUS_EFFECT_MADE)
		unlink(open_file_name(opts));
	/* A file that was empty loses nothing but its size. */
	if (deed == VUS_EFFECT_GROWN && ftruncate(fd, 0) < 0)
		return;
}

static bool open_file(const struct vus_backing_opts *opts, int *ret_fd,
		      enum vus_backing_effect *ret_deed, struct vus_err *err)
{
	const char *name = open_file_name(opts);
	enum vus_backing_effect deed = VUS_EFFECT_NONE;
	VUS_AUTO_FD fd = -1;

	if (!open_name(opts, name, &fd, &deed, err))
		return false;
	if (!fit(fd, opts, name, &deed, err)) {
		undo_file(opts, fd, deed);
		return false;
	}
	*ret_fd = vus_fd_take(&fd);
	*ret_deed = deed;
	return true;
}

const struct vus_backing_kind_ops vus_backing_file = {
	.name = "file",
	.shared = false,
	.open = open_file,
	.undo = undo_file,
};
