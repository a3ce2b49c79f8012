/* SPDX-License-Identifier: BSD-3-Clause */
/* socket.c — faults of the socket, and of connections that come and go. */
#include "base/clock.h"
#include "deaf.h"
#include "late.h"

#include "fake-backend/devices/blk_store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* What outlives a connection. */
struct memory {
	unsigned connections; /* ended so far */
	bool stopped_a_ring;  /* in one of them */
	bool has_kick;
	int kick; /* of the last one, owned */
};

static struct memory *memory(const struct vus_be_config *cfg)
{
	static const char key;

	return vus_fault_memory(cfg, &key, sizeof(struct memory));
}

static void count(struct vus_be *be)
{
	memory(&be->cfg)->connections++;
	vus_fault_state_close(be);
}

static bool eventfds_only(int fd, int mode)
{
	struct stat st;

	return vus_be_honest.can_signal(fd, mode) && fstat(fd, &st) == 0 &&
	       !S_ISFIFO(st.st_mode);
}

VUS_BE_FAULT(socket, takes_eventfds_only, .rule = "socket.notify_pipe_fallback",
	     .says = "refuses pipes as notifiers")
{
	decide->can_signal = eventfds_only;
}

/* ---- the next connection ---- */

static void deaf_from_the_second_on(struct vus_be *be)
{
	vus_fault_state_open(be);
	if (memory(&be->cfg)->connections > 0)
		vus_fault_deafen(be);
}

VUS_BE_FAULT(socket, deaf_after_first_session,
	     .rule = "socket.backend_reaccepts",
	     .says = "answers nothing on its second connection")
{
	vus_fault_may_be_deaf(decide);
	decide->connected = deaf_from_the_second_on;
	decide->disconnected = count;
}

static void deaf_after_a_stop(struct vus_be *be)
{
	vus_fault_state_open(be);
	if (memory(&be->cfg)->stopped_a_ring)
		vus_fault_deafen(be);
}

static bool leave_kicks(struct vus_vq *vq, uint64_t *ret_sum)
{
	*ret_sum = 1;
	return vq->kick >= 0;
}

VUS_BE_FAULT(socket, never_reads_kicks, .rule = "socket.idle_quiet",
	     .says = "serves a ring while its kick descriptor is readable, and "
		     "never reads it")
{
	decide->take_kicks = leave_kicks;
}

static enum vus_handled note_stop(struct vus_be *be, struct vus_frame *req,
				  struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_VRING_BASE)
		memory(&be->cfg)->stopped_a_ring = true;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(
	socket, deaf_after_a_stop, .rule = "socket.backend_reaccepts",
	.says = "answers nothing on connections after one that stopped a ring")
{
	vus_fault_may_be_deaf(decide);
	decide->connected = deaf_after_a_stop;
	decide->handle = note_stop;
}

static bool leaves_for_newcomers(const struct vus_be *be, int listen_fd)
{
	return (listen_fd < 0 || vus_poll_one(listen_fd, POLLIN, 0) <= 0) &&
	       vus_be_honest.stays_connected(be, listen_fd);
}

VUS_BE_FAULT(socket, second_connection_ends_session,
	     .rule = "socket.second_connection",
	     .says = "closes its connection when another one waits")
{
	decide->stays_connected = leaves_for_newcomers;
}

static bool empties_disk_for_newcomers(const struct vus_be *be, int listen_fd)
{
	struct vus_blk_store *disk = be->cfg.store;

	if (disk && listen_fd >= 0 && vus_poll_one(listen_fd, POLLIN, 0) > 0)
		vus_blk_store_wipe(disk, 0, disk->size);
	return vus_be_honest.stays_connected(be, listen_fd);
}

VUS_BE_FAULT(socket, newcomer_empties_disk, .rule = "socket.second_connection",
	     .says = "makes its disk anew when another connection waits")
{
	decide->stays_connected = empties_disk_for_newcomers;
}

/* ---- between two connections ---- */

static void spin(const struct vus_be_config *cfg, int listen_fd, int stop_fd)
{
	struct pollfd fds[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = listen_fd, .events = POLLIN },
	};

	if (listen_fd < 0 || memory(cfg)->connections == 0)
		return;
	while (vus_poll(fds, VUS_COUNT(fds), 0) <= 0)
		;
}

VUS_BE_FAULT(socket, spins_after_disconnect, .rule = "socket.idle_quiet",
	     .says = "polls without waiting once a connection has ended")
{
	vus_fault_remembers(decide);
	decide->disconnected = count;
	decide->between_connections = spin;
}

static uint64_t wake_at_once(const struct vus_be *be)
{
	return be->pf ? vus_now() : vus_be_honest.next_deadline(be);
}

VUS_BE_FAULT(
	socket, spins_once_negotiated, .rule = "socket.idle_quiet",
	.says = "polls without waiting once protocol features are selected")
{
	decide->next_deadline = wake_at_once;
}

