/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_file.c — memory in files: theirs, ours, and those of an instant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct vus_backing_opts file_of(const char *path, uint64_t size)
{
	return (struct vus_backing_opts){
		.kind = VUS_FILE,
		.path = path,
		.size = size,
		.share = VUS_ON,
	};
}

static struct stat stat_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st;
}

static void a_file_that_is_missing_is_made_and_stays(void **state)
{
	const char *path = mem_path(state, "new");
	const struct vus_backing_opts opts = file_of(path, MEM_MIB);
	const mode_t mask = umask(022);
	struct vus_backing b;

	mem_open(&opts, &b);
	umask(mask);
	mem_check_sharing(&b);
	vus_backing_close(&b);
	assert_int_equal(stat_of(path).st_size, MEM_MIB);
	assert_int_equal(stat_of(path).st_mode & 07777, 0644);
}

static void an_empty_file_grows(void **state)
{
	const char *path = mem_path(state, "empty");
	struct vus_backing_opts opts = file_of(path, MEM_MIB);
	struct vus_backing b;

	mem_make_file(path, 0, 0600);
	opts.offset = 16 * MEM_PAGE;
	mem_open(&opts, &b);
	vus_backing_close(&b);
	assert_int_equal(stat_of(path).st_size, MEM_MIB + 16 * MEM_PAGE);
	assert_int_equal(stat_of(path).st_mode & 07777, 0600);
}

static void a_larger_file_keeps_its_size_and_content(void **state)
{
	const char *path = mem_path(state, "large");
	const struct vus_backing_opts opts = file_of(path, 4 * MEM_PAGE);
	struct vus_backing b;

	mem_make_file(path, 5 * MEM_PAGE + 7, 0600);
	mem_open(&opts, &b);
	assert_int_equal(((uint8_t *)b.addr)[0], 0x5a);
	assert_int_equal(((uint8_t *)b.addr)[4 * MEM_PAGE - 1], 0x5a);
	mem_check_sharing(&b);
	vus_backing_close(&b);
	assert_int_equal(stat_of(path).st_size, 5 * MEM_PAGE + 7);
}

static void a_smaller_file_is_refused_and_left_alone(void **state)
{
	static const struct {
		uint64_t have, size, offset;
		bool readonly;
		const char *says[3];
	} rows[] = {
		{ 4096,
		  8192,
		  0,
		  false,
		  { "size 0x1000 is too small", "0x2000" } },
		{ 4096,
		  8192,
		  0,
		  true,
		  { "size 0x1000 is", "'size' option 0x2000" } },
		{ 8192,
		  8192,
		  4096,
		  false,
		  { "size 0x2000 is", "'size' option 0x2000",
		    "'offset' option 0x1000" } },
		{ 8191, 8192, 0, false, { "0x1fff", "0x2000" } },
		{ 1, 4096, 0, false, { "size 0x1 is", "0x1000" } },
		/* Nothing grows that is only to be read. */
		{ 0, 4096, 0, true, { "size 0x0 is", "0x1000" } },
	};

	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		const char *path = mem_path(state, "small");
		struct vus_backing_opts opts = file_of(path, rows[i].size);

		mem_make_file(path, rows[i].have, 0640);
		opts.offset = rows[i].offset;
		opts.readonly = rows[i].readonly;
		mem_refused(&opts, VUS_ERR_USAGE, rows[i].says);
		assert_int_equal(stat_of(path).st_size, rows[i].have);
		assert_int_equal(stat_of(path).st_mode & 07777, 0640);
		assert_int_equal(unlink(path), 0);
	}
}

