/* SPDX-License-Identifier: BSD-3-Clause */
/* host_check.c — what this host allows, found out by trying it.
 *
 * Nothing is left behind: files have no name, or lose it at once, and children
 * end before the check does. */
#include "host_check.h"

#include "base/own.h"
#include "base/size.h"
#include "proc/proc.h"
#include "run/env.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHM_ENOUGH   (UINT64_C(64) << 20) /* a few guests at a time */
#define FILES_ENOUGH 4096

static bool say_absent(struct vus_text *ret, const char *what)
{
	vus_text_add(ret, "%s: %s", what, strerror(errno));
	return false;
}

/* ---- memory ---- */

static bool check_memfd(struct vus_text *ret)
{
	VUS_AUTO_FD fd = memfd_create("vuspec-doctor", MFD_CLOEXEC);

	if (fd < 0)
		return say_absent(ret, "memfd_create");
	vus_text_add(ret, "memfd_create works");
	return true;
}

static bool check_sealing(struct vus_text *ret)
{
	VUS_AUTO_FD fd =
		memfd_create("vuspec-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0)
		return say_absent(ret, "sealing a memfd");
	vus_text_add(ret, "a memfd can be sealed");
	return true;
}

static bool check_shm(struct vus_text *ret)
{
	VUS_AUTO_FD fd = -1;
	char name[48];

	(void)snprintf(name, sizeof(name), "/vuspec-doctor-%d", (int)getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0);
	if (fd < 0)
		return say_absent(ret, "shm_open");
	(void)shm_unlink(name);
	vus_text_add(ret, "shm_open works");
	return true;
}

static bool check_shm_room(struct vus_text *ret)
{
	struct statvfs fs;
	uint64_t bytes;
	char size[24];

	if (statvfs("/dev/shm", &fs) < 0)
		return say_absent(ret, "/dev/shm");
	bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	vus_text_add(ret, "%s are free in /dev/shm",
		     vus_size_format(bytes & ~((UINT64_C(1) << 20) - 1), size));
	return bytes >= SHM_ENOUGH;
}

static bool check_huge(struct vus_text *ret)
{
	const size_t size = (size_t)2 << 20;
	VUS_AUTO_FD fd =
		memfd_create("vuspec-doctor", MFD_CLOEXEC | MFD_HUGETLB);
	void *p;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return say_absent(ret, "a memfd with huge pages");
	p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return say_absent(ret, "no huge page is free");
	(void)munmap(p, size);
	vus_text_add(ret, "huge pages are free");
	return true;
}

static bool check_tmp(struct vus_text *ret)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/vuspec-XXXXXX",
		       tmp && tmp[0] ? tmp : "/tmp");
	if (!mkdtemp(path))
		return say_absent(ret, path);
	(void)rmdir(path);
	*strrchr(path, '/') = '\0';
	vus_text_add(ret, "folders can be created in %s", path);
	return true;
}

/* ---- processes ---- */

static bool check_pidfd(struct vus_text *ret)
{
	VUS_AUTO_FD fd = pidfd_open(getpid(), 0);

	if (fd < 0)
		return say_absent(ret, "pidfd_open");
	vus_text_add(ret, "pidfd_open works");
	return true;
}

/* A child that does nothing, until it is ended. */
static pid_t idle_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	return pid;
}

static bool can_see(pid_t pid, struct vus_text *ret)
{
	VUS_AUTO_FD event = eventfd(0, EFD_CLOEXEC);
	struct vus_file_id id;
	struct vus_held_files holds;
	struct vus_cpu cpu;
	struct vus_err err;

	if (event < 0 || !vus_proc_identify(event, &id)) {
		vus_text_add(ret, "/proc/PID/fdinfo cannot distinguish "
				  "eventfds (Linux before 5.2)");
		return false;
	}
	if (!vus_proc_holds(pid, &id, 1, &holds, &err) ||
	    !vus_proc_cpu(pid, &cpu, &err)) {
		vus_text_add(ret, "%s", err.text);
		return false;
	}
	vus_text_add(ret,
		     "descriptors, mappings and processor time of a process "
		     "that vuspec starts can be read");
	return true;
}

static bool check_proc(struct vus_text *ret)
{
	pid_t pid = idle_child();
	bool seen;

	if (pid < 0)
		return say_absent(ret, "fork");
	seen = can_see(pid, ret);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return seen;
}

static bool check_userfaultfd(struct vus_text *ret)
{
	VUS_AUTO_FD fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	/* Without UFFD_USER_MODE_ONLY: a back-end also faults in system
	 * calls. */
	if (fd < 0)
		return say_absent(ret, "userfaultfd");
	vus_text_add(ret, "userfaultfd works");
	return true;
}

