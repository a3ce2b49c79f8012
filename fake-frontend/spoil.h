/* SPDX-License-Identifier: BSD-3-Clause */
/* spoil.h — guest memory of another make than was asked for: faults of
 * faults_memory.def that show in the files behind it.  Without such a fault
 * nothing here does anything. */
#ifndef VUS_FAKE_FRONTEND_SPOIL_H
#define VUS_FAKE_FRONTEND_SPOIL_H

#include "mem/guest.h"
#include "options.h"

/* Before an object is opened: its file on disk is made to fit. */
VUS_MUST_CHECK bool vus_fake_spoil_path(const struct vus_fake_options *o,
					const struct vus_backing_opts *opts,
					struct vus_err *err);

/* Memory is there, and nobody has it yet. */
VUS_MUST_CHECK bool vus_fake_spoil(const struct vus_fake_options *o,
				   struct vus_guest *guest,
				   struct vus_err *err);

/* The back-ends have it. */
void vus_fake_spoil_shared(const struct vus_fake_options *o,
			   const struct vus_guest *guest);

/* The end: the memory is given back next. */
void vus_fake_spoil_end(const struct vus_fake_options *o,
			const struct vus_guest *guest);

#endif
