/* SPDX-License-Identifier: BSD-3-Clause */
/* test_select.c — which variants run, in which order, under which ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "run/select.h"

/* As VUS_CASE does it, with a file (and so a group) of choice. */
#define CASE(cfile, cname, ...)                                                \
	static const struct vus_case case_##cname = { .name = #cname,          \
						      .file = cfile,           \
						      __VA_ARGS__ };           \
	static const struct vus_case *const entry_##cname                      \
		__attribute__((used, retain, section("vus_cases"))) =          \
			&case_##cname

CASE("x/cases/vring.c", stops, .rules = { "vstop.quiet" });
CASE("x/cases/mem.c", survives_nonsense,
     .rules = { "header.version", "socket.second_connection" });
CASE("x/cases/mem.c", offset_is_respected,
     .rules = { "mem_table.offset_nonzero" }, .each_memory = true,
     .rows = { "short", "long" });
CASE("x/cases/mem.c", is_mapped, .each_memory = true);
CASE("hdr.c", sizes_fit, .rows = { "zero", "huge" });
CASE("x/cases/front.c", asks_nicely, .party = "frontend");
CASE("x/cases/front.c", holds_back, .party = "frontend");
CASE("x/cases/front.c", holds_the_line, .party = "frontend", .early = true,
     .rows = { "up", "down" });
CASE("x/cases/disk.c", reads_back, .devices = "blk invert",
     .rows = { "one", "two" });
CASE("x/cases/disk.c", cannot_be_worn_out, .devices = "blk",
     .rules = { "header.version", "socket.second_connection" });

static struct vus_selected chosen;
static struct vus_err err;

static bool choose(struct vus_selection sel)
{
	free(chosen.v);
	chosen = (struct vus_selected){ 0 };
	err = (struct vus_err){ 0 };
	if (!sel.device)
		sel.device = "net";
	if (!sel.party)
		sel.party = "backend";
	if (!sel.memories)
		sel.memories = VUS_BIT(VUS_MEMFD);
	while (sel.filters && sel.filters[sel.nfilters])
		sel.nfilters++;
	return vus_select(&sel, &chosen, &err);
}

static int forget(void **state)
{
	(void)state;
	free(chosen.v);
	chosen.v = NULL;
	return 0;
}

/* The ids chosen are exactly these, in this order. */
static void assert_ids(const char *const *want)
{
	size_t i = 0;

	for (; want[i]; i++) {
		assert_true(i < chosen.n);
		assert_string_equal(chosen.v[i].id, want[i]);
	}
	assert_int_equal(chosen.n, i);
}
#define IDS(...) assert_ids((const char *const[]){ __VA_ARGS__, NULL })
#define FILTERS(...)                                                           \
	.filters = (const char *const[])                                       \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

static void cases_are_sorted_whatever_the_link_order(void **state)
{
	size_t count;
	const struct vus_case *const *all = vus_cases_all(&count);
	const char *names[] = {
		"disk.cannot_be_worn_out", "disk.reads_back",
		"front.asks_nicely",       "front.holds_back",
		"front.holds_the_line",    "hdr.sizes_fit",
		"mem.is_mapped",           "mem.offset_is_respected",
		"mem.survives_nonsense",   "vring.stops"
	};
	char id[128], group[32];

	(void)state;
	assert_int_equal(count, VUS_COUNT(names));
	for (size_t i = 0; i < count; i++) {
		vus_case_id(all[i], id);
		assert_string_equal(id, names[i]);
		assert_ptr_equal(vus_case_find(id), all[i]);
	}
	vus_case_group(all[5], group);
	assert_string_equal(group, "hdr");
	assert_null(vus_case_find("hdr"));
	assert_null(vus_case_find("mem.is_mapped[shm]"));
}

static void variants_carry_memory_and_row(void **state)
{
	(void)state;
	assert_true(choose((struct vus_selection){
		.hardening = 1,
		.memories = VUS_BIT(VUS_SHM) | VUS_BIT(VUS_MEMFD) }));
	IDS("hdr.sizes_fit[row=zero]", "hdr.sizes_fit[row=huge]",
	    "mem.is_mapped[shm]", "mem.is_mapped[memfd]",
	    "mem.offset_is_respected[shm,row=short]",
	    "mem.offset_is_respected[shm,row=long]",
	    "mem.offset_is_respected[memfd,row=short]",
	    "mem.offset_is_respected[memfd,row=long]", "mem.survives_nonsense",
	    "vring.stops");
	assert_int_equal(chosen.v[1].row, 1);
	assert_int_equal(chosen.v[2].memory, VUS_SHM);
	assert_int_equal(chosen.v[8].memory, VUS_MEMFD);
	assert_string_equal(chosen.v[8].group, "mem");
	assert_ptr_equal(chosen.v[8].c, &case_survives_nonsense);
}

