/* SPDX-License-Identifier: BSD-3-Clause */
/* fds.c — descriptors that come with messages: too few, too many, of the wrong
 * kind, and whether the back-end gives them back. */
#include "fixture/valid_request.h"
#include "fixture/steps.h"

#include "base/clock.h"
#include "base/own.h"
#include "proc/proc.h"

#include <fcntl.h>
#include <sys/mman.h>

/* "Communication": descriptors are for messages that say so.  One that comes
 * with another message must not stay open in the back-end, where a front-end
 * could pile them up.  libvhost-user keeps them. */
VUS_CASE(stray_descriptor_is_closed,
	 .title = "a descriptor with a message that takes none is closed",
	 .rules = { "fds.none_expected_closed" }, .start = VUS_START_NEGOTIATED,
	 .early = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame ask = vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_err err;

	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	ask.fds[0] = wr;
	ask.nfds = 1;
	/* Answered, refused or closed: only the descriptor is judged. */
	(void)vus_fe_classify(s, &ask, NULL, NULL);
	vus_fd_close(&wr);
	VUS_OLD_CHECK(t, "fds.none_expected_closed", vus_pipe_released(t, rd),
		      "still holds the descriptor %d ms after the next answer",
		      VUS_RELEASE_MS);
}

/* A frame of one of the messages below with `n` descriptors, all copies of
 * `fd`. */
static struct vus_frame frame_with_fds(struct vus_session *s, uint32_t id,
				       int fd, unsigned n)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	if (id == VUS_FE_SET_MEM_TABLE)
		f = vus_fe_mem_table_frame(s);
	else if (id == VUS_FE_ADD_MEM_REG)
		f = vus_fe_mem_reg_frame(s, id, 0);
	f.nfds = n;
	for (unsigned i = 0; i < n; i++)
		f.fds[i] = i == 0 && s->guest.nbackings > 0 &&
					   id != VUS_FE_SET_VRING_KICK
				   ? s->guest.backings[0].fd
				   : fd;
	return f;
}

/* Rows are names of messages. */
static uint32_t message_of_row(const struct vus_ctx *t)
{
	return vus_msg_by_name(VUS_FE, t->c->rows[t->row])->id;
}

/* Each of these messages needs a descriptor ("VHOST_USER_SET_MEM_TABLE": for
 * each region; SET_VRING_KICK: unless bit 8 says there is none).  Without it
 * the message cannot be carried out, and a stale number must not be used. */
VUS_CASE(missing_descriptor_is_refused,
	 .title = "a message without the descriptor it needs is refused",
	 .rules = { "fds.missing_rejected" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "set_mem_table", "add_mem_reg", "set_vring_kick" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = frame_with_fds(s, message_of_row(t), -1, 0);

	if (t->row == 1 && !(s->pf & PF(CONFIGURE_MEM_SLOTS)))
		VUS_SKIP(t, "the back-end does not offer CONFIGURE_MEM_SLOTS");
	VUS_OLD_EXPECT_OBSERVABLE(t, "fds.missing_rejected",
				  vus_step_classify(t, &f, NULL),
				  VUS_REFUSED | VUS_CLOSED);
}

/* More descriptors than the message takes: refused, and all of them closed. */
VUS_CASE(surplus_descriptors_are_refused,
	 .title = "a message with more descriptors than it takes is refused",
	 .rules = { "fds.too_many_rejected" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "set_mem_table", "add_mem_reg", "set_vring_kick" })
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD rd = -1, wr = -1;
	enum vus_outcome outcome;
	struct vus_frame f;
	struct vus_err err;

	if (t->row == 1 && !(s->pf & PF(CONFIGURE_MEM_SLOTS)))
		VUS_SKIP(t, "the back-end does not offer CONFIGURE_MEM_SLOTS");
	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	f = frame_with_fds(s, message_of_row(t), wr, 2);
	outcome = vus_step_classify(t, &f, NULL);
	vus_fd_close(&wr);
	VUS_OLD_EXPECT_OBSERVABLE(t, "fds.too_many_rejected", outcome,
				  VUS_REFUSED | VUS_CLOSED);
	VUS_OLD_CHECK(t, "fds.too_many_rejected", vus_pipe_released(t, rd),
		      "refused the message and kept its descriptor");
}

