/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_box.h — backings opened, refused and looked at, for unit tests. */
#ifndef VUS_UNIT_MEM_BOX_H
#define VUS_UNIT_MEM_BOX_H

#include "mem/backing.h"

#include <sys/stat.h>

#define MEM_KIB  UINT64_C(1024)
#define MEM_MIB  (MEM_KIB << 10)
#define MEM_GIB  (MEM_MIB << 10)
#define MEM_PAGE UINT64_C(4096)

/* Open it, or fail the test with its words. */
void mem_open(const struct vus_backing_opts *opts, struct vus_backing *ret);

/* Opening must fail with this kind of error and a line that holds each of
 * `says` (at most three, a NULL ends them); nothing is left open or mapped. */
void mem_refused(const struct vus_backing_opts *opts, enum vus_err_kind kind,
		 const char *const says[3]);
#define MEM_REFUSED(opts, kind, ...)                                           \
	mem_refused((opts), (kind), (const char *const[3]){ __VA_ARGS__ })

/* What is written through the mapping is read through the descriptor, unless it
 * is private; first and last byte. */
void mem_check_sharing(const struct vus_backing *b);

struct stat mem_stat(int fd);

/* Mappings of guest memory that this process has; allocators map as they like,
 * and are not counted. */
unsigned mem_count_mappings(void);

/* A folder of its own for each test (cmocka's setup and teardown); *state is
 * its path, and TMPDIR points to it. */
int mem_folder_setup(void **state);
int mem_folder_teardown(void **state);
/* "FOLDER/NAME", and what is in the folder. */
const char *mem_path(void **state, const char *name);
unsigned mem_count_names(const char *folder);

/* A file of `size` bytes (all 0x5a) with this mode. */
void mem_make_file(const char *path, uint64_t size, mode_t mode);

/* From now on no mapping succeeds; and as before. */
void mem_forbid_mappings(void);
void mem_allow_mappings(void);

#endif
