/* SPDX-License-Identifier: BSD-3-Clause */
/* backend_channel.c — faults of the back-end channel. */
#include "base/clock.h"
#include "fault.h"

static enum vus_handled need_no_fd(struct vus_be *be, struct vus_frame *req,
				   enum vus_complaint_kind kind,
				   struct vus_frame *reply)
{
	if (kind == VUS_COMPLAINT_FDS && req->id == VUS_FE_SET_BACKEND_REQ_FD &&
	    req->nfds == 0)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(backend_channel, needs_no_descriptor,
	     .rule = "backend_channel.set_ack", .also = "fds.missing_rejected",
	     .says = "acknowledges SET_BACKEND_REQ_FD without descriptor")
{
	decide->refuse_malformed = need_no_fd;
}

static enum vus_handled take_anything(struct vus_be *be, struct vus_frame *req,
				      struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	return req->id == VUS_FE_SET_BACKEND_REQ_FD ? VUS_OK : handled;
}

VUS_BE_FAULT(backend_channel, takes_anything, .rule = "fds.wrong_type",
	     .says = "acknowledges a channel that is no socket")
{
	decide->handle = take_anything;
}

static enum vus_handled keep_first(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply)
{
	const struct vus_link first = be->back;
	enum vus_handled handled;

	if (req->id != VUS_FE_SET_BACKEND_REQ_FD)
		return vus_be_honest.handle(be, req, reply);
	be->back = VUS_LINK_NONE;
	handled = vus_be_honest.handle(be, req, reply);
	if (handled != VUS_OK)
		be->back = first;
	return handled;
}

VUS_BE_FAULT(backend_channel, keeps_the_first,
	     .rule = "backend_channel.replace",
	     .says = "never closes a channel that was replaced")
{
	decide->handle = keep_first;
}

VUS_FAULT_REFUSE(refuse_channel, req->id == VUS_FE_SET_BACKEND_REQ_FD)

VUS_BE_FAULT(backend_channel, is_refused, .rule = "backend_channel.set",
	     .also = "backend_channel.set_ack",
	     .says = "offers BACKEND_REQ, and refuses every channel")
{
	decide->handle = refuse_channel;
}

static enum vus_handled drop_channel(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_SET_BACKEND_REQ_FD)
		vus_link_close(&be->back);
	return handled;
}

VUS_BE_FAULT(backend_channel, is_closed, .rule = "backend_channel.set",
	     .says = "closes the channel that it acknowledges")
{
	decide->handle = drop_channel;
}

/* ---- requests that a back-end sends once it has a channel ---- */

#define SEND_MS 1000

/* After SET_BACKEND_REQ_FD, with `nfds` copies of a descriptor. */
static enum vus_handled send_with_channel(struct vus_be *be,
					  struct vus_frame *req,
					  struct vus_frame *reply,
					  struct vus_frame *ask, unsigned nfds)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);
	struct vus_err err;

	if (req->id != VUS_FE_SET_BACKEND_REQ_FD || be->back.fd < 0)
		return handled;
	for (unsigned i = 0; i < nfds; i++)
		ask->fds[ask->nfds++] = be->back.fd;
	(void)!vus_link_send(&be->back, ask, NULL, vus_deadline_ms(SEND_MS),
			     &err);
	return handled;
}

/* Define a vus_be_decisions.handle that sends a request with the channel:
 * `change` is done to `ask` first. */
#define SENDS(name, request, nfds, change)                                     \
	static enum vus_handled name(struct vus_be *be, struct vus_frame *req, \
				     struct vus_frame *reply)                  \
	{                                                                      \
		struct vus_frame ask = vus_request_frame(VUS_BE, request);     \
                                                                               \
		change;                                                        \
		return send_with_channel(be, req, reply, &ask, nfds);          \
	}

SENDS(ask_unknown, 99, 0, (void)0)

VUS_BE_FAULT(backend_channel, asks_unknown,
	     .rule = "backend_channel.known_requests",
	     .says = "sends request 99 on its channel")
{
	decide->handle = ask_unknown;
}

SENDS(ask_for_reply, VUS_BE_CONFIG_CHANGE_MSG, 0,
      ask.flags |= VUS_FLAG_NEED_REPLY)

VUS_BE_FAULT(backend_channel, always_asks_for_reply,
	     .rule = "backend_channel.need_reply_gated",
	     .says = "sets need_reply on its channel without REPLY_ACK")
{
	decide->handle = ask_for_reply;
}

SENDS(send_many, VUS_BE_CONFIG_CHANGE_MSG, 9, (void)0)

VUS_BE_FAULT(backend_channel, sends_nine_descriptors,
	     .rule = "fds.max_eight_backend",
	     .says = "sends nine descriptors with a request")
{
	decide->handle = send_many;
}

SENDS(tell_change, VUS_BE_CONFIG_CHANGE_MSG, 0, (void)0)

VUS_BE_FAULT(backend_channel, tells_change_ungated,
	     .rule = "config.change_gated",
	     .says = "sends CONFIG_CHANGE_MSG without CONFIG")
{
	decide->handle = tell_change;
}

SENDS(notify_host, VUS_BE_VRING_HOST_NOTIFIER_MSG, 0,
      ask.body.vring_area.value = VUS_VRING_NOFD)

VUS_BE_FAULT(backend_channel, takes_notifier_ungated,
	     .rule = "host_notifier.gated",
	     .says = "sends VRING_HOST_NOTIFIER_MSG without HOST_NOTIFIER")
{
	decide->handle = notify_host;
}

SENDS(add_object, VUS_BE_SHARED_OBJECT_ADD, 0, (void)0)

VUS_BE_FAULT(backend_channel, adds_object_ungated,
	     .rule = "shared_object.gated",
	     .says = "sends SHARED_OBJECT_ADD without SHARED_OBJECT")
{
	decide->handle = add_object;
}

SENDS(unmap, VUS_BE_SHMEM_UNMAP, 0, (void)0)

VUS_BE_FAULT(backend_channel, unmaps_ungated, .rule = "shmem.gated",
	     .says = "sends SHMEM_UNMAP without SHMEM")
{
	decide->handle = unmap;
}