/* "derived": a table that is replaced over and over must not leave its
 * descriptors behind.  Growth is counted between the second and the last
 * table, re-read until the deadline before it is called a leak. */
VUS_CASE(replaced_tables_leave_no_descriptors,
	 .title = "replacing the memory table again and again piles up nothing",
	 .rules = { "fds.closed_after_map" }, .start = VUS_START_MEMORY,
	 .without = PF(CONFIGURE_MEM_SLOTS))
{
	const unsigned rounds = 8;
	struct vus_session *s = vus_fe(t);
	unsigned before = 0, after = 0;
	struct vus_settle v;
	struct vus_err err;
	pid_t pid;

	if (vus_peer_pid(t) == 0)
		VUS_SKIP(t, "the peer's process was not started by vuspec");
	if (!vus_proc_of_socket(s->link.fd, &pid, &err))
		VUS_UNOBSERVABLE(t, &err);
	for (unsigned i = 0; i < 2 + rounds; i++) {
		VUS_PREREQ(t, "mem_table.set", vus_fe_announce_memory(s, &err),
			   &err);
		VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err),
			   &err);
		if (i == 1 && !vus_proc_fds(pid, &before, &err))
			VUS_UNOBSERVABLE(t, &err);
	}
	v = vus_release_settle(t);
	do {
		VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err),
			   &err);
		if (!vus_proc_fds(pid, &after, &err))
			VUS_UNOBSERVABLE(t, &err);
	} while (after >= before + rounds && vus_settle_again(&v, NULL, 0));
	VUS_OLD_CHECK(t, "fds.closed_after_map", after < before + rounds,
		      "holds %u descriptors after %u more tables, %u before",
		      after, rounds, before);
}

/* When the connection ends, what came over it is released: seen on a call
 * descriptor, which the back-end has every reason to keep until then. */
VUS_CASE(disconnect_releases_descriptors,
	 .title = "descriptors of a session are closed when it ends",
	 .rules = { "fds.disconnect_releases" }, .start = VUS_START_NEGOTIATED)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame call =
		vus_request_frame(VUS_FE, VUS_FE_SET_VRING_CALL);
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_err err;

	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	call.fds[0] = wr;
	call.nfds = 1;
	VUS_PREREQ(t, "ring_fds.replace", vus_fe_send_acked(s, &call, &err),
		   &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	vus_fd_close(&wr);
	vus_link_close(&s->link);
	VUS_OLD_CHECK(
		t, "fds.disconnect_releases", vus_pipe_released(t, rd),
		"still holds the call descriptor %d ms after the disconnect",
		VUS_RELEASE_MS);
}

/* How often the process has the file open or mapped; 0 when it has ended. */
static unsigned holds(pid_t pid, const struct vus_file_id *file)
{
	struct vus_held_files n;
	struct vus_err err;

	return vus_proc_holds(pid, file, 1, &n, &err) ? n.fds + n.maps : 0;
}

/* The same for memory: neither mapped nor open once the session is over. */
VUS_CASE(disconnect_releases_memory,
	 .title = "memory of a session is let go when it ends",
	 .rules = { "fds.disconnect_releases" }, .start = VUS_START_RUNNING)
{
	struct vus_session *s = vus_fe(t);
	const pid_t pid = vus_peer_server(t, s->link.fd);
	struct vus_file_id file;
	struct vus_settle v;
	unsigned n;

	if (pid == 0)
		VUS_SKIP(t, "the peer's process is not ours to watch");
	if (!vus_proc_identify(s->guest.backings[0].fd, &file) ||
	    holds(pid, &file) == 0)
		VUS_SKIP(t, "what the peer maps cannot be seen");
	vus_link_close(&s->link);
	v = vus_release_settle(t);
	while ((n = holds(pid, &file)) > 0 && vus_settle_again(&v, NULL, 0))
		continue;
	VUS_OLD_CHECK(
		t, "fds.disconnect_releases", n == 0,
		"still maps or holds the memory %u times, %d ms after the "
		"disconnect",
		n, VUS_RELEASE_MS);
}

