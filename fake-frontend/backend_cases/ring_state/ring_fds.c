/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_fds.c — a ring's kick, call and err descriptors: absent, replaced, full.
 *
 * Calls are judged without EVENT_IDX and with avail.flags 0: the device must
 * then send one for each completion. */
#include "fixture/rings.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Rows are kick, call and err, in the order of enum vus_ring_fd. */
static uint32_t message_of_fd(const struct vus_ctx *t)
{
	const enum vus_ring_fd fd =
		(enum vus_ring_fd)(VUS_RING_FD_KICK + t->row);

	for (size_t i = 0; i < vus_nmsgs; i++)
		if (vus_msgs[i].ring_fd == fd)
			return vus_msgs[i].id;
	return 0;
}

/* Bit 8 and no descriptor, for ring 0; a kick behind it must not come first. */
static bool send_nofd(struct vus_session *s, uint32_t id, struct vus_err *err)
{
	const struct vus_frame f = vus_vring_fd_frame(
		s, id, s->queues[0].index | VUS_VRING_NOFD, -1);

	return vus_fe_send_acked(s, &f, err) && vus_is_taken(s, err);
}

/* ---- a descriptor ---- */

/* "VHOST_USER_SET_VRING_KICK", "_CALL" and "_ERR": the descriptor comes as
 * ancillary data.  All three are sent in the usual order, and the ring serves a
 * request. */
VUS_CASE(event_descriptor_is_taken,
	 .title = "a kick, call or error descriptor is accepted",
	 .rules = { "ring_fds.set" }, .start = VUS_START_MEMORY, .pings = true,
	 .rows = { "kick", "call", "err" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_err err = { 0 };
	bool ok;

	VUS_STEP(t, vus_step_setup_companions(t));
	ok = vus_fe_queue_setup(s, 0, 0, q->base, &err);
	VUS_CHECK(t, "ring_fds.set", ok || s->last_id != message_of_fd(t),
		  "the descriptor is accepted", "%s", err.text);
	VUS_STEP(t, vus_step_bring_up(t, ok, &err));
	VUS_STEP(t, vus_step_ring_enable(t, 0));
	VUS_STEP(t, vus_step_ping(t, "ring_fds.set", 0, t->seed));
}

/* ---- bit 8: there is no descriptor ---- */

/* "VHOST_USER_SET_VRING_KICK": bit 8 signals that polling should be used
 * instead of waiting for the kick. */
VUS_CASE(ring_without_kick_is_polled,
	 .title = "with bit 8 in SET_VRING_KICK requests are found by polling",
	 .rules = { "ring_fds.nofd_kick" }, .start = VUS_START_RUNNING,
	 .pings = true, .early = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head;

	VUS_CHECK(t, "ring_fds.nofd_kick",
		  send_nofd(s, VUS_FE_SET_VRING_KICK, &err),
		  "SET_VRING_KICK with bit 8 and no descriptor is accepted",
		  "%s", err.text);
	VUS_STEP(t, vus_step_ping_add(t, 0, t->seed, &ping, &head));
	vus_split_put(s->queues[0].ring, head);
	vus_split_publish(s->queues[0].ring);
	VUS_STEP(t, vus_step_ping_wait(t, "ring_fds.nofd_kick", 0, &ping));
}

/* "VHOST_USER_SET_VRING_CALL": bit 8 signals that polling will be used instead
 * of waiting for the call.  The driver knows nothing of it and still asks
 * for calls.  They must not go to the descriptor that was set before, and a
 * write to descriptor -1 must not break the ring. */
VUS_CASE(
	ring_without_call_goes_on,
	.title =
		"with bit 8 in SET_VRING_CALL requests complete without a call",
	.rules = { "ring_fds.nofd_call", "ring_fds.nofd_call_unsuppressed" },
	.start = VUS_START_RUNNING, .without_vf = VF(RING_EVENT_IDX),
	.pings = true, .early = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_CHECK(t, "ring_fds.nofd_call",
		  send_nofd(s, VUS_FE_SET_VRING_CALL, &err),
		  "SET_VRING_CALL with bit 8 and no descriptor is accepted",
		  "%s", err.text);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	vus_event_drain(q->call.rd, NULL);
	for (unsigned i = 1; i <= 2; i++) {
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
		VUS_CHECK(
			t, "ring_fds.nofd_call_unsuppressed",
			vus_step_wait_used_idx(
				t, 0, (uint16_t)(q->ring->used_seen + i),
				&err) &&
				vus_fe_barrier(s, &err),
			"requests complete although no call descriptor is set",
			"request %u: %s", i, err.text);
	}
	VUS_CHECK(t, "ring_fds.nofd_call", vus_step_fd_is_quiet(t, q->call.rd),
		  "the call descriptor that bit 8 took away is not signalled",
		  "the call descriptor that bit 8 took away was signalled");
}

/* The same bit in a message that comes with a descriptor. */
VUS_CASE(descriptor_beside_bit_8_is_closed,
	 .title = "a descriptor that comes with bit 8 is closed",
	 .rules = { "ring_fds.nofd_with_fd" }, .start = VUS_START_VRINGS,
	 .rows = { "kick", "call", "err" })
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_frame f;
	struct vus_err err;

	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	f = vus_vring_fd_frame(s, message_of_fd(t),
			       s->queues[0].index | VUS_VRING_NOFD, wr);
	VUS_EXPECT(t, "ring_fds.nofd_with_fd",
		   vus_fe_classify(s, &f, NULL, NULL), VUS_ORDERLY,
		   "a message with bit 8 and a descriptor");
	vus_fd_close(&wr);
	VUS_CHECK(t, "ring_fds.nofd_with_fd", vus_pipe_released(t, rd),
		  "the descriptor that came with bit 8 is closed",
		  "the descriptor is still open %d ms after the next answer",
		  VUS_RELEASE_MS);
}

