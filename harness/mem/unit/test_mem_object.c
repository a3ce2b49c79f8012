/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_object.c — QEMU's words about memory, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem/object.h"

#include <stdio.h>
#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (KIB << 10)
#define GIB (MIB << 10)

typedef bool reader(struct vus_machine *m, const char *value,
		    struct vus_err *err);

/* The reader takes `value`; what it read is in *m. */
static void takes(reader *read, struct vus_machine *m, const char *value)
{
	struct vus_err err = { 0 };

	if (!read(m, value, &err))
		fail_msg("'%s' was refused: %s", value, err.text);
}

/* It does not, says so, and leaves *m alone. */
static void refuses(reader *read, struct vus_machine *m, const char *value,
		    const char *says)
{
	struct vus_machine before = *m;
	struct vus_err err = { 0 };

	if (read(m, value, &err))
		fail_msg("'%s' was taken", value);
	assert_int_equal(err.kind, VUS_ERR_USAGE);
	assert_memory_equal(m, &before, sizeof(before));
	if (!strstr(err.text, says))
		fail_msg("'%s' was refused, without '%s': %s", value, says,
			 err.text);
}

static const struct vus_object *object(struct vus_machine *m, const char *value)
{
	memset(m, 0, sizeof(*m));
	takes(vus_machine_object, m, value);
	assert_int_equal(m->nobjects, 1);
	return &m->objects[0];
}

static void every_kind_by_its_name(void **state)
{
	static const struct {
		const char *value;
		enum vus_backing_kind kind;
	} rows[] = {
		{ "memory-backend-shm,id=mem,size=4G", VUS_SHM },
		{ "memory-backend-memfd,id=mem,size=4G", VUS_MEMFD },
		{ "memory-backend-file,id=mem,size=4G,mem-path=/x", VUS_FILE },
		{ "size=4G,id=mem,qom-type=memory-backend-shm", VUS_SHM },
	};
	struct vus_machine m;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		const struct vus_object *o = object(&m, rows[i].value);

		assert_true(vus_machine_is_memory(rows[i].value));
		assert_string_equal(o->id, "mem");
		assert_int_equal(o->opts.kind, rows[i].kind);
		assert_int_equal(o->opts.size, 4 * GIB);
		assert_int_equal(o->opts.share, VUS_DEFAULT);
		assert_int_equal(o->opts.seal, VUS_DEFAULT);
		assert_false(o->opts.prealloc);
	}
}

static void every_property_of_a_memfd(void **state)
{
	struct vus_machine m;
	const struct vus_object *o =
		object(&m, "memory-backend-memfd,id=a,size=8M,share=off,"
			   "seal=off,hugetlb=on,hugetlbsize=2M,prealloc=yes");

	(void)state;
	assert_int_equal(o->opts.size, 8 * MIB);
	assert_int_equal(o->opts.share, VUS_OFF);
	assert_int_equal(o->opts.seal, VUS_OFF);
	assert_true(o->opts.hugetlb);
	assert_int_equal(o->opts.hugetlbsize, 2 * MIB);
	assert_true(o->opts.prealloc);
	o = object(&m, "memory-backend-memfd,id=a,size=8M,share=on,seal=on,"
		       "hugetlb=off,prealloc=off");
	assert_int_equal(o->opts.share, VUS_ON);
	assert_int_equal(o->opts.seal, VUS_ON);
	assert_false(o->opts.hugetlb);
	assert_false(o->opts.prealloc);
}

static void every_property_of_a_file(void **state)
{
	struct vus_machine m;
	const struct vus_object *o =
		object(&m, "memory-backend-file,id=a.b-c_9,size=1.5G,"
			   "mem-path=/a,,b,offset=64K,readonly=on,share=on");

	(void)state;
	assert_string_equal(o->id, "a.b-c_9");
	assert_string_equal(o->path, "/a,b");
	assert_int_equal(o->opts.size, 1536 * MIB);
	assert_int_equal(o->opts.offset, 64 * KIB);
	assert_true(o->opts.readonly);
}

static void properties_that_nobody_sees_are_left(void **state)
{
	struct vus_machine m;

	(void)state;
	object(&m, "memory-backend-shm,id=a,size=1M,merge=off,dump=off,"
		   "reserve=on,prealloc-threads=4,policy=default,host-nodes=0");
	object(&m, "memory-backend-file,id=a,size=1M,mem-path=/x,align=2M,"
		   "pmem=off,discard-data=on,rom=auto");
}

static void the_last_word_counts(void **state)
{
	struct vus_machine m;
	const struct vus_object *o = object(
		&m, "memory-backend-shm,id=a,id=b,size=1M,size=2M,share=on");

	(void)state;
	assert_string_equal(o->id, "b");
	assert_int_equal(o->opts.size, 2 * MIB);
}

