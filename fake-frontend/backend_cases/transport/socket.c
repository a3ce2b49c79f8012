/* SPDX-License-Identifier: BSD-3-Clause */
/* socket.c — kick and call descriptors of each kind, and sockets that are
 * closed at a bad moment. */
#include "fixture/sessions.h"
#include "fixture/steps.h"

#include "base/clock.h"
#include "base/own.h"
#include "proc/idle.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* ---- kick and call descriptors ---- */

/* "Support for platforms other than Linux": an event is an 8-byte value, whose
 * content means nothing.  The lower 32 bits of the last value are zero. */
VUS_CASE(event_values_mean_nothing,
	 .title = "a kick counts whatever value is written",
	 .rules = { "socket.notify_value_opaque" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	static const uint64_t values[] = { 1, 2, 0x1234567890,
					   UINT64_C(1) << 32 };
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head;

	for (size_t i = 0; i < VUS_COUNT(values); i++) {
		VUS_STEP(t, vus_step_ping_add(t, 0, t->seed + i, &ping, &head));
		vus_split_put(s->queues[0].ring, head);
		vus_split_publish(s->queues[0].ring);
		vus_note(t, "kick with value 0x%" PRIx64, values[i]);
		VUS_SETUP(
			t,
			vus_event_signal(s->queues[0].kick.wr, values[i], &err),
			&err);
		VUS_STEP(t, vus_step_ping_wait(t, "socket.notify_value_opaque",
					       0, &ping));
	}
}

/* Did the back-end refuse one of the event descriptors? */
static bool stopped_at_notifiers(const struct vus_session *s)
{
	return s->last_id == VUS_FE_SET_VRING_KICK ||
	       s->last_id == VUS_FE_SET_VRING_CALL ||
	       s->last_id == VUS_FE_SET_VRING_ERR;
}

/* Set ring 0 up with pipes; with a rule, judge that they are accepted. */
static bool set_up_with_pipes(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	bool ok;

	if (!vus_step_setup_companions(t))
		return false;
	s->notify = VUS_PIPE;
	ok = vus_fe_queue_setup(s, 0, 0, 0, &err);
	if (!ok && rule && stopped_at_notifiers(s))
		return vus_check(t, rule, ok,
				 "pipes are accepted as kick, call and error "
				 "descriptors",
				 "%s", err.text);
	if (!ok && stopped_at_notifiers(s))
		return vus_step_prereq(t, "socket.notify_pipe_fallback", ok,
				       &err);
	if (ok && (s->features & VF(PROTOCOL_FEATURES)))
		ok = vus_fe_queue_enable(s, 0, true, &err);
	return vus_step_bring_up(t, ok, &err);
}

/* The same heading: a front-end without eventfd falls back to pipes. */
VUS_CASE(pipes_serve_as_notifiers,
	 .title = "a ring whose kick and call descriptors are pipes is served",
	 .rules = { "socket.notify_pipe_fallback" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	VUS_STEP(t, set_up_with_pipes(t, "socket.notify_pipe_fallback"));
	VUS_STEP(t,
		 vus_step_ping(t, "socket.notify_pipe_fallback", 0, t->seed));
	VUS_STEP(t, vus_step_ping(t, "socket.notify_pipe_fallback", 0,
				  t->seed + 1));
}

/* The same heading: a pipe shows how many bytes were written for an event. */
VUS_CASE(calls_are_eight_bytes, .title = "a call is one write of 8 bytes",
	 .rules = { "socket.notify_eight_bytes" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;
	int rd, waiting = 0;

	VUS_STEP(t, set_up_with_pipes(t, NULL));
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
	rd = s->queues[0].call.rd;
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_step_wait_used_idx(t, 0, 1, &err), &err);
	(void)vus_fail(&err, VUS_ERR_TIMEOUT, "no call came");
	VUS_PREREQ(t, "ring_fds.replace",
		   vus_step_wait_call(t, 0) &&
			   ioctl(rd, FIONREAD, &waiting) == 0,
		   &err);
	VUS_CHECK(t, "socket.notify_eight_bytes", waiting % 8 == 0,
		  "the pipe of the call descriptor holds writes of 8 bytes",
		  "the pipe of the call descriptor holds %d bytes", waiting);
}

/* ---- several connections ---- */

#define GUESTS 3

/* The specification does not mention a second front-end: it may be refused,
 * served or kept waiting, as long as the first session is not affected. */
VUS_CASE(first_session_goes_on_beside_others,
	 .title = "other connections do not disturb the running session",
	 .rules = { "socket.second_connection" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	if (!vus_fe_reach(t)->socket[0])
		VUS_SKIP(t, VUS_NO_SECOND_CONNECTION);
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	for (unsigned round = 0; round < GUESTS; round++) {
		int others[GUESTS];

		for (unsigned i = 0; i < GUESTS; i++)
			others[i] = vus_fe_connect_another(t);
		vus_note(t, "%d others connected", GUESTS);
		VUS_STEP(t, vus_step_ping(t, "socket.second_connection", 0,
					  t->seed));
		/* Each round closes another one first. */
		for (unsigned i = 0; i < GUESTS; i++)
			vus_fd_close(&others[(round + i) % GUESTS]);
		VUS_CHECK(t, "socket.second_connection",
			  vus_fe_barrier(s, &err),
			  "the first session is answered while others come and "
			  "go",
			  "%s", err.text);
		VUS_STEP(t, vus_step_ping(t, "socket.second_connection", 0,
					  t->seed + 1));
	}
}

/* ---- closed at a bad moment ---- */

/* Offer up to `n` pings at once (what has room), and kick. */
static bool offer_many(struct vus_ctx *t, unsigned n)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_err err = { 0 };

	for (unsigned i = 0; i < n; i++) {
		struct vus_ping ping;
		uint16_t head;

		if (ring->nfree < VUS_PING_SEGS)
			break;
		if (!vus_step_ping_add(t, 0, t->seed + i, &ping, &head))
			return false;
		vus_split_put(ring, head);
	}
	vus_split_publish(ring);
	return vus_step_setup(t, vus_fe_kick(s, 0, &err), &err);
}

static const unsigned depths[] = { 1, 8, 65536 };

/* Requests that are being served use the guest's memory, which is unmapped with
 * the session: they must be finished or dropped before. */
VUS_CASE(requests_in_flight_end_with_their_session,
	 .title = "after a session that ended with requests in flight the next "
		  "is served",
	 .rules = { "socket.disconnect_inflight" }, .start = VUS_START_RUNNING,
	 .pings = true, .rows = { "one", "eight", "full_ring" })
{
	for (unsigned round = 0; round < 3; round++) {
		VUS_STEP(t, offer_many(t, depths[t->row]));
		if (vus_fe_reconnect(VUS_AT(t), "socket.disconnect_inflight",
				     VUS_START_RUNNING) != VUS_RECONNECT_OK)
			return;
		VUS_STEP(t, vus_step_ping(t, "socket.disconnect_inflight", 0,
					  t->seed + round));
	}
}

/* The front-end may still write to a kick descriptor after the socket that it
 * came over is closed. */
VUS_CASE(kicks_of_a_closed_session_do_no_harm,
	 .title = "kicks after the end of their session do no harm",
	 .rules = { "socket.kick_after_close" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	uint64_t until;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	vus_link_close(&s->link);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	until = vus_deadline_ms(t->quiet_ms);
	while (vus_remaining_ms(until) > 0) {
		VUS_SETUP(t, vus_event_signal(s->queues[0].kick.wr, 1, &err),
			  &err);
		vus_pause(VUS_MIN(until, vus_deadline_ms(1)));
	}
	if (vus_fe_reconnect(VUS_AT(t), "socket.kick_after_close",
			     VUS_START_RUNNING) == VUS_RECONNECT_OK)
		(void)vus_step_ping(t, "socket.kick_after_close", 0,
				    t->seed + 2);
}

/* A write to a closed socket fails with EPIPE, and raises SIGPIPE in a program
 * that does not ignore it. */
VUS_CASE(reply_to_a_closed_socket_is_survived,
	 .title = "a request of a front-end that has closed ends its session "
		  "only",
	 .rules = { "socket.reply_to_closed" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "closed", "shut_for_reading" })
{
	const struct vus_frame ask =
		vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	if (t->row == 1)
		(void)shutdown(s->link.fd, SHUT_RD);
	/* Enough that some are unanswered when the connection ends. */
	for (unsigned i = 0; i < 200; i++) {
		/* The back-end may have closed by now. */
		if (!vus_link_send(&s->link, &ask, NULL,
				   vus_deadline_ms(t->request_ms), &err))
			break;
	}
	(void)vus_fe_reconnect(VUS_AT(t), "socket.reply_to_closed",
			       VUS_START_NEGOTIATED);
}

/* ---- idle ---- */

/* Watch until it is idle, or has been busy for longer than the end of a session
 * takes. */
static bool wait_idle(struct vus_ctx *t, pid_t pid, struct vus_err *err)
{
	struct vus_idle w;

	return !vus_idle_begin(&w, pid) || /* it has ended */
	       vus_idle_wait(&w, vus_peer_pidfd(t)) != VUS_CPU_SPINS ||
	       vus_fail(err, VUS_ERR_PROTOCOL,
			"the process still uses %u %% of a processor",
			vus_idle_percent(&w));
}

/* May the process be busy in the state that the row has made?  What it does
 * with a ring is not known of all. */
static bool may_poll(const struct vus_ctx *t)
{
	const struct vus_reach *reach = vus_fe_reach(t);

	return !reach->no_polling && (reach->polls || t->row == 1);
}

/* A back-end without anything to do waits, in a session and behind it.  One
 * that polls by nature was busy in the first session, too, and is not judged.
 */
VUS_CASE(waiting_uses_no_processor,
	 .title = "with nothing to do the back-end waits without spinning",
	 .rules = { "socket.idle_quiet" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "after_negotiation", "with_a_ring", "half_closed" })
{
	struct vus_session *s = vus_fe(t);
	const pid_t pid = vus_peer_server(t, s->link.fd);
	struct vus_err err = { 0 };
	bool busy;

	if (pid == 0)
		VUS_SKIP(t, "the peer's process is not ours to watch");
	if (t->row == 1) {
		VUS_STEP(t, vus_step_announce_memory(t));
		VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	}
	busy = vus_idle_is_polling(pid);
	if (busy && may_poll(t))
		VUS_SKIP(t, "busy before the session's end, too");
	/* What got too little time to show that it rests does not spin. */
	VUS_CHECK(t, "socket.idle_quiet", !busy || wait_idle(t, pid, &err),
		  "the process rests while the session is idle",
		  "no message and no request is pending, and %s", err.text);
	if (t->row == 2)
		(void)shutdown(s->link.fd, SHUT_WR);
	else
		vus_link_close(&s->link);
	VUS_CHECK(t, "socket.idle_quiet", wait_idle(t, pid, &err),
		  "the process waits without using the processor", "%s",
		  err.text);
}

/* An event that nobody reads keeps its descriptor readable, and a back-end that
 * waits for it never waits again.  One that rests as soon as the event is taken
 * away was kept busy by it; any other that is busy polls. */
VUS_CASE(waiting_uses_no_processor_after_a_request,
	 .title = "after a request the back-end waits without spinning",
	 .rules = { "socket.idle_quiet" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const pid_t pid = vus_peer_server(t, s->link.fd);
	struct vus_err err = { 0 };
	uint64_t unread = 0;
	bool busy;

	if (pid == 0)
		VUS_SKIP(t, "the peer's process is not ours to watch");
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	busy = vus_idle_is_polling(pid) && !wait_idle(t, pid, &err);
	if (busy) {
		(void)vus_event_drain(s->queues[0].kick.rd, &unread);
		if ((unread == 0 || vus_idle_is_polling(pid)) &&
		    !vus_fe_reach(t)->no_polling)
			VUS_SKIP(t, "busy whether it was kicked or not");
	}
	VUS_CHECK(t, "socket.idle_quiet", !busy,
		  "the process rests when a request was served",
		  "%s; its kick descriptor held %s", err.text,
		  unread > 0 ? "an event that it had not read" : "no event");
}

/* ---- signals ---- */

/* Stop the process and wait until it is stopped. */
static bool stop_process(struct vus_ctx *t, pid_t pid, struct vus_err *err)
{
	const uint64_t deadline = vus_deadline_ms(t->request_ms);
	char state = 0;

	if (kill(pid, SIGSTOP) < 0)
		return vus_fail_sys(err, "stopping process %d", (int)pid);
	while (vus_proc_state(pid, &state, err) && state != 'T') {
		if (vus_remaining_ms(deadline) == 0)
			return vus_fail(err, VUS_ERR_SYSTEM,
					"process %d does not stop", (int)pid);
		vus_pause(VUS_MIN(deadline, vus_deadline_ms(1)));
	}
	return state == 'T';
}

/* A debugger, a suspended terminal or a frozen container stops a program at any
 * place.  System calls that wait may return early when it is continued. */
VUS_CASE(stopped_program_goes_on,
	 .title = "a stopped and continued back-end answers and serves",
	 .rules = { "socket.eintr" }, .start = VUS_START_RUNNING, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const pid_t pid = vus_peer_server(t, s->link.fd);
	struct vus_err err = { 0 };

	if (pid == 0)
		VUS_SKIP(t, "the peer's process is not ours to stop");
	for (unsigned i = 0; i < 8; i++) {
		const bool stopped = stop_process(t, pid, &err);

		(void)kill(pid, SIGCONT);
		if (!stopped)
			VUS_UNOBSERVABLE(t, &err);
		VUS_CHECK(t, "socket.eintr", vus_fe_barrier(s, &err),
			  "after SIGSTOP and SIGCONT the next request is "
			  "answered",
			  "%s", err.text);
		VUS_STEP(t, vus_step_ping(t, "socket.eintr", 0, t->seed + i));
	}
}
