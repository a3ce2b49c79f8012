/* SPDX-License-Identifier: BSD-3-Clause */
/* inflight.c — faults of the buffer of requests in flight. */
#include "fault.h"

static uint64_t with_inflight(const struct vus_be *be)
{
	return vus_be_honest.offered_pf(be) | PF(INFLIGHT_SHMFD);
}

VUS_FAULT_REFUSE(give_for_one_ring, req->id == VUS_FE_GET_INFLIGHT_FD &&
					    req->body.inflight.num_queues > 1)

VUS_BE_FAULT(inflight, one_ring_only, .rule = "inflight.get.reply",
	     .says = "offers INFLIGHT_SHMFD, and has a buffer for one ring "
		     "only")
{
	decide->offered_pf = with_inflight;
	decide->handle = give_for_one_ring;
}

VUS_FAULT_REFUSE(take_none_back, req->id == VUS_FE_SET_INFLIGHT_FD)

VUS_BE_FAULT(inflight, is_not_taken_back, .rule = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and refuses the buffer that it "
		     "gave")
{
	decide->offered_pf = with_inflight;
	decide->handle = take_none_back;
}
