/* SPDX-License-Identifier: BSD-3-Clause */
/* memfd.c — anonymous memory files, sealed as QEMU's memory-backend-memfd. */
#include "backing_kind.h"

#include "base/own.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/memfd.h>
#include <sys/mman.h>

/* The flags that ask for huge pages of `size` bytes (0: the default). */
static bool huge_flags(uint64_t size, unsigned *ret, struct vus_err *err)
{
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
	const bool seal = opts->seal != VUS_OFF;
	unsigned flags = MFD_CLOEXEC | (seal ? MFD_ALLOW_SEALING : 0);
	unsigned huge = 0;
	VUS_AUTO_FD fd = -1;

	if (opts->hugetlb && !huge_flags(opts->hugetlbsize, &huge, err))
		return false;
	fd = memfd_create(opts->memfd_name ? opts->memfd_name : "vuspec-memory",
			  flags | huge);
	if (fd < 0)
		return vus_fail_sys(err,
				    "creating a memfd with flags 0x%x "
				    "(hugetlbsize=%" PRIu64 ")",
				    flags | huge, opts->hugetlbsize);
	if (!vus_backing_whole_pages(fd, opts, err) ||
	    !vus_backing_resize(fd, opts->size, "memfd", err))
		return false;
	/* Without MFD_ALLOW_SEALING the kernel has set F_SEAL_SEAL. */
	if (seal && fcntl(fd, F_ADD_SEALS,
			  F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return vus_fail_sys(err, "sealing the memfd");
	*ret_fd = vus_fd_take(&fd);
	*ret_deed = VUS_EFFECT_NONE;
	return true;
}

const struct vus_backing_kind_ops vus_backing_memfd = {
	.name = "memfd",
	.shared = true,
	.open = open_memfd,
};
