/* SPDX-License-Identifier: BSD-3-Clause */
/* qemu_memory_size.c — faults of sizes on the command line, and of what they
 * must agree with. */
#include "fault.h"

#include <ctype.h>

/* ---- -machine memory-backend= ---- */

static uint64_t object_wins(const struct vus_machine *m, uint64_t object)
{
	(void)m;
	return object;
}

VUS_FE_FAULT(qemu_memory_size, object_wins, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.machine.mismatch",
	     .says = "takes the object's size for -m")
{
	decide->object.machine_ram = object_wins;
}

static uint64_t default_wins(const struct vus_machine *m, uint64_t object)
{
	(void)object;
	return m->ram_size ? m->ram_size : UINT64_C(128) << 20;
}

VUS_FE_FAULT(qemu_memory_size, default_wins, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.machine.default",
	     .says = "takes 128M where -m does not say")
{
	decide->object.machine_ram = default_wins;
}

static const struct vus_object *named_or_first(const struct vus_machine *m,
					       const char *id)
{
	const struct vus_object *o = vus_object_named(m, id);

	return !o && m->nobjects > 0 ? &m->objects[0] : o;
}

VUS_FE_FAULT(qemu_memory_size, takes_any_id, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.forms.unknown_id",
	     .says = "takes the first object for one that is not there")
{
	decide->object.named = named_or_first;
}

/* ---- -numa ---- */

static uint64_t nodes_win(const struct vus_machine *m, uint64_t nodes)
{
	(void)m;
	return nodes;
}

VUS_FE_FAULT(qemu_memory_size, nodes_win, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.numa.mismatch",
	     .also = "qemu_memory_size.numa.sum",
	     .says = "takes what the nodes have for -m")
{
	decide->object.numa_ram = nodes_win;
}

static uint64_t nodes_are_default(const struct vus_machine *m, uint64_t nodes)
{
	return m->ram_size ? m->ram_size : nodes;
}

VUS_FE_FAULT(qemu_memory_size, nodes_are_default,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.numa.default",
	     .says = "takes what the nodes have where -m does not say")
{
	decide->object.numa_ram = nodes_are_default;
}

static bool last_node(uint64_t total, uint64_t node, uint64_t *ret)
{
	(void)total;
	*ret = node;
	return true;
}

VUS_FE_FAULT(qemu_memory_size, one_node_only, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.numa.sum",
	     .says = "wants all of -m of one node")
{
	decide->object.add_node = last_node;
}

static bool yes(void)
{
	return true;
}

VUS_FE_FAULT(qemu_memory_size, takes_both_forms,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.forms.exclusive",
	     .says = "takes -machine memory-backend= beside -numa")
{
	decide->object.takes_both_forms = yes;
}

/* ---- other words ---- */

VUS_FE_FAULT(qemu_memory_size, takes_mem_path,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.forms.mem_path",
	     .says = "takes -mem-path beside -machine memory-backend=")
{
	decide->takes_mem_path = yes;
}

static bool no_id(const char *id)
{
	(void)id;
	return false;
}

VUS_FE_FAULT(qemu_memory_size, reserves_no_id,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.forms.reserved_id",
	     .says = "lets any object have the id of the default memory")
{
	decide->object.id_is_reserved = no_id;
}

/* ---- units ---- */

static uint64_t byte(void)
{
	return 1;
}

VUS_FE_FAULT(qemu_memory_size, m_in_bytes, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.unit.m",
	     .also = "qemu_memory_size.unit.suffix qemu_memory_size.example",
	     .says = "reads a bare -m as bytes")
{
	decide->object.m_unit = byte;
}

static uint64_t mib(void)
{
	return UINT64_C(1) << 20;
}

VUS_FE_FAULT(qemu_memory_size, objects_in_mib,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.unit.object",
	     .says = "reads a bare size= as MiB")
{
	decide->object.unit = mib;
}

static uint64_t megabyte(void)
{
	return 1000000;
}

VUS_FE_FAULT(qemu_memory_size, decimal_megabytes,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.example",
	     .also = "qemu_memory_size.unit.m qemu_memory_size.unit.suffix",
	     .says = "reads a bare -m as decimal megabytes")
{
	decide->object.m_unit = megabyte;
}

static bool large_suffix(const char *suffix, uint64_t bare, uint64_t *ret_unit)
{
	return isupper((unsigned char)suffix[0]) &&
	       vus_size_suffix(suffix, bare, ret_unit);
}

VUS_FE_FAULT(qemu_memory_size, no_small_suffix,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.unit.suffix",
	     .says = "knows suffixes in capital letters only")
{
	decide->object.m_suffix = large_suffix;
}

/* Its first letter counts, or nothing does. */
static bool any_suffix(const char *suffix, uint64_t bare, uint64_t *ret_unit)
{
	const char first[] = { suffix[0], '\0' };

	if (!vus_size_suffix(first, bare, ret_unit))
		*ret_unit = bare;
	return true;
}

VUS_FE_FAULT(qemu_memory_size, takes_any_suffix,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.unit.bad",
	     .says = "takes any text behind a number")
{
	decide->object.m_suffix = any_suffix;
}

/* ---- rounding ---- */

#define ROUND UINT64_C(8192)

static uint64_t round_down(uint64_t bytes)
{
	return bytes / ROUND * ROUND;
}

VUS_FE_FAULT(qemu_memory_size, rounds_down, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.round_8k", .says = "rounds -m down")
{
	decide->object.round_m = round_down;
}

static uint64_t at_least_one(uint64_t bytes)
{
	return bytes ? vus_object_round_m(bytes) : ROUND;
}

VUS_FE_FAULT(qemu_memory_size, zero_is_a_size,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_memory_size.zero_m", .says = "takes -m 0 for a size")
{
	decide->object.round_m = at_least_one;
}