static bool check_namespace(struct vus_text *ret)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) < 0 &&
		      unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return say_absent(ret, "fork");
	vus_text_add(ret, "mount namespaces %s be created",
		     status == 0 ? "can" : "cannot");
	return status == 0;
}

static bool check_files(struct vus_text *ret)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return say_absent(ret, "getrlimit");
	vus_text_add(ret, "a process may have %" PRIu64 " descriptors",
		     (uint64_t)limit.rlim_max);
	return limit.rlim_max >= FILES_ENOUGH;
}

static bool check_cores(struct vus_text *ret)
{
	VUS_AUTO_FD fd =
		open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	struct rlimit limit = { 0 };
	char pattern[128] = "";

	(void)getrlimit(RLIMIT_CORE, &limit);
	if (fd < 0 || read(fd, pattern, sizeof(pattern) - 1) <= 0)
		return say_absent(ret, "/proc/sys/kernel/core_pattern");
	pattern[strcspn(pattern, "\n")] = '\0';
	vus_text_add(ret, "core pattern '%s', limit %s", pattern,
		     limit.rlim_cur ? "not 0" : "0");
	/* A pipe gets the dump whatever the limit is. */
	return pattern[0] != '|';
}

static bool check_sanitizers(struct vus_text *ret)
{
#if defined(__SANITIZE_ADDRESS__)
	vus_text_add(ret, "this build has AddressSanitizer");
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	vus_text_add(ret, "this build has AddressSanitizer");
#else
	vus_text_add(ret, "none in this build; reports of a target's own "
			  "sanitizers are still found");
#endif
#else
	vus_text_add(ret, "none in this build; reports of a target's own "
			  "sanitizers are still found");
#endif
	return true;
}

/* ---- the rows ---- */

#define RULES_OF_PROC                                                          \
	"fds.disconnect_releases fds.closed_after_map socket.idle_quiet "      \
	"mem_table.unmapped_after mem_table.huge_size"

const struct vus_host_check vus_host_checks[] = {
	{ .name = "pidfd",
	  .remedy = VUS_REMEDY_PIDFD,
	  .need = VUS_HOST_NEED_ALL,
	  .look = check_pidfd },
	{ .name = "tmp",
	  .remedy = VUS_REMEDY_TMP,
	  .need = VUS_HOST_NEED_ALL,
	  .look = check_tmp },
	{ .name = "memfd",
	  .remedy = VUS_REMEDY_MEMFD,
	  .need = VUS_HOST_NEED_MEMORY,
	  .memory = VUS_MEMFD,
	  .look = check_memfd },
	{ .name = "memfd-sealing",
	  .remedy = VUS_REMEDY_MEMFD,
	  .need = VUS_HOST_NEED_MEMORY,
	  .memory = VUS_MEMFD,
	  .look = check_sealing },
	{ .name = "shm",
	  .remedy = VUS_REMEDY_SHM,
	  .need = VUS_HOST_NEED_MEMORY,
	  .memory = VUS_SHM,
	  .look = check_shm },
	{ .name = "shm-room",
	  .remedy = VUS_REMEDY_SHM_ROOM,
	  .need = VUS_HOST_NEED_MEMORY,
	  .memory = VUS_SHM,
	  .look = check_shm_room },
	{ .name = "huge-pages",
	  .remedy = VUS_REMEDY_HUGE,
	  .need = VUS_HOST_NEED_RULES,
	  .rules = "mem_table.hugetlb memory_fds.huge*",
	  .look = check_huge },
	{ .name = "proc",
	  .remedy = VUS_REMEDY_PROC,
	  .need = VUS_HOST_NEED_RULES,
	  .rules = RULES_OF_PROC,
	  .look = check_proc },
	{ .name = "open-files",
	  .remedy = VUS_REMEDY_FILES,
	  .need = VUS_HOST_NEED_RULES,
	  .rules = "fds.high_numbers fds.exhaustion_recovers",
	  .look = check_files },
	{ .name = "userfaultfd",
	  .remedy = VUS_REMEDY_USERFAULTFD,
	  .need = VUS_HOST_NEED_RULES,
	  .rules = "postcopy.*",
	  .look = check_userfaultfd },
	{ .name = "mount-namespace",
	  .remedy = VUS_REMEDY_NAMESPACE,
	  .need = VUS_HOST_NEED_RULES,
	  .rules = "program.sandbox",
	  .look = check_namespace },
	{ .name = "core-dumps",
	  .remedy = VUS_REMEDY_CORES,
	  .need = VUS_HOST_NEED_NONE,
	  .look = check_cores },
	{ .name = "sanitizers",
	  .remedy = "",
	  .need = VUS_HOST_NEED_NONE,
	  .look = check_sanitizers },
};
const size_t vus_nhost_checks = VUS_COUNT(vus_host_checks);
