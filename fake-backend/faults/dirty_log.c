/* SPDX-License-Identifier: BSD-3-Clause */
/* dirty_log.c — faults of the dirty log. */
#include "kept.h"

#include <sys/mman.h>

static uint64_t with_log_shmfd(const struct vus_be *be)
{
	return vus_be_honest.offered_pf(be) | PF(LOG_SHMFD);
}

static uint64_t with_log_all(const struct vus_be *be)
{
	return vus_be_honest.offered_features(be) | VF(LOG_ALL);
}

/* The answer is the message's own. */
static enum vus_handled map_each_log(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply)
{
	if (req->id != VUS_FE_SET_LOG_BASE)
		return vus_be_honest.handle(be, req, reply);
	return vus_fault_keep_map(be, req->fds[0], req->body.log.size)
		       ? VUS_OK
		       : VUS_NACK;
}

VUS_BE_FAULT(dirty_log, keeps_replaced_logs, .rule = "dirty_log.base.many",
	     .says = "offers LOG_SHMFD, and unmaps no log before the session "
		     "ends")
{
	vus_fault_keeps(decide);
	decide->offered_pf = with_log_shmfd;
	decide->handle = map_each_log;
}

/* LOG_ALL may change while rings run. */
static bool take_log_all(struct vus_be *be, uint64_t want)
{
	return vus_be_honest.takes_features(
		be, (want & ~VF(LOG_ALL)) | (be->features & VF(LOG_ALL)));
}

static enum vus_handled keep_each_eventfd(struct vus_be *be,
					  struct vus_frame *req,
					  struct vus_frame *reply)
{
	if (req->id != VUS_FE_SET_LOG_FD)
		return vus_be_honest.handle(be, req, reply);
	vus_fault_keep_fd(be, vus_fd_take(&req->fds[0]));
	return VUS_OK;
}

VUS_BE_FAULT(dirty_log, keeps_replaced_eventfds, .rule = "dirty_log.fd.count",
	     .says = "offers LOG_ALL, and closes no descriptor of SET_LOG_FD "
		     "before the session ends")
{
	vus_fault_keeps(decide);
	decide->offered_features = with_log_all;
	decide->takes_features = take_log_all;
	decide->handle = keep_each_eventfd;
}

/* Define a vus_be_decisions.is_tolerated and a .handle that take a message with
 * any number of descriptors, and do nothing with it. */
#define TAKES_ANY_NUMBER(tolerate, drop, msg)                                  \
	static bool tolerate(const struct vus_be *be,                          \
			     const struct vus_frame *req,                      \
			     enum vus_complaint_kind kind)                     \
	{                                                                      \
		return (req->id == (msg) && kind == VUS_COMPLAINT_FDS) ||      \
		       vus_be_honest.is_tolerated(be, req, kind);              \
	}                                                                      \
	static enum vus_handled drop(struct vus_be *be, struct vus_frame *req, \
				     struct vus_frame *reply)                  \
	{                                                                      \
		return req->id == (msg)                                        \
			       ? VUS_OK                                        \
			       : vus_be_honest.handle(be, req, reply);         \
	}

TAKES_ANY_NUMBER(any_logs, drop_log, VUS_FE_SET_LOG_BASE)

VUS_BE_FAULT(dirty_log, counts_no_logs, .rule = "dirty_log.hardening.fd_count",
	     .also = "fds.missing_rejected fds.too_many_rejected",
	     .says = "offers LOG_SHMFD, and accepts SET_LOG_BASE with any "
		     "number of descriptors")
{
	decide->offered_pf = with_log_shmfd;
	decide->is_tolerated = any_logs;
	decide->handle = drop_log;
}

TAKES_ANY_NUMBER(any_eventfds, drop_eventfd, VUS_FE_SET_LOG_FD)

VUS_BE_FAULT(dirty_log, counts_no_eventfds, .rule = "dirty_log.fd.count",
	     .also = "fds.missing_rejected fds.too_many_rejected",
	     .says = "offers LOG_ALL, and accepts SET_LOG_FD with any number "
		     "of descriptors")
{
	decide->offered_features = with_log_all;
	decide->takes_features = take_log_all;
	decide->is_tolerated = any_eventfds;
	decide->handle = drop_eventfd;
}

static enum vus_handled keep_refused(struct vus_be *be, struct vus_frame *req,
				     enum vus_complaint_kind kind,
				     struct vus_frame *reply)
{
	if (req->id == VUS_FE_SET_LOG_FD && kind == VUS_COMPLAINT_FDS)
		req->nfds = 0;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(dirty_log, keeps_surplus, .rule = "dirty_log.fd.count",
	     .says = "offers LOG_ALL, refuses SET_LOG_FD with several "
		     "descriptors, and never closes them")
{
	decide->offered_features = with_log_all;
	decide->takes_features = take_log_all;
	decide->refuse_malformed = keep_refused;
	decide->handle = drop_eventfd;
}
