/* SPDX-License-Identifier: BSD-3-Clause */
/* coverage.c — vuspec coverage: what checks and proves every rule.
 *
 * A case that cites a rule is a promise; a fault that was seen to fail a check
 * citing it (proofs.tsv, recorded by the faults suite) is the proof. */
#include "cli.h"

#include "monitor/monitor.h"
#include "run/check.h"
#include "run/postconditions.h"
#include "run/runner.h"
#include "spec/proof.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { PROVED, ABORTS, CITED, REASONED, PLANNED, NOTHING, NSTATES };

static const char *const state_names[] = {
	[PROVED] = "proved",
	[ABORTS] = "aborts",
	[CITED] = "cited",
	[REASONED] = "reasoned",
	[PLANNED] = "planned",
	[NOTHING] = "nothing",
	NULL,
};

enum format { TEXT, JSON, TSV };

static const char *const formats[] = { "text", "json", "tsv", NULL };

struct coverage_options {
	int format;
	int only; /* enum state, or -1: a summary of all */
	bool variants;
	bool checks;
};

static const struct vus_option options[] = {
	{ "format", 'f', "FORMAT", "what is printed", VUS_OPT_CHOICE,
	  offsetof(struct coverage_options, format), .choices = formats },
	{ "only", 'o', "STATE", "list the rules of one state", VUS_OPT_CHOICE,
	  offsetof(struct coverage_options, only), .choices = state_names },
	{ "variants", 'v', NULL,
	  "list the cases, and their rows, that no fault was seen to fail",
	  VUS_OPT_FLAG, offsetof(struct coverage_options, variants) },
	{ "checks", 'c', NULL,
	  "list the checks that no fault was seen to fail; with --format json "
	  "all, each with the faults that failed it",
	  VUS_OPT_FLAG, offsetof(struct coverage_options, checks) },
	{ 0 },
};
const struct vus_option *vus_options_coverage(void)
{
	return options;
}

static const struct vus_synopsis synopsis = {
	.usage = "Usage: vuspec coverage [OPTION...]\n"
		 "Show, for every rule of the catalogue, the cases that cite "
		 "it and the faults that were seen to fail them.  The state "
		 "of a rule is proved (a fault was seen to fail a check that "
		 "cites it), aborts (only faults that end their own process "
		 "were), cited (a case checks it, without such a proof), "
		 "reasoned (no case checks it, and the reason is recorded), "
		 "planned (no case checks it yet, and what is missing is "
		 "recorded) or nothing (neither a case nor a reason).\n\n",
	.options = options,
};

static json_t *citing_cases(const struct vus_rule *rule)
{
	json_t *array = json_array();
	size_t n;
	const struct vus_case *const *all = vus_cases_all(&n);
	char id[128];

	for (size_t i = 0; i < n; i++) {
		if (!vus_case_cites(all[i], rule->id))
			continue;
		vus_case_id(all[i], id);
		json_array_append_new(array, json_string(id));
	}
	return array;
}

static json_t *marking_tests(const struct vus_rule *rule)
{
	json_t *array = json_array();

	for (size_t i = 0; i < vus_ntest_marks; i++)
		if (strcmp(vus_test_marks[i].rule, rule->id) == 0)
			json_array_append_new(
				array, json_string(vus_test_marks[i].test));
	return array;
}

static bool has_string(const json_t *array, const char *s)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (strcmp(json_string_value(json_array_get(array, i)), s) == 0)
			return true;
	return false;
}

static json_t *proving_faults(const struct vus_rule *rule)
{
	json_t *array = json_array();

	for (size_t i = 0; i < vus_nproofs; i++) {
		const struct vus_proof *p = &vus_proofs[i];

		if (vus_proof_holds(p) && strcmp(p->rule, rule->id) == 0 &&
		    !has_string(array, p->fault))
			json_array_append_new(array, json_string(p->fault));
	}
	return array;
}

/* Did a fault fail it that does more than end its own process? */
static bool has_natural_proof(const struct vus_rule *rule)
{
	for (size_t i = 0; i < vus_nproofs; i++)
		if (vus_proof_holds(&vus_proofs[i]) &&
		    !vus_proof_is_abort(&vus_proofs[i]) &&
		    strcmp(vus_proofs[i].rule, rule->id) == 0)
			return true;
	return false;
}

static enum state state_of_checked(const struct vus_rule *rule, size_t nfaults)
{
	if (nfaults == 0)
		return CITED;
	return has_natural_proof(rule) ? PROVED : ABORTS;
}

static enum state state_of(const struct vus_rule *rule)
{
	json_t *cases = citing_cases(rule), *faults = proving_faults(rule);
	json_t *tests = marking_tests(rule);
	enum state state = NOTHING;

	if (json_array_size(cases) + json_array_size(tests) > 0 ||
	    vus_postcondition_judges(rule->id) || vus_monitor_judges(rule->id))
		state = state_of_checked(rule, json_array_size(faults));
	else if (rule->uncovered)
		state = rule->planned ? PLANNED : REASONED;
	json_decref(tests);
	json_decref(cases);
	json_decref(faults);
	return state;
}

