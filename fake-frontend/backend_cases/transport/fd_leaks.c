/* SPDX-License-Identifier: BSD-3-Clause */
/* fd_leaks.c — messages that bring a descriptor, sent time and again. */
#include "fixture/sessions.h"
#include "fixture/spare_regions.h"
#include "fixture/valid_request.h"

#include "base/own.h"
#include "proc/proc.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS    8
#define LOG_BYTES 4096

/* How often the process has one of our files open or mapped. */
static bool count_held(struct vus_ctx *t, const struct vus_file_id *files,
		       size_t n, unsigned *ret)
{
	struct vus_held_files held;
	struct vus_err err;

	if (!vus_fe_barrier(vus_fe(t), &err)) {
		vus_prereq_failed(t, "features.get_any_time", &err);
		return false;
	}
	if (!vus_proc_holds(vus_peer_server(t, vus_fe(t)->link.fd), files, n,
			    &held, &err)) {
		vus_skip(t, "what the peer holds cannot be seen: %s", err.text);
		return false;
	}
	*ret = held.fds + held.maps;
	return true;
}

/* Judge, under `rule`, that less than one for each round is held, once the
 * peer had time to release the others. */
static bool check_held(struct vus_ctx *t, const char *rule,
		       const struct vus_file_id *files, size_t n,
		       const char *what)
{
	struct vus_settle v = vus_release_settle(t);
	unsigned held;

	do {
		if (!count_held(t, files, n, &held))
			return false;
	} while (held >= ROUNDS && vus_settle_again(&v, NULL, 0));
	return vus_check(t, rule, held < ROUNDS,
			 "what a later message replaces is closed and unmapped",
			 "after %u times %s the process has them open or "
			 "mapped %u times",
			 ROUNDS, what, held);
}

/* False: the case is skipped. */
static bool can_watch(struct vus_ctx *t)
{
	if (vus_peer_server(t, vus_fe(t)->link.fd) != 0)
		return true;
	vus_skip(t, "the peer's process is not ours to watch");
	return false;
}

/* "derived": a region that comes and goes leaves neither its descriptor nor its
 * mapping behind. */
VUS_CASE(regions_that_go_leave_nothing,
	 .title = "a region that is added and removed leaves nothing open",
	 .rules = { "fds.closed_after_map" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS))
{
	struct vus_session *s = vus_fe(t);
	struct vus_file_id file;
	struct vus_err err;

	VUS_STEP(t, can_watch(t));
	VUS_STEP(t, vus_spare_announce(t, 1));
	if (!vus_proc_identify(vus_layout_file(s, VUS_SPARE_A), &file))
		VUS_SKIP(t, "the region's file is not one of its own");
	for (unsigned i = 0; i < ROUNDS; i++) {
		VUS_PREREQ(t, "mem_slots.add",
			   vus_spare_change(s, VUS_FE_ADD_MEM_REG, VUS_SPARE_A,
					    &err),
			   &err);
		VUS_PREREQ(t, "mem_slots.rem",
			   vus_spare_change(s, VUS_FE_REM_MEM_REG, VUS_SPARE_A,
					    &err),
			   &err);
	}
	VUS_STEP(t, check_held(t, "fds.closed_after_map", &file, 1,
			       "ADD_MEM_REG and REM_MEM_REG of a file"));
}

/* Rows: a message, what it needs, and its rule. */
enum { LOG, LOG_FD, INFLIGHT };

static const struct {
	uint32_t id;
	uint64_t pf, vf;
	const char *rule, *what;
} repeats[] = {
	[LOG] = { VUS_FE_SET_LOG_BASE, PF(LOG_SHMFD), VF(LOG_ALL),
		  "dirty_log.base.many", "SET_LOG_BASE with a file" },
	[LOG_FD] = { VUS_FE_SET_LOG_FD, 0, VF(LOG_ALL), "dirty_log.fd.count",
		     "SET_LOG_FD with an eventfd" },
	[INFLIGHT] = { VUS_FE_SET_INFLIGHT_FD, PF(INFLIGHT_SHMFD), 0,
		       "inflight.set.repeat", "SET_INFLIGHT_FD with a file" },
};

/* LOG_ALL is acknowledged where it is offered, and needed by SET_LOG_FD. */
static bool negotiate_row(struct vus_ctx *t, unsigned row)
{
	const uint64_t pf = repeats[row].pf, vf = repeats[row].vf;
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	if (!vus_fe_negotiate_features(s, vus_fe_wanted_features(t) | vf,
				       vus_fe_wanted_protocol_features(t) | pf,
				       &err)) {
		vus_prereq_failed(t, "features.get_reply", &err);
		return false;
	}
	if (!(pf & ~s->pf) && (pf || !(vf & ~s->features)))
		return true;
	vus_skip(t, "the back-end does not offer it");
	return false;
}

static int make_fd(unsigned row)
{
	int fd;

	if (row == LOG_FD)
		return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fd = memfd_create("vuspec", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, LOG_BYTES) < 0)
		vus_fd_close(&fd);
	return fd;
}

/* The message with a copy of `fd`.  A refusal is as good: what is judged is
 * what stays open. */
static bool send_all(struct vus_ctx *t, int fd)
{
	const uint32_t id = repeats[t->row].id;
	struct vus_session *s = vus_fe(t);
	const bool asks = vus_msg_answer(vus_msg_find(VUS_FE, id), s->pf) ==
			  VUS_ANSWER_ACK;
	struct vus_frame f = vus_valid_request(s, id);
	enum vus_outcome outcome;

	if (t->row == INFLIGHT)
		f.body.inflight.mmap_size = LOG_BYTES;
	f.fds[0] = fd;
	f.nfds = 1;
	for (unsigned i = 0; i < ROUNDS; i++) {
		/* One that has a reply of its own needs no need_reply. */
		outcome = asks ? vus_step_classify(t, &f, NULL)
			       : vus_fe_classify(s, &f, NULL, NULL);
		if (outcome != VUS_CLOSED)
			continue;
		vus_skip(t, "the back-end closes the connection");
		return false;
	}
	return true;
}

