/* SPDX-License-Identifier: BSD-3-Clause */
/* incomplete.c — a run that judged too little to be called a pass. */
#include "incomplete.h"
#include "needs.h"
#include "case.h"
#include "precondition_skip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shares {
	size_t ran, no_driver, ended;
	unsigned needed; /* rules */
};

static unsigned count_needed(const struct vus_variant *v, const bool *judged,
			     bool *seen)
{
	unsigned n = 0;

	for (size_t i = 0; i < VUS_CASE_RULES && v->c->rules[i]; i++) {
		const struct vus_rule *rule = vus_rule_find(v->c->rules[i]);
		const size_t at = rule ? (size_t)(rule - vus_rules) : 0;

		if (!rule || judged[at] || seen[at])
			continue;
		seen[at] = true;
		n++;
	}
	return n;
}

static struct shares count_shares(const struct vus_report *r,
				  const bool *judged)
{
	bool *seen = calloc(vus_nrules + 1, sizeof(bool));
	struct shares s = { 0 };

	if (!seen)
		abort();
	for (size_t i = 0; i < r->n; i++) {
		const struct vus_variant *v = &r->variants[i];

		s.ran += v->result != NULL;
		s.no_driver += v->verdict == VUS_SKIP && v->reason &&
			       strcmp(v->reason, VUS_SKIP_NO_DRIVER) == 0;
		s.ended += v->verdict == VUS_SKIP && v->result &&
			   v->peer_end[0] != '\0';
		if (vus_needs_rule(v))
			s.needed += count_needed(v, judged, seen);
	}
	free(seen);
	return s;
}

void vus_incomplete_explain(const struct vus_report *r, const bool *judged,
			    unsigned njudged, char *ret, size_t size)
{
	const struct shares s = count_shares(r, judged);

	ret[0] = '\0';
	if (s.no_driver > r->n / 2)
		(void)snprintf(ret, size,
			       "%zu of %zu variants need a driver, and the "
			       "device was not named: --device NAME",
			       s.no_driver, r->n);
	else if (s.ran > 0 && s.ended > s.ran / 2)
		(void)snprintf(ret, size,
			       "the target ended by itself in %zu of the %zu "
			       "variants that ran, which judged nothing",
			       s.ended, s.ran);
	else if (s.needed > njudged)
		(void)snprintf(ret, size,
			       "%u rules were not judged since another one was "
			       "not kept, and only %u were judged",
			       s.needed, njudged);
}
