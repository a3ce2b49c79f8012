/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_inflight.c — the buffer in which requests in flight are tracked: made,
 * and taken back.
 *
 * Nothing is tracked in it yet, so that INFLIGHT_SHMFD is not offered. */
#include "backend.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes for a split ring: a header and 16 bytes a descriptor, in whole lines of
 * the cache. */
static uint64_t bytes_for(const struct vus_p_inflight *asked)
{
	const uint64_t ring = 16 + UINT64_C(16) * asked->queue_size;

	return asked->num_queues * ((ring + 63) / 64 * 64);
}

static bool is_possible(const struct vus_be *be,
			const struct vus_p_inflight *asked)
{
	return asked->num_queues > 0 && asked->num_queues <= be->cfg.queues &&
	       asked->queue_size > 0 && asked->queue_size <= VUS_RING_MAX;
}

VUS_BE_HANDLER(GET_INFLIGHT_FD)
{
	const struct vus_p_inflight *asked = &req->body.inflight;
	struct vus_p_inflight *got = &reply->body.inflight;
	int fd;

	if (!is_possible(be, asked))
		return VUS_NACK;
	*got = *asked;
	got->mmap_offset = 0;
	got->mmap_size = bytes_for(asked);
	fd = memfd_create("inflight", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)got->mmap_size) < 0) {
		vus_fd_close(&fd);
		return VUS_NACK;
	}
	reply->fds[0] = fd;
	reply->nfds = 1;
	return VUS_OK;
}

VUS_BE_HANDLER(SET_INFLIGHT_FD)
{
	const struct vus_p_inflight *given = &req->body.inflight;
	struct stat st;

	if (!is_possible(be, given) || given->mmap_size < bytes_for(given) ||
	    fstat(req->fds[0], &st) < 0 || st.st_size < 0 ||
	    given->mmap_offset > (uint64_t)st.st_size ||
	    given->mmap_size > (uint64_t)st.st_size - given->mmap_offset)
		return VUS_NACK;
	return VUS_OK;
}
