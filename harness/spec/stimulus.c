/* SPDX-License-Identifier: BSD-3-Clause */
/* stimulus.c — stimuli by name. */
#include "stimulus.h"

#include <string.h>

static const char *const names[VUS_NSTIMULI] = {
	[VUS_DO_START] = "start",
	[VUS_DO_IO] = "io",
	[VUS_DO_STOP] = "stop",
	[VUS_DO_CONT] = "cont",
	[VUS_DO_RESET] = "reset",
	[VUS_DO_RECONNECT] = "reconnect",
	[VUS_DO_CONFIG_WRITE] = "config-write",
	[VUS_DO_HOTPLUG] = "hotplug",
	[VUS_DO_UNPLUG] = "unplug",
	[VUS_DO_INCOMING] = "incoming",
	[VUS_DO_QUIT] = "quit",
};

const char *vus_stimulus_name(enum vus_stimulus s)
{
	return names[s];
}

bool vus_stimulus_by_name(const char *name, enum vus_stimulus *ret)
{
	for (unsigned i = 0; i < VUS_NSTIMULI; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*ret = (enum vus_stimulus)i;
		return true;
	}
	return false;
}

void vus_stimulus_list(struct vus_text *ret)
{
	for (unsigned i = 0; i < VUS_NSTIMULI; i++)
		vus_text_add(ret, "%s%s", i ? ", " : "", names[i]);
}
