/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_regions.c — the back-end's table of guest memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem/regions.h"
#include "unit/process_box.h"
#include "mem_box.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GPA  UINT64_C(0x100000)
#define USER UINT64_C(0x7f0000000000)

/* A memfd of `size` bytes; byte i holds i + `salt`. */
static int make_fd(uint64_t size, uint8_t salt)
{
	const int fd = memfd_create("vuspec-unit", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (uint64_t i = 0; i < size; i++) {
		const uint8_t byte = (uint8_t)(i + salt);

		assert_int_equal(write(fd, &byte, 1), 1);
	}
	return fd;
}

static void add(struct vus_regions *t, uint64_t gpa, uint64_t size,
		uint64_t offset, int fd)
{
	const struct vus_p_region row = { gpa, size, USER + gpa, offset };
	struct vus_err err = { 0 };

	if (!vus_regions_add(t, &row, fd, &err))
		fail_msg("%s", err.text);
}

static void add_fails(struct vus_regions *t, const struct vus_p_region *row,
		      int fd, const char *says)
{
	const unsigned n = t->n, maps = mem_count_mappings();
	struct vus_err err = { 0 };

	assert_false(vus_regions_add(t, row, fd, &err));
	assert_int_equal(err.kind, VUS_ERR_REFUSED);
	assert_int_equal(t->n, n);
	assert_int_equal(mem_count_mappings(), maps);
	if (!strstr(err.text, says))
		fail_msg("without '%s': %s", says, err.text);
}

static void a_region_is_its_part_of_the_file(void **state)
{
	static const struct {
		uint64_t gpa, size, offset;
	} rows[] = {
		{ GPA, 4096, 0 },
		{ GPA, 4096, 4096 },
		/* Neither addresses nor sizes need be whole pages. */
		{ GPA + 1, 1, 4095 },
		{ GPA + 77, 5000, 3001 },
		{ 0, 12288, 0 },
		{ 0, 1, 12287 },
		{ UINT64_MAX - 99, 100, 4000 },
	};
	VUS_AUTO_FD fd = make_fd(12288, 3);

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		struct vus_regions t = { 0 };
		uint64_t len = 0;
		uint8_t *bytes, byte;

		add(&t, rows[i].gpa, rows[i].size, rows[i].offset, fd);
		bytes = vus_regions_gpa(&t, rows[i].gpa, UINT64_MAX, &len);
		assert_non_null(bytes);
		assert_int_equal(len, rows[i].size);
		for (uint64_t k = 0; k < len; k++)
			assert_int_equal(bytes[k],
					 (uint8_t)(rows[i].offset + k + 3));
		/* It is the file itself, and not a copy of it. */
		bytes[len - 1] ^= 0xff;
		assert_int_equal(
			pread(fd, &byte, 1, (off_t)(rows[i].offset + len - 1)),
			1);
		assert_int_equal(byte, bytes[len - 1]);
		bytes[len - 1] ^= 0xff;
		vus_regions_clear(&t);
		assert_int_equal(t.n, 0);
		assert_int_equal(mem_count_mappings(), 0);
		assert_null(vus_regions_gpa(&t, rows[i].gpa, 1, &len));
	}
}

static void the_descriptor_may_be_closed_at_once(void **state)
{
	const unsigned fds = box_count_fds();
	struct vus_regions t = { 0 };
	int fd = make_fd(4096, 0);
	uint64_t len;
	uint8_t *bytes;

	(void)state;
	add(&t, GPA, 4096, 0, fd);
	vus_fd_close(&fd);
	assert_int_equal(box_count_fds(), fds);
	bytes = vus_regions_gpa(&t, GPA + 9, 1, &len);
	assert_int_equal(*bytes, 9);
	vus_regions_clear(&t);
}

static void sums_that_do_not_fit_are_refused(void **state)
{
	static const struct {
		struct vus_p_region row;
		const char *says;
	} rows[] = {
		{ { GPA, 0, USER, 0 }, "size 0 at guest 0x100000" },
		{ { UINT64_MAX, 2, USER, 0 }, "wraps" },
		{ { UINT64_MAX - 4094, 4096, USER, 0 }, "0xfffffffffffff001" },
		{ { GPA, UINT64_MAX, USER, 0 }, "wraps" },
		{ { GPA, 4096, UINT64_MAX - 4094, 0 }, "wraps" },
		{ { GPA, 4096, USER, UINT64_MAX }, "wraps" },
		{ { GPA, 4096, USER, UINT64_MAX - 4095 }, "wraps" },
		{ { GPA, 4096, USER, INT64_MAX - 4094 }, "wraps" },
		{ { 0, UINT64_MAX, 0, 0 }, "wraps" },
		/* Both numbers, where the file is short. */
		{ { GPA, 8193, USER, 0 }, "size 8193 in a file of 8192 bytes" },
		{ { GPA, 4096, USER, 4097 },
		  "offset 4097 and size 4096 in a file of 8192" },
		{ { GPA, 1, USER, 8192 }, "offset 8192 and size 1" },
		{ { GPA, INT64_MAX - 4095, USER, 4095 }, "8192 bytes" },
	};
	VUS_AUTO_FD fd = make_fd(8192, 0);
	struct vus_regions t = { 0 };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		add_fails(&t, &rows[i].row, fd, rows[i].says);
}

static void what_cannot_be_mapped_is_refused(void **state)
{
	const struct vus_p_region row = { GPA, 4096, USER, 0 };
	struct vus_regions t = { 0 };
	VUS_AUTO_FD readonly = -1;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	add_fails(&t, &row, ends[0], "in a file of 0 bytes");
	add_fails(&t, &row, -1, "descriptor -1");
	readonly = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_true(readonly >= 0);
	add_fails(&t, &row, readonly, "cannot be mapped: Permission denied");
	close(ends[0]);
	close(ends[1]);
}

