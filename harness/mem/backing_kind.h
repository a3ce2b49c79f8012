/* SPDX-License-Identifier: BSD-3-Clause */
/* backing_kind.h — what each kind of memory does its own way; for the files of
 * this folder. */
#ifndef VUS_MEM_BACKING_KIND_H
#define VUS_MEM_BACKING_KIND_H

#include "backing.h"

/* What opening did to the file system, for the case that a later step fails. */
enum vus_backing_effect {
	VUS_EFFECT_NONE,  /* no name, or a file as it was */
	VUS_EFFECT_GROWN, /* an empty file was given a size */
	VUS_EFFECT_MADE,  /* a file was made that keeps its name */
};

struct vus_backing_kind_ops {
	const char *name;
	bool shared;        /* by default */
	bool always_shared; /* share=off is refused */
	/* A sized descriptor, close-on-exec; nothing is left on failure. */
	bool (*open)(const struct vus_backing_opts *opts, int *ret_fd,
		     enum vus_backing_effect *ret_deed, struct vus_err *err);
	/* NULL where a closed descriptor leaves nothing behind. */
	void (*undo)(const struct vus_backing_opts *opts, int fd,
		     enum vus_backing_effect deed);
};

extern const struct vus_backing_kind_ops vus_backing_shm;
extern const struct vus_backing_kind_ops vus_backing_memfd;
extern const struct vus_backing_kind_ops vus_backing_file;

static inline const struct vus_backing_rules *
vus_backing_rules_of(const struct vus_backing_opts *opts)
{
	return opts->rules ? opts->rules : &vus_backing_rules_of_qemu;
}

/* Are size and offset whole pages of this descriptor's file? */
VUS_MUST_CHECK bool vus_backing_whole_pages(int fd,
					    const struct vus_backing_opts *opts,
					    struct vus_err *err);

/* Give a new file its size; `what` is "shared memory", "memfd", a path. */
VUS_MUST_CHECK bool vus_backing_resize(int fd,
				       const struct vus_backing_opts *opts,
				       const char *what, struct vus_err *err);

#endif
