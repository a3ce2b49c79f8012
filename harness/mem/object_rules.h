/* SPDX-License-Identifier: BSD-3-Clause */
/* object_rules.h — what is decided while words about guest memory are read, one
 * function a decision.
 *
 * vus_object_rules_of_qemu decides as QEMU does.  A reader that deviates on
 * purpose replaces some of the functions. */
#ifndef VUS_MEM_OBJECT_RULES_H
#define VUS_MEM_OBJECT_RULES_H

#include "backing.h"
#include "base/size.h"

struct vus_machine;
struct vus_object;

/* What becomes of a property. */
enum vus_property_use {
	VUS_PROPERTY_UNKNOWN, /* refused */
	VUS_PROPERTY_IGNORED, /* read, without any effect */
	VUS_PROPERTY_TAKEN,
};

/* All members are functions, none is NULL. */
struct vus_object_rules {
	/* ---- a single -object (object_parse.c) ---- */

	/* memory-backend-NAME; false: there is no such kind. */
	bool (*kind)(const char *name, enum vus_backing_kind *ret);
	bool (*id_is_free)(const struct vus_machine *m, const char *id);
	/* A property of some kind of memory; `own`: of this one. */
	enum vus_property_use (*property)(const struct vus_object *o,
					  const char *name, bool own);
	/* Bytes that a number without a suffix counts. */
	uint64_t (*unit)(void);
	/* May this property of a size be 0? */
	bool (*takes_zero)(const char *property);
	bool (*needs_size)(const struct vus_object *o);
	bool (*needs_path)(const struct vus_object *o);
	/* share= where it was not said. */
	enum vus_switch (*default_share)(const struct vus_object *o);
	/* Do the values agree with the page size and with each other? */
	bool (*alignment_fits)(const struct vus_object *o, struct vus_err *err);
	bool (*rom_fits)(const struct vus_object *o);
	bool (*reserve_fits)(const struct vus_object *o);

	/* ---- -m (object_parse.c) ---- */

	uint64_t (*m_unit)(void);
	vus_size_suffix_fn *m_suffix;
	/* Bytes of RAM for those of -m. */
	uint64_t (*round_m)(uint64_t bytes);

	/* ---- all options together (object_check.c) ---- */

	/* Bytes of an object, and where they begin in its file. */
	uint64_t (*object_size)(const struct vus_machine *m,
				const struct vus_object *o);
	uint64_t (*object_offset)(const struct vus_object *o);
	/* The object that an option names, NULL: none. */
	const struct vus_object *(*named)(const struct vus_machine *m,
					  const char *id);
	/* -machine memory-backend=: bytes of RAM, where the object has so
	 * many. */
	uint64_t (*machine_ram)(const struct vus_machine *m, uint64_t object);
	/* -numa: may nodes stand beside memory-backend=? */
	bool (*takes_both_forms)(void);
	/* May two nodes have one object? */
	bool (*takes_object_twice)(void);
	/* Add one node's bytes to those of the nodes before it; false: more
	 * than can be counted. */
	bool (*add_node)(uint64_t total, uint64_t node, uint64_t *ret);
	/* Bytes of RAM, where the nodes have so many. */
	uint64_t (*numa_ram)(const struct vus_machine *m, uint64_t nodes);
	/* Is it the id of the default memory? */
	bool (*id_is_reserved)(const char *id);
};

extern const struct vus_object_rules vus_object_rules_of_qemu;

bool vus_object_kind(const char *name, enum vus_backing_kind *ret);
bool vus_object_id_is_free(const struct vus_machine *m, const char *id);
enum vus_property_use vus_object_property(const struct vus_object *o,
					  const char *name, bool own);
uint64_t vus_object_unit(void);
bool vus_object_takes_zero(const char *property);
bool vus_object_needs_size(const struct vus_object *o);
bool vus_object_needs_path(const struct vus_object *o);
enum vus_switch vus_object_default_share(const struct vus_object *o);
bool vus_object_alignment_fits(const struct vus_object *o, struct vus_err *err);
bool vus_object_rom_fits(const struct vus_object *o);
bool vus_object_reserve_fits(const struct vus_object *o);
uint64_t vus_object_m_unit(void);
uint64_t vus_object_round_m(uint64_t bytes);
uint64_t vus_object_size(const struct vus_machine *m,
			 const struct vus_object *o);
uint64_t vus_object_offset(const struct vus_object *o);
const struct vus_object *vus_object_named(const struct vus_machine *m,
					  const char *id);
uint64_t vus_object_machine_ram(const struct vus_machine *m, uint64_t object);
bool vus_object_takes_both_forms(void);
bool vus_object_takes_object_twice(void);
bool vus_object_add_node(uint64_t total, uint64_t node, uint64_t *ret);
uint64_t vus_object_numa_ram(const struct vus_machine *m, uint64_t nodes);
bool vus_object_id_is_reserved(const char *id);

/* A table of the above, to begin with. */
#define VUS_OBJECT_RULES_OF_QEMU                                               \
	{                                                                      \
		.kind = vus_object_kind, .id_is_free = vus_object_id_is_free,  \
		.property = vus_object_property, .unit = vus_object_unit,      \
		.takes_zero = vus_object_takes_zero,                           \
		.needs_size = vus_object_needs_size,                           \
		.needs_path = vus_object_needs_path,                           \
		.default_share = vus_object_default_share,                     \
		.alignment_fits = vus_object_alignment_fits,                   \
		.rom_fits = vus_object_rom_fits,                               \
		.reserve_fits = vus_object_reserve_fits,                       \
		.m_unit = vus_object_m_unit, .m_suffix = vus_size_suffix,      \
		.round_m = vus_object_round_m, .object_size = vus_object_size, \
		.object_offset = vus_object_offset, .named = vus_object_named, \
		.machine_ram = vus_object_machine_ram,                         \
		.takes_both_forms = vus_object_takes_both_forms,               \
		.takes_object_twice = vus_object_takes_object_twice,           \
		.add_node = vus_object_add_node,                               \
		.numa_ram = vus_object_numa_ram,                               \
		.id_is_reserved = vus_object_id_is_reserved,                   \
	}

#endif
