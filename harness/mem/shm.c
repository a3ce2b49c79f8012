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

void vus_backing_shm_name(unsigned attempt, char *ret, size_t cap)
{
	(void)snprintf(ret, cap, "/vuspec-%d-%u", (int)getpid(), attempt);
}

/* shm_open sets FD_CLOEXEC itself. */
int vus_backing_shm_open(const char *name)
{
	return shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0);
}

int vus_backing_shm_unlink(const char *name)
{
	return shm_unlink(name);
}

static int create_unique(const struct vus_backing_rules *rules, char *name,
			 size_t cap)
{
	int fd = -1;

	for (unsigned i = 0; i < TRIES && fd < 0; i++) {
		rules->shm_name(i, name, cap);
		fd = rules->shm_open(name);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd;
}

static bool open_shm(const struct vus_backing_opts *opts, int *ret_fd,
		     enum vus_backing_effect *ret_deed, struct vus_err *err)
{
	const struct vus_backing_rules *rules = vus_backing_rules_of(opts);
	char unique[64];
	const char *name = opts->shm_name ? opts->shm_name : unique;
	VUS_AUTO_FD fd = opts->shm_name
				 ? rules->shm_open(name)
				 : create_unique(rules, unique, sizeof(unique));

	if (fd < 0)
		return vus_fail_host(
			err, VUS_HOST_SHM,
			"creating POSIX shared memory %s in /dev/shm", name);
	if (rules->shm_unlink(name) < 0)
		return vus_fail_host(err, VUS_HOST_SHM,
				     "unlinking %s in /dev/shm", name);
	if (!vus_backing_whole_pages(fd, opts, err) ||
	    !vus_backing_resize(fd, opts, "shared memory", err))
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
