/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_backend_memfd.c — faults of memfds. */
#include "fault.h"

#include <fcntl.h>
#include <string.h>

static int no_seals(const struct vus_backing_opts *opts)
{
	(void)opts;
	return 0;
}

VUS_FE_FAULT(memory_backend_memfd, never_seals,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.memfd.seals",
	     .also = "memory_backend.memfd.resize_blocked",
	     .says = "seals nothing")
{
	decide->backing.seals = no_seals;
}

static int grow_only(const struct vus_backing_opts *opts)
{
	return vus_fe_honest.backing.seals(opts) & ~F_SEAL_SHRINK;
}

VUS_FE_FAULT(memory_backend_memfd, can_shrink,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.memfd.resize_blocked",
	     .also = "memory_backend.memfd.seals",
	     .says = "seals against growing only")
{
	decide->backing.seals = grow_only;
}

static enum vus_property_use without_seal(const struct vus_object *o,
					  const char *name, bool own)
{
	return own && strcmp(name, "seal") == 0
		       ? VUS_PROPERTY_IGNORED
		       : vus_object_property(o, name, own);
}

VUS_FE_FAULT(memory_backend_memfd, always_seals,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.memfd.seal_off", .says = "ignores seal=")
{
	decide->object.property = without_seal;
}

static bool all_but_memfd_share(const struct vus_backing_opts *opts)
{
	return opts->kind != VUS_MEMFD && vus_fe_honest.backing.shares(opts);
}

VUS_FE_FAULT(memory_backend_memfd, is_mapped_privately,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.memfd.share_default",
	     .says = "maps the memfd privately")
{
	decide->backing.shares = all_but_memfd_share;
}

/* ---- huge pages ---- */

static bool small_pages_instead(const struct vus_backing_opts *opts,
				unsigned *ret, struct vus_err *err)
{
	const uint64_t page = opts->hugetlbsize;

	if ((page & (page - 1)) == 0)
		return vus_fe_honest.backing.huge_flags(opts, ret, err);
	*ret = 0;
	return true;
}

VUS_FE_FAULT(memory_backend_memfd, takes_3m_pages,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.memfd.hugetlb_pow2",
	     .says = "takes small pages where the page size is no power of 2")
{
	decide->backing.huge_flags = small_pages_instead;
}

static bool zero_is_a_page_size(const char *property)
{
	return strcmp(property, "hugetlbsize") == 0 ||
	       vus_object_takes_zero(property);
}

VUS_FE_FAULT(memory_backend_memfd, takes_empty_pages,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.memfd.hugetlb_zero",
	     .says = "takes a page size of 0 for the default")
{
	decide->object.takes_zero = zero_is_a_page_size;
}

static bool small_pages_where_they_fit(const struct vus_backing_opts *opts,
				       unsigned *ret, struct vus_err *err)
{
	if (opts->hugetlbsize == 0 || opts->size % opts->hugetlbsize == 0)
		return vus_fe_honest.backing.huge_flags(opts, ret, err);
	*ret = 0;
	return true;
}

VUS_FE_FAULT(memory_backend_memfd, takes_part_of_a_page,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.memfd.hugetlb_unaligned",
	     .says = "takes small pages where the size is no multiple of huge "
		     "ones")
{
	decide->backing.huge_flags = small_pages_where_they_fit;
}

static bool small_pages(const struct vus_backing_opts *opts, unsigned *ret,
			struct vus_err *err)
{
	(void)opts, (void)err;
	*ret = 0;
	return true;
}

VUS_FE_FAULT(memory_backend_memfd, takes_small_pages,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.memfd.hugetlb_none",
	     .says = "takes small pages for huge ones")
{
	decide->backing.huge_flags = small_pages;
}
