/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_backend.c — faults of memory objects of every kind, and their use. */
#include "fault.h"

#include <string.h>

static bool any_zero(const char *property)
{
	(void)property;
	return true;
}

/* That of -m where it is not known. */
static uint64_t size_or_m(const struct vus_machine *m,
			  const struct vus_object *o)
{
	return o->opts.size ? o->opts.size : m->ram_size;
}

VUS_FE_FAULT(memory_backend, takes_size_0, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.size.zero",
	     .says = "takes -m for a size of 0")
{
	decide->object.takes_zero = any_zero;
	decide->object.object_size = size_or_m;
}

static bool no_size(const struct vus_object *o)
{
	(void)o;
	return false;
}

VUS_FE_FAULT(memory_backend, makes_up_a_size, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.size.missing",
	     .says = "takes -m for a size that is missing")
{
	decide->object.needs_size = no_size;
	decide->object.object_size = size_or_m;
}

static uint64_t whole_pages(const struct vus_machine *m,
			    const struct vus_object *o)
{
	(void)m;
	return o->opts.size / 4096 * 4096;
}

VUS_FE_FAULT(memory_backend, rounds_down, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.size.unaligned",
	     .says = "rounds sizes down to pages")
{
	decide->object.object_size = whole_pages;
}

static enum vus_property_use without_prealloc(const struct vus_object *o,
					      const char *name, bool own)
{
	return strcmp(name, "prealloc") == 0
		       ? VUS_PROPERTY_IGNORED
		       : vus_object_property(o, name, own);
}

VUS_FE_FAULT(memory_backend, ignores_prealloc,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.prealloc.all",
	     .also = "memory_backend.shm.fs_full "
		     "memory_backend.prealloc.conflicts",
	     .says = "ignores prealloc=")
{
	decide->object.property = without_prealloc;
}

static bool any_reserve(const struct vus_object *o)
{
	(void)o;
	return true;
}

VUS_FE_FAULT(memory_backend, ignores_reserve, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.prealloc.conflicts",
	     .says = "takes reserve=off beside prealloc=on")
{
	decide->object.reserve_fits = any_reserve;
}

static bool yes(void)
{
	return true;
}

VUS_FE_FAULT(memory_backend, used_twice, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.use.twice",
	     .says = "gives a node memory that another node has")
{
	decide->object.takes_object_twice = yes;
}

static bool any_id(const struct vus_machine *m, const char *id)
{
	(void)m, (void)id;
	return true;
}

VUS_FE_FAULT(memory_backend, accepts_duplicate_id,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "memory_backend.use.duplicate_id",
	     .says = "takes two objects of one id")
{
	decide->object.id_is_free = any_id;
}
