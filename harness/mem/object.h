/* SPDX-License-Identifier: BSD-3-Clause */
/* object.h — QEMU's words about guest memory, and the rules between them.
 *
 *   -object memory-backend-shm,id=mem,size=4G
 *   -m 4096   -machine memory-backend=mem   -numa node,memdev=mem
 */
#ifndef VUS_MEM_OBJECT_H
#define VUS_MEM_OBJECT_H

#include "backing.h"

#define VUS_MAX_OBJECTS 16

struct vus_object {
	char id[64];
	char path[256]; /* mem-path */
	struct vus_backing_opts opts;
};

struct vus_machine {
	struct vus_object objects[VUS_MAX_OBJECTS];
	unsigned nobjects;
	uint64_t ram_size; /* -m, bytes; 0: not given */
	char memory_backend[64];
	char memdev[VUS_MAX_OBJECTS][64]; /* -numa node,memdev=, in order */
	unsigned nnodes;
};

/* Read one option's value; refusals are kind USAGE in QEMU's sense. */
VUS_MUST_CHECK bool vus_machine_object(struct vus_machine *m, const char *value,
				       struct vus_err *err);
VUS_MUST_CHECK bool vus_machine_m(struct vus_machine *m, const char *value,
				  struct vus_err *err);
VUS_MUST_CHECK bool vus_machine_machine(struct vus_machine *m,
					const char *value, struct vus_err *err);
VUS_MUST_CHECK bool vus_machine_numa(struct vus_machine *m, const char *value,
				     struct vus_err *err);

/* All words read: do sizes and names agree?  On success *ret_order holds the
 * objects that make up guest memory, in guest address order, and ram_size is
 * set.  A mismatch says both numbers. */
VUS_MUST_CHECK bool vus_machine_check(struct vus_machine *m,
				      unsigned ret_order[VUS_MAX_OBJECTS],
				      unsigned *ret_n, struct vus_err *err);

#endif
