/* SPDX-License-Identifier: BSD-3-Clause */
/* spoil.c — other files behind guest memory than were asked for. */
#include "spoil.h"

#include "base/own.h"
#include "fault.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* "/vuspec-fault-PID-2": cleared away by ci/run_qemu_faults.py too. */
static const char *name_of(unsigned backing, char buf[64])
{
	(void)snprintf(buf, 64, "/vuspec-fault-%d-%u", (int)getpid(), backing);
	return buf;
}

static void unlink_names(const struct vus_guest *guest)
{
	char name[64];

	for (unsigned i = 0; i < guest->nbackings; i++)
		(void)shm_unlink(name_of(i, name));
}

/* ---- before it is made ---- */

bool vus_fake_spoil_path(const struct vus_fake_options *o,
			 const struct vus_backing_opts *opts,
			 struct vus_err *err)
{
	const uint64_t end = opts->offset + opts->size;
	uint64_t now, want;
	struct stat st;

	if (!opts->path || stat(opts->path, &st) < 0)
		return true;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) &&
	    VUS_FE_FAULTY(o, memory_backend_file, aborts_on_devices))
		abort();
	if (!S_ISREG(st.st_mode))
		return true;
	now = want = (uint64_t)st.st_size;
	if (now == 0 && VUS_FE_FAULTY(o, memory_backend_file, grows_twice))
		want = 2 * end;
	if (now < end &&
	    VUS_FE_FAULTY(o, memory_backend_file, grows_small_ones))
		want = end;
	if (now > end && VUS_FE_FAULTY(o, memory_backend_file, cuts_large_ones))
		want = end;
	return want == now || truncate(opts->path, (off_t)want) == 0 ||
	       vus_fail_sys(err, "setting the size of %s", opts->path);
}

/* ---- after it is made ---- */

/* Another file in the place of the one that is there. */
static bool put(struct vus_backing *b, int fd, struct vus_err *err)
{
	VUS_AUTO_FD own = fd;

	if (own < 0 || ftruncate(own, (off_t)b->size) < 0 ||
	    mmap(b->addr, (size_t)b->size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED | MAP_NORESERVE, own,
		 0) == MAP_FAILED ||
	    dup3(own, b->fd, O_CLOEXEC) < 0)
		return vus_fail_sys(err, "other guest memory, by a fault");
	return true;
}

static bool put_sealed(struct vus_backing *b, int seals, struct vus_err *err)
{
	return put(b,
		   memfd_create("vuspec-fault",
				MFD_CLOEXEC | MFD_ALLOW_SEALING),
		   err) &&
	       (fcntl(b->fd, F_ADD_SEALS, seals) == 0 ||
		vus_fail_sys(err, "sealing, by a fault"));
}

static bool put_named(struct vus_backing *b, unsigned i, struct vus_err *err)
{
	char name[64];

	return put(b, shm_open(name_of(i, name), O_RDWR | O_CREAT, 0600), err);
}

/* The name that shm.c tries first, whoever made it. */
static bool put_theirs(struct vus_backing *b, struct vus_err *err)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "/vuspec-%d-0", (int)getpid());
	return put(b, shm_open(name, O_RDWR | O_CREAT, 0600), err);
}

static bool put_in_folder(struct vus_backing *b, const char *folder,
			  struct vus_err *err)
{
	char path[VUS_OBJECT_PATH + 32];

	(void)snprintf(path, sizeof(path), "%s/vuspec-fault.XXXXXX", folder);
	return put(b, mkostemp(path, O_CLOEXEC), err);
}

static bool make_readonly(struct vus_backing *b, struct vus_err *err)
{
	char path[32];
	VUS_AUTO_FD fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", b->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || dup3(fd, b->fd, O_CLOEXEC) < 0)
		return vus_fail_sys(err, "a descriptor to read only");
	return true;
}

static bool map_privately(struct vus_backing *b, struct vus_err *err)
{
	if (mmap(b->addr, (size_t)b->size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, b->fd,
		 (off_t)b->offset) == MAP_FAILED)
		return vus_fail_sys(err, "mapping privately, by a fault");
	return true;
}

static bool wants_name(const struct vus_fake_options *o)
{
	return VUS_FE_FAULTY(o, memory_backend_shm, keeps_its_name) ||
	       VUS_FE_FAULTY(o, memory_backend_shm, unlinks_at_the_end) ||
	       VUS_FE_FAULTY(o, memory_backend_shm, unlinks_when_announced) ||
	       VUS_FE_FAULTY(o, memory_backend_shm, is_called_otherwise) ||
	       VUS_FE_FAULTY(o, memory_fds, keeps_names);
}

