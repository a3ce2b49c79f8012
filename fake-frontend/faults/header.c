/* SPDX-License-Identifier: BSD-3-Clause */
/* header.c — faults of message headers, and of replies that do not fit theirs.
 */
#include "fault.h"

#include "base/clock.h"

#include <sys/socket.h>

static uint32_t with_reply(uint32_t flags)
{
	return flags | VUS_FLAG_REPLY;
}

VUS_FE_FAULT(header, reply_bit_in_requests,
	     .rule = "header.reply_flag_on_request",
	     .says = "sets the reply bit in SET_OWNER")
{
	decide->owner_flags = with_reply;
}

static uint32_t version_2(uint32_t flags)
{
	return flags ^ VUS_VERSION_MASK;
}

VUS_FE_FAULT(header, requests_of_version_2, .rule = "header.version",
	     .says = "sends SET_OWNER with version 2")
{
	decide->owner_flags = version_2;
}

/* What a first look at the socket finds must be a whole header. */
static bool receive_at_once(struct vus_session *s, struct vus_frame *ret,
			    struct vus_err *err)
{
	uint8_t header[VUS_HEADER_SIZE];

	if (vus_poll_one(s->link.fd, POLLIN, vus_deadline_ms(s->request_ms)) >
		    0 &&
	    recv(s->link.fd, header, sizeof(header), MSG_PEEK) !=
		    (ssize_t)sizeof(header))
		return vus_fail(err, VUS_ERR_EOF,
				"a reply without a whole header");
	return vus_fe_honest.receive(s, ret, err);
}

VUS_FE_FAULT(header, refuses_partial_replies,
	     .rule = "header.frontend_partial_reply",
	     .says = "takes a reply that arrives in pieces for a broken "
		     "connection")
{
	decide->receive = receive_at_once;
}

static bool any_size(const struct vus_frame *reply)
{
	(void)reply;
	return true;
}

VUS_FE_FAULT(header, takes_any_reply_size, .rule = "header.frontend_reply_size",
	     .says = "goes on after a reply that does not decode")
{
	decide->reply_decodes = any_size;
}

static uint32_t without_reply(uint32_t flags)
{
	return flags & ~VUS_FLAG_REPLY;
}

VUS_FE_FAULT(header, answers_without_flag, .rule = "header.reply_flag_frontend",
	     .says = "answers the back-end without the reply flag")
{
	decide->answer_flags = without_reply;
}