static void wrong_objects_are_refused(void **state)
{
#define SHM   "memory-backend-shm,id=m"
#define MEMFD "memory-backend-memfd,id=m"
#define FILE_ "memory-backend-file,id=m"
	static const char *const rows[][2] = {
		{ "", "'qom-type' is missing" },
		{ "id=m,size=1M", "'qom-type' is missing" },
		{ "memory-backend-shm,size=1M", "'id' is missing" },
		{ SHM, "'size' is missing" },
		{ FILE_ ",size=1M", "'mem-path' is missing" },
		{ "memory-backend-rom,id=m,size=1M", "memory-backend-rom" },
		{ "memory-backend-ram,id=m,size=1M,seal=on", "'seal'" },
		{ "memory-backend-,id=m,size=1M", "memory-backend-" },
		{ "shm,id=m,size=1M", "shm" },
		{ "iothread,id=m", "iothread" },
		{ "memory-backend-shm,id=,size=1M", "'id' expects" },
		{ "memory-backend-shm,id=9m,size=1M", "'9m'" },
		{ "memory-backend-shm,id=m/m,size=1M", "'m/m'" },
		/* Size 0, and the least that is one. */
		{ SHM ",size=0", "'0': at least one page, " },
		{ SHM ",size=0", "memory-backend-shm" },
		{ MEMFD ",size=0", "memory-backend-memfd" },
		{ FILE_ ",size=0,mem-path=/x", "memory-backend-file" },
		{ MEMFD ",size=1M,hugetlb=on,hugetlbsize=0", "hugetlbsize" },
		{ SHM ",size=lots", "'lots'" },
		{ SHM ",size=", "''" },
		{ SHM ",size=-1", "'-1'" },
		{ SHM ",size=1M,share=off", "can't create shm backend with "
					    "`share=off`" },
		{ SHM ",size=1M,share=perhaps", "'perhaps'" },
		{ SHM ",size=1M,share", "'share'" },
		/* Words of another kind. */
		{ SHM ",size=1M,seal=on", "Invalid parameter 'seal'" },
		{ SHM ",size=1M,mem-path=/x", "parameter 'mem-path' of" },
		{ SHM ",size=1M,hugetlb=on", "parameter 'hugetlb'" },
		{ MEMFD ",size=1M,mem-path=/x", "parameter 'mem-path' of" },
		{ MEMFD ",size=1M,offset=4K", "parameter 'offset'" },
		{ FILE_ ",size=1M,mem-path=/x,seal=on",
		  "Invalid parameter 'seal'" },
		{ FILE_ ",size=1M,mem-path=/x,hugetlb=on", "'hugetlb'" },
		{ SHM ",size=1M,wings=2", "parameter 'wings'" },
	};
	struct vus_machine m = { 0 };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		refuses(vus_machine_object, &m, rows[i][0], rows[i][1]);
	takes(vus_machine_object, &m, SHM ",size=1M");
	refuses(vus_machine_object, &m, MEMFD ",size=1M", "duplicate ID 'm'");
}

static void names_and_paths_have_a_length(void **state)
{
	struct vus_machine m = { 0 };
	char id[VUS_OBJECT_ID + 1], path[VUS_OBJECT_PATH + 1], value[600];

	(void)state;
	memset(id, 'm', sizeof(id));
	memset(path, '/', sizeof(path));
	id[sizeof(id) - 1] = path[sizeof(path) - 1] = '\0';
	snprintf(value, sizeof(value), "memory-backend-shm,id=%s,size=1M", id);
	refuses(vus_machine_object, &m, value, "64 characters, at most 63");
	snprintf(value, sizeof(value),
		 "memory-backend-file,id=%s,mem-path=%s,size=1M", id + 1, path);
	refuses(vus_machine_object, &m, value, "256 characters, at most 255");
	snprintf(value, sizeof(value),
		 "memory-backend-file,id=%s,mem-path=%s,size=1M", id + 1,
		 path + 1);
	takes(vus_machine_object, &m, value);
	assert_string_equal(m.objects[0].path, path + 1);
}

static void there_is_a_most_of_objects(void **state)
{
	struct vus_machine m = { 0 };
	char value[64];

	(void)state;
	for (unsigned i = 0; i < VUS_MAX_OBJECTS; i++) {
		snprintf(value, sizeof(value),
			 "memory-backend-shm,id=m%u,size=1M", i);
		takes(vus_machine_object, &m, value);
	}
	refuses(vus_machine_object, &m, "memory-backend-shm,id=m,size=1M",
		"object 17 of at most 16");
}

static void other_objects_are_not_memory(void **state)
{
	(void)state;
	assert_false(vus_machine_is_memory("iothread,id=io0"));
	assert_false(vus_machine_is_memory("rng-random,id=r,filename=/x"));
	assert_false(vus_machine_is_memory(""));
	assert_false(vus_machine_is_memory("id=m"));
	assert_true(vus_machine_is_memory("memory-backend-ram,id=m,size=1M"));
}

