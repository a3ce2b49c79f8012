/* SPDX-License-Identifier: BSD-3-Clause */
/* explain.c — vuspec explain: all that is known about a case, rule or fault. */
#include "cli.h"

#include "fake-backend/fault_registry.h"
#include "fake-frontend/fault_registry.h"
#include "base/own.h"
#include "run/postconditions.h"
#include "run/runner.h"
#include "spec/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct vus_option options[] = { { 0 } };
const struct vus_option *vus_options_explain(void)
{
	return options;
}

static const struct vus_synopsis synopsis = {
	.usage = "Usage: vuspec explain [OPTION...] [case:|rule:|fault:]ID\n"
		 "Explain a case, a rule or a fault of a fake: what is "
		 "demanded, how it is observed and judged, and which cases, "
		 "rules and faults belong together.  The prefix chooses the "
		 "kind where an id has several meanings.\n\n",
	.options = options,
	.words = 1,
	.wants = "a case, a rule or a fault",
};

/* Append `word`, after `glue` unless it is the first. */
static void explain_add_word(struct vus_text *t, const char *glue,
			     const char *word)
{
	vus_text_add(t, "%s%s", t->len > 0 ? glue : "", word);
}

/* "header.version (MUST): Version bits are 1" */
static void add_near_rule(struct vus_text *t, const char *id)
{
	const struct vus_rule *rule = vus_rule_find(id);

	explain_add_word(t, "\n", id);
	if (rule)
		vus_text_add(t, " (%s): %s", vus_level_name(rule->level),
			     rule->title);
	else
		vus_text_add(t, " (not in the catalogue)");
}

static void print_citing(const char *rule)
{
	VUS_AUTO_TEXT cases = { 0 };
	size_t n;
	const struct vus_case *const *all = vus_cases_all(&n);
	char id[128];

	for (size_t i = 0; i < n; i++) {
		if (!vus_case_cites(all[i], rule))
			continue;
		vus_case_id(all[i], id);
		explain_add_word(&cases, "\n", id);
	}
	vus_cli_field("cases", cases.len ? vus_text_str(&cases) : "none");
}

static void print_tests(const char *rule)
{
	VUS_AUTO_TEXT tests = { 0 };

	for (size_t i = 0; i < vus_ntest_marks; i++)
		if (strcmp(vus_test_marks[i].rule, rule) == 0)
			explain_add_word(&tests, "\n", vus_test_marks[i].test);
	if (tests.len)
		vus_cli_field("tests", vus_text_str(&tests));
}

/* Recorded proofs whose fault, case or rule is this one. */
static void print_proofs(const char *label, const char *fault,
			 const char *case_id, const char *rule)
{
	VUS_AUTO_TEXT t = { 0 };

	for (size_t i = 0; i < vus_nproofs; i++) {
		const struct vus_proof *p = &vus_proofs[i];

		if (!vus_proof_holds(p) ||
		    (fault && strcmp(p->fault, fault) != 0) ||
		    (case_id && strcmp(p->case_id, case_id) != 0) ||
		    (rule && strcmp(p->rule, rule) != 0))
			continue;
		explain_add_word(&t, "\n", fault ? p->case_id : p->fault);
		vus_text_add(&t, " (%s", p->verdict);
		if (rule)
			vus_text_add(&t, " of %s", p->case_id);
		else
			vus_text_add(&t, " of %s", p->rule);
		vus_text_add(&t, ")");
	}
	vus_cli_field(label, t.len ? vus_text_str(&t) : "no recorded fault");
}

