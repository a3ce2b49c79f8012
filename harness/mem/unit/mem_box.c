/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_box.c — backings opened, refused and looked at, for unit tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem_box.h"

#include "base/own.h"
#include "unit/process_box.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void mem_open(const struct vus_backing_opts *opts, struct vus_backing *ret)
{
	struct vus_err err = { 0 };

	if (!vus_backing_open(opts, ret, &err))
		fail_msg("%s", err.text);
	assert_int_equal(ret->kind, opts->kind);
	assert_int_equal(ret->size, opts->size);
	assert_int_equal(ret->offset, opts->offset);
	assert_true(fcntl(ret->fd, F_GETFD) & FD_CLOEXEC);
	assert_non_null(ret->addr);
}

unsigned mem_count_mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	/* The program's own path may have that word in it, too. */
	char self[512] = "", line[1024];
	unsigned n = 0;

	assert_non_null(f);
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, "vuspec") && !strstr(line, self);
	fclose(f);
	return n;
}

void mem_refused(const struct vus_backing_opts *opts, enum vus_err_kind kind,
		 const char *const says[3])
{
	const unsigned fds = box_count_fds(), maps = mem_count_mappings();
	struct vus_backing b = { .fd = -77, .size = 78 };
	struct vus_err err = { 0 };

	if (vus_backing_open(opts, &b, &err))
		fail_msg("it was made: %s", says[0]);
	assert_int_equal(b.fd, -77);
	assert_int_equal(b.size, 78);
	assert_int_equal(err.kind, kind);
	for (unsigned i = 0; i < 3 && says[i]; i++)
		if (!strstr(err.text, says[i]))
			fail_msg("without '%s': %s", says[i], err.text);
	assert_int_equal(box_count_fds(), fds);
	assert_int_equal(mem_count_mappings(), maps);
}

void mem_check_sharing(const struct vus_backing *b)
{
	const uint64_t places[] = { 0, b->size - 1 };
	uint8_t *bytes = b->addr;

	for (size_t i = 0; i < VUS_COUNT(places); i++) {
		const off_t at = (off_t)(b->offset + places[i]);
		uint8_t got, was;

		assert_int_equal(pread(b->fd, &was, 1, at), 1);
		bytes[places[i]] = (uint8_t)~was;
		assert_int_equal(pread(b->fd, &got, 1, at), 1);
		assert_int_equal(got, b->shared ? (uint8_t)~was : was);
	}
}

struct stat mem_stat(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st;
}

/* ---- folders and files ---- */

int mem_folder_setup(void **state)
{
	char *folder = strdup("/tmp/vuspec-unit.XXXXXX");

	if (!folder || !mkdtemp(folder) || setenv("TMPDIR", folder, 1) < 0)
		return -1;
	*state = folder;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *where)
{
	(void)st;
	(void)flag;
	(void)where;
	return remove(path);
}

int mem_folder_teardown(void **state)
{
	const int left =
		nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	unsetenv("TMPDIR");
	free(*state);
	return left;
}

const char *mem_path(void **state, const char *name)
{
	static char path[2][300];
	static unsigned turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", (const char *)*state,
		 name);
	return path[turn];
}

unsigned mem_count_names(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

void mem_make_file(const char *path, uint64_t size, mode_t mode)
{
	VUS_AUTO_FD fd =
		open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	uint8_t *bytes = malloc(size + 1);

	assert_true(fd >= 0);
	assert_non_null(bytes);
	memset(bytes, 0x5a, size);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(fchmod(fd, mode), 0);
	free(bytes);
}

static void limit_mappings(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = VUS_MIN(bytes, limit.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

void mem_forbid_mappings(void)
{
	limit_mappings(0);
}

void mem_allow_mappings(void)
{
	limit_mappings(RLIM_INFINITY);
}