static void size_and_offset_are_whole_pages(void **state)
{
	static const struct {
		uint64_t size, offset;
		const char *says[3];
	} rows[] = {
		{ 4097, 0, { "size 4097", "4096 bytes" } },
		{ 4096, 1, { "offset 1 ", "4096 bytes" } },
		{ 4096, 2048, { "offset 2048", "4096 bytes" } },
		{ 4096,
		  UINT64_MAX - 4095,
		  { "size 4096", "18446744073709547520",
		    "9223372036854775807" } },
		{ INT64_MAX - 4095,
		  4096,
		  { "9223372036854771712", "offset 4096",
		    "9223372036854775807" } },
	};
	const char *path = mem_path(state, "pages");

	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		struct vus_backing_opts opts = file_of(path, rows[i].size);

		opts.offset = rows[i].offset;
		/* Neither the file that would be made is left ... */
		mem_refused(&opts, VUS_ERR_USAGE, rows[i].says);
		assert_int_equal(access(path, F_OK), -1);
		/* ... nor is one changed that is there. */
		mem_make_file(path, 0, 0600);
		mem_refused(&opts, VUS_ERR_USAGE, rows[i].says);
		assert_int_equal(stat_of(path).st_size, 0);
		assert_int_equal(unlink(path), 0);
	}
}

static void memory_begins_at_the_offset(void **state)
{
	const char *path = mem_path(state, "offset");
	struct vus_backing_opts opts = file_of(path, 2 * MEM_PAGE);
	struct vus_backing b;
	uint8_t byte = 0x77;

	mem_make_file(path, 4 * MEM_PAGE, 0600);
	opts.offset = MEM_PAGE;
	mem_open(&opts, &b);
	assert_int_equal(pwrite(b.fd, &byte, 1, MEM_PAGE), 1);
	assert_int_equal(((uint8_t *)b.addr)[0], 0x77);
	((uint8_t *)b.addr)[2 * MEM_PAGE - 1] = 0x66;
	assert_int_equal(pread(b.fd, &byte, 1, 3 * MEM_PAGE - 1), 1);
	assert_int_equal(byte, 0x66);
	assert_int_equal(pread(b.fd, &byte, 1, 3 * MEM_PAGE), 1);
	assert_int_equal(byte, 0x5a);
	vus_backing_close(&b);
}

