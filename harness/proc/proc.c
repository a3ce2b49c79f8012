/* SPDX-License-Identifier: BSD-3-Clause */
/* proc.c — looking at a peer's process from outside, through /proc. */
#include "proc.h"

#include "base/own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

bool vus_proc_of_socket(int fd, pid_t *ret, struct vus_err *err)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return vus_fail_sys(err, "asking who serves the socket");
	if (cred.pid <= 0)
		return vus_fail(err, VUS_ERR_SYSTEM,
				"the peer lives in another process namespace");
	*ret = cred.pid;
	return true;
}

/* Count the entries of /proc/PID/`what` that are `wanted`. */
static bool each_entry(pid_t pid, const char *what,
		       bool (*wanted)(const char *path, void *ctx), void *ctx,
		       unsigned *ret, struct vus_err *err)
{
	char folder[64];
	unsigned n = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(folder, sizeof(folder), "/proc/%d/%s", (int)pid, what);
	dir = opendir(folder);
	if (!dir)
		return vus_fail_host(err, VUS_HOST_PROC, "reading %s", folder);
	while ((e = readdir(dir)) != NULL) {
		char path[sizeof(folder) + sizeof(e->d_name) + 1];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		n += wanted(path, ctx);
	}
	closedir(dir);
	*ret = n;
	return true;
}

static bool any_fd(const char *path, void *ctx)
{
	(void)path;
	(void)ctx;
	return true;
}

bool vus_proc_fds(pid_t pid, unsigned *ret, struct vus_err *err)
{
	return each_entry(pid, "fd", any_fd, NULL, ret, err);
}

static bool is_below(const char *path, void *ctx)
{
	const unsigned *below = ctx;

	return strtoul(strrchr(path, '/') + 1, NULL, 10) < *below;
}

bool vus_proc_free_fd(pid_t pid, unsigned *ret, struct vus_err *err)
{
	unsigned high, low = 0, n;

	if (!vus_proc_fds(pid, &high, err))
		return false;
	/* Of the numbers below it all are taken, and `high` is not below. */
	for (high++; low < high;) {
		unsigned middle = low + (high - low + 1) / 2;

		if (!each_entry(pid, "fd", is_below, &middle, &n, err))
			return false;
		if (n == middle)
			low = middle;
		else
			high = middle - 1;
	}
	*ret = low;
	return true;
}

bool vus_proc_stdio_files(pid_t pid, struct vus_stdio_files *ret,
			  struct vus_err *err)
{
	struct vus_stdio_files seen;
	char path[64];
	unsigned any;

	memset(&seen, 0, sizeof(seen));
	/* A folder that cannot be read is no closed descriptor. */
	if (!vus_proc_fds(pid, &any, err))
		return false;
	for (unsigned i = 0; i < VUS_COUNT(seen.file); i++) {
		struct stat st;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%u", (int)pid,
			       i);
		if (stat(path, &st) < 0)
			continue;
		seen.file[i].dev = st.st_dev;
		seen.file[i].ino = st.st_ino;
	}
	*ret = seen;
	return true;
}

struct map {
	dev_t dev;
	ino_t ino;
	uint64_t len;
	bool shared;
};

/* Count the mappings of files that are `wanted`. */
static bool each_map(pid_t pid, bool (*wanted)(const struct map *, void *ctx),
		     void *ctx, unsigned *ret, struct vus_err *err)
{
	char path[64], line[4096 + 128];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return vus_fail_host(err, VUS_HOST_PROC, "reading %s", path);
	while (fgets(line, sizeof(line), f)) {
		unsigned int major_no, minor_no;
		uintmax_t from, to, inode;
		char modes[8];
		struct map m;

		if (sscanf(line, "%jx-%jx %7s %*s %x:%x %ju", &from, &to, modes,
			   &major_no, &minor_no, &inode) != 6)
			continue;
		m = (struct map){ .dev = makedev(major_no, minor_no),
				  .ino = (ino_t)inode,
				  .len = to - from,
				  .shared = strchr(modes, 's') != NULL };
		n += wanted(&m, ctx);
	}
	fclose(f);
	*ret = n;
	return true;
}

struct of_file {
	const struct stat *st;
	uint64_t bytes;
	unsigned shared;
};

static bool is_of_file(const struct map *m, void *ctx)
{
	struct of_file *f = ctx;
	const bool is = m->dev == f->st->st_dev && m->ino == f->st->st_ino;

	f->bytes += is ? m->len : 0;
	f->shared += is && m->shared;
	return is;
}

