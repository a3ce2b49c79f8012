/* SPDX-License-Identifier: BSD-3-Clause */
/* screen.c — variants that need not run, as the probe has shown. */
#include "worker.h"

#include <stdio.h>
#include <string.h>

/* "the back-end does not offer CONFIGURE_MEM_SLOTS" */
static const char *missing(uint64_t mask, bool protocol, char buf[200])
{
	VUS_AUTO_TEXT names = { 0 };

	vus_format_features(mask, protocol, &names);
	(void)snprintf(buf, 200, "the back-end does not offer %s",
		       vus_text_str(&names));
	return buf;
}

static bool has_word(const char *words, const char *word)
{
	char one[64];

	for (size_t i = 0; vus_word(words, ' ', i, one, sizeof(one)); i++)
		if (strcmp(one, word) == 0)
			return true;
	return false;
}

static const char *device_misses(const struct vus_run *run,
				 const struct vus_case *c, char buf[200])
{
	const struct vus_run_options *opt = run->target.opt;
	const char *device = opt->device ? opt->device : "generic";

	if ((c->pings || c->writes) && strcmp(device, "generic") == 0)
		return "no driver for this device";
	if (c->devices && !has_word(c->devices, device)) {
		(void)snprintf(buf, 200, "made for %s, the device is %s",
			       c->devices, device);
		return buf;
	}
	if (c->writes && opt->socket && !opt->allow_writes)
		return "writes to the device: --allow-writes is not given";
	if (c->writes && run->probe.discards)
		return "the device does not keep what is written to it";
	return NULL;
}

const char *vus_screen(const struct vus_run *run, const struct vus_variant *v,
		       char buf[200])
{
	const struct vus_case *c = v->c;
	const struct vus_probe *probe = &run->probe;
	const char *why;

	if (run->gone)
		return "the target is gone";
	why = device_misses(run, c, buf);
	if (why)
		return why;
	if (c->needs_vf & ~probe->features)
		return missing(c->needs_vf & ~probe->features, false, buf);
	if (c->needs & ~probe->pf)
		return missing(c->needs & ~probe->pf, true, buf);
	if (c->queues > probe->queues) {
		(void)snprintf(buf, 200,
			       "the back-end has %u queue%s, %u are needed",
			       probe->queues, probe->queues == 1 ? "" : "s",
			       c->queues);
		return buf;
	}
	return NULL;
}