static void other_cases_run_on_the_only_memory(void **state)
{
	(void)state;
	assert_true(choose((struct vus_selection){
		.memories = VUS_BIT(VUS_FILE), FILTERS("mem.*", "vring.*") }));
	IDS("mem.is_mapped[file]", "mem.offset_is_respected[file,row=short]",
	    "mem.offset_is_respected[file,row=long]", "vring.stops");
	assert_int_equal(chosen.v[3].memory, VUS_FILE);
}

static void globs_match_with_and_without_brackets(void **state)
{
	(void)state;
	assert_true(choose(
		(struct vus_selection){ FILTERS("mem.offset_is_respected") }));
	IDS("mem.offset_is_respected[memfd,row=short]",
	    "mem.offset_is_respected[memfd,row=long]");
	assert_true(choose((struct vus_selection){
		FILTERS("mem.offset_is_respected[memfd,row=long]") }));
	IDS("mem.offset_is_respected[memfd,row=long]");
	assert_true(choose((struct vus_selection){ FILTERS("*row=?ero*") }));
	IDS("hdr.sizes_fit[row=zero]");
}

static void exclusion_wins_in_any_order(void **state)
{
	(void)state;
	assert_true(choose(
		(struct vus_selection){ FILTERS("mem.*", "!*offset*") }));
	IDS("mem.is_mapped[memfd]");
	assert_true(choose(
		(struct vus_selection){ FILTERS("!*offset*", "mem.*") }));
	IDS("mem.is_mapped[memfd]");
	assert_true(
		choose((struct vus_selection){ FILTERS("!mem.*", "!*huge]") }));
	IDS("hdr.sizes_fit[row=zero]", "vring.stops");
}

static void a_filter_that_matches_nothing_is_named(void **state)
{
	static const char *const typos[] = { "mem.offest*", "!no.such",
					     "mem.is_mapped[shm]",
					     "front.asks_nicely" };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(typos); i++) {
		assert_false(choose(
			(struct vus_selection){ FILTERS("mem.*", typos[i]) }));
		assert_int_equal(err.kind, VUS_ERR_USAGE);
		assert_non_null(strstr(err.text, typos[i]));
		assert_null(chosen.v);
	}
}

static void filters_that_leave_nothing_are_refused(void **state)
{
	(void)state;
	assert_false(choose((struct vus_selection){ FILTERS("!*") }));
	assert_int_equal(err.kind, VUS_ERR_USAGE);
	assert_non_null(strstr(err.text, "!*"));
	assert_false(choose(
		(struct vus_selection){ FILTERS("vring.*", "!vring.stops") }));
	assert_non_null(strstr(err.text, "!vring.stops"));
}

static void hardening_is_on_off_or_only(void **state)
{
	(void)state;
	assert_true(choose((struct vus_selection){ .hardening = 2 }));
	IDS("mem.survives_nonsense");
	assert_true(choose((struct vus_selection){ .hardening = 0 }));
	assert_int_equal(chosen.n, 6);
	assert_false(choose((struct vus_selection){
		.hardening = 0, FILTERS("mem.survives*") }));
	assert_non_null(strstr(err.text, "--hardening off"));
	assert_false(choose(
		(struct vus_selection){ .hardening = 2, FILTERS("hdr.*") }));
	assert_non_null(strstr(err.text, "--hardening only"));
}

static void the_party_chooses(void **state)
{
	(void)state;
	assert_true(choose((struct vus_selection){ .party = "frontend" }));
	IDS("front.asks_nicely", "front.holds_back",
	    "front.holds_the_line[row=up]", "front.holds_the_line[row=down]");
	assert_string_equal(vus_case_party(chosen.v[0].c), "frontend");
	assert_string_equal(vus_case_party(&case_stops), "backend");
}

static void repeats_are_whole_runs(void **state)
{
	(void)state;
	assert_true(choose(
		(struct vus_selection){ .repeat = 2, FILTERS("hdr.*") }));
	IDS("hdr.sizes_fit[row=zero]", "hdr.sizes_fit[row=huge]",
	    "hdr.sizes_fit[row=zero]", "hdr.sizes_fit[row=huge]");
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(chosen.v[i].repeat, i / 2);
}

