/* SPDX-License-Identifier: BSD-3-Clause */
/* backing_open.c — what the kinds of memory share: size, mapping, release. */
#include "backing_kind.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct vus_backing_kind_ops *const kinds[VUS_NBACKINGS] = {
	[VUS_SHM] = &vus_backing_shm,
	[VUS_MEMFD] = &vus_backing_memfd,
	[VUS_FILE] = &vus_backing_file,
};

const struct vus_backing_rules vus_backing_rules_of_qemu =
	VUS_BACKING_RULES_OF_QEMU;

const char *vus_backing_name(enum vus_backing_kind kind)
{
	return kinds[kind]->name;
}

bool vus_backing_by_name(const char *name, enum vus_backing_kind *ret)
{
	for (unsigned k = 0; k < VUS_NBACKINGS; k++) {
		if (strcmp(kinds[k]->name, name) == 0) {
			*ret = (enum vus_backing_kind)k;
			return true;
		}
	}
	return false;
}

/* ---- what is decided ---- */

bool vus_backing_shares(const struct vus_backing_opts *opts)
{
	return opts->share == VUS_ON ||
	       (opts->share == VUS_DEFAULT && kinds[opts->kind]->shared);
}

uint64_t vus_backing_file_bytes(const struct vus_backing_opts *opts)
{
	return opts->offset + opts->size;
}

bool vus_backing_preallocates(const struct vus_backing_opts *opts)
{
	return opts->prealloc;
}

int vus_backing_seals(const struct vus_backing_opts *opts)
{
	return opts->kind == VUS_MEMFD && opts->seal != VUS_OFF
		       ? F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL
		       : 0;
}

/* ---- sizes ---- */

/* Bytes of a huge page where the file has them, else 0. */
static uint64_t huge_page(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0 || fs.f_type != HUGETLBFS_MAGIC)
		return 0;
	return (uint64_t)fs.f_bsize;
}

uint64_t vus_backing_page(int fd)
{
	const uint64_t huge = huge_page(fd);

	return huge ? huge : (uint64_t)sysconf(_SC_PAGESIZE);
}

bool vus_backing_whole_pages(int fd, const struct vus_backing_opts *opts,
			     struct vus_err *err)
{
	const uint64_t page = vus_backing_page(fd);

	if (opts->size % page || opts->offset % page)
		return vus_fail(err, VUS_ERR_USAGE,
				"size %" PRIu64 " and offset %" PRIu64
				" of %s memory must be multiples of page size, "
				"%" PRIu64 " bytes",
				opts->size, opts->offset,
				vus_backing_name(opts->kind), page);
	return true;
}

bool vus_backing_resize(int fd, const struct vus_backing_opts *opts,
			const char *what, struct vus_err *err)
{
	const uint64_t size = vus_backing_rules_of(opts)->file_bytes(opts);

	if (size > INT64_MAX)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s of %" PRIu64 " bytes: no file is larger "
				"than %" PRId64,
				what, size, INT64_MAX);
	if (ftruncate(fd, (off_t)size) < 0)
		return vus_fail_sys(err, "setting %s to %" PRIu64 " bytes",
				    what, size);
	return true;
}

/* ---- mappings ---- */

/* Pages of this size that nobody has, 0 where that cannot be read. */
static uint64_t huge_pages_free(uint64_t page)
{
	char path[96];
	uint64_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%" PRIu64
		 "kB/free_hugepages",
		 page / 1024);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu64, &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

static bool unmappable(const struct vus_backing *b, struct vus_err *err)
{
	const uint64_t huge = huge_page(b->fd);
	const int sys = errno;

	if (!huge)
		return vus_fail_sys(err, "mapping %" PRIu64 " bytes of %s",
				    b->size, vus_backing_name(b->kind));
	vus_fail(err, VUS_ERR_SYSTEM,
		 "mapping %s memory: %" PRIu64 " huge pages of %" PRIu64
		 " bytes are wanted, %" PRIu64 " are free: %s",
		 vus_backing_name(b->kind), b->size / huge, huge,
		 huge_pages_free(huge), strerror(sys));
	if (err) {
		err->sys = sys;
		err->code = VUS_HOST_HUGE_PAGES;
	}
	return false;
}

