/* SPDX-License-Identifier: BSD-3-Clause */
/* test_rule.c — the catalogue in the program: order, look-up, judgement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "spec/proof.h"
#include "spec/rule.h"

static void sorted_and_complete(void **state)
{
	(void)state;
	assert_true(vus_nrules >= 908);
	for (size_t i = 0; i < vus_nrules; i++) {
		const struct vus_rule *r = &vus_rules[i];

		assert_true(i == 0 || strcmp(r[-1].id, r->id) < 0);
		assert_ptr_equal(vus_rule_find(r->id), r);
		assert_non_null(r->because);
		assert_string_not_equal(r->rule, "");
		assert_string_not_equal(vus_level_name(r->level), "?");
	}
}

static void unknown_ids_are_not_found(void **state)
{
	(void)state;
	assert_null(vus_rule_find(""));
	assert_null(vus_rule_find("hdr"));
	assert_null(vus_rule_find("hdr.versionx"));
	assert_null(vus_rule_find("zzz.zzz"));
}

static void fields_come_from_their_columns(void **state)
{
	const struct vus_rule *r = vus_rule_find("header.version");

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->level, VUS_MUST);
	assert_string_equal(r->party, "both");
	assert_string_equal(r->chapter, "transport_hdr");
	assert_string_equal(r->section, "VU/Header");
	assert_string_equal(r->since, "");
	assert_string_equal(r->title, "Version bits are 1");
	assert_string_equal(r->testability, "auto");
	assert_string_equal(r->because, "");
}

/* MUST fails; a derived one only with its reason; HARDEN fails; the rest
 * warns. */
static void levels_decide(void **state)
{
	struct vus_rule r = { .section = "VU/Header", .because = "" };

	(void)state;
	r.level = VUS_MUST;
	assert_true(vus_rule_fails(&r));
	r.section = "derived/practice";
	assert_false(vus_rule_fails(&r));
	r.because = "data is lost";
	assert_true(vus_rule_fails(&r));
	r.level = VUS_SHOULD;
	assert_false(vus_rule_fails(&r));
	r.level = VUS_MAY;
	assert_false(vus_rule_fails(&r));
	r.level = VUS_DEF;
	assert_false(vus_rule_fails(&r));
	r.level = VUS_HARDEN;
	assert_true(vus_rule_fails(&r));
}

static void because_stands_where_it_counts(void **state)
{
	unsigned filled = 0;

	(void)state;
	for (size_t i = 0; i < vus_nrules; i++) {
		const struct vus_rule *r = &vus_rules[i];

		if (r->because[0] == '\0')
			continue;
		filled++;
		assert_false(r->planned && !r->uncovered);
		if (r->level != VUS_HARDEN) {
			assert_int_equal(r->level, VUS_MUST);
			assert_int_equal(strncmp(r->section, "derived/", 8), 0);
		}
		assert_true(vus_rule_fails(r));
	}
	assert_true(filled > 0);
}

/* What is derived and harms nobody is a SHOULD. */
static void every_derived_must_says_because(void **state)
{
	(void)state;
	for (size_t i = 0; i < vus_nrules; i++)
		assert_int_equal(vus_rules[i].level == VUS_MUST,
				 vus_rules[i].level == VUS_MUST &&
					 vus_rule_fails(&vus_rules[i]));
}

static void documents_are_named(void **state)
{
	const char *heading;
	struct vus_rule r = { .section = "VIRTIO/2.7.13" };

	(void)state;
	assert_string_equal(vus_rule_document(&r, &heading), "virtio");
	assert_string_equal(heading, "2.7.13");
	r.section = "VU11/Header";
	assert_string_equal(vus_rule_document(&r, &heading),
			    "vhost-user (QEMU 11)");
	assert_string_equal(heading, "Header");
	r.section = "elsewhere";
	assert_string_equal(vus_rule_document(&r, &heading), "");
	assert_string_equal(heading, "elsewhere");
	for (size_t i = 0; i < vus_nrules; i++)
		assert_string_not_equal(
			vus_rule_document(&vus_rules[i], &heading), "");
}

static void reasons_reach_their_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < vus_nrules; i++) {
		const char *why = vus_rules[i].uncovered;

		assert_true(!why || why[0] != '\0');
	}
}

static void proofs_name_rules(void **state)
{
	static const struct vus_proof skip = { .verdict = "skip" };
	static const struct vus_proof warn = { .verdict = "warn" };
	static const struct vus_proof abort = { .verdict = "abort",
						.case_id = "a.b[row=c]" };

	(void)state;
	assert_true(vus_proof_holds(&abort) && vus_proof_is_abort(&abort));
	assert_false(vus_proof_is_abort(&warn));
	assert_true(vus_proof_is_of(&abort, "a.b"));
	assert_false(vus_proof_is_of(&abort, "a.bc"));
	assert_false(vus_proof_is_of(&abort, "a"));
	assert_false(vus_proof_holds(&skip));
	assert_true(vus_proof_holds(&warn));
	for (size_t i = 0; i < vus_nproofs; i++)
		if (vus_proof_holds(&vus_proofs[i]))
			assert_non_null(vus_rule_find(vus_proofs[i].rule));
}

static void versions_are_numbers(void **state)
{
	struct vus_rule rule = { .since = "" };

	(void)state;
	assert_true(vus_rule_is_in(&rule, "10.2"));
	rule.since = "11.0";
	assert_false(vus_rule_is_in(&rule, "10.2"));
	assert_true(vus_rule_is_in(&rule, "11.0"));
	assert_true(vus_rule_is_in(&rule, "11.1"));
	assert_true(vus_rule_is_in(&rule, NULL));
	rule.since = "11.2";
	assert_false(vus_rule_is_in(&rule, "11.1"));
	assert_true(vus_rule_is_in(&rule, "11.10"));
	for (size_t i = 0; i < vus_nrules; i++)
		assert_true(vus_rule_is_in(&vus_rules[i], "99"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_and_complete),
		cmocka_unit_test(unknown_ids_are_not_found),
		cmocka_unit_test(fields_come_from_their_columns),
		cmocka_unit_test(levels_decide),
		cmocka_unit_test(because_stands_where_it_counts),
		cmocka_unit_test(every_derived_must_says_because),
		cmocka_unit_test(documents_are_named),
		cmocka_unit_test(reasons_reach_their_rules),
		cmocka_unit_test(proofs_name_rules),
		cmocka_unit_test(versions_are_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
