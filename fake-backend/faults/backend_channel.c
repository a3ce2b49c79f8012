/* SPDX-License-Identifier: BSD-3-Clause */
/* backend_channel.c — faults of the back-end channel. */
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

static enum vus_handled refuse_channel(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	return req->id == VUS_FE_SET_BACKEND_REQ_FD
		       ? VUS_NACK
		       : vus_be_honest.handle(be, req, reply);
}

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