/* Touch all pages now.  A full file system is an error here; later it would be
 * a SIGBUS in the process that touches the page. */
static bool populate(const struct vus_backing *b, bool readonly,
		     struct vus_err *err)
{
	const int advice = readonly ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
	struct statvfs fs;

	/* EINVAL: older than Linux 5.14, and MAP_POPULATE did what it could. */
	if (madvise(b->addr, (size_t)b->size, advice) == 0 || errno == EINVAL)
		return true;
	vus_fail_host(err, VUS_HOST_MEMORY,
		      "touching %" PRIu64 " bytes of %s memory", b->size,
		      vus_backing_name(b->kind));
	if (err && fstatvfs(b->fd, &fs) == 0 && fs.f_blocks > 0) {
		const size_t len = strlen(err->text);

		snprintf(err->text + len, sizeof(err->text) - len,
			 " (%" PRIu64 " bytes are free there)",
			 (uint64_t)fs.f_bavail * fs.f_frsize);
	}
	return false;
}

static bool map(struct vus_backing *b, const struct vus_backing_opts *opts,
		struct vus_err *err)
{
	const bool prealloc = vus_backing_rules_of(opts)->preallocates(opts);
	/* Guests larger than the machine are sparse, but a huge page that was
	 * not reserved is a SIGBUS when it is touched. */
	const bool sparse = !prealloc && !huge_page(b->fd);
	const int flags = (b->shared ? MAP_SHARED : MAP_PRIVATE) |
			  (sparse ? MAP_NORESERVE : 0) |
			  (prealloc ? MAP_POPULATE : 0);
	const int prot = opts->readonly ? PROT_READ : PROT_READ | PROT_WRITE;
	void *addr = mmap(NULL, (size_t)b->size, prot, flags, b->fd,
			  (off_t)b->offset);

	if (addr == MAP_FAILED)
		return unmappable(b, err);
	b->addr = addr;
	return !prealloc || populate(b, opts->readonly, err);
}

static bool sensible(const struct vus_backing_opts *opts, struct vus_err *err)
{
	const struct vus_backing_kind_ops *kind = kinds[opts->kind];

	if (opts->size == 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"size 0 of %s memory: it has at least one "
				"page, %ld bytes",
				kind->name, sysconf(_SC_PAGESIZE));
	if (opts->size > SIZE_MAX || opts->offset > INT64_MAX ||
	    opts->size > INT64_MAX - opts->offset)
		return vus_fail(err, VUS_ERR_USAGE,
				"size %" PRIu64 " and offset %" PRIu64
				" of %s memory: no file is larger than "
				"%" PRId64,
				opts->size, opts->offset, kind->name,
				INT64_MAX);
	if (opts->share == VUS_OFF && kind->always_shared)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s memory cannot be made with share=off",
				kind->name);
	return true;
}

/* A memfd made without MFD_ALLOW_SEALING has F_SEAL_SEAL already. */
static bool seal(int fd, const struct vus_backing_opts *opts,
		 struct vus_err *err)
{
	const int seals = vus_backing_rules_of(opts)->seals(opts);

	return seals == 0 || fcntl(fd, F_ADD_SEALS, seals) == 0 ||
	       vus_fail_sys(err, "sealing %s memory",
			    vus_backing_name(opts->kind));
}

bool vus_backing_open(const struct vus_backing_opts *opts,
		      struct vus_backing *ret, struct vus_err *err)
{
	const struct vus_backing_kind_ops *kind = kinds[opts->kind];
	enum vus_backing_effect deed = VUS_EFFECT_NONE;
	struct vus_backing b = {
		.kind = opts->kind,
		.fd = -1,
		.size = opts->size,
		.offset = opts->offset,
		.shared = vus_backing_rules_of(opts)->shares(opts),
	};

	if (!sensible(opts, err) || !kind->open(opts, &b.fd, &deed, err))
		return false;
	if (!seal(b.fd, opts, err) || !map(&b, opts, err)) {
		if (kind->undo)
			kind->undo(opts, b.fd, deed);
		vus_backing_close(&b);
		return false;
	}
	*ret = b;
	return true;
}

void vus_backing_close(struct vus_backing *b)
{
	if (b->addr)
		munmap(b->addr, (size_t)b->size);
	b->addr = NULL;
	vus_fd_close(&b->fd);
}
