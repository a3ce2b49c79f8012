/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_fds.c — faults of kick, call and error descriptors. */
#include "base/clock.h"
#include "deaf.h"
#include "fake-backend/notify.h"
#include "ring.h"

#include <fcntl.h>

/* ---- the message ---- */

static uint64_t word_or_die(struct vus_be *be, struct vus_frame *req)
{
	const uint64_t word = vus_be_honest.ring_event_word(be, req);

	if (word & ~(VUS_VRING_IDX_MASK | VUS_VRING_NOFD))
		vus_die();
	return word;
}

VUS_BE_FAULT(ring_fds, high_bits_reach_index, .rule = "ring_fds.high_bits",
	     .says = "aborts when undefined bits are set beside a ring "
		     "index")
{
	decide->ring_event_word = word_or_die;
}

static uint64_t word_without_descriptor(struct vus_be *be,
					struct vus_frame *req)
{
	const uint64_t word = vus_be_honest.ring_event_word(be, req);

	if (word & VUS_VRING_NOFD)
		req->nfds = 0;
	return word;
}

VUS_BE_FAULT(ring_fds, nofd_keeps_descriptor, .rule = "ring_fds.nofd_with_fd",
	     .says = "never closes a descriptor that comes with bit 8")
{
	decide->ring_event_word = word_without_descriptor;
}

static uint64_t word_by_descriptor(struct vus_be *be, struct vus_frame *req)
{
	const uint64_t word = vus_be_honest.ring_event_word(be, req);

	return req->nfds == 0 ? word | VUS_VRING_NOFD : word;
}

VUS_BE_FAULT(ring_fds, missing_is_nofd, .rule = "ring_fds.missing",
	     .also = "fds.missing_rejected",
	     .says = "takes a missing descriptor for bit 8")
{
	decide->ring_event_word = word_by_descriptor;
}

static bool is_not_polled(__attribute__((unused)) const struct vus_vq *vq)
{
	return false;
}

VUS_BE_FAULT(ring_fds, kick_needs_descriptor, .rule = "ring_fds.nofd_kick",
	     .says = "does not poll a ring without kick descriptor")
{
	decide->ring_is_polled = is_not_polled;
}

static void set_kick_and_wait(struct vus_vq *vq, int fd)
{
	const bool started = vq->started, look = vq->look;

	vus_be_honest.set_kick(vq, fd);
	if (fd < 0) {
		vq->started = started;
		vq->look = look;
	}
}

VUS_BE_FAULT(ring_fds, polls_started_rings_only, .rule = "ring_fds.nofd_kick",
	     .says = "starts a ring upon a kick only, although there may be "
		     "no descriptor for one")
{
	decide->set_kick = set_kick_and_wait;
}

static void set_call_if_there(struct vus_vq *vq, int fd)
{
	if (fd >= 0 || vq->call < 0)
		vus_be_honest.set_call(vq, fd);
}

VUS_BE_FAULT(ring_fds, nofd_call_keeps_old, .rule = "ring_fds.nofd_call",
	     .says = "goes on signalling the old call descriptor after "
		     "bit 8")
{
	decide->set_call = set_call_if_there;
}

static void call_or_break(struct vus_vq *vq)
{
	vus_be_honest.ring_call(vq);
	if (vq->call < 0 && vq->call_set)
		vus_vq_mark_broken(vq, "there is no call descriptor");
}

VUS_BE_FAULT(ring_fds, nofd_call_breaks,
	     .rule = "ring_fds.nofd_call_unsuppressed",
	     .also = "ring_fds.nofd_call",
	     .says = "breaks a ring that owes a call where there is no "
		     "descriptor")
{
	decide->ring_call = call_or_break;
}

static void set_err_if_there(struct vus_vq *vq, int fd)
{
	if (fd >= 0)
		vus_be_honest.set_err(vq, fd);
}

VUS_BE_FAULT(ring_fds, nofd_err_keeps_old, .rule = "ring_fds.nofd_err",
	     .says = "goes on signalling the old error descriptor after "
		     "bit 8")
{
	decide->set_err = set_err_if_there;
}

static void set_first_call(struct vus_vq *vq, int fd)
{
	if (vq->call < 0 || fd < 0)
		vus_be_honest.set_call(vq, fd);
	else
		vus_fd_close(&fd);
}

VUS_BE_FAULT(ring_fds, calls_old_descriptor, .rule = "ring_fds.replace",
	     .also = "reply_ack.after_effect ring_fds.nofd_call",
	     .says = "signals the first call descriptor for ever")
{
	decide->set_call = set_first_call;
}

static void set_first_kick(struct vus_vq *vq, int fd)
{
	if (vq->kick < 0)
		vus_be_honest.set_kick(vq, fd);
	else
		vus_fd_close(&fd);
}

VUS_BE_FAULT(ring_fds, watches_old_kick, .rule = "ring_fds.replace",
	     .also = "ring_fds.replace_no_loss ring_fds.nofd_kick",
	     .says = "watches the first kick descriptor for ever")
{
	decide->set_kick = set_first_kick;
}

/* A second descriptor of what is closed keeps it open. */
static void keep(int fd)
{
	if (fd >= 0)
		(void)fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void set_kick_and_keep(struct vus_vq *vq, int fd)
{
	keep(vq->kick);
	vus_be_honest.set_kick(vq, fd);
}

static void set_call_and_keep(struct vus_vq *vq, int fd)
{
	keep(vq->call);
	vus_be_honest.set_call(vq, fd);
}

static void set_err_and_keep(struct vus_vq *vq, int fd)
{
	keep(vq->err);
	vus_be_honest.set_err(vq, fd);
}

VUS_BE_FAULT(ring_fds, keeps_replaced, .rule = "ring_fds.replace",
	     .also = "fds.disconnect_releases",
	     .says = "never closes a descriptor that was replaced")
{
	decide->set_kick = set_kick_and_keep;
	decide->set_call = set_call_and_keep;
	decide->set_err = set_err_and_keep;
}

/* A copy of the descriptor before this one, or 0. */
static int *old_call(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(int));
}

