/* SPDX-License-Identifier: BSD-3-Clause */
/* multiqueue.c — faults of several rings. */
#include "fault.h"

static bool always(const struct vus_session *s)
{
	(void)s;
	return true;
}

VUS_FE_FAULT(multiqueue, asks_ungated, .rule = "multiqueue.gated",
	     .also = "protocol_features.gated_messages "
		     "multiqueue.fixed_not_required",
	     .says = "sends GET_QUEUE_NUM without MQ")
{
	decide->asks_queue_num = always;
}

static bool any_number(const struct vus_fake *f, uint64_t queues,
		       struct vus_err *err)
{
	(void)f, (void)queues, (void)err;
	return true;
}

VUS_FE_FAULT(multiqueue, ignores_limit,
	     .rule = "multiqueue.frontend_stops_at_limit",
	     .says = "sets up the rings that it wants, whatever the back-end "
		     "has")
{
	decide->queues_suffice = any_number;
}

static bool only_with_mq(const struct vus_fake *f, uint64_t queues,
			 struct vus_err *err)
{
	if (!(f->s.pf & PF(MQ)))
		return vus_fail(err, VUS_ERR_REFUSED, "MQ is missing");
	return vus_fe_honest.queues_suffice(f, queues, err);
}

VUS_FE_FAULT(multiqueue, gives_up_without,
	     .rule = "multiqueue.fixed_not_required",
	     .says = "gives up where MQ is not offered")
{
	decide->queues_suffice = only_with_mq;
}
