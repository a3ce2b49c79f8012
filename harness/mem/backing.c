/* SPDX-License-Identifier: BSD-3-Clause */
/* backing.c — what the kinds of memory share: size, mapping, giving back. */
#include "backing_kind.h"

#include "../base/array.h"
#include "../base/own.h"
#include "../base/size.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct vus_backing_kind_ops *const kinds[VUS_NBACKINGS] = {
	[VUS_SHM] = &vus_backing_shm,
	[VUS_MEMFD] = &vus_backing_memfd,
	[VUS_FILE] = &vus_backing_file,
};

const char *vus_backing_name(enum vus_backing_kind kind)
{
	return kinds[kind]->name;
}

bool vus_backing_by_name(const char *name, enum vus_backing_kind *ret)
{
	for (unsigned k = 0; k < VUS_NBACKINGS; k++) {
		if (strcmp(kinds[k]->name, name) == 0) {
			*ret = (enum vus_backing_kind)k;
			return true;
		}
	}
	return false;
}

bool vus_backing_resize(int fd, uint64_t size, const char *what,
			struct vus_err *err)
{
	char text[24];

	if (size > INT64_MAX)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s of %s bytes is larger than any file", what,
				vus_size_format(size, text));
	if (ftruncate(fd, (off_t)size) < 0)
		return vus_fail_sys(err, "setting %s to %" PRIu64 " bytes",
				    what, size);
	return true;
}

static bool map(struct vus_backing *b, const struct vus_backing_opts *opts,
		struct vus_err *err)
{
	const int flags = (b->shared ? MAP_SHARED : MAP_PRIVATE) |
			  /* Guests larger than the machine are sparse. */
			  (opts->prealloc ? MAP_POPULATE : MAP_NORESERVE);
	const int prot = opts->readonly ? PROT_READ : PROT_READ | PROT_WRITE;
	void *addr;

	if (b->size > SIZE_MAX || b->offset > INT64_MAX)
		return vus_fail(err, VUS_ERR_USAGE,
				"offset %" PRIu64 " and size %" PRIu64
				" do not fit a mapping",
				b->offset, b->size);
	addr = mmap(NULL, (size_t)b->size, prot, flags, b->fd,
		    (off_t)b->offset);
	if (addr == MAP_FAILED)
		return vus_fail_sys(err, "mapping %" PRIu64 " bytes of %s",
				    b->size, vus_backing_name(b->kind));
	b->addr = addr;
	return true;
}

bool vus_backing_open(const struct vus_backing_opts *opts,
		      struct vus_backing *ret, struct vus_err *err)
{
	const struct vus_backing_kind_ops *kind = kinds[opts->kind];
	struct vus_backing b = {
		.kind = opts->kind,
		.fd = -1,
		.size = opts->size,
		.offset = opts->offset,
		.shared = opts->share == VUS_ON ||
			  (opts->share == VUS_DEFAULT && kind->shared),
	};

	if (opts->size == 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"size 0 of %s memory: it must be at least 1 "
				"byte",
				kind->name);
	if (opts->share == VUS_OFF && kind->always_shared)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s memory cannot be made with share=off",
				kind->name);
	if (!kind->open(opts, &b.fd, err))
		return false;
	if (!map(&b, opts, err)) {
		vus_fd_close(&b.fd);
		return false;
	}
	*ret = b;
	return true;
}

void vus_backing_close(struct vus_backing *b)
{
	if (b->addr)
		munmap(b->addr, (size_t)b->size);
	b->addr = NULL;
	vus_fd_close(&b->fd);
}
