/* SPDX-License-Identifier: BSD-3-Clause */
/* object_check.c — do the words about guest memory agree with each other? */
#include "object.h"

#include "base/size.h"

#include <inttypes.h>
#include <string.h>

#define GIB UINT64_C(0x40000000)

static const struct vus_object_rules *rules_of(const struct vus_machine *m)
{
	return m->rules ? m->rules : &vus_object_rules_of_qemu;
}

static bool find_object(const struct vus_machine *m, const char *id,
			unsigned *ret, struct vus_err *err)
{
	const struct vus_object *o = rules_of(m)->named(m, id);

	if (!o)
		return vus_fail(err, VUS_ERR_USAGE,
				"Memory backend '%s' not found", id);
	*ret = (unsigned)(o - m->objects);
	return true;
}

/* QEMU: hw/i386/pc_q35.c, pc_piix.c, microvm.c. */
uint64_t vus_machine_hole(const struct vus_machine *m)
{
	static const struct {
		const char *type; /* how it begins */
		uint64_t most;    /* RAM that lies in one piece */
		uint64_t low;     /* what of more lies below the hole */
	} rows[] = {
		{ "pc-q35-", 11 * GIB / 4, 2 * GIB }, /* and q35 */
		{ "pc", 7 * GIB / 2, 3 * GIB },
		{ "microvm", 3 * GIB, 3 * GIB },
	};
	size_t i = 0;

	while (i < VUS_COUNT(rows) &&
	       strncmp(rows[i].type, m->type, strlen(rows[i].type)) != 0)
		i++;
	i %= VUS_COUNT(rows); /* any other as the first */
	return m->ram_size < rows[i].most ? rows[i].most : rows[i].low;
}

/* -machine memory-backend=: one object is all of it; -m may be left out. */
static bool one_backend(struct vus_machine *m, unsigned *ret_object,
			struct vus_err *err)
{
	const struct vus_object *o;
	char ram[24], size[24];

	if (!find_object(m, m->memory_backend, ret_object, err))
		return false;
	o = &m->objects[*ret_object];
	m->ram_size = rules_of(m)->machine_ram(m, o->opts.size);
	if (m->ram_size == o->opts.size)
		return true;
	return vus_fail(err, VUS_ERR_USAGE,
			"Machine memory size (-m, %s) does not match the size "
			"of the memory backend ('%s', %s)",
			vus_size_format(m->ram_size, ram), o->id,
			vus_size_format(o->opts.size, size));
}

/* The object of node i. */
static bool node_backend(const struct vus_machine *m, unsigned i,
			 unsigned order[VUS_MAX_OBJECTS], struct vus_err *err)
{
	const struct vus_node *node = &m->nodes[i];

	if (!node->given)
		return vus_fail(err, VUS_ERR_USAGE,
				"numa: node ID missing: %u of %u", i,
				m->nnodes);
	if (!node->memdev[0])
		return vus_fail(err, VUS_ERR_USAGE,
				"numa: memdev option must be specified for all "
				"nodes: node %u has none",
				i);
	if (!find_object(m, node->memdev, &order[i], err))
		return false;
	for (unsigned k = 0; k < i; k++)
		if (order[k] == order[i] && !rules_of(m)->takes_object_twice())
			return vus_fail(err, VUS_ERR_USAGE,
					"memory backend %s can't be used "
					"multiple times: it is node %u's and "
					"node %u's",
					node->memdev, k, i);
	return true;
}

/* The objects of all nodes, and the sum of their sizes. */
static bool node_backends(const struct vus_machine *m,
			  unsigned order[VUS_MAX_OBJECTS], uint64_t *ret_total,
			  struct vus_err *err)
{
	*ret_total = 0;
	for (unsigned i = 0; i < m->nnodes; i++) {
		if (!node_backend(m, i, order, err))
			return false;
		if (!rules_of(m)->add_node(*ret_total,
					   m->objects[order[i]].opts.size,
					   ret_total))
			return vus_fail(err, VUS_ERR_USAGE,
					"total memory for NUMA nodes is above "
					"2^64-1 bytes");
	}
	return true;
}

