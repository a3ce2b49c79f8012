/* SPDX-License-Identifier: BSD-3-Clause */
/* fd_limits.c — back-ends with very many descriptors, and with none left. */
#include "fixture/sessions.h"
#include "fixture/rings.h"

#include "base/own.h"
#include "run/case_program.h"
#include "proc/fd_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- numbers above 1023 ---- */

/* More than FD_SETSIZE, the limit of select(). */
#define TAKEN 1100

/* Negotiate, announce memory, set up the rings and serve a ping.  Other cases
 * judge each of these. */
static bool bring_up_another(struct vus_ctx *t, struct vus_err *err)
{
	struct vus_session *s = vus_fe(t);
	const unsigned first = VUS_MAX_QUEUES - s->ncompanions;

	if (!vus_fe_negotiate(s, vus_fe_wanted_features(t),
			      vus_fe_wanted_protocol_features(t), err) ||
	    !vus_guest_plain(&s->guest, t->memory, t->memory_path,
			     t->memory_size, 0, err) ||
	    !vus_fe_announce_memory(s, err))
		return false;
	for (unsigned i = first; i <= VUS_MAX_QUEUES; i++) {
		const unsigned queue = i % VUS_MAX_QUEUES; /* 0 is the last */

		if (!vus_fe_queue_setup(s, queue, 0, 0, err) ||
		    ((s->features & VF(PROTOCOL_FEATURES)) &&
		     !vus_fe_queue_enable(s, queue, true, err)))
			return false;
	}
	return vus_fe_ping(s, 0, t->seed, err);
}

/* A program that was started for the case. */
struct another {
	struct vus_case_program p;
	char path[108];
};

static void stop_another(struct another *a)
{
	vus_case_program_stop(&a->p);
}
#define ANOTHER_NONE ((struct another){ .p = VUS_CASE_PROGRAM_NONE })
#define AUTO_ANOTHER __attribute__((cleanup(stop_another))) struct another

/* A folder for it inside the instance's folder, and removed together with
 * that. */
static bool make_folder(const struct vus_ctx *t, char folder[100],
			char path[108], struct vus_err *err)
{
	(void)snprintf(folder, 100, "%.80s/XXXXXX", vus_fe_reach(t)->folder);
	if (!mkdtemp(folder))
		return vus_fail_sys(err, "a folder for another program");
	(void)snprintf(path, 108, "%s/dir", folder);
	if (mkdir(path, 0700) < 0)
		return vus_fail_sys(err, "%s", path);
	(void)snprintf(path, 108, "%s/s", folder);
	return true;
}

/* Start it with its descriptors below `taken` in use, and open a session with
 * it. */
static bool start_another(struct vus_ctx *t, struct another *a, unsigned taken,
			  struct vus_err *err)
{
	char folder[100];
	pid_t pid;

	if (!make_folder(t, folder, a->path, err) ||
	    !vus_case_program_start_crowded(&a->p, vus_fe_reach(t), folder,
					    taken, err) ||
	    !vus_fe_connect_to(t, a->path, a->p.child.pidfd, err) ||
	    !vus_proc_of_socket(vus_fe(t)->link.fd, &pid, err))
		return false;
	if (getpgid(pid) != a->p.child.pid)
		return vus_fail(err, VUS_ERR_USAGE,
				"another process than that which was started "
				"listens at %s",
				a->path);
	return bring_up_another(t, err);
}

static bool serves_with(struct vus_ctx *t, unsigned taken, struct vus_err *err)
{
	AUTO_ANOTHER a = ANOTHER_NONE;
	const bool served = start_another(t, &a, taken, err);

	/* The program ends with this function, before the fixture would close
	 * the session. */
	vus_fe_close(vus_fe(t));
	return served;
}

/* "derived": a daemon that serves many guests has many descriptors, and one
 * that was started by another inherits some.  select() then writes beyond its
 * sets. */