static json_t *rule_object(const struct vus_rule *rule)
{
	json_t *o = json_object();
	json_t *reason =
		rule->uncovered ? json_string(rule->uncovered) : json_null();
	const char *heading;
	const char *document = vus_rule_document(rule, &heading);

	json_object_set_new(o, "id", json_string(rule->id));
	json_object_set_new(o, "level",
			    json_string(vus_level_name(rule->level)));
	json_object_set_new(o, "title", json_string(rule->title));
	json_object_set_new(o, "document", json_string(document));
	json_object_set_new(o, "heading", json_string(heading));
	json_object_set_new(o, "party", json_string(rule->party));
	json_object_set_new(o, "chapter", json_string(rule->chapter));
	json_object_set_new(o, "testability", json_string(rule->testability));
	json_object_set_new(o, "cases", citing_cases(rule));
	/* Of pytest/qemu, where no case can look. */
	json_object_set_new(o, "tests", marking_tests(rule));
	/* What must hold after every case is cited by none of them. */
	json_object_set_new(o, "after_every_case",
			    json_boolean(vus_postcondition_judges(rule->id)));
	/* In all sessions of all cases, whether one cites it or not. */
	json_object_set_new(o, "monitored",
			    json_boolean(vus_monitor_judges(rule->id)));
	json_object_set_new(o, "faults", proving_faults(rule));
	/* They do more than end their own process. */
	json_object_set_new(o, "natural",
			    json_boolean(has_natural_proof(rule)));
	json_object_set_new(o, "reason", reason);
	json_object_set_new(o, "planned", json_boolean(rule->planned));
	return o;
}

static void print_json(const struct coverage_options *o)
{
	json_t *array = json_array();

	for (size_t i = 0; i < vus_nrules; i++)
		if (o->only < 0 || (int)state_of(&vus_rules[i]) == o->only)
			json_array_append_new(array,
					      rule_object(&vus_rules[i]));
	vus_cli_json(array);
}

/* One line a rule, aligned for a reader or with tabs for a program. */
static void print_rules(const struct coverage_options *o)
{
	const char *const form = o->format == TSV
					 ? "%s\t%s\t%s\t%s\t%s\n"
					 : "%-32s  %-6s  %-8s  %-8s  %s\n";

	for (size_t i = 0; i < vus_nrules; i++) {
		const struct vus_rule *rule = &vus_rules[i];
		const enum state state = state_of(rule);

		if (o->only >= 0 && (int)state != o->only)
			continue;
		(void)printf(form, rule->id, vus_level_name(rule->level),
			     rule->party, state_names[state],
			     state == REASONED || state == PLANNED
				     ? rule->uncovered
				     : rule->title);
	}
}

/* ---- variants ---- */

/* Did a fault fail this case in this row (NULL: in any)? */
static bool is_row_proved(const char *id, const char *row)
{
	VUS_AUTO_TEXT want = { 0 };

	vus_text_add(&want, row ? "%s[row=%s]" : "%s", id, row);
	for (size_t i = 0; i < vus_nproofs; i++) {
		const struct vus_proof *p = &vus_proofs[i];

		if (vus_proof_holds(p) &&
		    (row ? strcmp(p->case_id, vus_text_str(&want)) == 0
			 : vus_proof_is_of(p, id)))
			return true;
	}
	return false;
}

/* One line for each variant without a proof, if `print`; how many there are,
 * and of how many. */
static unsigned walk_variants(bool print, unsigned *ret_all)
{
	size_t n;
	const struct vus_case *const *all = vus_cases_all(&n);
	unsigned unproved = 0;
	char id[128];

	*ret_all = 0;
	for (size_t i = 0; i < n; i++) {
		const struct vus_case *c = all[i];
		size_t r = 0;

		vus_case_id(c, id);
		do {
			const char *row = c->rows[r];

			++*ret_all;
			if (is_row_proved(id, row))
				continue;
			unproved++;
			if (print)
				(void)printf(row ? "%s[row=%s]\n" : "%s\n", id,
					     row);
		} while (++r < VUS_CASE_ROWS && c->rows[r]);
	}
	return unproved;
}

static void print_unproved_count(void)
{
	unsigned all;
	const unsigned unproved = walk_variants(false, &all);

	(void)printf("Of %u cases and rows no fault was seen to fail %u "
		     "(--variants lists them).\n",
		     all, unproved);
}

/* ---- checks ---- */

/* The faults that failed the check of that name. */
static json_t *failing_faults(const char *check)
{
	json_t *array = json_array();

	for (size_t i = 0; i < vus_ncheck_proofs; i++)
		if (strcmp(vus_check_proofs[i].check, check) == 0)
			json_array_append_new(
				array, json_string(vus_check_proofs[i].fault));
	return array;
}

/* An object for each check. */
static json_t *checks_array(void)
{
	json_t *array = json_array();
	size_t n;
	const struct vus_check_site *const *all = vus_checks_all(&n);
	char name[VUS_CHECK_NAME];

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		vus_check_name(all[i], name);
		json_object_set_new(o, "check", json_string(name));
		json_object_set_new(o, "faults", failing_faults(name));
		json_array_append_new(array, o);
	}
	return array;
}

