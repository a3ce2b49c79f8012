/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_store.c — a disk's content: memory, or a file mapped whole. */
#include "blk_store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512

static bool map_file(const char *file, bool read_only,
		     struct vus_blk_store *ret, struct vus_err *err)
{
	VUS_AUTO_FD fd =
		open(file, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		return vus_fail_sys(err, "%s", file);
	if (!S_ISREG(st.st_mode) || st.st_size < SECTOR)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s: not a file of at least %d bytes", file,
				SECTOR);
	p = mmap(NULL, (size_t)st.st_size,
		 read_only ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 0);
	if (p == MAP_FAILED)
		return vus_fail_sys(err, "map %s", file);
	*ret = (struct vus_blk_store){
		.map = { .addr = p, .size = (size_t)st.st_size },
		.size = (uint64_t)st.st_size / SECTOR * SECTOR,
	};
	return true;
}

bool vus_blk_store_open(const char *file, uint64_t size, bool read_only,
			struct vus_blk_store *ret, struct vus_err *err)
{
	void *p;

	if (file)
		return map_file(file, read_only, ret, err);
	if (size < SECTOR)
		return vus_fail(err, VUS_ERR_USAGE,
				"a disk of %llu bytes has no sector (of %d)",
				(unsigned long long)size, SECTOR);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return vus_fail_sys(err, "memory for a disk of %llu bytes",
				    (unsigned long long)size);
	*ret = (struct vus_blk_store){
		.map = { .addr = p, .size = size },
		.size = size / SECTOR * SECTOR,
		.anonymous = true,
	};
	return true;
}

void vus_blk_store_close(struct vus_blk_store *s)
{
	vus_map_drop(&s->map);
}

/* Whole pages of memory are given back, which zeroes them. */
void vus_blk_store_wipe(struct vus_blk_store *s, uint64_t off, uint64_t len)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t end = off + len;
	uint64_t from = (off + page - 1) / page * page;
	uint64_t to = end / page * page;
	uint8_t *p = s->map.addr;

	if (!s->anonymous || from >= to ||
	    madvise(p + from, to - from, MADV_DONTNEED) < 0) {
		memset(p + off, 0, len);
		return;
	}
	memset(p + off, 0, from - off);
	memset(p + to, 0, end - to);
}