VUS_CASE(high_numbers_work,
	 .title = "a back-end with 1100 open descriptors serves a session",
	 .rules = { "fds.high_numbers" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_err err = { 0 }, alone;
	bool served;

	if (!vus_fe_reach(t)->words)
		VUS_SKIP(t, "the back-end was not started by vuspec");
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(vus_fe(t), 0, t->seed, &err), &err);
	served = serves_with(t, TAKEN, &err);
	if (!served && err.kind == VUS_ERR_USAGE)
		VUS_SKIP(t, "%s", err.text);
	VUS_SETUP(t, served || err.kind != VUS_ERR_SYSTEM, &err);
	if (!served && !serves_with(t, 0, &alone))
		VUS_SKIP(t, "a second one cannot be started beside the first");
	VUS_CHECK(t, "fds.high_numbers", served,
		  "a session is served by a back-end that has 1100 other "
		  "descriptors open",
		  "%u other descriptors open: %s; without them a session is "
		  "served",
		  TAKEN, err.text);
}

/* ---- no descriptor left ---- */

/* Enough for vus_fd_limit_begin() to take the last ones away (fd_limit.h). */
#define CROWD 256

/* Does that process hold descriptors of this session?  A daemon may listen in
 * one process and serve in another, whose limit is not lowered. */
static bool serves_us(const struct vus_session *s, pid_t pid)
{
	struct vus_file_id ids[2];
	struct vus_held_files n;
	struct vus_err err;

	return vus_proc_identify(s->guest.backings[0].fd, &ids[0]) &&
	       vus_proc_identify(s->queues[0].call.wr, &ids[1]) &&
	       vus_proc_holds(pid, ids, 2, &n, &err) && n.fds + n.maps > 0;
}

/* False: the case is skipped, since there is no such program or its descriptors
 * cannot be limited. */
static bool start_crowded(struct vus_ctx *t, struct another *a, pid_t *ret_pid)
{
	struct vus_err err = { 0 };

	if (!vus_fe_reach(t)->words) {
		vus_skip(t, "the back-end was not started by vuspec");
		return false;
	}
	if (!start_another(t, a, CROWD, &err) ||
	    !vus_proc_of_socket(vus_fe(t)->link.fd, ret_pid, &err))
		vus_skip(t,
			 "a second one cannot be started beside the first: %s",
			 err.text);
	else if (!serves_us(vus_fe(t), *ret_pid))
		vus_skip(t, "the process that listens is not seen to serve");
	else
		return true;
	vus_fe_close(vus_fe(t));
	return false;
}

/* It exited by itself, and can be started again. */
static bool another_has_exited(struct vus_ctx *t, struct another *a)
{
	struct pollfd p = { .fd = a->p.child.pidfd, .events = POLLIN };
	struct vus_settle v =
		vus_settle_begin(a->p.child.pid, t->quiet_ms, false);
	int status;

	while (vus_poll(&p, 1, 0) == 0 && vus_settle_again(&v, &p, 1))
		continue;
	if (!vus_case_program_ended(&a->p, vus_now(), &status) ||
	    !WIFEXITED(status))
		return false;
	vus_note(t, "it ended with status %d", WEXITSTATUS(status));
	return true;
}

/* Judge that a new session is served; the one before is over. */
static bool check_new_session(struct vus_ctx *t, struct another *a)
{
	struct vus_err err = { 0 };
	bool served = vus_fe_connect_to(t, a->path, a->p.child.pidfd, &err) &&
		      bring_up_another(t, &err);

	vus_fe_close(vus_fe(t));
	if (!served)
		served = another_has_exited(t, a);
	return vus_check(
		t, "fds.exhaustion_recovers", served,
		"a new session is served once descriptors are free again",
		"after descriptors were freed: %s", err.text);
}

/* The message that brings a call descriptor, or more memory. */
static struct vus_frame frame_with_fd(const struct vus_session *s, bool call)
{
	struct vus_frame f;

	if (call)
		return vus_vring_fd_frame(s, VUS_FE_SET_VRING_CALL,
					  s->queues[0].index,
					  s->queues[0].call.wr);
	f = s->pf & PF(CONFIGURE_MEM_SLOTS)
		    ? vus_second_region_frame(s, VUS_FE_ADD_MEM_REG)
		    : vus_fe_mem_table_frame(s);
	return f;
}

/* Judge that the message that was refused is accepted now. */
static bool check_message_accepted(struct vus_ctx *t, const struct vus_frame *f,
				   bool call)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	return vus_check(
		t, "fds.exhaustion_recovers",
		vus_fe_send_acked(s, f, &err) &&
			(!call || vus_fe_ping(s, 0, t->seed + 1, &err)),
		"the same message takes effect once descriptors are free again",
		"after descriptors were freed: %s", err.text);
}