static void guest_addresses_do_not_overlap(void **state)
{
	static const struct {
		uint64_t gpa, size;
		bool fits;
	} rows[] = {
		{ GPA, 1, false },         { GPA + 4095, 1, false },
		{ GPA - 1, 2, false },     { GPA - 1, 8192, false },
		{ GPA + 1, 1, false },     { GPA, 4096, false },
		{ GPA + 4095, 99, false }, { GPA - 10, 10, true },
		{ GPA + 4096, 10, true },  { 0, 1, true },
		{ 0, 8192, true },
	};
	VUS_AUTO_FD fd = make_fd(8192, 0);

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		/* User addresses may: they are the front-end's own. */
		const struct vus_p_region row = { rows[i].gpa, rows[i].size,
						  USER, 0 };
		struct vus_regions t = { 0 };

		add(&t, GPA, 4096, 0, fd);
		if (!rows[i].fits)
			add_fails(&t, &row, fd,
				  "overlaps the region at 0x100000 + 0x1000");
		else
			assert_true(vus_regions_add(&t, &row, fd, NULL));
		vus_regions_clear(&t);
	}
}

static void the_table_has_an_end(void **state)
{
	const struct vus_p_region row = { 0, 1, USER, 0 };
	VUS_AUTO_FD fd = make_fd(4096, 0);
	struct vus_regions t = { 0 };

	(void)state;
	for (unsigned i = 0; i < VUS_REGIONS_MAX; i++)
		add(&t, GPA + i * 64, 64, i * 64, fd);
	add_fails(&t, &row, fd, "region 65 of at most 64");
	vus_regions_clear(&t);
	assert_true(vus_regions_add(&t, &row, fd, NULL));
	vus_regions_clear(&t);
}

/* Spec: "VHOST_USER_REM_MEM_REG": guest address, user address and size name a
 * region; the offset does not matter. */
static void a_region_is_removed_by_its_addresses(void **state)
{
	static const struct vus_p_region others[] = {
		{ GPA + 1, 4096, USER + GPA, 0 },
		{ GPA, 4095, USER + GPA, 0 },
		{ GPA, 4096, USER, 0 },
		{ GPA, 0, USER + GPA, 0 },
		{ GPA + 8192, 4096, USER + GPA, 0 },
	};
	const struct vus_p_region row = { GPA, 4096, USER + GPA, 0xdead };
	VUS_AUTO_FD fd = make_fd(12288, 0);
	struct vus_regions t = { 0 };
	struct vus_err err = { 0 };
	uint64_t len;

	(void)state;
	add(&t, GPA, 4096, 0, fd);
	add(&t, GPA + 4096, 4096, 4096, fd);
	add(&t, GPA + 8192, 4096, 8192, fd);
	for (size_t i = 0; i < VUS_COUNT(others); i++) {
		assert_false(vus_regions_remove(&t, &others[i], &err));
		assert_int_equal(err.kind, VUS_ERR_REFUSED);
		assert_non_null(strstr(err.text, "no region at guest 0x10"));
		assert_int_equal(t.n, 3);
	}
	assert_true(vus_regions_remove(&t, &row, &err));
	assert_int_equal(t.n, 2);
	assert_null(vus_regions_gpa(&t, GPA, 1, &len));
	assert_null(vus_regions_user(&t, USER + GPA, 1, &len));
	assert_non_null(vus_regions_gpa(&t, GPA + 4096, 1, &len));
	assert_non_null(vus_regions_gpa(&t, GPA + 8192, 1, &len));
	assert_false(vus_regions_remove(&t, &row, &err));
	add(&t, GPA, 4096, 0, fd);
	vus_regions_clear(&t);
	assert_int_equal(mem_count_mappings(), 0);
}

/* A buffer over three regions of three files comes in three pieces. */
static void adjoining_regions_are_walked(void **state)
{
	static const uint64_t ends[] = { 100, 4096, 8000 };
	struct vus_regions t = { 0 };
	const uint64_t from = 50, whole = 7000;
	uint64_t start = 0, done = 0, len;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(ends); i++) {
		VUS_AUTO_FD fd = make_fd(8192, (uint8_t)(start - 11 * i));

		add(&t, GPA + start, ends[i] - start, 11 * i, fd);
		start = ends[i];
	}
	for (unsigned piece = 0; done < whole; piece++) {
		const uint64_t at = from + done;
		const uint8_t *bytes =
			vus_regions_gpa(&t, GPA + at, whole - done, &len);

		assert_non_null(bytes);
		assert_int_equal(len, VUS_MIN(ends[piece] - at, whole - done));
		assert_ptr_equal(bytes, vus_regions_user(&t, USER + GPA + at,
							 whole - done, &len));
		for (uint64_t k = 0; k < len; k++)
			assert_int_equal(bytes[k], (uint8_t)(at + k));
		done += len;
	}
	assert_null(vus_regions_gpa(&t, GPA + 8000, 1, &len));
	assert_null(vus_regions_gpa(&t, GPA - 1, 2, &len));
	vus_regions_clear(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_is_its_part_of_the_file),
		cmocka_unit_test(the_descriptor_may_be_closed_at_once),
		cmocka_unit_test(sums_that_do_not_fit_are_refused),
		cmocka_unit_test(what_cannot_be_mapped_is_refused),
		cmocka_unit_test(guest_addresses_do_not_overlap),
		cmocka_unit_test(the_table_has_an_end),
		cmocka_unit_test(a_region_is_removed_by_its_addresses),
		cmocka_unit_test(adjoining_regions_are_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
