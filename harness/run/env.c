/* SPDX-License-Identifier: BSD-3-Clause */
/* env.c — our own failures that the host causes. */
#include "env.h"

#include <errno.h>

/* `kinds`: memory of these only; `part`: failures about this only, unless it is
 * UNSAID. */
struct lack {
	int sys;
	unsigned kinds;
	enum vus_host_part part;
	const char *remedy;
};

#define ANY   0
#define SHM   VUS_BIT(VUS_SHM)
#define MEMFD VUS_BIT(VUS_MEMFD)
#define FILES VUS_BIT(VUS_FILE)

/* The first that fits.  EFAULT is how a page that a full file system does not
 * give shows when it is asked for beforehand. */
static const struct lack lacks[] = {
	{ EMFILE, ANY, VUS_HOST_UNSAID, VUS_REMEDY_FILES },
	{ ENFILE, ANY, VUS_HOST_UNSAID, VUS_REMEDY_FILES },
	{ EACCES, ANY, VUS_HOST_PROC, VUS_REMEDY_PROC },
	{ EPERM, ANY, VUS_HOST_PROC, VUS_REMEDY_PROC },
	{ ENOMEM, ANY, VUS_HOST_HUGE_PAGES, VUS_REMEDY_HUGE },
	{ ENOMEM, ANY, VUS_HOST_MEMFD, VUS_REMEDY_HUGE },
	{ ENOENT, ANY, VUS_HOST_SHM, VUS_REMEDY_SHM },
	{ EACCES, ANY, VUS_HOST_SHM, VUS_REMEDY_SHM },
	{ EROFS, ANY, VUS_HOST_SHM, VUS_REMEDY_SHM },
	{ ENOSYS, ANY, VUS_HOST_SHM, VUS_REMEDY_SHM },
	{ ENOSYS, ANY, VUS_HOST_MEMFD, VUS_REMEDY_MEMFD },
	{ EPERM, ANY, VUS_HOST_MEMFD, VUS_REMEDY_MEMFD },
	{ EFAULT, SHM, VUS_HOST_MEMORY, VUS_REMEDY_SHM_ROOM },
	{ ENOSPC, SHM, VUS_HOST_UNSAID, VUS_REMEDY_SHM_ROOM },
	{ EFAULT, FILES, VUS_HOST_MEMORY, VUS_REMEDY_FILE_ROOM },
	{ ENOSPC, ANY, VUS_HOST_UNSAID, VUS_REMEDY_FILE_ROOM },
	{ EDQUOT, ANY, VUS_HOST_UNSAID, VUS_REMEDY_FILE_ROOM },
	{ EROFS, FILES, VUS_HOST_UNSAID, VUS_REMEDY_FILE_ROOM },
	{ EACCES, FILES, VUS_HOST_FOLDER, VUS_REMEDY_FILE_ROOM },
	{ ENOENT, FILES, VUS_HOST_FOLDER, VUS_REMEDY_FILE_ROOM },
	{ EFAULT, MEMFD, VUS_HOST_MEMORY, VUS_REMEDY_MEMORY },
	{ ENOMEM, ANY, VUS_HOST_UNSAID, VUS_REMEDY_MEMORY },
};

const char *vus_env_remedy(const struct vus_err *err,
			   enum vus_backing_kind memory)
{
	if (err->kind != VUS_ERR_SYSTEM || err->sys == 0)
		return NULL;
	for (size_t i = 0; i < VUS_COUNT(lacks); i++) {
		const struct lack *l = &lacks[i];

		if (l->sys == err->sys &&
		    (l->kinds == ANY || (l->kinds & VUS_BIT(memory))) &&
		    (l->part == VUS_HOST_UNSAID || (int)l->part == err->code))
			return l->remedy;
	}
	return NULL;
}
