/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_live_changes.c — what may be changed or set while a ring runs. */
#include "fixture/places.h"
#include "fixture/rings.h"

#include "base/own.h"
#include "base/rand.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- a call descriptor that comes late ---- */

/* Set ring 0 up and start it without SET_VRING_CALL. */
static bool start_without_call(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_queue *q = &s->queues[0];
	struct vus_err err = { 0 };
	struct vus_frame kick;

	if (!vus_step_setup_companions(t) ||
	    !vus_step_setup(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err) ||
	    !vus_step_ring_send_num(t, 0))
		return false;
	kick = vus_vring_fd_frame(s, VUS_FE_SET_VRING_KICK, q->index,
				  q->kick.rd);
	if (vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index, 0, &err) &&
	    vus_fe_queue_send_addr(s, 0, &err) &&
	    vus_fe_send_acked(s, &kick, &err))
		return vus_step_ring_enable(t, 0);
	vus_prereq_failed(t, "ring_state.any_order", &err);
	return false;
}

/* "derived": no heading says that a ring starts only when its call descriptor
 * is set.  A completion before that is signalled then, or with the next one.  A
 * back-end may also serve nothing until it is set. */
VUS_CASE(late_call_descriptor_is_used,
	 .title = "a call descriptor that comes after a request is signalled",
	 .rules = { "ring_fds.call_late" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	static const char rule[] = "ring_fds.call_late";
	struct vus_session *s = vus_fe(t);
	const struct vus_queue *q = &s->queues[0];
	struct vus_ping first, next;
	struct vus_frame call;
	struct vus_err err;

	VUS_STEP(t, start_without_call(t));
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &first));
	/* Until it is served, or seems to wait. */
	(void)vus_fe_ring_is_quiet(s, 0, t->quiet_ms);
	VUS_CHECK(t, rule, vus_fe_barrier(s, &err),
		  "a running ring without a call descriptor leaves the session "
		  "alive",
		  "%s", err.text);
	call = vus_vring_fd_frame(s, VUS_FE_SET_VRING_CALL, q->index,
				  q->call.wr);
	VUS_CHECK(t, rule,
		  vus_fe_send_acked(s, &call, &err) && vus_fe_barrier(s, &err),
		  "SET_VRING_CALL is accepted while the ring runs", "%s",
		  err.text);
	VUS_CHECK(t, rule,
		  vus_step_wait_used_idx(
			  t, 0, (uint16_t)(q->ring->used_seen + 1), &err),
		  "a request is served once the call descriptor is set",
		  "with the call descriptor set: %s", err.text);
	if (vus_poll_one(q->call.rd, POLLIN, vus_deadline_ms(1)) != 1) {
		vus_split_set_used_event(q->ring,
					 (uint16_t)(q->ring->used_seen + 1));
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &next));
	}
	VUS_CHECK(t, rule, vus_step_wait_call(t, 0),
		  "a completion is signalled on the call descriptor that came "
		  "late",
		  "neither the request before the call descriptor came nor the "
		  "next one was signalled; used.idx is %u",
		  q->ring->used->idx);
}

/* ---- changes while requests are pending ---- */

/* A message that must not disturb a running ring. */
static bool change(struct vus_session *s, unsigned what, bool odd,
		   struct vus_err *err)
{
	const struct vus_queue *q = &s->queues[0];
	struct vus_frame f;

	switch (what) {
	case 0:
		f = vus_vring_fd_frame(s, VUS_FE_SET_VRING_CALL, q->index,
				       q->call.wr);
		break;
	case 1:
		f = vus_vring_fd_frame(s, VUS_FE_SET_VRING_ERR, q->index,
				       q->err.wr);
		break;
	default:
		f = s->pf & PF(CONFIGURE_MEM_SLOTS)
			    ? vus_second_region_frame(s,
						      odd ? VUS_FE_REM_MEM_REG
							  : VUS_FE_ADD_MEM_REG)
			    : vus_fe_mem_table_frame(s);
		break;
	}
	return vus_fe_send_acked(s, &f, err);
}

/* "Ring states": "while processing the rings (whether they are enabled or not),
 * the back-end must support changing some configuration aspects on the fly".
 * Each is judged alone elsewhere; here they are mixed, each while a request is
 * pending. */
