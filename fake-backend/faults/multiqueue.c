/* SPDX-License-Identifier: BSD-3-Clause */
/* multiqueue.c — faults of several rings. */
#include "fake-backend/notify.h"
#include "fault.h"

static enum vus_handled count_none(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_GET_QUEUE_NUM)
		reply->body.u64.value = 0;
	return handled;
}

VUS_BE_FAULT(multiqueue, counts_none, .rule = "multiqueue.get_reply",
	     .also = "multiqueue.limit_usable ring_state.index_beyond_count",
	     .says = "answers GET_QUEUE_NUM with 0")
{
	decide->handle = count_none;
}

static enum vus_handled count_one_more(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_GET_QUEUE_NUM)
		reply->body.u64.value++;
	return handled;
}

VUS_BE_FAULT(multiqueue, counts_one_too_many, .rule = "multiqueue.limit_usable",
	     .says = "says it has one ring more than it has")
{
	decide->handle = count_one_more;
}

static uint64_t without_mq(const struct vus_be *be)
{
	return vus_be_honest.offered_pf(be) & ~PF(MQ);
}

VUS_BE_FAULT(multiqueue, not_offered, .rule = "multiqueue.always_offered",
	     .says = "does not offer MQ")
{
	decide->offered_pf = without_mq;
}

static void call_ring_zero(struct vus_vq *vq)
{
	if (vq->call >= 0)
		vus_notify(vq->be->vqs[0].call);
	else
		vus_be_honest.ring_call(vq);
}

VUS_BE_FAULT(multiqueue, calls_ring_zero, .rule = "multiqueue.own_ring",
	     .says = "signals the completions of every ring on the first "
		     "one's descriptor")
{
	decide->ring_call = call_ring_zero;
}