/* "derived": recvmsg() drops a descriptor for which there is no room, and sets
 * MSG_CTRUNC. The message must not be carried out, least of all as one that
 * says that no descriptor comes. */
VUS_CASE(message_that_lost_its_descriptor_is_refused,
	 .title = "a message whose descriptor could not be received is refused",
	 .rules = { "fds.exhaustion_recovers" }, .start = VUS_START_NEGOTIATED,
	 .pings = true, .rows = { "call", "memory" })
{
	const bool call = t->row == 0;
	VUS_AUTO_FD_LIMIT shortage = { 0 };
	enum vus_outcome outcome;
	AUTO_ANOTHER a = ANOTHER_NONE;
	struct vus_frame f;
	struct vus_err err;
	pid_t pid;

	VUS_STEP(t, start_crowded(t, &a, &pid));
	f = frame_with_fd(vus_fe(t), call);
	if (!vus_fd_limit_begin(&shortage, pid, &err))
		VUS_UNOBSERVABLE(t, &err);
	outcome = vus_step_classify(t, &f, NULL);
	vus_fd_limit_end(&shortage);
	VUS_EXPECT_OBSERVABLE(
		t, "fds.exhaustion_recovers", outcome, VUS_REFUSED | VUS_CLOSED,
		call ? "SET_VRING_CALL whose descriptor was not received"
		     : "a memory region whose descriptor was not received");
	if (outcome == VUS_REFUSED)
		(void)check_message_accepted(VUS_AT(t), &f, call);
	else
		(void)check_new_session(VUS_AT(t), &a);
	vus_fe_close(vus_fe(t));
}

/* How long the descriptors of a closed session may take to be released, ms;
 * longer while the process is busy. */
#define RELEASE_MS 200

static bool wait_for_release(pid_t pid, unsigned before, struct vus_err *err)
{
	struct vus_settle v = vus_settle_begin(pid, RELEASE_MS, false);
	unsigned now;

	do {
		if (!vus_proc_fds(pid, &now, err))
			return false;
	} while (now >= before && vus_settle_again(&v, NULL, 0));
	return true;
}

/* Connect, while the connection cannot be accepted. */
static bool connect_without_room(struct vus_ctx *t, const struct another *a,
				 pid_t pid, struct vus_err *err)
{
	uint64_t value;
	struct vus_settle v;

	if (!vus_fe_connect_to(t, a->path, a->p.child.pidfd, err))
		return false;
	vus_fe(t)->request_ms = t->quiet_ms;
	if (vus_fe_get_u64(vus_fe(t), VUS_FE_GET_FEATURES, &value, err))
		vus_note(t, "the connection is served, although no descriptor "
			    "was left");
	v = vus_settle_begin(pid, 0, true);
	while (vus_settle_again(&v, NULL, 0))
		continue;
	return true;
}

/* The same for accept(): a back-end that cannot accept a connection accepts the
 * next one when a descriptor is free. */
VUS_CASE(connections_are_accepted_again,
	 .title = "after a connection could not be accepted the next one is "
		  "served",
	 .rules = { "fds.exhaustion_recovers" }, .start = VUS_START_NEGOTIATED,
	 .pings = true, .early = true)
{
	VUS_AUTO_FD_LIMIT shortage = { 0 };
	struct vus_err err = { 0 };
	AUTO_ANOTHER a = ANOTHER_NONE;
	unsigned before;
	bool seen, connected = false;
	pid_t pid;

	VUS_STEP(t, start_crowded(t, &a, &pid));
	if (!vus_proc_fds(pid, &before, &err))
		VUS_UNOBSERVABLE(t, &err);
	vus_fe_close(vus_fe(t));
	seen = wait_for_release(pid, before, &err) &&
	       vus_fd_limit_begin(&shortage, pid, &err);
	if (seen)
		connected = connect_without_room(t, &a, pid, &err);
	vus_fd_limit_end(&shortage);
	if (!connected && another_has_exited(t, &a))
		VUS_SKIP(t, "the back-end serves one connection");
	if (!seen)
		VUS_UNOBSERVABLE(t, &err);
	if (!connected)
		VUS_SKIP(t, "%s", err.text);
	VUS_STEP(t, check_new_session(t, &a));
}
