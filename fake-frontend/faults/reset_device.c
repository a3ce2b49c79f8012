/* SPDX-License-Identifier: BSD-3-Clause */
/* reset_device.c — faults of RESET_DEVICE. */
#include "fault.h"

static bool always(const struct vus_session *s)
{
	(void)s;
	return true;
}

VUS_FE_FAULT(reset_device, sends_ungated, .rule = "reset_device.gated",
	     .also = "protocol_features.gated_messages",
	     .says = "sends RESET_DEVICE without its feature")
{
	decide->sends_reset_device = always;
}