static void set_call_beside_old(struct vus_vq *vq, int fd)
{
	if (vq->call >= 0 && fd >= 0 && *old_call(vq) == 0)
		*old_call(vq) = fcntl(vq->call, F_DUPFD_CLOEXEC, 3);
	vus_be_honest.set_call(vq, fd);
}

static void call_both(struct vus_vq *vq)
{
	if (*old_call(vq) > 0)
		vus_notify(*old_call(vq));
	vus_be_honest.ring_call(vq);
}

VUS_BE_FAULT(ring_fds, calls_both, .rule = "ring_fds.replace",
	     .also = "fds.disconnect_releases",
	     .says = "signals the call descriptor that was replaced, too")
{
	vus_fault_remembers(decide);
	decide->set_call = set_call_beside_old;
	decide->ring_call = call_both;
}

static void set_kick_at_once(struct vus_vq *vq, int fd)
{
	vus_fd_close(&vq->kick);
	vus_be_honest.set_kick(vq, fd);
}

static unsigned socket_first(__attribute__((unused)) const struct vus_be *be)
{
	return 0;
}

VUS_BE_FAULT(ring_fds, swap_loses_kicks, .rule = "ring_fds.replace_no_loss",
	     .says = "takes messages before kicks, and forgets a kick "
		     "that waits on the old descriptor")
{
	decide->set_kick = set_kick_at_once;
	decide->first_event = socket_first;
}

static bool *is_mute(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(bool));
}

static void set_call_or_mute(struct vus_vq *vq, int fd)
{
	*is_mute(vq) |= vq->owed;
	vq->owed = false;
	vus_be_honest.set_call(vq, fd);
}

static bool wants_call_unless_mute(struct vus_vq *vq)
{
	return vus_be_honest.ring_wants_call(vq) && !*is_mute(vq);
}

VUS_BE_FAULT(ring_fds, early_completion_mutes, .rule = "ring_fds.call_late",
	     .says = "signals nothing any more when a completion came "
		     "before SET_VRING_CALL")
{
	vus_fault_remembers(decide);
	decide->set_call = set_call_or_mute;
	decide->ring_wants_call = wants_call_unless_mute;
}

static void call_with_descriptor(struct vus_vq *vq)
{
	if (!vq->call_set)
		vus_fault_deafen(vq->be);
	vus_be_honest.ring_call(vq);
}

VUS_BE_FAULT(ring_fds, early_completion_locks_up, .rule = "ring_fds.call_late",
	     .says = "answers nothing after a completion before SET_VRING_CALL")
{
	vus_fault_may_be_deaf(decide);
	decide->ring_call = call_with_descriptor;
}

static void heed_kick_with_call(struct vus_vq *vq, uint64_t value)
{
	if (vq->call_set)
		vus_be_honest.ring_kicked(vq, value);
}

VUS_BE_FAULT(ring_fds, early_kick_is_lost, .rule = "ring_fds.call_late",
	     .says = "forgets a kick that comes before SET_VRING_CALL")
{
	decide->ring_kicked = heed_kick_with_call;
}

/* ---- using them ---- */

static void call_with_patience(struct vus_vq *vq)
{
	if (vq->call >= 0)
		(void)vus_poll_one(vq->call, POLLOUT, VUS_NEVER);
	vus_be_honest.ring_call(vq);
}

VUS_BE_FAULT(ring_fds, blocks_on_full_call, .rule = "ring_fds.call_full",
	     .says = "waits until a full call descriptor has room")
{
	decide->ring_call = call_with_patience;
}

static void break_silently(struct vus_vq *vq, const char *why)
{
	const int err = vq->err;

	vq->err = -1;
	vus_be_honest.ring_break(vq, why);
	vq->err = err;
}

VUS_BE_FAULT(ring_fds, breaks_silently, .rule = "ring_fds.err_signal",
	     .says = "does not signal the error descriptor")
{
	decide->ring_break = break_silently;
}

/* ---- refused ---- */

#define REFUSES(what, id_, rule_, says_)                                       \
	VUS_FAULT_REFUSE(refuse_##what, req->id == (id_))                      \
                                                                               \
	VUS_BE_FAULT(ring_fds, what##_is_refused, .rule = (rule_),             \
		     .says = (says_))                                          \
	{                                                                      \
		decide->handle = refuse_##what;                                \
	}

REFUSES(kick, VUS_FE_SET_VRING_KICK, "ring_fds.set",
	"refuses every SET_VRING_KICK")
REFUSES(call, VUS_FE_SET_VRING_CALL, "ring_fds.set",
	"refuses every SET_VRING_CALL")
REFUSES(err, VUS_FE_SET_VRING_ERR, "ring_fds.set",
	"refuses every SET_VRING_ERR")

VUS_FAULT_REFUSE(refuse_nofd_call,
		 req->id == VUS_FE_SET_VRING_CALL && req->nfds == 0)

VUS_BE_FAULT(ring_fds, nofd_call_is_refused, .rule = "ring_fds.nofd_call",
	     .says = "refuses SET_VRING_CALL with bit 8")
{
	decide->handle = refuse_nofd_call;
}
