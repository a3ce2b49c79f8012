/* SPDX-License-Identifier: BSD-3-Clause */
/* shm.c — POSIX shared memory: a name that lives for an instant.
 *
 * As QEMU's memory-backend-shm: made exclusively with mode 0, so that nobody
 * else opens it meanwhile, and unlinked before it has a size, so that nothing
 * is left whatever happens next. */
#include "backing_kind.h"

#include "../base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Names tried before we give up on finding a free one. */
#define TRIES 100

static bool create(const char *name, int *ret_fd, struct vus_err *err)
{
	/* shm_open sets FD_CLOEXEC itself. */
	const int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0);

	if (fd < 0)
		return vus_fail_sys(err,
				    "creating POSIX shared memory %s in "
				    "/dev/shm",
				    name);
	if (shm_unlink(name) < 0) {
		close(fd);
		return vus_fail_sys(err, "unlinking %s in /dev/shm", name);
	}
	*ret_fd = fd;
	return true;
}

static bool create_unique(int *ret_fd, struct vus_err *err)
{
	char name[64];

	for (unsigned i = 0; i < TRIES; i++) {
		snprintf(name, sizeof(name), "/vuspec-%d-%u", (int)getpid(), i);
		if (create(name, ret_fd, err))
			return true;
		if (errno != EEXIST)
			return false;
	}
	return false;
}

/* Memory that is touched beyond what the file system has is a SIGBUS, which
 * reads as a fault of whoever touched it; better said here. */
static bool room(int fd, uint64_t size, struct vus_err *err)
{
	struct statvfs fs;
	uint64_t avail;

	if (fstatvfs(fd, &fs) < 0)
		return vus_fail_sys(err, "looking at /dev/shm");
	avail = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (fs.f_blocks > 0 && avail < size)
		return vus_fail(err, VUS_ERR_SYSTEM,
				"/dev/shm has %" PRIu64 " bytes free, %" PRIu64
				" are wanted",
				avail, size);
	return true;
}

static bool open_shm(const struct vus_backing_opts *opts, int *ret_fd,
		     struct vus_err *err)
{
	VUS_AUTO_FD fd = -1;

	if (!(opts->shm_name ? create(opts->shm_name, &fd, err)
			     : create_unique(&fd, err)))
		return false;
	if (!room(fd, opts->size, err) ||
	    !vus_backing_resize(fd, opts->size, "shared memory in /dev/shm",
				err))
		return false;
	*ret_fd = vus_fd_take(&fd);
	return true;
}

const struct vus_backing_kind_ops vus_backing_shm = {
	.name = "shm",
	.shared = true,
	.always_shared = true,
	.open = open_shm,
};