/* What a back-end opens for a session by itself counts too, but only as what
 * grows with every session: the first may fill what is kept for all.  Growth is
 * read again until the deadline before it is called a leak. */
VUS_CASE(sessions_pile_up_no_descriptors,
	 .title = "session after session the back-end has no more descriptors",
	 .rules = { "fds.disconnect_releases", "socket.backend_reaccepts" },
	 .start = VUS_START_RUNNING)
{
	const unsigned rounds = 8;
	const pid_t pid = vus_peer_server(t, vus_fe(t)->link.fd);
	enum vus_reconnect sequel = VUS_RECONNECT_OK;
	unsigned before = 0, after = 0;
	struct vus_settle v;
	struct vus_err err;

	if (pid == 0)
		VUS_SKIP(t, "the peer's process is not ours to watch");
	for (unsigned i = 0; i < 1 + rounds; i++) {
		if (i == 1 && !vus_proc_fds(pid, &before, &err))
			VUS_UNOBSERVABLE(t, &err);
		sequel = vus_fe_reconnect(t, "socket.backend_reaccepts",
					  VUS_START_RUNNING);
		if (sequel == VUS_RECONNECT_PEER_EXITED)
			VUS_SKIP(t, "the back-end serves one connection");
		if (sequel != VUS_RECONNECT_OK)
			return;
	}
	v = vus_release_settle(t);
	do {
		VUS_PREREQ(t, "features.get_any_time",
			   vus_fe_barrier(vus_fe(t), &err), &err);
		if (!vus_proc_fds(pid, &after, &err))
			VUS_UNOBSERVABLE(t, &err);
	} while (after >= before + rounds && vus_settle_again(&v, NULL, 0));
	VUS_OLD_CHECK(t, "fds.disconnect_releases", after < before + rounds,
		      "has %u descriptors after %u more sessions, %u before",
		      after, rounds, before);
}

/* ---- of the wrong kind ---- */

static int reading_end(struct vus_err *err)
{
	int rd, wr;

	if (!vus_release_pipe(&rd, &wr, err))
		return -1;
	vus_fd_close(&wr);
	return rd;
}

static int folder(struct vus_err *err)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		(void)vus_fail_sys(err, "opening a folder");
	return fd;
}

static int file(struct vus_err *err)
{
	int fd = memfd_create("vuspec", MFD_CLOEXEC);

	if (fd < 0)
		(void)vus_fail_sys(err, "making a file");
	return fd;
}

/* Descriptors that cannot do what they are sent for. */
static const struct {
	uint32_t id; /* 0: whichever announces memory */
	int (*make)(struct vus_err *err);
} wrong[] = {
	{ 0, reading_end },
	{ 0, folder },
	{ VUS_FE_SET_VRING_KICK, folder },
	{ VUS_FE_SET_VRING_KICK, file },
	{ VUS_FE_SET_VRING_CALL, reading_end },
	{ VUS_FE_SET_BACKEND_REQ_FD, reading_end },
};

static struct vus_frame wrong_frame(const struct vus_session *s, unsigned row,
				    int fd)
{
	const uint32_t memory = s->pf & PF(CONFIGURE_MEM_SLOTS)
					? VUS_FE_ADD_MEM_REG
					: VUS_FE_SET_MEM_TABLE;
	const uint32_t id = wrong[row].id ? wrong[row].id : memory;
	struct vus_frame f = vus_valid_request(s, id);

	if (id == VUS_FE_SET_VRING_KICK || id == VUS_FE_SET_VRING_CALL)
		f.body.vring_fd.value = s->queues[0].index;
	f.fds[0] = fd;
	f.nfds = 1;
	return f;
}

/* What an event loop finds out when it first waits for the descriptor comes a
 * turn later, perhaps behind the next answer. */