/* One line for each check without a proof, if `print`; how many there are. */
static unsigned walk_checks(const json_t *checks, bool print)
{
	unsigned unproved = 0;

	for (size_t i = 0; i < json_array_size(checks); i++) {
		const json_t *o = json_array_get(checks, i);

		if (json_array_size(json_object_get(o, "faults")) > 0)
			continue;
		unproved++;
		if (print)
			(void)puts(
				json_string_value(json_object_get(o, "check")));
	}
	return unproved;
}

static void print_checks(const struct coverage_options *o)
{
	json_t *checks = checks_array();

	if (o->format == JSON) {
		vus_cli_json(checks);
		return;
	}
	(void)walk_checks(checks, true);
	json_decref(checks);
}

static void print_unproved_checks_count(void)
{
	json_t *checks = checks_array();

	(void)printf("Of %zu checks no fault was seen to fail %u (--checks "
		     "lists them).\n",
		     json_array_size(checks), walk_checks(checks, false));
	json_decref(checks);
}

/* ---- sums ---- */

struct sums {
	const char *chapter;
	unsigned all, states[NSTATES];
};

static void print_sums(const struct sums *s)
{
	(void)printf("%-22s%7u", s->chapter, s->all);
	for (int i = 0; i < NSTATES; i++)
		(void)printf("%10u", s->states[i]);
	(void)putchar('\n');
}

static void add_uncovered_rule(struct sums *s, const char *chapter,
			       enum state state)
{
	s->chapter = chapter;
	s->all++;
	s->states[state]++;
}

static int compare_sums(const void *a, const void *b)
{
	return strcmp(((const struct sums *)a)->chapter,
		      ((const struct sums *)b)->chapter);
}

/* The MUST rules also have a line of their own. */
static void print_summary(void)
{
	/* At most as many chapters as rules. */
	struct sums *chapters = calloc(vus_nrules + 1, sizeof(*chapters));
	struct sums total = { 0 }, must = { 0 };
	size_t n = 0;

	if (!chapters)
		abort();
	for (size_t i = 0; i < vus_nrules; i++) {
		const struct vus_rule *rule = &vus_rules[i];
		enum state state = state_of(rule);
		size_t c = 0;

		while (c < n && strcmp(chapters[c].chapter, rule->chapter) != 0)
			c++;
		n = VUS_MAX(n, c + 1);
		add_uncovered_rule(&chapters[c], rule->chapter, state);
		add_uncovered_rule(&total, "all", state);
		if (rule->level == VUS_MUST)
			add_uncovered_rule(&must, "MUST", state);
	}
	qsort(chapters, n, sizeof(*chapters), compare_sums);
	(void)printf("%-22s%7s", "chapter", "rules");
	for (int i = 0; i < NSTATES; i++)
		(void)printf("%10s", state_names[i]);
	(void)putchar('\n');
	for (size_t c = 0; c < n; c++)
		print_sums(&chapters[c]);
	(void)putchar('\n');
	print_sums(&must);
	print_sums(&total);
	(void)printf("\n%u rules are proved, %u by aborts alone, %u are cited "
		     "only, %u are not covered,\nwith a recorded reason, for "
		     "%u a case is planned, and %u are not covered at all\n"
		     "(--only STATE lists the rules).\n",
		     total.states[PROVED], total.states[ABORTS],
		     total.states[CITED], total.states[REASONED],
		     total.states[PLANNED], total.states[NOTHING]);
	free(chapters);
	print_unproved_checks_count();
	print_unproved_count();
}

/* A case that cites a rule which the catalogue does not have is a bug of
 * vuspec. */
static int coverage_complain(void)
{
	size_t n;
	const struct vus_case *const *all = vus_cases_all(&n);
	int status = VUS_EXIT_PASS;
	char id[128];

	for (size_t i = 0; i < n; i++) {
		vus_case_id(all[i], id);
		for (size_t r = 0; r < VUS_CASE_RULES && all[i]->rules[r];
		     r++) {
			if (vus_rule_find(all[i]->rules[r]))
				continue;
			(void)fprintf(stderr,
				      "vuspec coverage: case %s cites the "
				      "unknown rule %s\n",
				      id, all[i]->rules[r]);
			status = VUS_EXIT_BROKEN;
		}
	}
	return status;
}

int vus_cmd_coverage(int argc, char **argv)
{
	struct coverage_options o = { .only = -1 };
	unsigned all;
	int status;

	if (!vus_cli_read(&synopsis, argc, argv, &o, &status))
		return status;
	if (o.variants)
		(void)walk_variants(true, &all);
	else if (o.checks)
		print_checks(&o);
	else if (o.format == JSON)
		print_json(&o);
	else if (o.format == TSV || o.only >= 0)
		print_rules(&o);
	else
		print_summary();
	return vus_cli_flush("vuspec coverage", coverage_complain());
}