/* Neither a descriptor nor the bit: a descriptor number that is left over from
 * an earlier message must not be used. */
VUS_CASE(message_has_descriptor_or_bit_8,
	 .title = "a message with neither descriptor nor bit 8 is refused",
	 .rules = { "ring_fds.missing" }, .start = VUS_START_VRINGS,
	 .rows = { "kick", "call", "err" })
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f =
		vus_vring_fd_frame(s, message_of_fd(t), s->queues[0].index, -1);

	VUS_EXPECT_OBSERVABLE(t, "ring_fds.missing",
			      vus_fe_classify(s, &f, NULL, NULL),
			      VUS_REFUSED | VUS_CLOSED,
			      "a message with neither a descriptor nor bit 8");
}

/* Bits 9 to 63 of the payload have no meaning.  They may be ignored or
 * refused, and must not become part of the index. */
static const unsigned high_bits[] = { 9, 31, 32, 63 };

VUS_CASE(bits_beside_the_index_do_no_harm,
	 .title = "undefined bits of an event message reach no other ring",
	 .rules = { "ring_fds.high_bits" }, .start = VUS_START_RUNNING,
	 .rows = { "bit_9", "bit_31", "bit_32", "bit_63" })
{
	struct vus_session *s = vus_fe(t);
	const struct vus_queue *q = &s->queues[0];
	const struct vus_frame f = vus_vring_fd_frame(
		s, VUS_FE_SET_VRING_CALL, q->index | VUS_BIT(high_bits[t->row]),
		q->call.wr);
	enum vus_outcome outcome;
	struct vus_err err;

	if (s->driver)
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_fe_ping(s, 0, t->seed, &err), &err);
	outcome = vus_fe_classify(s, &f, NULL, NULL);
	VUS_EXPECT(t, "ring_fds.high_bits", outcome, VUS_ORDERLY,
		   "SET_VRING_CALL with an undefined bit");
	if (outcome != VUS_CLOSED && s->driver)
		VUS_STEP(t, vus_step_ping(t, "ring_fds.high_bits", 0,
					  t->seed + 1));
}

/* ---- a descriptor is replaced ---- */

