/* SPDX-License-Identifier: BSD-3-Clause */
/* fd_limits.c — a back-end with very many descriptors, and one with none left.
 */
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

/* What select() can name, and some more. */
#define TAKEN 1100

/* From SET_OWNER to a verified request, all of it judged elsewhere. */
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

/* A folder for it in the instance's, with which it goes away. */
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

/* Start it, its descriptors below `taken` in use, and turn to it. */
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

	/* It is not there any more when the session is looked back at. */
	vus_fe_close(vus_fe(t));
	return served;
}

/* "derived": a daemon that serves many guests has many descriptors, and one
 * that was started by another inherits some.  select() writes beyond its sets
 * then. */
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
	VUS_OLD_CHECK(t, "fds.high_numbers", served,
		      "with %u descriptors in use: %s; with none it works",
		      TAKEN, err.text);
}

/* ---- none left ---- */

/* Enough to take away the last ones (shortage.h). */
#define CROWD 256

/* Does that process have what this session gave away?  A daemon may listen in
 * one process and serve in another, which keeps its room. */
static bool serves_us(const struct vus_session *s, pid_t pid)
{
	struct vus_file_id ids[2];
	struct vus_held_files n;
	struct vus_err err;

	return vus_proc_identify(s->guest.backings[0].fd, &ids[0]) &&
	       vus_proc_identify(s->queues[0].call.wr, &ids[1]) &&
	       vus_proc_holds(pid, ids, 2, &n, &err) && n.fds + n.maps > 0;
}

/* The verdict is set where there is no such program, or it cannot be left
 * without room. */
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

/* It has ended of its own will: whoever started it can do so again. */
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

/* Judge that another session is served; the last one is over. */
static void serves_anew(struct vus_ctx *t, struct another *a)
{
	struct vus_err err = { 0 };
	bool served = vus_fe_connect_to(t, a->path, a->p.child.pidfd, &err) &&
		      bring_up_another(t, &err);

	vus_fe_close(vus_fe(t));
	if (!served)
		served = another_has_exited(t, a);
	VUS_OLD_CHECK(t, "fds.exhaustion_recovers", served,
		      "with room again: %s", err.text);
}

/* The message that brings a call descriptor, or more memory. */
static struct vus_frame frame_of(const struct vus_session *s, bool call)
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

/* Judge that what was refused works now. */
static void another_goes_on(struct vus_ctx *t, const struct vus_frame *f,
			    bool call)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	VUS_OLD_CHECK(t, "fds.exhaustion_recovers",
		      vus_fe_send_acked(s, f, &err) &&
			      (!call || vus_fe_ping(s, 0, t->seed + 1, &err)),
		      "with room again: %s", err.text);
}

/* "derived": a descriptor for which there is no room is not there, and recvmsg
 * says so (MSG_CTRUNC).  The message cannot be carried out, least of all as if
 * it had said that none comes. */
VUS_CASE(message_that_lost_its_descriptor_is_refused,
	 .title = "a message whose descriptor found no room is refused",
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

	if (!start_crowded(t, &a, &pid))
		return;
	f = frame_of(vus_fe(t), call);
	if (!vus_fd_limit_begin(&shortage, pid, &err))
		VUS_UNOBSERVABLE(t, &err);
	outcome = vus_step_classify(t, &f, NULL);
	vus_fd_limit_end(&shortage);
	VUS_OLD_EXPECT_OBSERVABLE(t, "fds.exhaustion_recovers", outcome,
				  VUS_REFUSED | VUS_CLOSED);
	if (outcome == VUS_REFUSED)
		another_goes_on(t, &f, call);
	else
		serves_anew(t, &a);
	vus_fe_close(vus_fe(t));
}

/* Until what a session held is given back, or for this long, ms, and as long as
 * there is something to do. */
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

/* Somebody connects, and is perhaps not taken. */
static bool new_connection_is_served(struct vus_ctx *t, const struct another *a,
				     pid_t pid, struct vus_err *err)
{
	uint64_t value;
	struct vus_settle v;

	if (!vus_fe_connect_to(t, a->path, a->p.child.pidfd, err))
		return false;
	vus_fe(t)->request_ms = t->quiet_ms;
	if (vus_fe_get_u64(vus_fe(t), VUS_FE_GET_FEATURES, &value, err))
		vus_note(t, "it is served all the same");
	v = vus_settle_begin(pid, 0, true);
	while (vus_settle_again(&v, NULL, 0))
		continue;
	return true;
}

/* The same for accept(): who cannot take a connection now takes the next one
 * when there is room. */
VUS_CASE(connections_are_accepted_again,
	 .title = "after a connection found no room the next one is served",
	 .rules = { "fds.exhaustion_recovers" }, .start = VUS_START_NEGOTIATED,
	 .pings = true, .early = true)
{
	VUS_AUTO_FD_LIMIT shortage = { 0 };
	struct vus_err err = { 0 };
	AUTO_ANOTHER a = ANOTHER_NONE;
	unsigned before;
	bool seen, knocked = false;
	pid_t pid;

	if (!start_crowded(t, &a, &pid))
		return;
	if (!vus_proc_fds(pid, &before, &err))
		VUS_UNOBSERVABLE(t, &err);
	vus_fe_close(vus_fe(t));
	seen = wait_for_release(pid, before, &err) &&
	       vus_fd_limit_begin(&shortage, pid, &err);
	if (seen)
		knocked = new_connection_is_served(t, &a, pid, &err);
	vus_fd_limit_end(&shortage);
	if (!knocked && another_has_exited(t, &a))
		VUS_SKIP(t, "the back-end serves one connection");
	if (!seen)
		VUS_UNOBSERVABLE(t, &err);
	if (!knocked)
		VUS_SKIP(t, "%s", err.text);
	serves_anew(t, &a);
}
