/* SPDX-License-Identifier: BSD-3-Clause */
/* refuses.c — faults that refuse a request only in one state, where a session
 * has come that far. */
#include "regions.h"

#include <linux/virtio_config.h>
#include <sys/stat.h>

/* A fault that refuses the requests of which `refuses` is true, an expression
 * of `be` and `req`; then its row. */
#define REFUSES(fgroup, fname, refuses, ...)                                   \
	VUS_FAULT_REFUSE(fgroup##_##fname, refuses)                            \
                                                                               \
	VUS_BE_FAULT(fgroup, fname, __VA_ARGS__)                               \
	{                                                                      \
		decide->handle = fgroup##_##fname;                             \
	}

/* The same of a fault that remembers something in vus_fault_state(). */
#define REMEMBERS_AND_REFUSES(fgroup, fname, refuses, ...)                     \
	VUS_FAULT_REFUSE(fgroup##_##fname, refuses)                            \
                                                                               \
	VUS_BE_FAULT(fgroup, fname, __VA_ARGS__)                               \
	{                                                                      \
		vus_fault_remembers(decide);                                   \
		decide->handle = fgroup##_##fname;                             \
	}

/* Has this been asked before in this connection?  It has been from now on. */
static bool is_repeated(const struct vus_be *be)
{
	static const char key;
	bool *asked = vus_fault_state(be, &key, sizeof(bool));
	const bool was = *asked;

	*asked = true;
	return was;
}

static bool is_live(const struct vus_be *be)
{
	return vus_be_any_live(be);
}

/* Has a ring served requests, and its call descriptor come? */
static bool has_call(const struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++)
		if (be->vqs[i].live && be->vqs[i].call_set)
			return true;
	return false;
}

/* The ring of a message that holds a vring state. */
static const struct vus_vq *ring_of(struct vus_be *be,
				    const struct vus_frame *req)
{
	return vus_be_vq(be, req->body.vring_state.index);
}

/* ---- questions that are answered once ---- */

REMEMBERS_AND_REFUSES(multiqueue, counts_once,
		      req->id == VUS_FE_GET_QUEUE_NUM && is_repeated(be),
		      .rule = "multiqueue.get_reply",
		      .also = "owner.features_before_owner",
		      .says = "answers GET_QUEUE_NUM once in a session")

REMEMBERS_AND_REFUSES(mem_slots, counts_once,
		      req->id == VUS_FE_GET_MAX_MEM_SLOTS && is_repeated(be),
		      .rule = "mem_slots.get_max",
		      .says = "answers GET_MAX_MEM_SLOTS once in a session")

REFUSES(status, is_not_told, req->id == VUS_FE_GET_STATUS, .rule = "status.get",
	.says = "does not answer GET_STATUS, and closes")

REFUSES(ring_stop, stopped_is_refused,
	req->id == VUS_FE_GET_VRING_BASE && ring_of(be, req) &&
		!ring_of(be, req)->started,
	.rule = "ring_stop.repeat",
	.says = "refuses GET_VRING_BASE of a ring that does not run")

REFUSES(reply_ack, counts_without_need_reply,
	req->id == VUS_FE_GET_QUEUE_NUM && (req->flags & VUS_FLAG_NEED_REPLY),
	.rule = "reply_ack.own_reply_once",
	.says = "refuses GET_QUEUE_NUM with need_reply")

/* ---- the negotiation ---- */

REFUSES(features, repeat_is_refused,
	req->id == VUS_FE_SET_FEATURES && is_live(be) &&
		req->body.features.value == be->features,
	.rule = "features.set_repeat",
	.says = "refuses SET_FEATURES while a ring runs, the same or not")

static uint64_t with_logging(const struct vus_be *be)
{
	return vus_be_honest.offered_features(be) | VF(LOG_ALL);
}

static bool keep_logging(struct vus_be *be, uint64_t want)
{
	return vus_be_honest.takes_features(be, want) &&
	       !(is_live(be) && ((want ^ be->features) & VF(LOG_ALL)));
}

VUS_BE_FAULT(features, logging_is_fixed, .rule = "features.log_all_live",
	     .says = "offers LOG_ALL, and refuses to switch it while a ring "
		     "runs")
{
	decide->offered_features = with_logging;
	decide->takes_features = keep_logging;
}

REFUSES(owner, offer_needs_owner,
	req->id == VUS_FE_GET_PROTOCOL_FEATURES && !be->owned,
	.rule = "owner.features_before_owner",
	.also = "protocol_features.get_reply",
	.says = "refuses GET_PROTOCOL_FEATURES before SET_OWNER")

REFUSES(owner, channel_needs_owner,
	req->id == VUS_FE_SET_BACKEND_REQ_FD && !be->owned,
	.rule = "owner.features_before_owner",
	.says = "refuses SET_BACKEND_REQ_FD before SET_OWNER")

REFUSES(owner, reset_is_refused, req->id == VUS_FE_RESET_OWNER,
	.rule = "owner.reset_effect", .says = "refuses RESET_OWNER, and closes")

REFUSES(protocol_features, repeat_is_refused,
	req->id == VUS_FE_SET_PROTOCOL_FEATURES && be->pf &&
		req->body.protocol_features.value == be->pf,
	.rule = "protocol_features.set_same_twice",
	.says = "refuses to select the same protocol features again")

REFUSES(protocol_features, memory_with_status_needs_config,
	(req->id == VUS_FE_SET_MEM_TABLE || req->id == VUS_FE_ADD_MEM_REG) &&
		(be->pf & (PF(STATUS) | PF(CONFIG) | PF(REPLY_ACK))) ==
			(PF(STATUS) | PF(REPLY_ACK)),
	.rule = "protocol_features.offer_is_served",
	.says = "refuses memory where STATUS is selected without CONFIG")

REFUSES(backend_channel, second_is_refused,
	req->id == VUS_FE_SET_BACKEND_REQ_FD && be->back.fd >= 0,
	.rule = "backend_channel.set", .says = "refuses a second channel")

REFUSES(status, zero_is_refused,
	req->id == VUS_FE_SET_STATUS && req->body.u64.value == 0,
	.rule = "status.zero_resets", .says = "refuses a status of 0")

REFUSES(status, refuses_the_driver,
	req->id == VUS_FE_SET_STATUS &&
		(req->body.u64.value & VIRTIO_CONFIG_S_FEATURES_OK),
	.rule = "status.set", .says = "refuses a status with FEATURES_OK")

/* ---- configuration space ---- */

REFUSES(config, cache_mode_is_fixed,
	req->id == VUS_FE_SET_CONFIG && req->body.config.size == 1,
	.rule = "config.set_apply", .also = "reset_device.initial_state",
	.says = "refuses writes of one byte")

REMEMBERS_AND_REFUSES(config, takes_one_write,
		      req->id == VUS_FE_SET_CONFIG &&
			      req->body.config.size == 1 && is_repeated(be),
		      .rule = "config.set_apply",
		      .says = "takes one write of one byte in a session")

static enum vus_handled close_at_odd_reads(struct vus_be *be,
					   struct vus_frame *req,
					   struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_CONFIG && req->body.config.size % 4 != 0)
		return VUS_CLOSE;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(config, closes_at_odd_reads, .rule = "config.get_reply",
	     .says = "closes when the bytes that are read are no whole words")
{
	decide->handle = close_at_odd_reads;
}

static enum vus_handled close_at_far_reads(struct vus_be *be,
					   struct vus_frame *req,
					   struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_CONFIG && req->body.config.offset >= 128)
		return VUS_CLOSE;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(config, closes_at_far_reads, .rule = "config.get_bounds",
	     .says = "closes when a read begins behind byte 127")
{
	decide->handle = close_at_far_reads;
}

/* ---- memory ---- */

REFUSES(mem_slots, takes_three, req->id == VUS_FE_ADD_MEM_REG && be->mem.n >= 3,
	.rule = "mem_slots.add", .says = "refuses a fourth region")

REFUSES(mem_slots, removal_is_refused, req->id == VUS_FE_REM_MEM_REG,
	.rule = "mem_slots.rem", .says = "refuses every REM_MEM_REG")

static uint64_t *removed_address(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(uint64_t));
}