/* Put a new notifier into `ev` and send it; `ret_old` takes over the old one.
 */
static bool swap(struct vus_session *s, uint32_t id, struct vus_event *ev,
		 struct vus_event *ret_old, struct vus_err *err)
{
	VUS_AUTO_EVENT new = VUS_EVENT_NONE;
	struct vus_frame f;

	if (!vus_event_open(s->notify, &new, err))
		return false;
	f = vus_vring_fd_frame(s, id, s->queues[0].index,
			       id == VUS_FE_SET_VRING_KICK ? new.rd : new.wr);
	if (!vus_fe_send_acked(s, &f, err))
		return false;
	*ret_old = *ev;
	*ev = new;
	new = VUS_EVENT_NONE;
	return true;
}

/* "Ring states": some settings change while rings are processed; a front-end
 * that masks an interrupt sets another call descriptor.  One event on a fresh
 * descriptor is allowed (ring_fds.call_extra_ok), so both are emptied first. */
VUS_CASE(new_call_descriptor_is_signalled,
	 .title = "calls go to the descriptor that was set last",
	 .rules = { "ring_fds.replace" }, .start = VUS_START_RUNNING,
	 .without_vf = VF(RING_EVENT_IDX), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	VUS_AUTO_EVENT old = VUS_EVENT_NONE;
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_CHECK(t, "ring_fds.replace",
		  swap(s, VUS_FE_SET_VRING_CALL, &q->call, &old, &err),
		  "another call descriptor is accepted while the ring runs",
		  "%s", err.text);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	vus_event_drain(old.rd, NULL);
	vus_event_drain(q->call.rd, NULL);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	VUS_CHECK(t, "ring_fds.replace", vus_step_wait_call(t, 0),
		  "the new call descriptor is signalled",
		  "no call came on the new descriptor; used.idx is %u",
		  q->ring->used->idx);
	VUS_CHECK(
		t, "ring_fds.replace", vus_step_fd_is_quiet(t, old.rd),
		"the old call descriptor is signalled no more",
		"the old call descriptor is signalled as well as the new one");
}