static void explain_rule(const char *id)
{
	const struct vus_rule *rule = vus_rule_find(id);
	VUS_AUTO_TEXT where = { 0 }, level = { 0 };

	vus_report_heading(rule, &where);
	vus_text_add(&level, "%s; %s", vus_level_name(rule->level),
		     vus_rule_judged(rule));
	(void)printf("rule %s: %s\n", rule->id, rule->title);
	vus_cli_field("says", rule->rule);
	vus_cli_field("where", vus_text_str(&where));
	vus_cli_field("since", rule->since);
	vus_cli_field("level", vus_text_str(&level));
	vus_cli_field("because", rule->because);
	vus_cli_field("party", rule->party);
	if (strcmp(rule->preconditions, "-") != 0)
		vus_cli_field("needs", rule->preconditions);
	vus_cli_field("observable", rule->observable);
	vus_cli_field("test", rule->test);
	vus_cli_field("testable", rule->testability);
	vus_cli_field("note", rule->note);
	print_citing(id);
	print_tests(id);
	if (vus_postcondition_judges(id))
		vus_cli_field("also", "judged after every case");
	print_proofs("proved by", NULL, NULL, id);
	vus_cli_field("uncovered", rule->uncovered ? rule->uncovered : "");
}

static void add_variants(const struct vus_case *c, struct vus_text *t)
{
	char id[128];
	const char *filters[] = { id };
	const struct vus_selection sel = {
		.party = vus_case_party(c),
		.memories = (1u << VUS_NBACKINGS) - 1,
		.hardening = 1,
		.filters = filters,
		.nfilters = 1,
	};
	struct vus_selected chosen;
	struct vus_err err;

	vus_case_id(c, id);
	if (!vus_select(&sel, &chosen, &err))
		return;
	for (size_t i = 0; i < chosen.n; i++)
		explain_add_word(t, "\n", chosen.v[i].id);
	free(chosen.v);
}

/* The case of an id, which may be a variant's. */
static const struct vus_case *case_find(const char *id)
{
	char plain[128];

	(void)snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(id, "["), id);
	return vus_case_find(plain);
}

static void explain_case(const char *word)
{
	VUS_AUTO_TEXT rules = { 0 }, needs = { 0 }, file = { 0 },
		      variants = { 0 };
	const struct vus_case *c = case_find(word);
	const char *path;
	char id[128];

	vus_case_id(c, id);
	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++)
		add_near_rule(&rules, c->rules[i]);
	vus_case_needs(c, &needs);
	/* Without the folder that it was compiled in. */
	path = strstr(c->file, "fake-");
	vus_text_add(&file, "%s:%d", path ? path : c->file, c->line);
	add_variants(c, &variants);
	(void)printf("case %s: %s\n", id, c->title ? c->title : "");
	vus_cli_field("tests a", vus_case_party(c));
	vus_cli_field("rules", vus_text_str(&rules));
	vus_cli_field("needs", vus_text_str(&needs));
	vus_cli_field("devices", c->devices ? c->devices
				 : c->pings ? "any that has a driver"
					    : "any");
	vus_cli_field("file", vus_text_str(&file));
	vus_cli_field("variants", vus_text_str(&variants));
	print_proofs("proved by", NULL, id, NULL);
}

/* The faults of each fake. */
static const struct {
	const char *who;
	const struct vus_fault_book *book;
} fakes[] = {
	{ "back-end", &vus_be_fault_book },
	{ "front-end", &vus_fe_fault_book },
};

static const struct vus_fault *fault_find(const char *name,
					  const char **ret_who)
{
	const struct vus_fault *fault = NULL;

	for (size_t f = 0; !fault && f < VUS_COUNT(fakes); f++) {
		*ret_who = fakes[f].who;
		fault = vus_fault_book_find(fakes[f].book, name);
	}
	return fault;
}

static void explain_fault(const char *name)
{
	const char *who;
	const struct vus_fault *fault = fault_find(name, &who);
	VUS_AUTO_TEXT rule = { 0 }, also = { 0 };
	char word[64];

	add_near_rule(&rule, fault->rule);
	for (size_t i = 0;
	     fault->also && vus_word(fault->also, ' ', i, word, sizeof(word));
	     i++)
		if (word[0] != '\0')
			add_near_rule(&also, word);
	(void)printf("fault %s: the fake %s %s\n", fault->name, who,
		     fault->says);
	vus_cli_field("breaks", vus_text_str(&rule));
	vus_cli_field("also breaks", vus_text_str(&also));
	print_citing(fault->rule);
	print_proofs("fails", fault->name, NULL, NULL);
}