static enum vus_handled keep_removed_taken(struct vus_be *be,
					   struct vus_frame *req,
					   struct vus_frame *reply)
{
	const uint64_t at = req->body.mem_reg.region.guest_addr;

	if (req->id == VUS_FE_REM_MEM_REG)
		*removed_address(be) = at;
	if (req->id == VUS_FE_ADD_MEM_REG && *removed_address(be) == at && at)
		return VUS_NACK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_slots, removed_stays_taken, .rule = "mem_slots.add_again",
	     .says = "refuses a region where one was removed")
{
	vus_fault_remembers(decide);
	decide->handle = keep_removed_taken;
}

/* A message that lacks its descriptor was refused in this connection. */
static bool *was_short(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(bool));
}

static enum vus_be_step_result
remember_shortage(struct vus_be *be, const struct vus_frame *req, bool ack_due,
		  struct vus_frame *reply, struct vus_err *err)
{
	*was_short(be) |= req->nfds == 0;
	return vus_be_honest.tell_refusal(be, req, ack_due, reply, err);
}

VUS_FAULT_REFUSE(refuse_after_shortage, (req->id == VUS_FE_SET_VRING_CALL ||
					 req->id == VUS_FE_ADD_MEM_REG) &&
						*was_short(be))

VUS_BE_FAULT(fds, shortage_is_for_ever, .rule = "fds.exhaustion_recovers",
	     .says = "refuses call descriptors and regions once one of them "
		     "had lost its descriptor")
{
	vus_fault_remembers(decide);
	decide->tell_refusal = remember_shortage;
	decide->handle = refuse_after_shortage;
}

/* ---- rings ---- */

