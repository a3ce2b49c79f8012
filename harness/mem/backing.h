/* SPDX-License-Identifier: BSD-3-Clause */
/* backing.h — where guest memory comes from: shm, memfd or a file.
 *
 * What each kind does follows QEMU's memory-backend objects: shm is made with
 * O_EXCL and mode 0 under a unique name that is unlinked before the size is
 * set; memfd is sealed against growing and shrinking; a file keeps its path, a
 * temporary one loses its name at once. */
#ifndef VUS_MEM_BACKING_H
#define VUS_MEM_BACKING_H

#include "backing_rules.h"

#include <stddef.h>
#include <stdint.h>

enum vus_backing_kind { VUS_SHM, VUS_MEMFD, VUS_FILE, VUS_NBACKINGS };

/* "shm", "memfd", "file". */
const char *vus_backing_name(enum vus_backing_kind kind);
bool vus_backing_by_name(const char *name, enum vus_backing_kind *ret);

enum vus_switch { VUS_DEFAULT, VUS_OFF, VUS_ON };

struct vus_backing_opts {
	enum vus_backing_kind kind;
	uint64_t size;    /* bytes; 0 is refused */
	const char *path; /* FILE: a file or a folder; NULL: $TMPDIR or /tmp */
	uint64_t offset;  /* FILE: where memory starts in it */
	enum vus_switch share; /* default: on for shm and memfd, off for file */
	enum vus_switch seal;  /* MEMFD, default on */
	bool hugetlb;          /* MEMFD */
	uint64_t hugetlbsize;  /* bytes, 0: the machine's default */
	bool readonly;         /* FILE */
	bool prealloc;         /* else memory is sparse, even beyond the RAM */
	const char *shm_name;  /* SHM: "/x" instead of a unique name */
	const char *memfd_name;                /* MEMFD: NULL: one of ours */
	const struct vus_backing_rules *rules; /* NULL: QEMU's */
};

struct vus_backing {
	enum vus_backing_kind kind;
	int fd;        /* owned, close-on-exec */
	uint64_t size; /* bytes asked for; the file may be larger */
	uint64_t offset;
	bool shared;
	void *addr; /* owned mapping of size bytes (shared or private) */
};

/* Bytes of a page of the file behind `fd`: huge ones where it has them. */
uint64_t vus_backing_page(int fd);

/* Make it, sized and mapped.  Refusals are kind USAGE and say both numbers
 * (size asked, size found); what the host refuses is SYSTEM.  Nothing is left
 * behind on failure. */
VUS_MUST_CHECK bool vus_backing_open(const struct vus_backing_opts *opts,
				     struct vus_backing *ret,
				     struct vus_err *err);
void vus_backing_close(struct vus_backing *b);

#endif
