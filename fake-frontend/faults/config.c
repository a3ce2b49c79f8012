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

#define BAR_OFFSET 0x2000 /* of the device's configuration, behind PCI */
#define WRITE_MASK 0x3

static bool send_bar_offset(struct vus_session *s, const struct vus_frame *f,
			    struct vus_err *err)
{
	struct vus_frame other = *f;

	if (f->id == VUS_FE_GET_CONFIG || f->id == VUS_FE_SET_CONFIG)
		other.body.config.offset += BAR_OFFSET;
	return vus_fe_honest.send(s, &other, err);
}

VUS_FE_FAULT(config, counts_from_the_bar, .rule = "config.frontend_range",
	     .says = "counts the offset from the start of the PCI region")
{
	decide->send = send_bar_offset;
}

static bool send_mask(struct vus_session *s, const struct vus_frame *f,
		      struct vus_err *err)
{
	struct vus_frame other = *f;

	if (f->id == VUS_FE_GET_CONFIG || f->id == VUS_FE_SET_CONFIG)
		other.body.config.flags = WRITE_MASK;
	return vus_fe_honest.send(s, &other, err);
}

VUS_FE_FAULT(config, flags_are_a_mask, .rule = "payload.config.flags",
	     .says = "sends the flags as a mask of what it allows")
{
	decide->send = send_mask;
}