static void forget_kick(struct vus_be_config *cfg)
{
	struct memory *m = memory(cfg);

	if (m->has_kick)
		vus_fd_close(&m->kick);
	m->has_kick = false;
}

static void keep_kick(struct vus_be *be)
{
	struct memory *m = memory(&be->cfg);

	forget_kick(&be->cfg);
	if (be->vqs[0].kick >= 0) {
		m->kick = fcntl(be->vqs[0].kick, F_DUPFD_CLOEXEC, 0);
		m->has_kick = m->kick >= 0;
	}
	vus_fault_state_close(be);
}

static void follow_kick(const struct vus_be_config *cfg, int listen_fd,
			int stop_fd)
{
	const struct memory *m = memory(cfg);
	struct pollfd fds[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = listen_fd, .events = POLLIN },
		{ .fd = m->kick, .events = POLLIN },
	};

	while (listen_fd >= 0 && m->has_kick) {
		if (vus_poll(fds, VUS_COUNT(fds), VUS_NEVER) <= 0)
			continue;
		if (fds[2].revents & POLLIN)
			vus_die();
		if (fds[2].revents)
			fds[2].fd = -1;
		if (fds[0].revents || fds[1].revents)
			return;
	}
}

static void close_kick(struct vus_be_config *cfg)
{
	forget_kick(cfg);
	vus_fault_memory_close(cfg);
}

VUS_BE_FAULT(socket, follows_old_kicks, .rule = "socket.kick_after_close",
	     .says = "aborts when a kick comes after its connection has ended")
{
	vus_fault_remembers(decide);
	decide->disconnected = keep_kick;
	decide->between_connections = follow_kick;
	decide->closed = close_kick;
}

/* ---- ends ---- */

static bool die_of_closed_socket(struct vus_be *be, const struct vus_frame *req,
				 struct vus_frame *reply,
				 const struct vus_twist *twist,
				 struct vus_err *err)
{
	if (vus_be_honest.transmit(be, req, reply, twist, err))
		return true;
	if (err->kind != VUS_ERR_SYSTEM)
		vus_die();
	return false;
}

VUS_BE_FAULT(socket, aborts_on_closed_socket, .rule = "socket.reply_to_closed",
	     .says = "aborts when a reply cannot be sent")
{
	decide->transmit = die_of_closed_socket;
}

static int sigcont(void)
{
	return SIGCONT;
}

VUS_BE_FAULT(socket, ends_on_sigcont, .rule = "socket.eintr",
	     .says = "takes SIGCONT for the end")
{
	decide->another_end = sigcont;
}

static void die_of_half_a_ring(struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].num > 0 && !be->vqs[i].addr_set)
			vus_die();
	}
	vus_be_honest.disconnected(be);
}

VUS_BE_FAULT(
	socket, aborts_on_unconfigured_ring,
	.rule = "socket.disconnect_each_step",
	.says = "aborts when a connection ends with a ring that has no address")
{
	decide->disconnected = die_of_half_a_ring;
}

static void kicked_by_low_half(struct vus_vq *vq, uint64_t value)
{
	if ((value & UINT32_MAX) != 0)
		vus_be_honest.ring_kicked(vq, value);
}

VUS_BE_FAULT(socket, kick_value_counts, .rule = "socket.notify_value_opaque",
	     .says = "ignores events whose value has no low 32 bits")
{
	decide->ring_kicked = kicked_by_low_half;
}

static bool is_pipe(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static void call_pipe_with_a_byte(struct vus_vq *vq)
{
	if (!is_pipe(vq->call))
		vus_be_honest.ring_call(vq);
	else if (vus_poll_one(vq->call, POLLOUT, 0) > 0)
		(void)!write(vq->call, "", 1);
}

VUS_BE_FAULT(socket, one_byte_calls, .rule = "socket.notify_eight_bytes",
	     .says = "writes one byte to a pipe for a call")
{
	decide->ring_call = call_pipe_with_a_byte;
}

static void start_and_wait(struct vus_vq *vq,
			   __attribute__((unused)) uint64_t value)
{
	vq->started = true;
	vus_fault_plan(vq, vus_fault_look, -1);
}

static void die_if_it_waits(struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (vus_fault_is_planned(&be->vqs[i]))
			vus_die();
	}
	vus_fault_plans_close(be);
}

VUS_BE_FAULT(socket, aborts_with_requests_in_flight,
	     .rule = "socket.disconnect_inflight",
	     .also = "reply_ack.alive_after_refusal mem_slots.rem_ring "
		     "socket.disconnect_each_step",
	     .says = "is slow, and aborts when a connection ends meanwhile")
{
	vus_fault_plans(decide);
	decide->ring_kicked = start_and_wait;
	decide->disconnected = die_if_it_waits;
}
