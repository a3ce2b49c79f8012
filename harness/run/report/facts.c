/* SPDX-License-Identifier: BSD-3-Clause */
/* facts.c — what follows from a variant's result and the run's options. */
#include "facts.h"

#include "report.h"

#include "run/options.h"
#include "run/select.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void vus_report_rerun(const struct vus_report *r, const struct vus_variant *v,
		      struct vus_text *ret)
{
	const struct vus_run_options *opt = r->opt;

	if (opt->rerun)
		vus_text_add(ret, "%s", opt->rerun);
	else
		vus_text_add(ret, "vuspec test-%s", vus_case_party(v->c));
	vus_text_add(ret, " --filter ");
	vus_text_quote(ret, v->id);
	if (!opt->command)
		return;
	vus_text_add(ret, " --");
	for (char *const *word = opt->command; *word; word++) {
		vus_text_add(ret, " ");
		vus_text_quote(ret, *word);
	}
}

bool vus_report_fails_run(const struct vus_run_options *opt,
			  const struct vus_variant *v)
{
	return !v->known && vus_report_deviates(opt, v);
}

bool vus_report_deviates(const struct vus_run_options *opt,
			 const struct vus_variant *v)
{
	if (v->verdict != VUS_WARN)
		return v->verdict == VUS_FAIL || v->verdict == VUS_UNSTABLE;
	if (opt->level >= 2)
		return true;
	return opt->level == 1 && v->rule && v->rule->level == VUS_SHOULD;
}

bool vus_report_private(const struct vus_report *r, const struct vus_variant *v)
{
	return v->crashed && !r->opt->show_crashes;
}

static uint64_t fnv1a(uint64_t hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) *
		       UINT64_C(0x100000001b3);
	return (hash ^ '\n') * UINT64_C(0x100000001b3);
}

/* Addresses and numbers differ from run to run.  A sanitizer's summary ("kind
 * file:line function") tells causes apart that its first line does not. */
const char *vus_report_fingerprint(const struct vus_variant *v, char buf[17])
{
	static const char mark[] = "SUMMARY: ";
	const char *said = v->peer_stderr ? strstr(v->peer_stderr, mark) : NULL;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	hash = fnv1a(hash, v->peer_end, strlen(v->peer_end));
	if (said)
		hash = fnv1a(hash, said, strcspn(said, "\n"));
	else
		hash = fnv1a(hash, v->cause, strlen(v->cause));
	(void)snprintf(buf, 17, "%016" PRIx64, hash);
	return buf;
}

void vus_report_heading(const struct vus_rule *rule, struct vus_text *ret)
{
	const char *heading;
	const char *document = vus_rule_document(rule, &heading);

	if (strcmp(document, "derived") == 0)
		vus_text_add(ret, "derived from %s", heading);
	else if (document[0] != '\0')
		vus_text_add(ret, "%s, \"%s\"", document, heading);
	else
		vus_text_add(ret, "%s", heading);
}