static bool nodes(struct vus_machine *m, unsigned order[VUS_MAX_OBJECTS],
		  struct vus_err *err)
{
	char sum[24], ram[24];
	uint64_t total;

	if (m->memory_backend[0] && !rules_of(m)->takes_both_forms())
		return vus_fail(err, VUS_ERR_USAGE,
				"'-machine memory-backend' and '-numa memdev' "
				"are mutually exclusive");
	if (!node_backends(m, order, &total, err))
		return false;
	m->ram_size = rules_of(m)->numa_ram(m, total);
	if (total == m->ram_size)
		return true;
	return vus_fail(err, VUS_ERR_USAGE,
			"total memory for NUMA nodes (0x%" PRIx64
			") should equal RAM size (0x%" PRIx64
			"): %s, and -m %s",
			total, m->ram_size, vus_size_format(total, sum),
			vus_size_format(m->ram_size, ram));
}

/* Nodes without any memdev share what the machine has. */
static bool nodes_have_memory(const struct vus_machine *m)
{
	for (unsigned i = 0; i < m->nnodes; i++)
		if (m->nodes[i].memdev[0])
			return true;
	return false;
}

/* QEMU starts without shared memory, and its vhost-user devices do not work. */
static bool nothing_shared(const struct vus_machine *m, struct vus_err *err)
{
	char size[24];

	if (m->nobjects == 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"guest memory is not shared: -object "
				"memory-backend-shm,id=mem,size=SIZE with "
				"-machine memory-backend=mem would share it");
	if (rules_of(m)->id_is_reserved(m->objects[0].id))
		return vus_fail(err, VUS_ERR_USAGE,
				"object's id '%s' is reserved for the default "
				"RAM backend",
				m->objects[0].id);
	return vus_fail(err, VUS_ERR_USAGE,
			"memory backend '%s' of %s is not used as guest "
			"memory: name it in -machine memory-backend= or -numa "
			"node,memdev=",
			m->objects[0].id,
			vus_size_format(m->objects[0].opts.size, size));
}

static bool fits_maxmem(const struct vus_machine *m, struct vus_err *err)
{
	char max[24], ram[24];

	if (m->maxmem == 0 || m->maxmem >= m->ram_size)
		return true;
	return vus_fail(err, VUS_ERR_USAGE,
			"invalid value of maxmem: maximum memory size (%s) "
			"must be at least the initial memory size (%s)",
			vus_size_format(m->maxmem, max),
			vus_size_format(m->ram_size, ram));
}

static void settle_sizes(struct vus_machine *m)
{
	const struct vus_object_rules *rules = rules_of(m);

	for (unsigned i = 0; i < m->nobjects; i++) {
		struct vus_object *o = &m->objects[i];

		o->opts.size = rules->object_size(m, o);
		o->opts.offset = rules->object_offset(o);
	}
}

/* Complete the options with which the objects are opened. */
static void settle_opts(struct vus_machine *m)
{
	for (unsigned i = 0; i < m->nobjects; i++) {
		struct vus_object *o = &m->objects[i];

		o->opts.path = o->path[0] ? o->path : NULL;
		if (o->opts.share == VUS_DEFAULT)
			o->opts.share = rules_of(m)->default_share(o);
		if (!o->ram)
			continue;
		o->opts.memfd_name = o->id;
		o->opts.seal = VUS_OFF;
	}
}

bool vus_machine_check(struct vus_machine *m,
		       unsigned ret_order[VUS_MAX_OBJECTS], unsigned *ret_n,
		       struct vus_err *err)
{
	unsigned order[VUS_MAX_OBJECTS] = { 0 };
	const bool numa = nodes_have_memory(m);
	bool ok;

	settle_sizes(m);
	if (numa)
		ok = nodes(m, order, err);
	else if (m->memory_backend[0])
		ok = one_backend(m, order, err);
	else
		ok = nothing_shared(m, err);
	if (!ok || !fits_maxmem(m, err))
		return false;
	settle_opts(m);
	*ret_n = numa ? m->nnodes : 1;
	memcpy(ret_order, order, *ret_n * sizeof(order[0]));
	return true;
}