bool vus_proc_maps_of(pid_t pid, const struct stat *st, unsigned *ret,
		      struct vus_err *err)
{
	struct of_file f = { .st = st };

	return each_map(pid, is_of_file, &f, ret, err);
}

bool vus_proc_shares(pid_t pid, const struct stat *st, unsigned *ret_maps,
		     unsigned *ret_shared, struct vus_err *err)
{
	struct of_file f = { .st = st };

	if (!each_map(pid, is_of_file, &f, ret_maps, err))
		return false;
	*ret_shared = f.shared;
	return true;
}

bool vus_proc_mapped(pid_t pid, const struct stat *st, uint64_t *ret,
		     struct vus_err *err)
{
	struct of_file f = { .st = st };
	unsigned n;

	if (!each_map(pid, is_of_file, &f, &n, err))
		return false;
	*ret = f.bytes;
	return true;
}

/* ---- files of ours, by to identify our files ---- */

/* The number in an eventfd's fdinfo; -1: there is none (before Linux 5.2). */
static long eventfd_id(const char *fdinfo)
{
	static const char name[] = "\neventfd-id: ";
	VUS_AUTO_FD fd = open(fdinfo, O_RDONLY | O_CLOEXEC);
	char text[512];
	const ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	const char *at;

	if (n < 0)
		return -1;
	text[n] = '\0';
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

/* `path` is that of a descriptor in /proc; an anonymous inode is shared by all
 * descriptors of its kind. */
static bool identify_file(const char *path, struct vus_file_id *ret)
{
	const char *fd = strstr(path, "/fd/");
	char name[64] = "", fdinfo[PATH_MAX];
	struct stat st;

	if (!fd || readlink(path, name, sizeof(name) - 1) < 0)
		return false;
	*ret = (struct vus_file_id){ .eventfd = -1 };
	if (strcmp(name, "anon_inode:[eventfd]") == 0) {
		snprintf(fdinfo, sizeof(fdinfo), "%.*s/fdinfo/%s",
			 (int)(fd - path), path, fd + 4);
		ret->eventfd = eventfd_id(fdinfo);
		return ret->eventfd >= 0;
	}
	if (strncmp(name, "anon_inode:", 11) == 0 || stat(path, &st) < 0)
		return false;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	return true;
}

bool vus_proc_identify(int fd, struct vus_file_id *ret)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd >= 0 && identify_file(path, ret);
}

struct wanted {
	const struct vus_file_id *ids;
	size_t n;
};

static bool is_one_of(const struct vus_file_id *id, const struct wanted *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->ids[i].eventfd == id->eventfd &&
		    w->ids[i].dev == id->dev && w->ids[i].ino == id->ino)
			return true;
	return false;
}

static bool fd_is_one_of(const char *path, void *ctx)
{
	struct vus_file_id id;

	return identify_file(path, &id) && is_one_of(&id, ctx);
}

static bool map_is_one_of(const struct map *m, void *ctx)
{
	const struct vus_file_id id = { .dev = m->dev,
					.ino = m->ino,
					.eventfd = -1 };

	return is_one_of(&id, ctx);
}

bool vus_proc_holds(pid_t pid, const struct vus_file_id *ids, size_t n,
		    struct vus_held_files *ret, struct vus_err *err)
{
	struct wanted w = { .ids = ids, .n = n };

	return each_entry(pid, "fd", fd_is_one_of, &w, &ret->fds, err) &&
	       each_map(pid, map_is_one_of, &w, &ret->maps, err);
}

bool vus_proc_holds_any(pid_t pid, const struct vus_file_id *ids, size_t n,
			bool *ret, struct vus_err *err)
{
	struct wanted w = { .ids = ids, .n = n };
	unsigned held;

	if (!each_entry(pid, "fd", fd_is_one_of, &w, &held, err))
		return false;
	if (held == 0 && !each_map(pid, map_is_one_of, &w, &held, err))
		return false;
	*ret = held > 0;
	return true;
}

/* ---- time ---- */

/* The first line of `folder`/`name`. */
static bool first_line(const char *folder, const char *name, char *buf, int cap)
{
	char path[PATH_MAX];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "re");
	ok = f && fgets(buf, cap, f);
	if (f)
		fclose(f);
	return ok;
}

