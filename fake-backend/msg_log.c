/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_log.c — where the front-end wants dirty pages to be logged. */
#include "backend.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A log that the file has no room for would end in a SIGBUS. */
static bool map_log(const struct vus_p_log *log, int fd, struct vus_map *ret)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct stat st;
	void *addr;

	if (log->size == 0 || log->mmap_offset % page != 0 ||
	    fstat(fd, &st) < 0 || st.st_size < 0 ||
	    log->mmap_offset > (uint64_t)st.st_size ||
	    log->size > (uint64_t)st.st_size - log->mmap_offset)
		return false;
	addr = mmap(NULL, log->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    (off_t)log->mmap_offset);
	if (addr == MAP_FAILED)
		return false;
	*ret = (struct vus_map){ .addr = addr, .size = log->size };
	return true;
}

/* LOG_ALL is not offered, so nothing is ever logged there; one log replaces
 * the other.  The reply's payload is not stated. */
VUS_BE_HANDLER(SET_LOG_BASE)
{
	struct vus_map fresh = { 0 };

	if (!(be->pf & PF(LOG_SHMFD)) ||
	    !map_log(&req->body.log, req->fds[0], &fresh))
		return VUS_NACK;
	vus_map_drop(&be->log);
	be->log = fresh;
	reply->body.log = req->body.log;
	return VUS_OK;
}
