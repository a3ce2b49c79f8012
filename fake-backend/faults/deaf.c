/* SPDX-License-Identifier: BSD-3-Clause */
/* deaf.c — faults after which a connection is not answered any more. */
#include "deaf.h"

static bool *deaf(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(bool));
}

bool vus_fault_hears(struct vus_be *be, const struct vus_frame *frame)
{
	return !*deaf(be) && vus_be_honest.takes_frame(be, frame);
}

void vus_fault_deafen(const struct vus_be *be)
{
	*deaf(be) = true;
}

void vus_fault_may_be_deaf(struct vus_be_decisions *decide)
{
	vus_fault_remembers(decide);
	decide->takes_frame = vus_fault_hears;
}