VUS_CASE(new_kick_descriptor_is_watched,
	 .title = "a kick on the descriptor that was set last is seen",
	 .rules = { "ring_fds.replace" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_EVENT old = VUS_EVENT_NONE;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	/* A back-end that still polls would find the next one without a kick.
	 */
	(void)vus_fe_ring_is_quiet(s, 0, t->quiet_ms);
	VUS_CHECK(
		t, "ring_fds.replace",
		swap(s, VUS_FE_SET_VRING_KICK, &s->queues[0].kick, &old, &err),
		"another kick descriptor is accepted while the ring runs", "%s",
		err.text);
	VUS_STEP(t, vus_step_ping(t, "ring_fds.replace", 0, t->seed + 1));
}

/* A pipe shows whether the replaced descriptor is closed. */
VUS_CASE(replaced_descriptor_is_closed,
	 .title = "a descriptor that another one replaced is closed",
	 .rules = { "ring_fds.replace" }, .start = VUS_START_VRINGS,
	 .rows = { "kick", "call", "err" })
{
	struct vus_session *s = vus_fe(t);
	const bool is_kick = message_of_fd(t) == VUS_FE_SET_VRING_KICK;
	VUS_AUTO_EVENT ev = VUS_EVENT_NONE, old = VUS_EVENT_NONE;
	struct vus_err err;

	s->notify = VUS_PIPE;
	VUS_PREREQ(t, "socket.notify_pipe_fallback",
		   swap(s, message_of_fd(t), &ev, &old, &err), &err);
	/* A back-end that writes into its kick descriptor cannot do so here: if
	 * it gives up, then because of the pipe. */
	(void)vus_fe_ring_is_quiet(s, 0, t->quiet_ms);
	VUS_PREREQ(t, "socket.notify_pipe_fallback", vus_fe_barrier(s, &err),
		   &err);
	s->notify = VUS_EVENTFD;
	VUS_CHECK(t, "ring_fds.replace",
		  swap(s, message_of_fd(t), &ev, &old, &err),
		  "another descriptor is accepted", "%s", err.text);
	vus_fd_close(is_kick ? &old.rd : &old.wr);
	VUS_CHECK(
		t, "ring_fds.replace",
		is_kick ? vus_pipe_reader_closed(t, old.wr)
			: vus_pipe_released(t, old.rd),
		"the replaced descriptor is closed",
		"the old descriptor is still open %d ms after it was replaced",
		VUS_RELEASE_MS);
}

/* Offer a request and set another kick descriptor at once, behind a request
 * that keeps the back-end busy: it finds kick and message together. */
static bool kick_and_swap(struct vus_ctx *t, uint64_t seed,
			  struct vus_event *ret_old, struct vus_err *err)
{
	const struct vus_frame ask =
		vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	VUS_AUTO_EVENT new = VUS_EVENT_NONE;
	VUS_AUTO_FRAME got = { 0 };
	struct vus_frame swap;
	struct vus_ping ping;

	if (!vus_event_open(s->notify, &new, err))
		return false;
	swap = vus_vring_fd_frame(s, VUS_FE_SET_VRING_KICK, q->index, new.rd);
	swap.flags &= ~VUS_FLAG_NEED_REPLY;
	if (!vus_fe_send_noack(s, &ask, err) ||
	    !vus_step_ping_offer(t, 0, seed, &ping) ||
	    !vus_fe_send_noack(s, &swap, err) ||
	    !vus_link_recv(&s->link, &got, vus_deadline_ms(s->request_ms), err))
		return false;
	*ret_old = q->kick;
	q->kick = new;
	new = VUS_EVENT_NONE;
	return true;
}

/* A kick that is pending on a descriptor when it is replaced still counts: the
 * driver will not kick again. */
VUS_CASE(swap_loses_no_kick,
	 .title = "a kick that is pending on a replaced descriptor is not lost",
	 .rules = { "ring_fds.replace_no_loss" }, .start = VUS_START_RUNNING,
	 .pings = true, .early = true)
{
	struct vus_session *s = vus_fe(t);
	const unsigned rounds = VUS_MIN(t->rounds, 200);
	struct vus_used used;
	struct vus_err err = { 0 };

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	for (unsigned i = 1; i <= rounds && vus_step_has_time(t); i++) {
		VUS_AUTO_EVENT old = VUS_EVENT_NONE;

		VUS_PREREQ(t, "ring_fds.replace",
			   kick_and_swap(t, t->seed + i, &old, &err), &err);
		VUS_CHECK(t, "ring_fds.replace_no_loss",
			  vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms),
					   &used, &err),
			  "a request that was kicked before SET_VRING_KICK is "
			  "served",
			  "%u such requests were served, and the next was not: "
			  "%s",
			  i - 1, err.text);
	}
}

/* ---- a descriptor that is full ---- */

