/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_backing.c — what all kinds of memory share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem_box.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void kinds_have_names(void **state)
{
	enum vus_backing_kind kind = VUS_NBACKINGS;

	(void)state;
	for (unsigned k = 0; k < VUS_NBACKINGS; k++) {
		const char *name = vus_backing_name((enum vus_backing_kind)k);

		assert_true(vus_backing_by_name(name, &kind));
		assert_int_equal(kind, k);
	}
	assert_string_equal(vus_backing_name(VUS_SHM), "shm");
	assert_string_equal(vus_backing_name(VUS_MEMFD), "memfd");
	assert_string_equal(vus_backing_name(VUS_FILE), "file");
	assert_false(vus_backing_by_name("ram", &kind));
	assert_false(vus_backing_by_name("", &kind));
	assert_int_equal(kind, VUS_FILE);
}

static void memory_is_of_its_size_and_zero(void **state)
{
	static const uint64_t sizes[] = { MEM_PAGE, 3 * MEM_PAGE, 2 * MEM_MIB };

	(void)state;
	for (unsigned k = 0; k < VUS_NBACKINGS; k++) {
		for (size_t i = 0; i < VUS_COUNT(sizes); i++) {
			const struct vus_backing_opts opts = {
				.kind = (enum vus_backing_kind)k,
				.size = sizes[i],
				.share = VUS_ON,
			};
			struct vus_backing b;
			const uint8_t *bytes;

			mem_open(&opts, &b);
			bytes = b.addr;
			assert_int_equal(mem_stat(b.fd).st_size, sizes[i]);
			assert_int_equal(vus_backing_page(b.fd), MEM_PAGE);
			assert_int_equal(bytes[0], 0);
			assert_int_equal(bytes[sizes[i] - 1], 0);
			assert_true(b.shared);
			mem_check_sharing(&b);
			vus_backing_close(&b);
			assert_int_equal(b.fd, -1);
			assert_null(b.addr);
			vus_backing_close(&b);
		}
	}
}

static void sharing_is_by_kind(void **state)
{
	static const struct {
		enum vus_backing_kind kind;
		enum vus_switch share;
		bool shared;
	} rows[] = {
		{ VUS_SHM, VUS_DEFAULT, true },
		{ VUS_SHM, VUS_ON, true },
		{ VUS_MEMFD, VUS_DEFAULT, true },
		{ VUS_MEMFD, VUS_ON, true },
		{ VUS_MEMFD, VUS_OFF, false },
		{ VUS_FILE, VUS_DEFAULT, false },
		{ VUS_FILE, VUS_ON, true },
		{ VUS_FILE, VUS_OFF, false },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		const struct vus_backing_opts opts = {
			.kind = rows[i].kind,
			.size = 2 * MEM_PAGE,
			.share = rows[i].share,
		};
		struct vus_backing b;

		mem_open(&opts, &b);
		assert_int_equal(b.shared, rows[i].shared);
		mem_check_sharing(&b);
		vus_backing_close(&b);
	}
}

static void shm_cannot_be_private(void **state)
{
	const struct vus_backing_opts opts = {
		.kind = VUS_SHM,
		.size = MEM_PAGE,
		.share = VUS_OFF,
	};

	(void)state;
	MEM_REFUSED(&opts, VUS_ERR_USAGE, "share=off", "shm");
}

/* Sizes that no kind takes; the line says what was asked and what may be. */
static void impossible_sizes_are_refused(void **state)
{
	static const struct {
		uint64_t size;
		const char *says[3];
	} rows[] = {
		{ 0, { "size 0", "4096 bytes" } },
		{ 1, { "size 1 ", "4096 bytes" } },
		{ 4095, { "size 4095", "4096 bytes" } },
		{ 4097, { "size 4097", "4096 bytes" } },
		{ (uint64_t)INT64_MAX + 1,
		  { "9223372036854775808", "9223372036854775807" } },
		{ UINT64_MAX, { "18446744073709551615" } },
	};

	(void)state;
	for (unsigned k = 0; k < VUS_NBACKINGS; k++) {
		for (size_t i = 0; i < VUS_COUNT(rows); i++) {
			const struct vus_backing_opts opts = {
				.kind = (enum vus_backing_kind)k,
				.size = rows[i].size,
				.share = VUS_ON,
			};

			mem_refused(&opts, VUS_ERR_USAGE, rows[i].says);
		}
	}
	assert_int_equal(mem_count_names(*state), 0);
}

static void what_cannot_be_mapped_leaves_nothing(void **state)
{
	for (unsigned k = 0; k < VUS_NBACKINGS; k++) {
		const struct vus_backing_opts opts = {
			.kind = (enum vus_backing_kind)k,
			.size = 64 * MEM_KIB,
			.share = VUS_ON,
		};
		struct vus_backing b = { .fd = -77 };
		struct vus_err err = { 0 };
		bool made;

		/* mem_refused() itself would need memory. */
		mem_forbid_mappings();
		made = vus_backing_open(&opts, &b, &err);
		mem_allow_mappings();
		assert_false(made);
		assert_int_equal(b.fd, -77);
		assert_int_equal(err.kind, VUS_ERR_SYSTEM);
		assert_int_equal(err.sys, ENOMEM);
		assert_non_null(strstr(err.text, "65536 bytes"));
	}
	assert_int_equal(mem_count_names(*state), 0);
}

/* Pages of [addr, addr+size) that are present. */
static unsigned present(const struct vus_backing *b)
{
	unsigned char pages[64];
	unsigned n = 0;

	assert_true(b->size / MEM_PAGE <= sizeof(pages));
	assert_int_equal(mincore(b->addr, (size_t)b->size, pages), 0);
	for (uint64_t i = 0; i < b->size / MEM_PAGE; i++)
		n += pages[i] & 1;
	return n;
}

static void memory_is_sparse_until_asked_otherwise(void **state)
{
	(void)state;
	for (unsigned k = 0; k < VUS_NBACKINGS; k++) {
		struct vus_backing_opts opts = {
			.kind = (enum vus_backing_kind)k,
			.size = 16 * MEM_PAGE,
			.share = VUS_ON,
		};
		struct vus_backing b;

		mem_open(&opts, &b);
		assert_int_equal(mem_stat(b.fd).st_blocks, 0);
		vus_backing_close(&b);
		opts.prealloc = true;
		mem_open(&opts, &b);
		assert_int_equal(present(&b), 16);
		vus_backing_close(&b);
	}
}

static void a_guest_may_be_larger_than_the_machine(void **state)
{
	static const enum vus_backing_kind kinds[] = { VUS_SHM, VUS_MEMFD };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(kinds); i++) {
		const struct vus_backing_opts opts = {
			.kind = kinds[i],
			.size = 1024 * MEM_GIB,
		};
		struct vus_backing b;

		mem_open(&opts, &b);
		mem_check_sharing(&b);
		assert_true(mem_stat(b.fd).st_blocks <= 2 * 8);
		vus_backing_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(memory_is_of_its_size_and_zero),
		cmocka_unit_test(sharing_is_by_kind),
		cmocka_unit_test(shm_cannot_be_private),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(what_cannot_be_mapped_leaves_nothing),
		cmocka_unit_test(memory_is_sparse_until_asked_otherwise),
		cmocka_unit_test(a_guest_may_be_larger_than_the_machine),
	};

	return cmocka_run_group_tests(tests, mem_folder_setup,
				      mem_folder_teardown);
}
