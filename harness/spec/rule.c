/* SPDX-License-Identifier: BSD-3-Clause */
/* rule.c — look-ups in the generated catalogue, and what a level means. */
#include "rule.h"
#include "proof.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

static int compare_id(const void *id, const void *rule)
{
	return strcmp(id, ((const struct vus_rule *)rule)->id);
}

const struct vus_rule *vus_rule_find(const char *id)
{
	return bsearch(id, vus_rules, vus_nrules, sizeof(vus_rules[0]),
		       compare_id);
}

const char *vus_level_name(enum vus_level level)
{
	static const char *const names[] = {
		[VUS_MUST] = "MUST", [VUS_SHOULD] = "SHOULD", [VUS_MAY] = "MAY",
		[VUS_DEF] = "DEF",   [VUS_HARDEN] = "HARDEN",
	};

	return (size_t)level < VUS_COUNT(names) ? names[level] : "?";
}

static bool is_derived(const struct vus_rule *rule)
{
	return strncmp(rule->section, "derived/", strlen("derived/")) == 0;
}

bool vus_rule_fails(const struct vus_rule *rule)
{
	switch (rule->level) {
	case VUS_MUST:
		return !is_derived(rule) || rule->because[0] != '\0';
	case VUS_HARDEN:
		return true;
	case VUS_SHOULD:
	case VUS_MAY:
	case VUS_DEF:
		break;
	}
	return false;
}

const char *vus_rule_judged(const struct vus_rule *rule)
{
	switch (rule->level) {
	case VUS_MUST:
		if (!is_derived(rule))
			return "a breach fails: the specification demands it";
		if (rule->because[0] != '\0')
			return "a breach fails: the rule is derived, and "
			       "without it something is lost, damaged, leaked "
			       "or hangs";
		return "a breach warns: the rule is derived, and nothing is "
		       "recorded that is lost or corrupted without it";
	case VUS_SHOULD:
		if (is_derived(rule))
			return "a breach warns: the rule is derived, and no "
			       "sentence asks for it in these words (--level "
			       "should makes it fail the run)";
		return "a breach warns: the specification recommends it "
		       "(--level should makes it fail the run)";
	case VUS_MAY:
		return "a departure warns: the specification leaves it open "
		       "(--level may makes it fail the run)";
	case VUS_DEF:
		return "layout and vocabulary, checked while decoding: a reply "
		       "that does not decode fails the rule it was sent for, "
		       "any other departure warns";
	case VUS_HARDEN:
		if (rule->because[0] != '\0')
			return "a breach fails: whatever comes, a peer must "
			       "not crash, hang, leak or corrupt memory "
			       "(--hardening off leaves such cases out)";
		return "a crash, hang, leak or corruption fails; merely taking "
		       "what should be refused warns (--hardening off leaves "
		       "such cases out)";
	}
	return "?";
}

/* "11.1" as 1101, "11" as 1100. */
static unsigned long version_number(const char *text)
{
	char *end;
	unsigned long major = strtoul(text, &end, 10);

	return major * 100 + (*end == '.' ? strtoul(end + 1, NULL, 10) : 0);
}

bool vus_rule_is_in(const struct vus_rule *rule, const char *version)
{
	return !version || rule->since[0] == '\0' ||
	       version_number(rule->since) <= version_number(version);
}

const char *vus_rule_document(const struct vus_rule *rule,
			      const char **ret_heading)
{
	static const struct {
		const char *prefix, *name;
	} documents[] = {
		{ "VU/", "vhost-user" },
		{ "VU11/", "vhost-user (QEMU 11)" },
		{ "GPU/", "vhost-user-gpu" },
		{ "VUJ/", "vhost-user.json" },
		{ "VIRTIO/", "virtio" },
		{ "QEMU/", "QEMU" },
		{ "derived/", "derived" },
		{ "bugs/", "bugs" },
	};

	for (size_t i = 0; i < VUS_COUNT(documents); i++) {
		size_t len = strlen(documents[i].prefix);

		if (strncmp(rule->section, documents[i].prefix, len) == 0) {
			*ret_heading = rule->section + len;
			return documents[i].name;
		}
	}
	*ret_heading = rule->section;
	return "";
}

bool vus_proof_holds(const struct vus_proof *proof)
{
	return strcmp(proof->verdict, "fail") == 0 ||
	       strcmp(proof->verdict, "warn") == 0 || vus_proof_is_abort(proof);
}

bool vus_proof_is_abort(const struct vus_proof *proof)
{
	return strcmp(proof->verdict, "abort") == 0;
}

bool vus_proof_is_of(const struct vus_proof *proof, const char *case_id)
{
	const size_t n = strlen(case_id);

	return strncmp(proof->case_id, case_id, n) == 0 &&
	       (proof->case_id[n] == '\0' || proof->case_id[n] == '[');
}
