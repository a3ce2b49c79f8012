/* SPDX-License-Identifier: BSD-3-Clause */
/* device.c — the device models that are compiled in, found by name. */
#include "device.h"

#include <stdlib.h>
#include <string.h>

extern const struct vus_device *const __start_vus_devices[];
extern const struct vus_device *const __stop_vus_devices[];

const struct vus_device *vus_device_by_name(const char *name)
{
	const struct vus_device *const *d = __start_vus_devices;

	for (; d < __stop_vus_devices; d++) {
		if (strcmp((*d)->name, name) == 0)
			return *d;
	}
	return NULL;
}

/* Link order is no interface: pick the next greater name each time. */
void vus_device_names(struct vus_text *ret)
{
	const char *last = "";

	for (;;) {
		const struct vus_device *const *d = __start_vus_devices;
		const char *next = NULL;

		for (; d < __stop_vus_devices; d++) {
			if (strcmp((*d)->name, last) > 0 &&
			    (!next || strcmp((*d)->name, next) < 0))
				next = (*d)->name;
		}
		if (!next)
			return;
		vus_text_add(ret, "%s%s", *last ? " " : "", next);
		last = next;
	}
}
