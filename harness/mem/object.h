/* SPDX-License-Identifier: BSD-3-Clause */
/* object.h — QEMU's words about guest memory, and the rules between them.
 *
 *   -object memory-backend-shm,id=mem,size=4G
 *   -m 4096   -machine memory-backend=mem   -numa node,memdev=mem
 *
 * What QEMU 10 and 11 refuse is refused, and what they let pass is passed; but
 * where they name one size or none, the line here says both. */
#ifndef VUS_MEM_OBJECT_H
#define VUS_MEM_OBJECT_H

#include "object_rules.h"

#define VUS_MAX_OBJECTS 16
#define VUS_MAX_NODES   VUS_MAX_OBJECTS
#define VUS_OBJECT_ID   64  /* bytes of a name, with its NUL */
#define VUS_OBJECT_PATH 256 /* bytes of a path, with its NUL */

struct vus_object {
	char id[VUS_OBJECT_ID];
	char path[VUS_OBJECT_PATH]; /* mem-path */
	bool has_size;
	bool ram; /* memory-backend-ram: a memfd, private unless share=on */
	/* A back-end sees no effect of these. */
	enum vus_switch reserve, rom;
	uint64_t align;
	struct vus_backing_opts opts; /* its path: see vus_machine_check() */
};

/* A NUMA node; QEMU's numbers follow one another from 0 on, in any order on
 * the command line. */
struct vus_node {
	bool given;
	char memdev[VUS_OBJECT_ID]; /* "": none */
};

/* Zero is "nothing said". */
struct vus_machine {
	const struct vus_object_rules *rules; /* NULL: QEMU's */
	struct vus_object objects[VUS_MAX_OBJECTS];
	unsigned nobjects;
	uint64_t ram_size;        /* -m, bytes; 0: not given, as for QEMU */
	uint64_t maxmem;          /* -m maxmem=, bytes */
	char type[VUS_OBJECT_ID]; /* -machine: "q35"; "": not said */
	char memory_backend[VUS_OBJECT_ID];
	struct vus_node nodes[VUS_MAX_NODES]; /* by number */
	unsigned nnodes;                      /* the highest and 1 */
};

/* Is this -object's value one for vus_machine_object()? */
bool vus_machine_is_memory(const char *value);

/* Read one option's value; refusals are kind USAGE in QEMU's sense. */
VUS_MUST_CHECK bool vus_machine_object(struct vus_machine *m, const char *value,
				       struct vus_err *err);
VUS_MUST_CHECK bool vus_machine_m(struct vus_machine *m, const char *value,
				  struct vus_err *err);
VUS_MUST_CHECK bool vus_machine_machine(struct vus_machine *m,
					const char *value, struct vus_err *err);
VUS_MUST_CHECK bool vus_machine_numa(struct vus_machine *m, const char *value,
				     struct vus_err *err);

/* The object of this name, or NULL. */
const struct vus_object *vus_machine_find(const struct vus_machine *m,
					  const char *id);

/* All words read: do sizes and names agree?  On success *ret_order holds the
 * objects that make up guest memory, in guest address order, ram_size is set,
 * and the objects' opts can be opened as long as *m stays where it is.  A
 * mismatch says both numbers. */
VUS_MUST_CHECK bool vus_machine_check(struct vus_machine *m,
				      unsigned ret_order[VUS_MAX_OBJECTS],
				      unsigned *ret_n, struct vus_err *err);

/* Where the PCI hole begins that ends at 4 GiB: as in QEMU for q35, pc and
 * microvm; any other type (and none) is treated as q35. */
uint64_t vus_machine_hole(const struct vus_machine *m);

#endif