/* Fill it and make it blocking, so that the back-end's writes wait. */
static bool fill_event(struct vus_event *ev, struct vus_err *err)
{
	const uint64_t one = 1, most = UINT64_MAX - 1;
	const int flags = fcntl(ev->wr, F_GETFL);

	vus_event_drain(ev->rd, NULL);
	if (ev->rd == ev->wr) {
		if (write(ev->wr, &most, sizeof(most)) != sizeof(most))
			return vus_fail_sys(err, "filling an eventfd");
	} else {
		while (write(ev->wr, &one, sizeof(one)) == sizeof(one))
			;
		if (errno != EAGAIN)
			return vus_fail_sys(err, "filling a pipe");
	}
	if (flags < 0 || fcntl(ev->wr, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return vus_fail_sys(err, "making a notifier wait");
	return true;
}

/* The front-end decides whether a descriptor blocks, and whether it is read.  A
 * back-end that waits for it serves nothing else meanwhile. */
static const enum vus_event_kind kinds[] = { VUS_EVENTFD, VUS_PIPE };

VUS_CASE(full_call_descriptor_blocks_nothing,
	 .title = "a call descriptor that is full does not block the back-end",
	 .rules = { "ring_fds.call_full" }, .start = VUS_START_MEMORY,
	 .without_vf = VF(RING_EVENT_IDX), .pings = true, .early = true,
	 .rows = { "eventfd", "pipe" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;

	s->notify = kinds[t->row];
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_SETUP(t, fill_event(&s->queues[0].call, &err), &err);
	/* Nobody else is harmed, and it may still wait for room when the
	 * session ends. */
	vus_end_breaks(t, "ring_fds.call_full");
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	VUS_CHECK(t, "ring_fds.call_full",
		  vus_step_wait_used_idx(t, 0, 2, &err) &&
			  vus_fe_barrier(s, &err),
		  "requests and messages are served while the call descriptor "
		  "is full",
		  "%s", err.text);
	/* A thread that waits for room in it must still be stopped. */
	VUS_CHECK(t, "ring_fds.call_full", vus_fe_queue_stop(s, 0, NULL, &err),
		  "the ring stops while its call descriptor is full", "%s",
		  err.text);
}

/* ---- errors ---- */

/* Offer a head beyond the descriptor table, which no device can serve. */
static bool break_ring(struct vus_session *s, struct vus_err *err)
{
	struct vus_queue *q = &s->queues[0];

	vus_split_put(q->ring, (uint16_t)q->num);
	vus_split_publish(q->ring);
	return vus_fe_kick(s, 0, err);
}

/* Is the error descriptor signalled before a request's deadline, or before the
 * peer closes the connection? */
static bool check_error_event(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	struct pollfd p[] = {
		{ .fd = s->queues[0].err.rd, .events = POLLIN },
		{ .fd = s->link.fd, .events = POLLRDHUP },
	};

	(void)vus_link_poll(&s->link, p, VUS_COUNT(p),
			    vus_deadline_ms(t->request_ms));
	return vus_poll_one(p[0].fd, POLLIN, 0) == 1;
}

/* "VHOST_USER_SET_VRING_ERR": the descriptor is signalled when an error
 * occurs.  Few back-ends do. */
VUS_CASE(ring_error_is_signalled,
	 .title = "an error of a ring is signalled on its err descriptor",
	 .rules = { "ring_fds.err_signal" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_SETUP(t, break_ring(s, &err), &err);
	VUS_CHECK(t, "ring_fds.err_signal", check_error_event(t),
		  "an error of the ring is signalled on the err descriptor",
		  "descriptor %u of a ring of %u was offered, and no error was "
		  "signalled",
		  s->queues[0].num, s->queues[0].num);
}

/* The same heading: with bit 8 there is no descriptor, and the one that was set
 * before is not used.  Judged where an error was just seen to be signalled. */
VUS_CASE(ring_without_err_breaks_in_silence,
	 .title = "with bit 8 in SET_VRING_ERR the old descriptor is not "
		  "signalled",
	 .rules = { "ring_fds.nofd_err" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const int rd = s->queues[0].err.rd;
	struct vus_err err;

	VUS_SETUP(t, break_ring(s, &err), &err);
	if (!check_error_event(t))
		VUS_SKIP(t, "the back-end signals no error of a ring");
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	vus_fe_queue_reset(s, 0, 0);
	VUS_STEP(t, vus_step_ring_restart(t, 0, 0));
	VUS_PREREQ(t, "ring_restart.new_base", vus_fe_ping(s, 0, t->seed, &err),
		   &err);
	VUS_CHECK(t, "ring_fds.nofd_err",
		  send_nofd(s, VUS_FE_SET_VRING_ERR, &err),
		  "SET_VRING_ERR with bit 8 and no descriptor is accepted",
		  "%s", err.text);
	vus_event_drain(rd, NULL);
	VUS_SETUP(t, break_ring(s, &err), &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_CHECK(t, "ring_fds.nofd_err", vus_step_fd_is_quiet(t, rd),
		  "the err descriptor that bit 8 took away is not signalled",
		  "the err descriptor that bit 8 took away was signalled");
}
