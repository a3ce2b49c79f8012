/* SPDX-License-Identifier: BSD-3-Clause */
/* owner.c — faults of SET_OWNER. */
#include "fault.h"

static bool never(const struct vus_session *s)
{
	(void)s;
	return false;
}

VUS_FE_FAULT(owner, never_sent, .rule = "owner.set_sent",
	     .says = "sends no SET_OWNER")
{
	decide->sends_owner = never;
}

static bool own_after_memory(struct vus_fake *f, struct vus_err *err)
{
	const struct vus_frame own =
		vus_request_frame(VUS_FE, VUS_FE_SET_OWNER);

	return vus_fe_honest.announce_memory(f, err) &&
	       vus_fe_send_noack(&f->s, &own, err);
}

VUS_FE_FAULT(owner, comes_after_memory, .rule = "owner.set_sent",
	     .says = "sends SET_OWNER when memory is announced")
{
	decide->sends_owner = never;
	decide->announce_memory = own_after_memory;
}

static bool once(const struct vus_session *s)
{
	return s->connection == 1;
}

VUS_FE_FAULT(owner, first_connection_only, .rule = "owner.set_sent",
	     .says = "sends SET_OWNER on its first connection only")
{
	decide->sends_owner = once;
}

static bool send_reset_owner(struct vus_fake *f, struct vus_err *err)
{
	const struct vus_frame reset =
		vus_request_frame(VUS_FE, VUS_FE_RESET_OWNER);

	return vus_fe_send_noack(&f->s, &reset, err);
}

VUS_FE_FAULT(owner, resets_on_reset, .rule = "owner.reset_not_sent",
	     .says = "sends RESET_OWNER when the device is reset")
{
	decide->resetting = send_reset_owner;
}
