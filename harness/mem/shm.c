/* SPDX-License-Identifier: BSD-3-Clause */
/* shm.c — POSIX shared memory: a name that lives for an instant.
 *
 * As QEMU's memory-backend-shm: made exclusively with mode 0, so that nobody
 * else opens it meanwhile, and unlinked before it has a size, so that nothing
 * is left whatever happens next. */
#include "backing_kind.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Names tried before we give up on finding a free one: another container may
 * share /dev/shm with us, but not our process numbers. */
#define TRIES 100

/* The descriptor, or -1 with errno.  shm_open sets FD_CLOEXEC itself. */
static int create_shm(const char *name)
{
	return shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0);
}

static int create_unique(char *name, size_t cap)
{
	int fd = -1;

	for (unsigned i = 0; i < TRIES && fd < 0; i++) {
		snprintf(name, cap, "/vuspec-%d-%u", (int)getpid(), i);
		fd = create_shm(name);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd;
}

static bool open_shm(const struct vus_backing_opts *opts, int *ret_fd,
		     enum vus_backing_effect *ret_deed, struct vus_err *err)
{
	char unique[64];
	const char *name = opts->shm_name ? opts->shm_name : unique;
	VUS_AUTO_FD fd = opts->shm_name ? create_shm(name)
					: create_unique(unique, sizeof(unique));

	if (fd < 0)
		return vus_fail_sys(
			err, "creating POSIX shared memory %s in /dev/shm",
			name);
	if (shm_unlink(name) < 0)
		return vus_fail_sys(err, "unlinking %s in /dev/shm", name);
	if (!vus_backing_whole_pages(fd, opts, err) ||
	    !vus_backing_resize(fd, opts->size, "shared memory", err))
		return false;
	*ret_fd = vus_fd_take(&fd);
	*ret_deed = VUS_EFFECT_NONE;
	return true;
}

const struct vus_backing_kind_ops vus_backing_shm = {
	.name = "shm",
	.shared = true,
	.always_shared = true,
	.open = open_shm,
};
