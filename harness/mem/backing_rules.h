/* SPDX-License-Identifier: BSD-3-Clause */
/* backing_rules.h — what is decided while memory is made, one function a
 * decision.
 *
 * vus_backing_rules_of_qemu decides as QEMU does.  Memory that deviates on
 * purpose is made with other functions in some places. */
#ifndef VUS_MEM_BACKING_RULES_H
#define VUS_MEM_BACKING_RULES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct vus_backing_opts;

/* All members are functions, none is NULL. */
struct vus_backing_rules {
	/* ---- every kind (backing_open.c) ---- */

	/* Is it mapped shared? */
	bool (*shares)(const struct vus_backing_opts *opts);
	/* Bytes that a new file has. */
	uint64_t (*file_bytes)(const struct vus_backing_opts *opts);
	/* Are all pages allocated at once? */
	bool (*preallocates)(const struct vus_backing_opts *opts);
	/* F_SEAL_* to add, 0: none. */
	int (*seals)(const struct vus_backing_opts *opts);

	/* ---- shared memory objects (shm.c): as the calls of these names ----
	 */

	void (*shm_name)(unsigned attempt, char *ret, size_t cap);
	int (*shm_open)(const char *name);
	int (*shm_unlink)(const char *name);

	/* ---- memfd (memfd.c) ---- */

	const char *(*memfd_name)(const struct vus_backing_opts *opts);
	/* The flags that ask for huge pages. */
	bool (*huge_flags)(const struct vus_backing_opts *opts, unsigned *ret,
			   struct vus_err *err);

	/* ---- files (file.c) ---- */

	/* A descriptor, or -1 with errno. */
	int (*create_file)(const char *path);
	int (*unlink_temporary)(const char *path);
	/* Is a file that has `now` bytes one for this memory? */
	bool (*file_fits)(const struct vus_backing_opts *opts, int fd,
			  uint64_t now, struct vus_err *err);
	/* The path is neither a file's nor a folder's. */
	bool (*takes_special_file)(const char *path, struct vus_err *err);
};

extern const struct vus_backing_rules vus_backing_rules_of_qemu;

bool vus_backing_shares(const struct vus_backing_opts *opts);
uint64_t vus_backing_file_bytes(const struct vus_backing_opts *opts);
bool vus_backing_preallocates(const struct vus_backing_opts *opts);
int vus_backing_seals(const struct vus_backing_opts *opts);
void vus_backing_shm_name(unsigned attempt, char *ret, size_t cap);
int vus_backing_shm_open(const char *name);
int vus_backing_shm_unlink(const char *name);
const char *vus_backing_memfd_name(const struct vus_backing_opts *opts);
bool vus_backing_huge_flags(const struct vus_backing_opts *opts, unsigned *ret,
			    struct vus_err *err);
int vus_backing_create_file(const char *path);
int vus_backing_unlink_temporary(const char *path);
bool vus_backing_file_fits(const struct vus_backing_opts *opts, int fd,
			   uint64_t now, struct vus_err *err);
bool vus_backing_takes_special_file(const char *path, struct vus_err *err);

/* A table of the above, to begin with. */
#define VUS_BACKING_RULES_OF_QEMU                                              \
	{                                                                      \
		.shares = vus_backing_shares,                                  \
		.file_bytes = vus_backing_file_bytes,                          \
		.preallocates = vus_backing_preallocates,                      \
		.seals = vus_backing_seals, .shm_name = vus_backing_shm_name,  \
		.shm_open = vus_backing_shm_open,                              \
		.shm_unlink = vus_backing_shm_unlink,                          \
		.memfd_name = vus_backing_memfd_name,                          \
		.huge_flags = vus_backing_huge_flags,                          \
		.create_file = vus_backing_create_file,                        \
		.unlink_temporary = vus_backing_unlink_temporary,              \
		.file_fits = vus_backing_file_fits,                            \
		.takes_special_file = vus_backing_takes_special_file,          \
	}

#endif