/* "derived": one more descriptor or mapping for each message ends with a
 * back-end that has none left. */
VUS_CASE(repeated_messages_leave_nothing,
	 .title = "a log or an in-flight buffer that is replaced is released",
	 .rules = { "dirty_log.base.many", "dirty_log.fd.count",
		    "inflight.set.repeat" },
	 .rows = { "log", "log_fd", "inflight" })
{
	struct vus_file_id file;
	VUS_AUTO_FD fd = -1;
	struct vus_err err;

	VUS_STEP(t, can_watch(t));
	VUS_STEP(t, negotiate_row(t, t->row));
	fd = make_fd(t->row);
	VUS_SETUP(t, fd >= 0 || vus_fail_sys(&err, "making a descriptor"),
		  &err);
	if (!vus_proc_identify(fd, &file))
		VUS_SKIP(t, "the descriptor cannot be told from others");
	VUS_STEP(t, send_all(t, fd));
	VUS_STEP(t, check_held(t, repeats[t->row].rule, &file, 1,
			       repeats[t->row].what));
}

/* "derived": each of these takes one descriptor; it cannot be carried out
 * without, and the surplus of several is closed.  The first one is as it should
 * be. */
static const struct {
	unsigned message, nfds;
	const char *rule, *what;
} counts[] = {
	{ LOG, 0, "dirty_log.hardening.fd_count",
	  "SET_LOG_BASE without a descriptor" },
	{ LOG, 2, "dirty_log.hardening.fd_count",
	  "SET_LOG_BASE with two descriptors" },
	{ LOG_FD, 0, "dirty_log.fd.count", "SET_LOG_FD without a descriptor" },
	{ LOG_FD, 2, "dirty_log.fd.count", "SET_LOG_FD with two descriptors" },
};

VUS_CASE(log_messages_take_one_descriptor,
	 .title = "a message of the log without exactly one descriptor is "
		  "refused",
	 .rules = { "dirty_log.hardening.fd_count", "dirty_log.fd.count" },
	 .rows = { "log_none", "log_two", "log_fd_none", "log_fd_two" })
{
	const unsigned message = counts[t->row].message;
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD fd = -1, rd = -1, wr = -1;
	enum vus_outcome outcome;
	struct vus_frame f;
	struct vus_err err;

	VUS_STEP(t, negotiate_row(t, message));
	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	fd = make_fd(message);
	VUS_SETUP(t, fd >= 0 || vus_fail_sys(&err, "making a descriptor"),
		  &err);
	f = vus_valid_request(s, repeats[message].id);
	f.nfds = counts[t->row].nfds;
	f.fds[0] = fd;
	f.fds[1] = wr;
	outcome = message == LOG ? vus_fe_classify(s, &f, NULL, NULL)
				 : vus_step_classify(t, &f, NULL);
	vus_fd_close(&wr);
	VUS_EXPECT_OBSERVABLE(t, counts[t->row].rule, outcome,
			      VUS_REFUSED | VUS_CLOSED, counts[t->row].what);
	VUS_CHECK(t, counts[t->row].rule, vus_pipe_released(t, rd),
		  "the descriptors of the refused message are closed",
		  "%s was refused, and one is still open", counts[t->row].what);
}

/* Ask for a buffer of one ring, and judge that one comes: its size may be 0,
 * and then it has no descriptor.  False: the verdict is set. */
static bool ask_for_buffer(struct vus_ctx *t, int *ret_fd,
			   struct vus_file_id *ret)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame ask =
		vus_valid_request(s, VUS_FE_GET_INFLIGHT_FD);
	VUS_AUTO_FRAME got = { 0 };
	struct vus_err err;

	if (!vus_check(t, "inflight.get.reply",
		       vus_fe_request(s, &ask, &got, &err),
		       "GET_INFLIGHT_FD is answered", "%s", err.text) ||
	    !vus_check(t, "inflight.get.reply",
		       got.nfds == (got.body.inflight.mmap_size > 0),
		       "a buffer comes with its descriptor",
		       "a buffer of %llu bytes came with %u descriptors",
		       (unsigned long long)got.body.inflight.mmap_size,
		       got.nfds))
		return false;
	if (got.nfds == 1 && vus_proc_identify(got.fds[0], ret)) {
		*ret_fd = vus_fd_take(&got.fds[0]);
		return true;
	}
	vus_skip(t, "the back-end gives no buffer");
	return false;
}

static void close_all(int (*fds)[ROUNDS])
{
	for (unsigned i = 0; i < ROUNDS; i++)
		vus_fd_close(&(*fds)[i]);
}

/* The same of buffers that the back-end makes.  Ours stay open, so that their
 * numbers are not given to other files. */
VUS_CASE(new_buffers_replace_each_other,
	 .title = "an in-flight buffer is released when a new one is asked for",
	 .rules = { "inflight.get.repeat", "inflight.get.reply" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(INFLIGHT_SHMFD))
{
	__attribute__((cleanup(close_all))) int fds[ROUNDS];
	struct vus_file_id files[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++)
		fds[i] = -1;
	VUS_STEP(t, can_watch(t));
	for (unsigned i = 0; i < ROUNDS; i++)
		VUS_STEP(t, ask_for_buffer(t, &fds[i], &files[i]));
	VUS_STEP(t,
		 check_held(t, "inflight.get.repeat", files, ROUNDS,
			    "GET_INFLIGHT_FD, each with a file of its own,"));
}