static void early_ones_come_behind_the_first_of_each_run(void **state)
{
	(void)state;
	assert_true(choose((struct vus_selection){ .party = "frontend",
						   .early_first = true,
						   .repeat = 2,
						   FILTERS("!*down]") }));
	IDS("front.asks_nicely", "front.holds_the_line[row=up]",
	    "front.holds_back", "front.asks_nicely",
	    "front.holds_the_line[row=up]", "front.holds_back");
}

static void cases_for_other_devices_are_left_out(void **state)
{
	static const struct {
		const char *device;
		size_t n, left_out;
	} rows[] = { { "blk", 10, 0 },
		     { "invert", 9, 1 },
		     { "net", 7, 3 },
		     { "generic", 7, 3 } };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		assert_true(choose((struct vus_selection){
			.hardening = 1, .device = rows[i].device }));
		assert_int_equal(chosen.n, rows[i].n);
		assert_int_equal(chosen.left_out, rows[i].left_out);
	}
	/* Of what was asked for alone, as often as it was. */
	assert_true(
		choose((struct vus_selection){ .repeat = 4, FILTERS("*s*") }));
	assert_int_equal(chosen.left_out, 8);
	assert_true(choose((struct vus_selection){ FILTERS("!disk.*") }));
	assert_int_equal(chosen.left_out, 0);
	assert_true(choose((struct vus_selection){ .device = "invert",
						   FILTERS("disk.*") }));
	IDS("disk.reads_back[row=one]", "disk.reads_back[row=two]");
	assert_true(vus_case_suits(&case_reads_back, NULL));
}

static void a_filter_for_other_devices_is_told_so(void **state)
{
	(void)state;
	assert_false(choose((struct vus_selection){
		.hardening = 1, FILTERS("mem.*", "disk.reads*") }));
	assert_int_equal(err.kind, VUS_ERR_USAGE);
	assert_string_equal(err.text, "--filter 'disk.reads*': made for blk "
				      "invert, the device is net");
	assert_null(chosen.v);
	/* What suits is excluded, and what is left does not suit. */
	assert_false(choose((struct vus_selection){
		.hardening = 1,
		FILTERS("!mem.*", "!hdr.*", "!vring.*", "*") }));
	assert_string_equal(err.text, "--filter '*' leaves no case to run on "
				      "device net");
	/* Hardening alone keeps this one out. */
	assert_false(choose((struct vus_selection){ .device = "blk",
						    FILTERS("disk.cannot*") }));
	assert_non_null(strstr(err.text, "--hardening off"));
}

static bool same_order(const struct vus_variant *a, const struct vus_variant *b,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(a[i].id, b[i].id) != 0 || a[i].repeat != b[i].repeat)
			return false;
	return true;
}

static void a_seed_shuffles_alike(void **state)
{
	struct vus_selection sel = { .repeat = 5, .hardening = 1 };
	VUS_AUTO_FREE struct vus_variant *plain = NULL, *first = NULL;
	size_t count;

	(void)state;
	assert_true(choose(sel));
	plain = chosen.v;
	chosen.v = NULL;
	count = chosen.n;
	sel.shuffle = true;
	sel.seed = 7;
	assert_true(choose(sel));
	first = chosen.v;
	chosen.v = NULL;
	assert_int_equal(chosen.n, count);
	assert_false(same_order(plain, first, count));
	assert_true(choose(sel));
	assert_true(same_order(first, chosen.v, count));
	sel.seed = 8;
	assert_true(choose(sel));
	assert_false(same_order(first, chosen.v, count));
	/* Nothing is lost or doubled. */
	for (size_t i = 0; i < count; i++) {
		unsigned seen = 0;

		for (size_t j = 0; j < count; j++)
			seen += strcmp(plain[i].id, chosen.v[j].id) == 0 &&
				plain[i].repeat == chosen.v[j].repeat;
		assert_int_equal(seen, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_are_sorted_whatever_the_link_order),
		cmocka_unit_test(variants_carry_memory_and_row),
		cmocka_unit_test(other_cases_run_on_the_only_memory),
		cmocka_unit_test(globs_match_with_and_without_brackets),
		cmocka_unit_test(exclusion_wins_in_any_order),
		cmocka_unit_test(a_filter_that_matches_nothing_is_named),
		cmocka_unit_test(filters_that_leave_nothing_are_refused),
		cmocka_unit_test(hardening_is_on_off_or_only),
		cmocka_unit_test(the_party_chooses),
		cmocka_unit_test(cases_for_other_devices_are_left_out),
		cmocka_unit_test(a_filter_for_other_devices_is_told_so),
		cmocka_unit_test(repeats_are_whole_runs),
		cmocka_unit_test(early_ones_come_behind_the_first_of_each_run),
		cmocka_unit_test(a_seed_shuffles_alike),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
