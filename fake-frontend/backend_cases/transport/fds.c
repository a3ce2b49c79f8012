/* SPDX-License-Identifier: BSD-3-Clause */
/* fds.c — descriptors that come with messages: too few, too many, of the wrong
 * kind, and whether the back-end closes them. */
#include "fixture/sessions.h"
#include "fixture/valid_request.h"
#include "fixture/steps.h"

#include "base/clock.h"
#include "base/own.h"
#include "proc/proc.h"

#include <fcntl.h>
#include <sys/mman.h>

/* "Communication": descriptors are for messages that say so.  One that comes
 * with another message must not stay open in the back-end, or a front-end could
 * use up all of its descriptors.  libvhost-user keeps them. */
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
	VUS_CHECK(t, "fds.none_expected_closed", vus_pipe_released(t, rd),
		  "a descriptor that comes with GET_FEATURES is closed",
		  "the descriptor is still open %d ms after the next answer",
		  VUS_RELEASE_MS);
}

/* A frame of one of the messages below with `n` descriptors: the guest's memory
 * where one of it is due, then copies of `fd`. */
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

static const char *const messages_without_fd[] = {
	"SET_MEM_TABLE of one region without a descriptor",
	"ADD_MEM_REG without a descriptor",
	"SET_VRING_KICK without a descriptor, bit 8 clear",
};
static const char *const messages_with_two_fds[] = {
	"SET_MEM_TABLE of one region with two descriptors",
	"ADD_MEM_REG with two descriptors",
	"SET_VRING_KICK with two descriptors",
};

/* Each of these messages needs a descriptor ("VHOST_USER_SET_MEM_TABLE": for
 * each region; SET_VRING_KICK: unless bit 8 says there is none).  Without it
 * the message cannot be carried out, and a descriptor of an earlier message
 * must not be used. */
VUS_CASE(missing_descriptor_is_refused,
	 .title = "a message without the descriptor it needs is refused",
	 .rules = { "fds.missing_rejected" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "set_mem_table", "add_mem_reg", "set_vring_kick" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = frame_with_fds(s, message_of_row(t), -1, 0);

	if (t->row == 1 && !(s->pf & PF(CONFIGURE_MEM_SLOTS)))
		VUS_SKIP(t, "the back-end does not offer CONFIGURE_MEM_SLOTS");
	VUS_EXPECT_OBSERVABLE(
		t, "fds.missing_rejected", vus_step_classify(t, &f, NULL),
		VUS_REFUSED | VUS_CLOSED, messages_without_fd[t->row]);
}

/* More descriptors than the message takes: refused, and all of them closed. */
VUS_CASE(surplus_descriptors_are_refused,
	 .title = "a message with more descriptors than it takes is refused",
	 .rules = { "fds.too_many_rejected" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "set_mem_table", "add_mem_reg", "set_vring_kick" })
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_EVENT kick = VUS_EVENT_NONE;
	VUS_AUTO_FD rd = -1, wr = -1;
	enum vus_outcome outcome;
	struct vus_frame f;
	struct vus_err err;

	if (t->row == 1 && !(s->pf & PF(CONFIGURE_MEM_SLOTS)))
		VUS_SKIP(t, "the back-end does not offer CONFIGURE_MEM_SLOTS");
	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	VUS_SETUP(t, vus_event_open(VUS_EVENTFD, &kick, &err), &err);
	f = frame_with_fds(s, message_of_row(t), wr, 2);
	/* The first one is as it should be. */
	if (f.id == VUS_FE_SET_VRING_KICK)
		f.fds[0] = kick.rd;
	outcome = vus_step_classify(t, &f, NULL);
	vus_fd_close(&wr);
	VUS_EXPECT_OBSERVABLE(t, "fds.too_many_rejected", outcome,
			      VUS_REFUSED | VUS_CLOSED,
			      messages_with_two_fds[t->row]);
	VUS_CHECK(t, "fds.too_many_rejected", vus_pipe_released(t, rd),
		  "the descriptors of the refused message are closed",
		  "the message was refused, and its descriptor is still open");
}

/* "derived": a table that is replaced must not leave its descriptors open.
 * Growth is counted between the second and the last table, and read again until
 * the deadline before it is called a leak. */
VUS_CASE(replaced_tables_leave_no_descriptors,
	 .title = "memory tables that are replaced leave no descriptors open",
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
	VUS_CHECK(
		t, "fds.closed_after_map", after < before + rounds,
		"the number of open descriptors does not grow with each table",
		"%u descriptors are open after %u more tables, %u before",
		after, rounds, before);
}

