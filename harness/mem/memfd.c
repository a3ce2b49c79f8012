/* SPDX-License-Identifier: BSD-3-Clause */
/* memfd.c — anonymous memory files, sealed as QEMU's memory-backend-memfd. */
#include "backing_kind.h"

#include "base/own.h"

#include <inttypes.h>
#include <linux/memfd.h>
#include <sys/mman.h>

const char *vus_backing_memfd_name(const struct vus_backing_opts *opts)
{
	return opts->memfd_name ? opts->memfd_name : "vuspec-memory";
}

bool vus_backing_huge_flags(const struct vus_backing_opts *opts, unsigned *ret,
			    struct vus_err *err)
{
	const uint64_t size = opts->hugetlbsize; /* 0: the default */

	if (size & (size - 1))
		return vus_fail(err, VUS_ERR_USAGE,
				"Hugepage size must be a power of 2, not "
				"%" PRIu64 " bytes",
				size);
	*ret = MFD_HUGETLB;
	if (size)
		*ret |= (unsigned)__builtin_ctzll(size) << MFD_HUGE_SHIFT;
	return true;
}

static bool open_memfd(const struct vus_backing_opts *opts, int *ret_fd,
		       enum vus_backing_effect *ret_deed, struct vus_err *err)
{
	const struct vus_backing_rules *rules = vus_backing_rules_of(opts);
	const bool seal = opts->seal != VUS_OFF;
	const unsigned flags = MFD_CLOEXEC | (seal ? MFD_ALLOW_SEALING : 0);
	unsigned huge = 0;
	VUS_AUTO_FD fd = -1;

	if (opts->hugetlb && !rules->huge_flags(opts, &huge, err))
		return false;
	fd = memfd_create(rules->memfd_name(opts), flags | huge);
	if (fd < 0)
		return vus_fail_host(err, VUS_HOST_MEMFD,
				     "creating a memfd with flags 0x%x "
				     "(hugetlbsize=%" PRIu64 ")",
				     flags | huge, opts->hugetlbsize);
	if (!vus_backing_whole_pages(fd, opts, err) ||
	    !vus_backing_resize(fd, opts, "memfd", err))
		return false;
	*ret_fd = vus_fd_take(&fd);
	*ret_deed = VUS_EFFECT_NONE;
	return true;
}

const struct vus_backing_kind_ops vus_backing_memfd = {
	.name = "memfd",
	.shared = true,
	.open = open_memfd,
};
