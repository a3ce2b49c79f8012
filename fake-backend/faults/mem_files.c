/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_files.c — faults that change the files of guest memory where no request
 * asks for it. */
#include "fault.h"

#include <sys/stat.h>
#include <unistd.h>

static bool add_and_clear(struct vus_be *be, struct vus_regions *table,
			  const struct vus_p_region *row, int fd)
{
	if (!vus_be_honest.add_region(be, table, row, fd))
		return false;
	(void)!pwrite(fd, "", 1, (off_t)(row->mmap_offset + row->size - 1));
	return true;
}

VUS_BE_FAULT(mem_table, clears_the_last_byte,
	     .rule = "mem_table.offset_nonzero",
	     .says = "clears the last byte of a region when it is mapped")
{
	decide->add_region = add_and_clear;
}

static bool add_and_clear_start(struct vus_be *be, struct vus_regions *table,
				const struct vus_p_region *row, int fd)
{
	if (!vus_be_honest.add_region(be, table, row, fd))
		return false;
	if (row->mmap_offset > 0)
		(void)!pwrite(fd, "", 1, 0);
	return true;
}

VUS_BE_FAULT(
	mem_table, clears_the_files_start, .rule = "mem_table.offset_nonzero",
	.says = "clears the first byte of a file whose region begins later")
{
	decide->add_region = add_and_clear_start;
}

static bool add_and_grow(struct vus_be *be, struct vus_regions *table,
			 const struct vus_p_region *row, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		(void)!ftruncate(fd, st.st_size + 4096);
	return vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(mem_table, grows_files, .rule = "mem_table.no_resize",
	     .says = "makes the file of a region larger")
{
	decide->add_region = add_and_grow;
}