REFUSES(address_translation, refuses_gpa_rings,
	req->id == VUS_FE_SET_VRING_ADDR && (be->pf & PF(GPA_ADDRESSES)),
	.rule = "address_translation.gpa_mode_rings",
	.says = "refuses SET_VRING_ADDR with GPA_ADDRESSES")

REFUSES(address_translation, refuses_ring_at_zero,
	req->id == VUS_FE_SET_VRING_ADDR && (be->pf & PF(GPA_ADDRESSES)) &&
		req->body.vring_addr.desc == 0,
	.rule = "address_translation.gpa_mode_zero",
	.says = "refuses a ring at guest address 0")

REFUSES(ring_addr, is_refused_while_running,
	req->id == VUS_FE_SET_VRING_ADDR && is_live(be),
	.rule = "ring_addr.live_same",
	.says = "refuses SET_VRING_ADDR while a ring runs, the same or not")

REFUSES(ring_enable, early_enable_is_refused,
	req->id == VUS_FE_SET_VRING_ENABLE && ring_of(be, req) &&
		ring_of(be, req)->num == 0,
	.rule = "ring_enable.before_start", .also = "ring_state.any_order",
	.says = "refuses to enable a ring without a size")

REFUSES(ring_state, size_comes_first,
	req->id == VUS_FE_SET_VRING_BASE && ring_of(be, req) &&
		ring_of(be, req)->num == 0,
	.rule = "ring_state.any_order",
	.says = "refuses SET_VRING_BASE before SET_VRING_NUM")

REFUSES(ring_state, descriptors_are_fixed,
	(req->id == VUS_FE_SET_VRING_CALL || req->id == VUS_FE_SET_VRING_ERR) &&
		is_live(be),
	.rule = "ring_state.change_live",
	.says = "refuses call and error descriptors while a ring runs")

REFUSES(ring_fds, call_is_fixed,
	req->id == VUS_FE_SET_VRING_CALL && has_call(be) && req->nfds > 0,
	.rule = "ring_fds.replace",
	.says = "refuses another call descriptor while a ring runs")

REFUSES(ring_fds, kick_is_fixed,
	req->id == VUS_FE_SET_VRING_KICK && is_live(be) && req->nfds > 0,
	.rule = "ring_fds.replace",
	.says = "refuses another kick descriptor while a ring runs")

REFUSES(ring_fds, late_call_is_refused,
	req->id == VUS_FE_SET_VRING_CALL && is_live(be) && !has_call(be),
	.rule = "ring_fds.call_late",
	.says = "refuses the call descriptor of a ring that runs without one")

static bool is_pipe(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* A pipe may be used, and nothing replaces it. */
static bool replaces_pipe(struct vus_be *be, const struct vus_frame *req)
{
	const struct vus_vq *vq =
		vus_be_vq(be, req->body.vring_fd.value & VUS_VRING_IDX_MASK);

	if (!vq)
		return false;
	switch (req->id) {
	case VUS_FE_SET_VRING_KICK:
		return is_pipe(vq->kick);
	case VUS_FE_SET_VRING_CALL:
		return is_pipe(vq->call);
	case VUS_FE_SET_VRING_ERR:
		return is_pipe(vq->err);
	default:
		return false;
	}
}

REFUSES(ring_fds, pipes_are_kept, replaces_pipe(be, req),
	.rule = "ring_fds.replace",
	.says = "refuses to replace a descriptor that is a pipe")

REFUSES(ring_fds, nofd_kick_is_refused,
	req->id == VUS_FE_SET_VRING_KICK && req->nfds == 0,
	.rule = "ring_fds.nofd_kick",
	.says = "refuses SET_VRING_KICK with bit 8")

REFUSES(ring_fds, nofd_err_is_refused,
	req->id == VUS_FE_SET_VRING_ERR && req->nfds == 0,
	.rule = "ring_fds.nofd_err", .says = "refuses SET_VRING_ERR with bit 8")

/* ---- after a reset ---- */

/* Since a reset. */
static bool *was_reset(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(bool));
}

static enum vus_handled end_with_reset(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	if (req->id == VUS_FE_SET_VRING_NUM && *was_reset(be))
		return VUS_NACK;
	*was_reset(be) |= req->id == VUS_FE_RESET_DEVICE;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(reset_device, resets_for_good,
	     .rule = "reset_device.initial_state",
	     .says = "refuses to set up a ring after RESET_DEVICE")
{
	vus_fault_remembers(decide);
	decide->handle = end_with_reset;
}

static enum vus_handled forget_memory(struct vus_be *be, struct vus_frame *req,
				      struct vus_frame *reply)
{
	if (req->id == VUS_FE_RESET_OWNER) {
		vus_regions_clear(&be->mem);
		vus_be_remap(be);
	}
	/* Addresses that lie nowhere are kept until there is memory. */
	if (req->id == VUS_FE_SET_VRING_ADDR && be->mem.n == 0)
		return VUS_NACK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(owner, reset_forgets_memory, .rule = "owner.reset_keeps_session",
	     .says = "forgets memory at RESET_OWNER")
{
	decide->handle = forget_memory;
}
