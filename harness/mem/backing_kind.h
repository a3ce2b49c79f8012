/* SPDX-License-Identifier: BSD-3-Clause */
/* backing_kind.h — what each kind of memory does its own way; for the files of
 * this folder. */
#ifndef VUS_MEM_BACKING_KIND_H
#define VUS_MEM_BACKING_KIND_H

#include "backing.h"

struct vus_backing_kind_ops {
	const char *name;
	bool shared;        /* by default */
	bool always_shared; /* share=off is refused */
	/* A sized descriptor, close-on-exec; nothing is left on failure. */
	bool (*open)(const struct vus_backing_opts *opts, int *ret_fd,
		     struct vus_err *err);
};

extern const struct vus_backing_kind_ops vus_backing_shm;
extern const struct vus_backing_kind_ops vus_backing_memfd;
extern const struct vus_backing_kind_ops vus_backing_file;

/* ftruncate with words; `what` is "shared memory", "memfd", a path. */
VUS_MUST_CHECK bool vus_backing_resize(int fd, uint64_t size, const char *what,
				       struct vus_err *err);

#endif