static enum vus_outcome classify_and_wait_quiet(struct vus_ctx *t,
						const struct vus_frame *f)
{
	struct vus_session *s = vus_fe(t);
	const enum vus_outcome taken =
		s->pf & PF(REPLY_ACK) ? VUS_ACCEPTED : VUS_SILENT;
	const enum vus_outcome outcome = vus_step_classify(t, f, NULL);
	struct pollfd hup = { .fd = s->link.fd, .events = POLLRDHUP };
	struct vus_err err;

	if (outcome != taken)
		return outcome;
	for (unsigned i = 0; i < 2; i++)
		if (!vus_fe_barrier(s, &err))
			return err.kind == VUS_ERR_EOF ? VUS_CLOSED : VUS_STUCK;
	return vus_fe_fds_are_quiet(s, &hup, 1, t->quiet_ms) ? outcome
							     : VUS_CLOSED;
}

/* "derived": what cannot be mapped, waited for or written to is refused when it
 * comes, not found out when it is needed. */
VUS_CASE(descriptors_of_the_wrong_kind_are_refused,
	 .title = "a descriptor that cannot be used for its purpose is refused",
	 .rules = { "fds.wrong_type" },
	 .rows = { "memory_in_a_pipe", "memory_in_a_folder", "folder_as_kick",
		   "file_as_kick", "unwritable_call", "pipe_as_channel" })
{
	const uint64_t pf =
		vus_fe_wanted_protocol_features(t) | PF(BACKEND_REQ);
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD fd = -1;
	struct vus_frame f;
	struct vus_err err;

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s, vus_fe_wanted_features(t), pf,
					     &err),
		   &err);
	if (wrong[t->row].id == VUS_FE_SET_BACKEND_REQ_FD &&
	    !(s->pf & PF(BACKEND_REQ)))
		VUS_SKIP(t, "the back-end does not offer BACKEND_REQ");
	fd = wrong[t->row].make(&err);
	VUS_SETUP(t, fd >= 0, &err);
	f = wrong_frame(s, t->row, fd);
	VUS_OLD_EXPECT_OBSERVABLE(t, "fds.wrong_type",
				  classify_and_wait_quiet(t, &f),
				  VUS_REFUSED | VUS_CLOSED);
}

/* A reader may be gone by the time it is called: the write fails, and raises
 * SIGPIPE in a program that did not say that it does not want it.  Going on
 * and closing the connection are both in order. */
VUS_CASE(call_pipe_without_a_reader_is_survived,
	 .title = "a call pipe without a reader does not end the back-end",
	 .rules = { "fds.wrong_type" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_VRING_CALL);
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_err err;

	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	f.body.vring_fd.value = s->queues[0].index;
	f.fds[0] = wr;
	f.nfds = 1;
	VUS_PREREQ(t, "socket.notify_pipe_fallback",
		   vus_fe_send_acked(s, &f, &err), &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	vus_fd_close(&rd);
	VUS_OLD_CHECK(
		t, "fds.wrong_type",
		(vus_fe_ping(s, 0, t->seed, &err) && vus_fe_barrier(s, &err)) ||
			err.kind == VUS_ERR_EOF,
		"%s", err.text);
}

/* ---- whose state is shared ---- */

/* A descriptor that was passed shares its open file with the sender's: who
 * makes it non-blocking does so for both. */
VUS_CASE(memory_descriptors_keep_their_flags,
	 .title = "the status flags of memory descriptors are left alone",
	 .rules = { "fds.flags_untouched" }, .start = VUS_START_NEGOTIATED)
{
	struct vus_session *s = vus_fe(t);
	const int fd = s->guest.backings[0].fd;
	const int before = fcntl(fd, F_GETFL);
	struct vus_err err;
	int after;

	if (!vus_step_announce_memory(t) || !vus_step_ring_setup(t, 0, 0, 0))
		return;
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	after = fcntl(fd, F_GETFL);
	VUS_OLD_CHECK(t, "fds.flags_untouched", before == after,
		      "the flags were 0x%x, and are 0x%x", (unsigned)before,
		      (unsigned)after);
}