static bool is_case(const char *id)
{
	return case_find(id) != NULL;
}

static bool is_rule(const char *id)
{
	return vus_rule_find(id) != NULL;
}

static bool is_fault(const char *id)
{
	const char *who;

	return fault_find(id, &who) != NULL;
}

static const struct kind {
	const char *prefix; /* with its colon */
	bool (*is)(const char *id);
	void (*explain)(const char *id);
} kinds[] = {
	{ "case:", is_case, explain_case },
	{ "rule:", is_rule, explain_rule },
	{ "fault:", is_fault, explain_fault },
};

/* Candidates for a suggestion: of the kinds in a mask. */
static void add_near(struct vus_suggestions *near, unsigned mask,
		     char (*ids)[128], size_t ncases)
{
	const struct vus_fault_entry *const *e;

	for (size_t i = 0; mask & 1 && i < ncases; i++)
		vus_suggestions_add(near, ids[i]);
	for (size_t i = 0; mask & 2 && i < vus_nrules; i++)
		vus_suggestions_add(near, vus_rules[i].id);
	for (size_t f = 0; mask & 4 && f < VUS_COUNT(fakes); f++) {
		const struct vus_fault_book *book = fakes[f].book;

		for (e = book->begin; e < book->end; e++)
			vus_suggestions_add(near, (*e)->row.name);
	}
}

static int refuse_unknown(const char *word, const char *id, unsigned mask)
{
	struct vus_suggestions near = { .word = id };
	VUS_AUTO_TEXT text = { 0 };
	size_t n;
	const struct vus_case *const *all = vus_cases_all(&n);
	char(*ids)[128] = calloc(n + 1, sizeof(*ids));

	if (!ids)
		abort();
	for (size_t i = 0; i < n; i++)
		vus_case_id(all[i], ids[i]);
	add_near(&near, mask, ids, n);
	vus_suggestions_text(&near, &text);
	(void)fprintf(stderr, "vuspec explain: unknown name '%s'%s\n", word,
		      vus_text_str(&text));
	free(ids);
	return VUS_EXIT_USAGE;
}

int vus_cmd_explain(int argc, char **argv)
{
	int status;
	char **word = vus_cli_read(&synopsis, argc, argv, NULL, &status);
	unsigned allowed = 7, found = 0;
	const char *id;

	if (!word)
		return status;
	id = *word;
	for (unsigned k = 0; k < VUS_COUNT(kinds); k++) {
		size_t len = strlen(kinds[k].prefix);

		if (strncmp(*word, kinds[k].prefix, len) == 0) {
			allowed = 1u << k;
			id = *word + len;
		}
	}
	for (unsigned k = 0; k < VUS_COUNT(kinds); k++)
		if (allowed >> k & 1 && kinds[k].is(id))
			found |= 1u << k;
	if (found == 0)
		return refuse_unknown(*word, id, allowed);
	if ((found & (found - 1)) != 0) {
		(void)fprintf(stderr,
			      "vuspec explain: '%s' is ambiguous; choose "
			      "one of:",
			      id);
		for (unsigned k = 0; k < VUS_COUNT(kinds); k++)
			if (found >> k & 1)
				(void)fprintf(stderr, " %s%s", kinds[k].prefix,
					      id);
		(void)fputc('\n', stderr);
		return VUS_EXIT_USAGE;
	}
	for (unsigned k = 0; k < VUS_COUNT(kinds); k++)
		if (found >> k & 1)
			kinds[k].explain(id);
	return vus_cli_flush("vuspec explain", VUS_EXIT_PASS);
}