static void readonly_is_only_read(void **state)
{
	const char *path = mem_path(state, "readonly");
	struct vus_backing_opts opts = file_of(path, 2 * MEM_PAGE);
	struct vus_backing b;
	void *addr;

	mem_make_file(path, 2 * MEM_PAGE, 0400);
	opts.readonly = true;
	opts.prealloc = true;
	mem_open(&opts, &b);
	assert_int_equal(fcntl(b.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(((uint8_t *)b.addr)[0], 0x5a);
	/* Whoever is handed the descriptor cannot write either. */
	addr = mmap(NULL, MEM_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, b.fd,
		    0);
	assert_true(addr == MAP_FAILED);
	assert_int_equal(errno, EACCES);
	assert_int_equal(mprotect(b.addr, MEM_PAGE, PROT_READ | PROT_WRITE),
			 -1);
	vus_backing_close(&b);
}

static void readonly_makes_nothing(void **state)
{
	const char *path = mem_path(state, "absent");
	struct vus_backing_opts opts = file_of(path, MEM_PAGE);

	opts.readonly = true;
	MEM_REFUSED(&opts, VUS_ERR_SYSTEM, path, "No such file or directory");
	opts.path = *state;
	MEM_REFUSED(&opts, VUS_ERR_USAGE, *state, "Is a directory", "readonly");
	assert_int_equal(mem_count_names(*state), 0);
}

static void in_a_folder_the_file_has_no_name(void **state)
{
	/* NULL is $TMPDIR, which is the same folder here. */
	const char *const paths[] = { *state, NULL };

	for (size_t i = 0; i < VUS_COUNT(paths); i++) {
		const struct vus_backing_opts opts = file_of(paths[i], MEM_MIB);
		struct vus_backing b;
		struct stat st;

		mem_open(&opts, &b);
		st = mem_stat(b.fd);
		assert_int_equal(st.st_nlink, 0);
		assert_int_equal(st.st_size, MEM_MIB);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(st.st_dev, stat_of(*state).st_dev);
		assert_int_equal(mem_count_names(*state), 0);
		mem_check_sharing(&b);
		vus_backing_close(&b);
	}
}

static void what_is_no_file_is_refused(void **state)
{
	const char *fifo = mem_path(state, "fifo");
	struct vus_backing_opts opts = file_of(fifo, MEM_PAGE);

	/* Opening it would wait for a writer. */
	assert_int_equal(mkfifo(fifo, 0600), 0);
	MEM_REFUSED(&opts, VUS_ERR_USAGE, fifo, "neither a file nor a folder");
	opts.path = "/dev/null";
	MEM_REFUSED(&opts, VUS_ERR_USAGE, "/dev/null", "neither");
}

static void a_missing_folder_is_named(void **state)
{
	const char *path = mem_path(state, "missing/file");
	const struct vus_backing_opts opts = file_of(path, MEM_PAGE);

	MEM_REFUSED(&opts, VUS_ERR_SYSTEM, path, "No such file or directory");
	assert_int_equal(setenv("TMPDIR", mem_path(state, "missing"), 1), 0);
	{
		const struct vus_backing_opts tmp = file_of(NULL, MEM_PAGE);

		MEM_REFUSED(&tmp, VUS_ERR_SYSTEM, "missing",
			    "No such file or directory");
	}
	assert_int_equal(setenv("TMPDIR", *state, 1), 0);
	assert_int_equal(mem_count_names(*state), 0);
}

static bool open_without_mappings(const struct vus_backing_opts *opts)
{
	struct vus_err err = { 0 };
	struct vus_backing b;
	bool made;

	mem_forbid_mappings();
	made = vus_backing_open(opts, &b, &err);
	mem_allow_mappings();
	return made;
}

static void a_failure_after_opening_is_undone(void **state)
{
	const char *path = mem_path(state, "undone");
	const struct vus_backing_opts opts = file_of(path, MEM_MIB);

	assert_false(open_without_mappings(&opts));
	assert_int_equal(access(path, F_OK), -1);
	/* An empty file is empty again, a full one as it was. */
	mem_make_file(path, 0, 0600);
	assert_false(open_without_mappings(&opts));
	assert_int_equal(stat_of(path).st_size, 0);
	assert_int_equal(truncate(path, 2 * (off_t)MEM_MIB), 0);
	assert_false(open_without_mappings(&opts));
	assert_int_equal(stat_of(path).st_size, 2 * MEM_MIB);
}

static void two_backings_share_a_file(void **state)
{
	const char *path = mem_path(state, "both");
	const struct vus_backing_opts opts = file_of(path, MEM_MIB);
	struct vus_backing a, b;

	mem_open(&opts, &a);
	mem_open(&opts, &b);
	((uint8_t *)a.addr)[77] = 0x33;
	assert_int_equal(((uint8_t *)b.addr)[77], 0x33);
	vus_backing_close(&a);
	vus_backing_close(&b);
}

#define IN_FOLDER(test)                                                        \
	cmocka_unit_test_setup_teardown(test, mem_folder_setup,                \
					mem_folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_file_that_is_missing_is_made_and_stays),
		IN_FOLDER(an_empty_file_grows),
		IN_FOLDER(a_larger_file_keeps_its_size_and_content),
		IN_FOLDER(a_smaller_file_is_refused_and_left_alone),
		IN_FOLDER(size_and_offset_are_whole_pages),
		IN_FOLDER(memory_begins_at_the_offset),
		IN_FOLDER(readonly_is_only_read),
		IN_FOLDER(readonly_makes_nothing),
		IN_FOLDER(in_a_folder_the_file_has_no_name),
		IN_FOLDER(what_is_no_file_is_refused),
		IN_FOLDER(a_missing_folder_is_named),
		IN_FOLDER(a_failure_after_opening_is_undone),
		IN_FOLDER(two_backings_share_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