VUS_CASE(running_ring_takes_changes,
	 .title = "descriptors and memory may change while requests are served",
	 .rules = { "ring_state.change_live" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	static const char rule[] = "ring_state.change_live";
	const unsigned rounds = 2 + t->rounds / 100;
	struct vus_session *s = vus_fe(t);
	const uint64_t cursor = s->guest.cursor;
	struct vus_rand rand = { t->seed };
	struct vus_ping ping;
	struct vus_err err;
	bool odd = false;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	for (unsigned i = 1; i <= rounds && vus_step_has_time(t); i++) {
		const unsigned what = (unsigned)vus_rand_below(&rand, 3);

		s->guest.cursor = cursor;
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
		VUS_CHECK(t, rule, change(s, what, odd, &err),
			  "the change is accepted while a request is pending",
			  "%s", err.text);
		odd ^= what == 2;
		VUS_STEP(t, vus_step_ping_wait(t, rule, 0, &ping));
	}
}

/* ---- logging ---- */

/* Send a log's memory, which needs LOG_SHMFD. */
static bool send_log_fd(struct vus_ctx *t, int *ret_fd,
			enum vus_outcome *ret_outcome)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_LOG_BASE);
	struct vus_err err;

	*ret_fd = memfd_create("log", MFD_CLOEXEC);
	f.body.log.size = vus_place_log_bytes(&s->guest);
	f.fds[0] = *ret_fd;
	f.nfds = 1;
	if (*ret_fd < 0 || ftruncate(*ret_fd, (off_t)f.body.log.size) < 0) {
		(void)vus_fail_sys(&err, "a memfd for a log");
		return vus_step_setup(t, false, &err);
	}
	*ret_outcome = vus_fe_classify(s, &f, NULL, NULL);
	return true;
}

static bool set_log_fd(struct vus_ctx *t, int *ret_fd)
{
	enum vus_outcome outcome;
	struct vus_err err;

	if (!send_log_fd(t, ret_fd, &outcome))
		return false;
	if (outcome == VUS_ACCEPTED)
		return true;
	(void)vus_fail(&err, VUS_ERR_REFUSED, "SET_LOG_BASE was not answered");
	vus_prereq_failed(t, "dirty_log.base.reply", &err);
	return false;
}

/* "Communication": a back-end that has LOG_SHMFD replies to SET_LOG_BASE. */
VUS_CASE(log_is_answered, .title = "SET_LOG_BASE is answered",
	 .rules = { "dirty_log.base.reply" }, .start = VUS_START_MEMORY,
	 .needs = PF(LOG_SHMFD))
{
	enum vus_outcome outcome;
	VUS_AUTO_FD log = -1;

	VUS_STEP(t, send_log_fd(t, &log, &outcome));
	VUS_EXPECT(t, "dirty_log.base.reply", outcome, VUS_ACCEPTED,
		   "SET_LOG_BASE with a log");
}

/* "Migration": dirty logging is switched on and off by SET_FEATURES with and
 * without VHOST_F_LOG_ALL while the rings run; nothing else changes. */
VUS_CASE(logging_is_switched_while_running,
	 .title = "changing only LOG_ALL does not stop requests",
	 .rules = { "features.log_all_live" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(LOG_ALL), .without_vf = VF(LOG_ALL), .pings = true)
{
	static const char rule[] = "features.log_all_live";
	struct vus_session *s = vus_fe(t);
	const uint64_t cursor = s->guest.cursor;
	VUS_AUTO_FD log = -1;
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	if ((s->pf & PF(LOG_SHMFD)) && !set_log_fd(t, &log))
		return;
	for (unsigned i = 1; i <= 2 + t->rounds / 200 * 2; i++) {
		s->guest.cursor = cursor;
		s->features ^= VF(LOG_ALL);
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
		VUS_CHECK(t, rule,
			  vus_fe_set_u64(s, VUS_FE_SET_FEATURES, s->features,
					 &err),
			  "SET_FEATURES that differs in LOG_ALL is accepted "
			  "while a request is pending",
			  "%s", err.text);
		VUS_STEP(t, vus_step_ping_wait(t, rule, 0, &ping));
		VUS_STEP(t, vus_step_ping(t, rule, 0, t->seed + i + 1));
	}
}
