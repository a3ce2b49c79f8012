/* SPDX-License-Identifier: BSD-3-Clause */
/* object_qemu.c — what QEMU decides while it reads words about guest memory. */
#include "object.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)
/* QEMU rounds -m up to this many bytes. */
#define RAM_ALIGN UINT64_C(8192)
/* What QEMU's machines have where -m is not given. */
#define DEFAULT_RAM (128 * MIB)

const struct vus_object_rules vus_object_rules_of_qemu =
	VUS_OBJECT_RULES_OF_QEMU;

/* ---- a single -object ---- */

bool vus_object_kind(const char *name, enum vus_backing_kind *ret)
{
	return vus_backing_by_name(name, ret);
}

bool vus_object_id_is_free(const struct vus_machine *m, const char *id)
{
	return !vus_machine_find(m, id);
}

enum vus_property_use vus_object_property(const struct vus_object *o,
					  const char *name, bool own)
{
	(void)o, (void)name;
	return own ? VUS_PROPERTY_TAKEN : VUS_PROPERTY_UNKNOWN;
}

uint64_t vus_object_unit(void)
{
	return 1;
}

/* No memory, and no page, has 0 bytes. */
bool vus_object_takes_zero(const char *property)
{
	return strcmp(property, "offset") == 0 ||
	       strcmp(property, "align") == 0;
}

bool vus_object_needs_size(const struct vus_object *o)
{
	(void)o;
	return true;
}

bool vus_object_needs_path(const struct vus_object *o)
{
	return o->opts.kind == VUS_FILE;
}

enum vus_switch vus_object_default_share(const struct vus_object *o)
{
	return o->ram ? VUS_OFF : VUS_DEFAULT;
}

bool vus_object_alignment_fits(const struct vus_object *o, struct vus_err *err)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (o->align % page)
		return vus_fail(err, VUS_ERR_USAGE,
				"-object %s: alignment 0x%" PRIx64
				" must be multiples of page size 0x%" PRIx64,
				o->id, o->align, page);
	return (o->align & (o->align - 1)) == 0 ||
	       vus_fail(err, VUS_ERR_USAGE,
			"-object %s: alignment 0x%" PRIx64
			" must be a power of two",
			o->id, o->align);
}

bool vus_object_rom_fits(const struct vus_object *o)
{
	return o->rom != VUS_ON || o->opts.readonly;
}

bool vus_object_reserve_fits(const struct vus_object *o)
{
	return !o->opts.prealloc || o->reserve != VUS_OFF;
}

/* ---- -m ---- */

uint64_t vus_object_m_unit(void)
{
	return MIB;
}

uint64_t vus_object_round_m(uint64_t bytes)
{
	return (bytes + RAM_ALIGN - 1) / RAM_ALIGN * RAM_ALIGN;
}

/* ---- all options together ---- */

uint64_t vus_object_size(const struct vus_machine *m,
			 const struct vus_object *o)
{
	(void)m;
	return o->opts.size;
}

uint64_t vus_object_offset(const struct vus_object *o)
{
	return o->opts.offset;
}

const struct vus_object *vus_object_named(const struct vus_machine *m,
					  const char *id)
{
	return vus_machine_find(m, id);
}

uint64_t vus_object_machine_ram(const struct vus_machine *m, uint64_t object)
{
	return m->ram_size ? m->ram_size : object;
}

bool vus_object_takes_both_forms(void)
{
	return false;
}

bool vus_object_takes_object_twice(void)
{
	return false;
}

bool vus_object_add_node(uint64_t total, uint64_t node, uint64_t *ret)
{
	return !__builtin_add_overflow(total, node, ret);
}

uint64_t vus_object_numa_ram(const struct vus_machine *m, uint64_t nodes)
{
	(void)nodes;
	return m->ram_size ? m->ram_size : DEFAULT_RAM;
}

bool vus_object_id_is_reserved(const char *id)
{
	return strcmp(id, "pc.ram") == 0;
}
