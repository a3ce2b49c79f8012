/* SPDX-License-Identifier: BSD-3-Clause */
/* fds.c — faults of descriptors in messages. */
#include "fault.h"

#include "base/clock.h"

static bool send_late(struct vus_session *s, const struct vus_frame *f,
		      struct vus_err *err)
{
	static const struct vus_twist behind = { .ncuts = 1,
						 .cut = { 1 },
						 .fds_with_piece = 1 };

	return vus_link_send(&s->link, f, f->nfds > 0 ? &behind : NULL,
			     vus_deadline_ms(s->request_ms), err);
}

VUS_FE_FAULT(fds, sent_behind_first_byte, .rule = "fds.attached_to_first_byte",
	     .says = "sends descriptors behind the first byte of their message")
{
	decide->send = send_late;
}

static bool send_spare(struct vus_session *s, const struct vus_frame *f,
		       struct vus_err *err)
{
	struct vus_frame more = *f;

	if (f->id == VUS_FE_SET_OWNER)
		more.fds[more.nfds++] = s->link.fd;
	return vus_fe_honest.send(s, &more, err);
}

VUS_FE_FAULT(fds, owner_with_descriptor, .rule = "fds.as_announced",
	     .says = "sends a descriptor with SET_OWNER")
{
	decide->send = send_spare;
}
