/* SPDX-License-Identifier: BSD-3-Clause */
/* file.c — memory in a file: a path that stays, or a temporary file in a
 * folder whose name goes at once.
 *
 * As QEMU's memory-backend-file: an empty file grows to the size, a larger one
 * keeps its own, a smaller one is refused. */
#include "backing_kind.h"

#include "../base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool open_in_folder(const char *folder, int *ret_fd, struct vus_err *err)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/vuspec-memory.XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return vus_fail_sys(err, "making a file in %s", folder);
	unlink(path);
	*ret_fd = fd;
	return true;
}

static bool open_path(const struct vus_backing_opts *opts, int *ret_fd,
		      bool *ret_made, struct vus_err *err)
{
	const int access = opts->readonly ? O_RDONLY : O_RDWR;
	int fd = open(opts->path, access | O_CLOEXEC);

	*ret_made = false;
	if (fd < 0 && errno == ENOENT && !opts->readonly) {
		fd = open(opts->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  0644);
		*ret_made = fd >= 0;
	}
	if (fd < 0)
		return vus_fail_sys(err, "opening %s for memory", opts->path);
	*ret_fd = fd;
	return true;
}

/* Does the file hold offset + size, or may it grow to it? */
static bool fit(int fd, const struct vus_backing_opts *opts, const char *name,
		struct vus_err *err)
{
	const long page = sysconf(_SC_PAGESIZE);
	struct stat st;
	uint64_t end;

	if (opts->size % (uint64_t)page || opts->offset % (uint64_t)page)
		return vus_fail(err, VUS_ERR_USAGE,
				"size %" PRIu64 " and offset %" PRIu64
				" of %s must be multiples of the page, %ld "
				"bytes",
				opts->size, opts->offset, name, page);
	if (__builtin_add_overflow(opts->size, opts->offset, &end))
		return vus_fail(err, VUS_ERR_USAGE,
				"size %" PRIu64 " and offset %" PRIu64
				" add up past 2^64",
				opts->size, opts->offset);
	if (fstat(fd, &st) < 0)
		return vus_fail_sys(err, "looking at %s", name);
	if (st.st_size == 0 && !opts->readonly)
		return vus_backing_resize(fd, end, name, err);
	if ((uint64_t)st.st_size < end)
		return vus_fail(
			err, VUS_ERR_USAGE,
			"%s has %" PRIu64 " bytes, too small for size %" PRIu64
			" plus offset %" PRIu64,
			name, (uint64_t)st.st_size, opts->size, opts->offset);
	return true;
}

static bool open_file(const struct vus_backing_opts *opts, int *ret_fd,
		      struct vus_err *err)
{
	const char *tmp = getenv("TMPDIR");
	const char *name = opts->path ? opts->path : tmp ? tmp : "/tmp";
	VUS_AUTO_FD fd = -1;
	bool made = false;
	struct stat st;

	if (stat(name, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (!open_in_folder(name, &fd, err))
			return false;
	} else if (!open_path(opts, &fd, &made, err)) {
		return false;
	}
	if (!fit(fd, opts, name, err)) {
		if (made)
			unlink(name);
		return false;
	}
	*ret_fd = vus_fd_take(&fd);
	return true;
}

const struct vus_backing_kind_ops vus_backing_file = {
	.name = "file",
	.shared = false,
	.open = open_file,
};