static void ram_has_three_forms(void **state)
{
	static const struct {
		const char *value;
		uint64_t size, maxmem;
	} rows[] = {
		{ "4096", 4 * GIB, 0 },
		{ "4G", 4 * GIB, 0 },
		{ "size=4G", 4 * GIB, 0 },
		{ "size=4096", 4 * GIB, 0 },
		{ "4G,slots=4,maxmem=8G", 4 * GIB, 8 * GIB },
		{ "slots=4,maxmem=8G,size=4G", 4 * GIB, 8 * GIB },
		/* QEMU takes 0 for nothing said, and rounds up to 8 KiB. */
		{ "0", 0, 0 },
		{ "1B", 8 * KIB, 0 },
		{ "8193B", 16 * KIB, 0 },
		{ "1048576K", GIB, 0 },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		struct vus_machine m = { 0 };

		takes(vus_machine_m, &m, rows[i].value);
		assert_int_equal(m.ram_size, rows[i].size);
		assert_int_equal(m.maxmem, rows[i].maxmem);
	}
}

static void wrong_ram_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "lots", "'lots'" },
		{ "size=", "''" },
		{ "-1", "'-1'" },
		{ "4G,cap=5", "'cap'" },
		{ "4G,slots=many", "many" },
		{ "4G,maxmem=much", "'much'" },
		{ "4G,8G", "'8G'" },
		{ "18446744073709551615B", "18446744073709551615" },
		{ "17592186044416", "2^64" },
	};
	struct vus_machine m = { .ram_size = 77, .maxmem = 78 };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		refuses(vus_machine_m, &m, rows[i][0], rows[i][1]);
}

static void machine_names_its_memory(void **state)
{
	struct vus_machine m = { 0 };

	(void)state;
	takes(vus_machine_machine, &m, "q35");
	assert_string_equal(m.memory_backend, "");
	assert_string_equal(m.type, "q35");
	takes(vus_machine_machine, &m, "q35,accel=tcg,memory-backend=mem");
	assert_string_equal(m.memory_backend, "mem");
	takes(vus_machine_machine, &m, "type=pc,memory-backend=ram.0");
	assert_string_equal(m.memory_backend, "ram.0");
	assert_string_equal(m.type, "pc");
	takes(vus_machine_machine, &m, "kernel-irqchip=split");
	assert_string_equal(m.memory_backend, "ram.0");
	refuses(vus_machine_machine, &m, "memory-backend=", "identifier");
	refuses(vus_machine_machine, &m, "memory-backend=x,accel", "'accel'");
}

static void nodes_are_numbered(void **state)
{
	struct vus_machine m = { 0 };

	(void)state;
	takes(vus_machine_numa, &m, "node,memdev=a");
	takes(vus_machine_numa, &m, "type=node,memdev=b,cpus=0,initiator=0");
	takes(vus_machine_numa, &m, "node,nodeid=3,memdev=d");
	takes(vus_machine_numa, &m, "node,nodeid=2,memdev=c");
	takes(vus_machine_numa, &m, "dist,src=0,dst=1,val=20");
	takes(vus_machine_numa, &m, "cpu,node-id=0,socket-id=0");
	assert_int_equal(m.nnodes, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(m.nodes[i].given);
		assert_int_equal(m.nodes[i].memdev[0], 'a' + i);
	}
}

static void wrong_nodes_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "", "type" },
		{ "room,memdev=a", "'room'" },
		{ "nodeid=0,type=node", "the type is missing" },
		{ "node,mem=1G", "use memdev=" },
		{ "node,wings=2", "wings" },
		{ "node,memdev=", "identifier" },
		{ "node,nodeid=x", "nodeid=x" },
		{ "node,nodeid=16", "from 0 to 15" },
		{ "node,nodeid=1,memdev=b", "duplicate NUMA nodeid: 1" },
	};
	struct vus_machine m = { 0 };

	(void)state;
	takes(vus_machine_numa, &m, "node,nodeid=1");
	/* As QEMU numbers it: one is given, so that 1 is next. */
	refuses(vus_machine_numa, &m, "node", "duplicate NUMA nodeid: 1");
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		refuses(vus_machine_numa, &m, rows[i][0], rows[i][1]);
	memset(&m, 0, sizeof(m));
	for (unsigned i = 0; i < VUS_MAX_NODES; i++)
		takes(vus_machine_numa, &m, "node");
	refuses(vus_machine_numa, &m, "node", "node 17 of at most 16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_by_its_name),
		cmocka_unit_test(every_property_of_a_memfd),
		cmocka_unit_test(every_property_of_a_file),
		cmocka_unit_test(properties_that_nobody_sees_are_left),
		cmocka_unit_test(the_last_word_counts),
		cmocka_unit_test(wrong_objects_are_refused),
		cmocka_unit_test(names_and_paths_have_a_length),
		cmocka_unit_test(there_is_a_most_of_objects),
		cmocka_unit_test(other_objects_are_not_memory),
		cmocka_unit_test(ram_has_three_forms),
		cmocka_unit_test(wrong_ram_is_refused),
		cmocka_unit_test(machine_names_its_memory),
		cmocka_unit_test(nodes_are_numbered),
		cmocka_unit_test(wrong_nodes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
