/* SPDX-License-Identifier: BSD-3-Clause */
/* proc.c — looking at a peer's process from outside, through /proc. */
#include "proc.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

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

/* Count the descriptors whose link in /proc is `wanted`. */
static bool each_fd(pid_t pid,
		    bool (*wanted)(const char *path, const void *ctx),
		    const void *ctx, unsigned *ret, struct vus_err *err)
{
	char folder[64];
	unsigned n = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
	dir = opendir(folder);
	if (!dir)
		return vus_fail_sys(err, "reading %s", folder);
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

static bool any_fd(const char *path, const void *ctx)
{
	(void)path;
	(void)ctx;
	return true;
}

static bool same_file(const char *path, const void *ctx)
{
	const struct stat *want = ctx;
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == want->st_dev &&
	       st.st_ino == want->st_ino;
}

bool vus_proc_fds(pid_t pid, unsigned *ret, struct vus_err *err)
{
	return each_fd(pid, any_fd, NULL, ret, err);
}

bool vus_proc_fds_of(pid_t pid, const struct stat *st, unsigned *ret,
		     struct vus_err *err)
{
	return each_fd(pid, same_file, st, ret, err);
}

bool vus_proc_maps_of(pid_t pid, const struct stat *st, unsigned *ret,
		      struct vus_err *err)
{
	char path[64], line[4096 + 128];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return vus_fail_sys(err, "reading %s", path);
	while (fgets(line, sizeof(line), f)) {
		unsigned int major_no, minor_no;
		uintmax_t inode;

		if (sscanf(line, "%*s %*s %*s %x:%x %ju", &major_no, &minor_no,
			   &inode) == 3 &&
		    makedev(major_no, minor_no) == st->st_dev &&
		    inode == st->st_ino)
			n++;
	}
	fclose(f);
	*ret = n;
	return true;
}

/* What the kernel tells of a process in one line. */
struct stat_line {
	char state; /* R, S, D, T, Z ... */
	unsigned long user, system;
};

static bool read_stat(pid_t pid, struct stat_line *ret, struct vus_err *err)
{
	char path[64], line[1024];
	const char *rest;
	bool read_it;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return vus_fail_sys(err, "reading %s", path);
	read_it = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	/* The name in parentheses may hold anything, also blanks. */
	rest = read_it ? strrchr(line, ')') : NULL;
	if (!rest || sscanf(rest + 1,
			    " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			    "%lu %lu",
			    &ret->state, &ret->user, &ret->system) != 3)
		return vus_fail(err, VUS_ERR_SYSTEM, "%s does not read", path);
	return true;
}

bool vus_proc_ticks(pid_t pid, unsigned long *ret, struct vus_err *err)
{
	struct stat_line line;

	if (!read_stat(pid, &line, err))
		return false;
	*ret = line.user + line.system;
	return true;
}

bool vus_proc_state(pid_t pid, char *ret, struct vus_err *err)
{
	struct stat_line line;

	if (!read_stat(pid, &line, err))
		return false;
	*ret = line.state;
	return true;
}