bool vus_proc_locked(pid_t pid, uint64_t *ret, struct vus_err *err)
{
	char path[64], line[256];
	bool found = false;
	uint64_t kib;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return vus_fail_host(err, VUS_HOST_PROC, "reading %s", path);
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "VmLck: %" SCNu64, &kib) == 1;
	fclose(f);
	if (!found)
		return vus_fail(err, VUS_ERR_SYSTEM, "%s cannot be parsed",
				path);
	*ret = kib * 1024;
	return true;
}

bool vus_proc_resident(pid_t pid, uint64_t *ret, struct vus_err *err)
{
	unsigned long resident, shared;
	char folder[64], line[256];

	snprintf(folder, sizeof(folder), "/proc/%d", (int)pid);
	if (!first_line(folder, "statm", line, sizeof(line)) ||
	    sscanf(line, "%*u %lu %lu", &resident, &shared) != 2)
		return vus_fail(err, VUS_ERR_SYSTEM,
				"%s/statm cannot be parsed", folder);
	*ret = (uint64_t)(resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

/* The fields of /proc/PID/stat after the name, which may contain anything, also
 * blanks and parentheses. */
static bool read_stat(pid_t pid, char line[1024], const char **ret,
		      struct vus_err *err)
{
	bool read_it;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return vus_fail_host(err, VUS_HOST_PROC, "reading %s", path);
	read_it = fgets(line, 1024, f) != NULL;
	fclose(f);
	*ret = read_it ? strrchr(line, ')') : NULL;
	return *ret ||
	       vus_fail(err, VUS_ERR_SYSTEM, "%s cannot be parsed", path);
}

bool vus_proc_state(pid_t pid, char *ret, struct vus_err *err)
{
	const char *rest = NULL;
	char line[1024];

	if (!read_stat(pid, line, &rest, err))
		return false;
	return sscanf(rest + 1, " %c", ret) == 1 ||
	       vus_fail(err, VUS_ERR_SYSTEM, "process %d has no state",
			(int)pid);
}

bool vus_proc_end(pid_t pid, int *ret_status, struct vus_err *err)
{
	const char *rest = NULL, *last;
	char line[1024];

	if (!read_stat(pid, line, &rest, err))
		return false;
	/* The last field: exit_code in proc(5). */
	last = strrchr(rest, ' ');
	return (rest[1] == ' ' && rest[2] == 'Z' && last &&
		sscanf(last, "%d", ret_status) == 1) ||
	       vus_fail(err, VUS_ERR_SYSTEM, "how process %d ended is unseen",
			(int)pid);
}

/* How long one thread waited for a processor, and whether it does now: the
 * kernel adds that up only when it gets one. */
static bool add_wait(const char *path, void *ctx)
{
	struct vus_cpu *sum = ctx;
	char line[1024];
	const char *state;
	uint64_t waited;

	if (!first_line(path, "schedstat", line, sizeof(line)) ||
	    sscanf(line, "%*u %" SCNu64, &waited) != 1 ||
	    !first_line(path, "stat", line, sizeof(line)))
		return false;
	state = strrchr(line, ')');
	sum->waited += waited;
	sum->runnable = sum->runnable || (state && state[2] == 'R');
	/* Not one that waits for a disk, or was stopped. */
	sum->asleep = sum->asleep && state && state[2] == 'S';
	return true;
}

bool vus_proc_ran(pid_t pid, uint64_t *ret, struct vus_err *err)
{
	struct timespec ran;
	clockid_t clock;

	errno = clock_getcpuclockid(pid, &clock);
	if (errno != 0 || clock_gettime(clock, &ran) < 0)
		return vus_fail_sys(err, "processor time of process %d",
				    (int)pid);
	*ret = (uint64_t)ran.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)ran.tv_nsec;
	return true;
}

bool vus_proc_cpu(pid_t pid, struct vus_cpu *ret, struct vus_err *err)
{
	struct vus_cpu sum = { .asleep = true };
	unsigned threads;

	/* The time spent in schedstat is not up to date. */
	if (!vus_proc_ran(pid, &sum.ran, err) ||
	    !each_entry(pid, "task", add_wait, &sum, &threads, err))
		return false;
	if (threads == 0)
		return vus_fail(err, VUS_ERR_SYSTEM,
				"/proc/%d/task/*/schedstat cannot be parsed",
				(int)pid);
	*ret = sum;
	return true;
}

bool vus_proc_is_idle(pid_t pid, bool unseen)
{
	struct vus_cpu cpu;
	struct vus_err err;
	char state;

	if (!vus_proc_cpu(pid, &cpu, &err))
		return unseen;
	return cpu.asleep ||
	       (!cpu.runnable && vus_proc_state(pid, &state, &err) &&
		state == 'Z');
}
