/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_restart.c — faults of rings that go on. */
#include "fault.h"

static bool no(void)
{
	return false;
}

VUS_FE_FAULT(ring_restart, waits_for_the_driver,
	     .rule = "ring_restart.frontend_kick",
	     .says = "does not kick rings that go on after a stop")
{
	decide->kicks_restarted_rings = no;
}
