/* SPDX-License-Identifier: BSD-3-Clause */
/* precondition_skip.c — variants that need not run, as the probe has shown. */
#include "precondition_skip.h"
#include "select.h"

#include "spec/stimulus.h"

#include <stdio.h>
#include <string.h>

/* "the back-end does not offer CONFIGURE_MEM_SLOTS" */
static const char *missing(const struct vus_case *c, uint64_t mask,
			   bool protocol, char buf[200])
{
	const bool fe = strcmp(vus_case_party(c), "frontend") == 0;
	VUS_AUTO_TEXT names = { 0 };

	vus_format_features(mask, protocol, &names);
	(void)snprintf(buf, 200, "the %s %s",
		       fe ? "front-end does not acknowledge"
			  : "back-end does not offer",
		       vus_text_str(&names));
	return buf;
}

static const char *device_misses(const struct vus_run_options *opt,
				 const struct vus_probe *probe,
				 const struct vus_case *c)
{
	const char *device = opt->device ? opt->device : "generic";

	if ((c->pings || c->writes) && strcmp(device, "generic") == 0)
		return VUS_SKIP_NO_DRIVER;
	if (c->writes && opt->socket && !opt->allow_writes)
		return "writes to the device: --allow-writes is not given";
	if (c->writes && probe->discards &&
	    (probe->is_null || !c->judges_storage))
		return "the device does not keep what is written to it";
	return NULL;
}

/* It starts, and is used, without a stimulus as well. */
static const char *cannot_stimulate(const struct vus_run_options *opt,
				    const struct vus_case *c, char buf[200])
{
	const unsigned told =
		c->stimuli & ~(VUS_BIT(VUS_DO_START) | VUS_BIT(VUS_DO_IO));

	if (!told || !opt->command || opt->control)
		return NULL;
	for (unsigned i = 0; i < VUS_NSTIMULI; i++) {
		if (!(told & VUS_BIT(i)))
			continue;
		(void)snprintf(buf, 200,
			       "no --control: the stimulus %s cannot be given",
			       vus_stimulus_name((enum vus_stimulus)i));
		break;
	}
	return buf;
}

/* Every rule it could judge came after the text that is judged by. */
static bool later_only(const struct vus_case *c, const char *spec,
		       char buf[200])
{
	const struct vus_rule *rule = NULL;

	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++) {
		rule = vus_rule_find(c->rules[i]);
		if (!rule || vus_rule_is_in(rule, spec))
			return false;
	}
	if (!rule)
		return false;
	(void)snprintf(buf, 200,
		       "%s came with version %s; --spec %s is judged "
		       "by",
		       rule->id, rule->since, spec);
	return true;
}

const char *vus_precondition_skip(const struct vus_run_options *opt,
				  const struct vus_probe *probe,
				  const struct vus_variant *v, char buf[200])
{
	const struct vus_case *c = v->c;
	const char *why;

	if (later_only(c, opt->spec, buf))
		return buf;
	why = device_misses(opt, probe, c);
	if (!why)
		why = cannot_stimulate(opt, c, buf);
	if (why)
		return why;
	if (c->needs_vf & ~probe->features)
		return missing(c, c->needs_vf & ~probe->features, false, buf);
	if (c->needs & ~probe->pf)
		return missing(c, c->needs & ~probe->pf, true, buf);
	if (c->queues > probe->queues) {
		(void)snprintf(buf, 200,
			       "the back-end has %u queue%s, %u are needed",
			       probe->queues, probe->queues == 1 ? "" : "s",
			       c->queues);
		return buf;
	}
	return NULL;
}
