/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c — faults of GET_CONFIG and SET_CONFIG. */
#include "fault.h"

static bool wherever_there_is_some(const struct vus_fake *f)
{
	return f->d->config_size > 0;
}

VUS_FE_FAULT(config, reads_ungated, .rule = "config.get_gated",
	     .also = "protocol_features.gated_messages",
	     .says = "reads the configuration space without CONFIG")
{
	decide->reads_config = wherever_there_is_some;
}