static bool spoil_shm(const struct vus_fake_options *o, struct vus_backing *b,
		      struct vus_err *err)
{
	if (VUS_FE_FAULTY(o, memory_backend_shm, has_mode_0600) &&
	    fchmod(b->fd, 0600) < 0)
		return vus_fail_sys(err, "fchmod");
	if (VUS_FE_FAULTY(o, memory_backend_shm, is_twice_as_large) &&
	    ftruncate(b->fd, (off_t)(2 * b->size)) < 0)
		return vus_fail_sys(err, "ftruncate");
	if (VUS_FE_FAULTY(o, memory_backend_shm, survives_exec) &&
	    fcntl(b->fd, F_SETFD, 0) < 0)
		return vus_fail_sys(err, "fcntl");
	if (VUS_FE_FAULTY(o, memory_backend_shm, takes_over) &&
	    !put_theirs(b, err))
		return false;
	return !VUS_FE_FAULTY(o, memory_backend_shm, is_sealed) ||
	       put_sealed(b, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL, err);
}

static bool spoil_file(const struct vus_fake_options *o, struct vus_backing *b,
		       const char *path, struct vus_err *err)
{
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return true;
	if (S_ISREG(st.st_mode) &&
	    VUS_FE_FAULTY(o, memory_backend_file, creates_with_mode_0600) &&
	    fchmod(b->fd, 0600) < 0)
		return vus_fail_sys(err, "fchmod");
	return !S_ISDIR(st.st_mode) ||
	       !VUS_FE_FAULTY(o, memory_backend_file, keeps_its_name) ||
	       put_in_folder(b, path, err);
}

static bool spoil_one(const struct vus_fake_options *o, struct vus_backing *b,
		      unsigned i, struct vus_err *err)
{
	const char *path = o->machine.objects[o->memory[i]].opts.path;
	const bool is_private =
		(b->kind == VUS_SHM &&
		 VUS_FE_FAULTY(o, memory_backend_shm, is_mapped_privately)) ||
		(b->kind == VUS_MEMFD &&
		 VUS_FE_FAULTY(o, memory_backend_memfd, is_mapped_privately)) ||
		VUS_FE_FAULTY(o, memory_fds, is_unseen) ||
		VUS_FE_FAULTY(o, mem_table, is_mapped_privately);

	if (wants_name(o) && !put_named(b, i, err))
		return false;
	if (b->kind == VUS_SHM && !spoil_shm(o, b, err))
		return false;
	if (b->kind == VUS_MEMFD &&
	    VUS_FE_FAULTY(o, memory_backend_memfd, can_shrink) &&
	    !put_sealed(b, F_SEAL_GROW | F_SEAL_SEAL, err))
		return false;
	if (b->kind == VUS_FILE && !spoil_file(o, b, path, err))
		return false;
	if (VUS_FE_FAULTY(o, memory_fds, readonly_descriptors) &&
	    !make_readonly(b, err))
		return false;
	return !is_private || map_privately(b, err);
}

bool vus_fake_spoil(const struct vus_fake_options *o, struct vus_guest *guest,
		    struct vus_err *err)
{
	for (unsigned i = 0; i < guest->nbackings; i++)
		if (!spoil_one(o, &guest->backings[i], i, err))
			return false;
	if (VUS_FE_FAULTY(o, memory_backend_shm, is_called_otherwise))
		unlink_names(guest);
	for (unsigned i = 0; i < guest->nregions; i++)
		if (VUS_FE_FAULTY(o, memory_fds, one_piece))
			guest->regions[i].offset = 0;
	return true;
}

/* ---- while it is in use, and afterwards ---- */

void vus_fake_spoil_shared(const struct vus_fake_options *o,
			   const struct vus_guest *guest)
{
	if (VUS_FE_FAULTY(o, memory_backend_shm, unlinks_when_announced))
		unlink_names(guest);
}

void vus_fake_spoil_end(const struct vus_fake_options *o,
			const struct vus_guest *guest)
{
	if (VUS_FE_FAULTY(o, memory_backend_shm, unlinks_at_the_end))
		unlink_names(guest);
	for (unsigned i = 0; i < guest->nbackings; i++)
		if (VUS_FE_FAULTY(o, memory_backend_shm, is_emptied))
			memset(guest->backings[i].addr, 0,
			       (size_t)guest->backings[i].size);
}
