/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_check.c — do the words about memory agree?  What is not so is said
 * with both numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem/object.h"

#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (MIB << 10)

/* A command line: -object, -m, -machine and -numa words, as they begin. */
struct line {
	const char *words[8];
};

static void read_line(struct vus_machine *m, const struct line *line)
{
	struct vus_err err = { 0 };

	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < VUS_COUNT(line->words) && line->words[i]; i++) {
		const char *w = line->words[i];
		bool ok;

		if (strncmp(w, "memory-backend-", 15) == 0)
			ok = vus_machine_object(m, w, &err);
		else if (strncmp(w, "node", 4) == 0)
			ok = vus_machine_numa(m, w, &err);
		else if (strncmp(w, "q35", 3) == 0)
			ok = vus_machine_machine(m, w, &err);
		else
			ok = vus_machine_m(m, w, &err);
		if (!ok)
			fail_msg("'%s': %s", w, err.text);
	}
}

#define SHM(id, size) "memory-backend-shm,id=" #id ",size=" #size

static void words_that_agree(void **state)
{
	static const struct {
		struct line line;
		uint64_t ram;
		const char *order; /* ids of one letter */
	} rows[] = {
		{ { { "4096", SHM(m, 4G), "q35,memory-backend=m" } },
		  4 * GIB,
		  "m" },
		{ { { "4096", SHM(m, 4G), "node,memdev=m" } }, 4 * GIB, "m" },
		/* The order of words decides nothing. */
		{ { { "q35,memory-backend=m", SHM(m, 4G), "4G" } },
		  4 * GIB,
		  "m" },
		/* Without -m, or with 0, the backend decides; with nodes QEMU
		 * has 128M. */
		{ { { SHM(m, 3G), "q35,memory-backend=m" } }, 3 * GIB, "m" },
		{ { { "0", SHM(m, 3G), "q35,memory-backend=m" } },
		  3 * GIB,
		  "m" },
		{ { { SHM(m, 128M), "node,memdev=m" } }, 128 * MIB, "m" },
		/* Nodes go by number, objects by name. */
		{ { { "3G", SHM(b, 1G), SHM(a, 2G), "node,memdev=a",
		      "node,memdev=b" } },
		  3 * GIB,
		  "ab" },
		{ { { "3G", SHM(b, 1G), SHM(a, 2G), "node,nodeid=1,memdev=a",
		      "node,nodeid=0,memdev=b" } },
		  3 * GIB,
		  "ba" },
		{ { { "3G", SHM(x, 7G), SHM(a, 3G), "node,memdev=a" } },
		  3 * GIB,
		  "a" },
		/* Nodes without memdev share the machine's. */
		{ { { "3G", SHM(a, 3G), "q35,memory-backend=a", "node",
		      "node" } },
		  3 * GIB,
		  "a" },
		{ { { "3G,maxmem=3G", SHM(a, 3G), "q35,memory-backend=a" } },
		  3 * GIB,
		  "a" },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		unsigned order[VUS_MAX_OBJECTS], n = 0;
		struct vus_err err = { 0 };
		struct vus_machine m;

		read_line(&m, &rows[i].line);
		if (!vus_machine_check(&m, order, &n, &err))
			fail_msg("row %zu: %s", i, err.text);
		assert_int_equal(m.ram_size, rows[i].ram);
		assert_int_equal(n, strlen(rows[i].order));
		for (unsigned k = 0; k < n; k++)
			assert_int_equal(m.objects[order[k]].id[0],
					 rows[i].order[k]);
	}
}

