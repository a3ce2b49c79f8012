/* SPDX-License-Identifier: BSD-3-Clause */
/* env.c — failures of ours that are the host's doing. */
#include "env.h"

#include <errno.h>
#include <string.h>

/* `kinds`: memory of these only; `words`: only where the text has them. */
struct lack {
	int sys;
	unsigned kinds;
	const char *words, *remedy;
};

#define ANY   0
#define SHM   VUS_BIT(VUS_SHM)
#define MEMFD VUS_BIT(VUS_MEMFD)
#define FILES VUS_BIT(VUS_FILE)

/* The first that fits.  EFAULT is how a page that a full file system does not
 * give shows when it is asked for beforehand. */
static const struct lack lacks[] = {
	{ EMFILE, ANY, NULL, VUS_REMEDY_FILES },
	{ ENFILE, ANY, NULL, VUS_REMEDY_FILES },
	{ EACCES, ANY, "/proc/", VUS_REMEDY_PROC },
	{ EPERM, ANY, "/proc/", VUS_REMEDY_PROC },
	{ ENOMEM, ANY, "huge page", VUS_REMEDY_HUGE },
	{ ENOMEM, ANY, "hugetlbsize", VUS_REMEDY_HUGE },
	{ ENOENT, ANY, "/dev/shm", VUS_REMEDY_SHM },
	{ EACCES, ANY, "/dev/shm", VUS_REMEDY_SHM },
	{ EROFS, ANY, "/dev/shm", VUS_REMEDY_SHM },
	{ ENOSYS, ANY, "/dev/shm", VUS_REMEDY_SHM },
	{ ENOSYS, ANY, "memfd", VUS_REMEDY_MEMFD },
	{ EPERM, ANY, "memfd", VUS_REMEDY_MEMFD },
	{ EFAULT, SHM, "memory", VUS_REMEDY_SHM_ROOM },
	{ ENOSPC, SHM, NULL, VUS_REMEDY_SHM_ROOM },
	{ EFAULT, FILES, "memory", VUS_REMEDY_FILE_ROOM },
	{ ENOSPC, ANY, NULL, VUS_REMEDY_FILE_ROOM },
	{ EDQUOT, ANY, NULL, VUS_REMEDY_FILE_ROOM },
	{ EROFS, FILES, NULL, VUS_REMEDY_FILE_ROOM },
	{ EACCES, FILES, "folder", VUS_REMEDY_FILE_ROOM },
	{ ENOENT, FILES, "folder", VUS_REMEDY_FILE_ROOM },
	{ EFAULT, MEMFD, "memory", VUS_REMEDY_MEMORY },
	{ ENOMEM, ANY, NULL, VUS_REMEDY_MEMORY },
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
		    (!l->words || strstr(err->text, l->words)))
			return l->remedy;
	}
	return NULL;
}
