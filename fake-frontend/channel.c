/* SPDX-License-Identifier: BSD-3-Clause */
/* channel.c — the back-end channel: requests of the back-end, and answers. */
#include "fake-frontend/drivers/driver.h"

#include "base/clock.h"
#include "base/own.h"
#include "honest.h"

#include <string.h>
#include <sys/socket.h>

bool vus_fe_honest_answers_backend(const struct vus_session *s,
				   const struct vus_frame *request)
{
	return (request->flags & VUS_FLAG_NEED_REPLY) &&
	       (s->pf & PF(REPLY_ACK));
}

uint32_t vus_fe_honest_answer_flags(uint32_t flags)
{
	return flags;
}

uint32_t vus_fe_honest_answer_size(void)
{
	return sizeof(uint64_t);
}

bool vus_fe_open_channel(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_SET_BACKEND_REQ_FD);
	VUS_AUTO_FD ours = -1, theirs = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return vus_fail_sys(err, "making the back-end channel");
	ours = pair[0];
	theirs = pair[1];
	f.fds[0] = theirs;
	f.nfds = 1;
	/* Without need_reply: before SET_FEATURES some back-ends do not
	 * acknowledge. */
	if (!vus_fe_send_noack(s, &f, err))
		return false;
	vus_link_close(&s->back);
	vus_link_open(&s->back, vus_fd_take(&ours), VUS_BE, false,
		      s->link.trace);
	s->back.pf = s->pf;
	return true;
}

/* Carry out a request of the back-end; returns the value of its answer. */
static uint64_t carry_out_request(struct vus_session *s,
				  const struct vus_frame *f)
{
	uint8_t config[VUS_CONFIG_MAX];
	uint32_t size = s->driver ? s->driver->config_size : 0;
	struct vus_err err;

	/* Configuration has changed: a driver would read it again. */
	if (f->id == VUS_BE_CONFIG_CHANGE_MSG && (s->pf & PF(CONFIG)))
		return size > 0 && !vus_fe_get_config(s, 0, size, config, &err);
	return 1; /* nothing else is implemented here */
}

void vus_fe_answer_channel(struct vus_session *s)
{
	VUS_AUTO_FRAME f = { 0 };
	struct vus_frame reply;
	const struct vus_twist size = { .payload = reply.payload,
					.payload_len =
						s->decide->answer_size() };
	struct vus_err err;

	if (!vus_link_recv(&s->back, &f, vus_deadline_ms(s->request_ms),
			   &err)) {
		/* It ended, or where its next frame begins is unknown. */
		vus_link_close(&s->back);
		return;
	}
	reply = vus_reply_frame(&f);
	reply.flags = s->decide->answer_flags(reply.flags);
	reply.body.u64.value = carry_out_request(s, &f);
	memcpy(reply.payload, &reply.body.u64.value, 8);
	reply.payload_len = 8;
	if (s->decide->answers_backend(s, &f) &&
	    !vus_link_send(&s->back, &reply, &size,
			   vus_deadline_ms(s->request_ms), &err))
		vus_link_close(&s->back);
}