static void words_that_contradict(void **state)
{
	static const struct {
		struct line line;
		const char *says[2];
	} rows[] = {
		{ { { "256", SHM(m, 128M), "q35,memory-backend=m" } },
		  { "(-m, 256M) does not match the size of the memory backend",
		    "('m', 128M)" } },
		{ { { "256", SHM(m, 512M), "q35,memory-backend=m" } },
		  { "256M", "512M" } },
		/* Not to the nearest unit: a byte is a difference. */
		{ { { "256", SHM(m, 268435457), "q35,memory-backend=m" } },
		  { "256M", "268435457" } },
		{ { { "256", SHM(m, 128M), "node,memdev=m" } },
		  { "total memory for NUMA nodes (0x8000000) should equal "
		    "RAM size (0x10000000)",
		    ": 128M, and -m 256M" } },
		{ { { SHM(m, 256M), "node,memdev=m" } },
		  { "(0x8000000)", "256M, and -m 128M" } },
		{ { { "4G", SHM(a, 2G), SHM(b, 1G), "node,memdev=a",
		      "node,memdev=b" } },
		  { "(0x100000000)", "3G, and -m 4G" } },
		{ { { SHM(a, 15E), SHM(b, 2E), "node,memdev=a",
		      "node,memdev=b" } },
		  { "above 2^64-1" } },
		{ { { "1G", SHM(m, 1G), "q35,memory-backend=nope" } },
		  { "Memory backend 'nope' not found" } },
		{ { { "1G", SHM(m, 1G), "node,memdev=nope" } },
		  { "Memory backend 'nope' not found" } },
		{ { { "2G", SHM(m, 1G), "node,memdev=m", "node,memdev=m" } },
		  { "backend m can't be used multiple times",
		    "node 0's and node 1's" } },
		{ { { "2G", SHM(m, 1G), SHM(n, 1G), "node,memdev=m",
		      "q35,memory-backend=n" } },
		  { "mutually exclusive" } },
		{ { { "1G", SHM(m, 1G), "node,memdev=m", "node" } },
		  { "for all nodes: node 1" } },
		{ { { "1G", SHM(m, 1G), "node,nodeid=2,memdev=m" } },
		  { "node ID missing: 0 of 3" } },
		{ { { "2G,maxmem=1G", SHM(m, 2G), "q35,memory-backend=m" } },
		  { "(1G)", "(2G)" } },
		/* QEMU starts, and its vhost-user devices do not. */
		{ { { "1G" } }, { "guest memory is not shared" } },
		{ { { "1G", SHM(m, 512M) } },
		  { "backend 'm' of 512M is not used" } },
		{ { { "1G", SHM(m, 1G), "node" } }, { "not used" } },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		unsigned order[VUS_MAX_OBJECTS] = { 99 }, n = 77;
		struct vus_err err = { 0 };
		struct vus_machine m;

		read_line(&m, &rows[i].line);
		if (vus_machine_check(&m, order, &n, &err))
			fail_msg("row %zu was taken", i);
		assert_int_equal(err.kind, VUS_ERR_USAGE);
		assert_int_equal(n, 77);
		assert_int_equal(order[0], 99);
		assert_null(strchr(err.text, '\n'));
		for (unsigned k = 0; k < 2 && rows[i].says[k]; k++)
			if (!strstr(err.text, rows[i].says[k]))
				fail_msg("row %zu, without '%s': %s", i,
					 rows[i].says[k], err.text);
	}
}

static void what_was_agreed_can_be_opened(void **state)
{
	static const struct line line = { {
		"96K",
		"memory-backend-file,id=f,size=64K,mem-path=/tmp,share=on",
		"memory-backend-memfd,id=m,size=32K",
		"node,memdev=f",
		"node,memdev=m",
	} };
	unsigned order[VUS_MAX_OBJECTS], n;
	struct vus_machine m;
	struct vus_err err = { 0 };

	(void)state;
	read_line(&m, &line);
	assert_true(vus_machine_check(&m, order, &n, &err));
	assert_int_equal(n, 2);
	for (unsigned i = 0; i < n; i++) {
		const struct vus_object *o = &m.objects[order[i]];
		struct vus_backing b;

		if (!vus_backing_open(&o->opts, &b, &err))
			fail_msg("%s: %s", o->id, err.text);
		assert_int_equal(b.kind, i == 0 ? VUS_FILE : VUS_MEMFD);
		assert_true(b.shared);
		vus_backing_close(&b);
	}
}

static void the_hole_is_the_machines(void **state)
{
	static const struct {
		const char *type;
		uint64_t ram, hole;
	} rows[] = {
		{ "q35", 2 * GIB, 11 * GIB / 4 },
		{ "q35", 11 * GIB / 4 - 1, 11 * GIB / 4 },
		{ "q35", 11 * GIB / 4, 2 * GIB },
		{ "q35", 5 * GIB, 2 * GIB },
		{ "pc-q35-10.0", 5 * GIB, 2 * GIB },
		{ "", 5 * GIB, 2 * GIB },
		{ "virt", 5 * GIB, 2 * GIB },
		{ "pc", 3 * GIB, 7 * GIB / 2 },
		{ "pc", 7 * GIB / 2, 3 * GIB },
		{ "pc-i440fx-10.0", 7 * GIB / 2, 3 * GIB },
		{ "microvm", 3 * GIB - 1, 3 * GIB },
		{ "microvm", 4 * GIB, 3 * GIB },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		struct vus_machine m = { .ram_size = rows[i].ram };

		strcpy(m.type, rows[i].type);
		assert_int_equal(vus_machine_hole(&m), rows[i].hole);
	}
}

static uint64_t what_the_object_has(const struct vus_machine *m,
				    uint64_t object)
{
	(void)m;
	return object;
}

static void a_decision_can_be_replaced(void **state)
{
	struct vus_object_rules rules = VUS_OBJECT_RULES_OF_QEMU;
	struct vus_machine m = { .rules = &rules };
	unsigned order[VUS_MAX_OBJECTS], n;

	(void)state;
	assert_true(vus_machine_object(&m, SHM(m, 64M), NULL));
	assert_true(vus_machine_m(&m, "128M", NULL));
	assert_true(vus_machine_machine(&m, "q35,memory-backend=m", NULL));
	assert_false(vus_machine_check(&m, order, &n, NULL));
	rules.machine_ram = what_the_object_has;
	assert_true(vus_machine_check(&m, order, &n, NULL));
	assert_int_equal(m.ram_size, 64 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_agree),
		cmocka_unit_test(words_that_contradict),
		cmocka_unit_test(the_hole_is_the_machines),
		cmocka_unit_test(what_was_agreed_can_be_opened),
		cmocka_unit_test(a_decision_can_be_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