/* When the connection ends, what came over it is released.  A call descriptor
 * shows it, since the back-end keeps it until then. */
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
	VUS_PREREQ(t, "ring_fds.set", vus_fe_send_acked(s, &call, &err), &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	vus_fd_close(&wr);
	vus_link_close(&s->link);
	VUS_CHECK(
		t, "fds.disconnect_releases", vus_pipe_released(t, rd),
		"the call descriptor is closed when the session ends",
		"the call descriptor is still open %d ms after the disconnect",
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
	 .title = "memory of a session is released when it ends",
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
	VUS_CHECK(t, "fds.disconnect_releases", n == 0,
		  "the memory is unmapped and closed when the session ends",
		  "the memory is still mapped or open %u times, %d ms after "
		  "the disconnect",
		  n, VUS_RELEASE_MS);
}

/* What a back-end itself opens for a session counts too, if it grows with every
 * session: the first session may open what is kept for all.  Growth is read
 * again until the deadline before it is called a leak. */
VUS_CASE(sessions_pile_up_no_descriptors,
	 .title = "sessions that end leave no descriptors open",
	 .rules = { "fds.disconnect_releases", "socket.backend_reaccepts" },
	 .start = VUS_START_RUNNING)
{
	const unsigned rounds = 8;
	const pid_t pid = vus_peer_server(t, vus_fe(t)->link.fd);
	unsigned before = 0, after = 0;
	struct vus_settle v;
	struct vus_err err;

	if (pid == 0)
		VUS_SKIP(t, "the peer's process is not ours to watch");
	for (unsigned i = 0; i < 1 + rounds; i++) {
		if (i == 1 && !vus_proc_fds(pid, &before, &err))
			VUS_UNOBSERVABLE(t, &err);
		if (!vus_step_reconnect(VUS_AT(t), "socket.backend_reaccepts",
					VUS_START_RUNNING))
			return;
	}
	v = vus_release_settle(t);
	do {
		VUS_PREREQ(t, "features.get_any_time",
			   vus_fe_barrier(vus_fe(t), &err), &err);
		if (!vus_proc_fds(pid, &after, &err))
			VUS_UNOBSERVABLE(t, &err);
	} while (after >= before + rounds && vus_settle_again(&v, NULL, 0));
	VUS_CHECK(t, "fds.disconnect_releases", after < before + rounds,
		  "the number of open descriptors does not grow with each "
		  "session",
		  "%u descriptors are open after %u more sessions, %u before",
		  after, rounds, before);
}

/* ---- of the wrong kind ---- */

static int make_reading_end(struct vus_err *err)
{
	int rd, wr;

	if (!vus_release_pipe(&rd, &wr, err))
		return -1;
	vus_fd_close(&wr);
	return rd;
}

static int open_root(struct vus_err *err)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		(void)vus_fail_sys(err, "opening a folder");
	return fd;
}

static int make_memfd(struct vus_err *err)
{
	int fd = memfd_create("vuspec", MFD_CLOEXEC);

	if (fd < 0)
		(void)vus_fail_sys(err, "making a file");
	return fd;
}

/* Descriptors that cannot do what they are sent for. */
static const struct {
	uint32_t id; /* 0: the one that announces memory */
	int (*make)(struct vus_err *err);
	const char *what;
} wrong[] = {
	{ 0, make_reading_end, "a memory region on a pipe" },
	{ 0, open_root, "a memory region on a folder" },
	{ VUS_FE_SET_VRING_KICK, open_root, "SET_VRING_KICK with a folder" },
	{ VUS_FE_SET_VRING_KICK, make_memfd,
	  "SET_VRING_KICK with a regular file" },
	{ VUS_FE_SET_VRING_CALL, make_reading_end,
	  "SET_VRING_CALL with the reading end of a pipe" },
	{ VUS_FE_SET_BACKEND_REQ_FD, make_reading_end,
	  "SET_BACKEND_REQ_FD with a pipe" },
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

/* A back-end whose event loop finds the error when it first waits for the
 * descriptor closes the connection one turn later, perhaps after the next
 * answer. */
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

/* "derived": a descriptor that cannot be mapped, waited for or written to is
 * refused when it comes, not when it is first used. */
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
	VUS_EXPECT_OBSERVABLE(t, "fds.wrong_type",
			      classify_and_wait_quiet(t, &f),
			      VUS_REFUSED | VUS_CLOSED, wrong[t->row].what);
}

/* The reader may be gone when a call is due: the write fails, and raises
 * SIGPIPE in a program that does not ignore it.  To go on and to close the
 * connection are both allowed. */
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
	VUS_CHECK(
		t, "fds.wrong_type",
		(vus_fe_ping(s, 0, t->seed, &err) && vus_fe_barrier(s, &err)) ||
			err.kind == VUS_ERR_EOF,
		"the request is served and the next message answered, or the "
		"connection is closed",
		"%s", err.text);
}

/* ---- shared state ---- */

/* A descriptor that was passed shares its open file description with the
 * sender's: O_NONBLOCK set by one is set for both. */
VUS_CASE(memory_descriptors_keep_their_flags,
	 .title = "the status flags of memory descriptors are not changed",
	 .rules = { "fds.flags_untouched" }, .start = VUS_START_NEGOTIATED)
{
	struct vus_session *s = vus_fe(t);
	const int fd = s->guest.backings[0].fd;
	const int before = fcntl(fd, F_GETFL);
	struct vus_err err;
	int after;

	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	after = fcntl(fd, F_GETFL);
	VUS_CHECK(t, "fds.flags_untouched", before == after,
		  "the memory descriptor's status flags stay as they were",
		  "the flags were 0x%x, and are 0x%x", (unsigned)before,
		  (unsigned)after);
}
