/* SPDX-License-Identifier: BSD-3-Clause */
/* rule.h — the rule catalogue (rules.tsv), as a table in the program. */
#ifndef VUS_SPEC_RULE_H
#define VUS_SPEC_RULE_H

#include <stdbool.h>
#include <stddef.h>

enum vus_level { VUS_MUST, VUS_SHOULD, VUS_MAY, VUS_DEF, VUS_HARDEN };

struct vus_rule {
	const char *id;
	enum vus_level level;
	const char *party; /* backend, frontend, both, vmm */
	const char *chapter;
	const char *section; /* "VU/Header": text and heading */
	const char *since;   /* version, "" when old */
	const char *title;
	const char *rule; /* the conforming behaviour, a sentence or more */
	const char *preconditions;
	const char *observable;
	const char *test;
	const char *testability; /* auto, manual */
	const char *note;
	const char
		*because; /* why breaking a derived MUST fails; "" if unset */
	const char
		*uncovered; /* why nothing checks it (uncovered.tsv), or NULL */
	bool planned; /* it says what is missing: a case is to be written */
};

extern const struct vus_rule vus_rules[]; /* sorted by id */
extern const size_t vus_nrules;

const struct vus_rule *vus_rule_find(const char *id);
const char *vus_level_name(enum vus_level level); /* "MUST", ... */

/* Does a breach of this rule fail a run?  A MUST does, unless its section is
 * derived/ and `because` is empty; HARDEN does.  Else it warns. */
bool vus_rule_fails(const struct vus_rule *rule);

/* The same in words: "a breach fails: a MUST of the specification". */
const char *vus_rule_judged(const struct vus_rule *rule);

/* Does the text of this version ("10.2") have the rule?  NULL: the latest. */
bool vus_rule_is_in(const struct vus_rule *rule, const char *version);

/* The document that a section lies in ("vhost-user", "virtio 1.3"), and the
 * heading behind it in *ret_heading; "derived" rules have neither, and
 * *ret_heading is what they were derived from. */
const char *vus_rule_document(const struct vus_rule *rule,
			      const char **ret_heading);

#endif
