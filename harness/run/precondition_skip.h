/* SPDX-License-Identifier: BSD-3-Clause */
/* precondition_skip.h — variants that need not run, as the probe has shown. */
#ifndef VUS_RUN_PRECONDITION_SKIP_H
#define VUS_RUN_PRECONDITION_SKIP_H

#include "options.h"
#include "party.h"
#include "result.h"

/* Why it need not run, or NULL; `buf` holds the text. */
const char *vus_precondition_skip(const struct vus_run_options *opt,
				  const struct vus_probe *probe,
				  const struct vus_variant *v, char buf[200]);

/* The reason where --device names none. */
#define VUS_SKIP_NO_DRIVER "no driver for this device"

#endif
