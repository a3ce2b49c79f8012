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
