/* SPDX-License-Identifier: BSD-3-Clause */
/* fds.c — faults of descriptors: too many, too few, wrong, and kept. */
#include "base/clock.h"
#include "fault.h"

#include <fcntl.h>
#include <sys/stat.h>

/* How many a request should have; an unknown id has none. */
static struct vus_fd_range range_of(const struct vus_be *be,
				    const struct vus_frame *req)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, req->id);

	return msg ? vus_msg_fds(msg, be->pf) : (struct vus_fd_range){ 0 };
}

/* ---- more or fewer than belong to a message ---- */

static enum vus_handled keep_uninvited(struct vus_be *be, struct vus_frame *req,
				       enum vus_complaint_kind kind,
				       struct vus_frame *reply)
{
	if (kind == VUS_COMPLAINT_FDS && range_of(be, req).max == 0)
		req->nfds = 0;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(fds, keeps_unexpected, .rule = "fds.none_expected_closed",
	     .says = "never closes descriptors of a message that carries none")
{
	decide->refuse_malformed = keep_uninvited;
}

static bool surplus(const struct vus_be *be, const struct vus_frame *req,
		    enum vus_complaint_kind kind)
{
	if (kind == VUS_COMPLAINT_FDS && range_of(be, req).max > 0 &&
	    req->nfds > range_of(be, req).max)
		return true;
	return vus_be_honest.is_tolerated(be, req, kind);
}

VUS_BE_FAULT(fds, accepts_surplus, .rule = "fds.too_many_rejected",
	     .also = "mem_table.fd_count_mismatch mem_slots.add_fd_count_bad",
	     .says = "takes the descriptors it needs and ignores the others")
{
	decide->is_tolerated = surplus;
}

static enum vus_handled take_missing(struct vus_be *be, struct vus_frame *req,
				     enum vus_complaint_kind kind,
				     struct vus_frame *reply)
{
	const unsigned max = range_of(be, req).max;

	if (kind == VUS_COMPLAINT_FDS && max > 0 && req->nfds <= max)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

static uint64_t word_by_descriptor(struct vus_be *be, struct vus_frame *req)
{
	const uint64_t word = vus_be_honest.ring_event_word(be, req);

	return req->nfds == 0 ? word | VUS_VRING_NOFD : word;
}

VUS_BE_FAULT(fds, accepts_missing, .rule = "fds.missing_rejected",
	     .also = "mem_table.fd_count_mismatch mem_slots.add_fd_count_bad "
		     "ring_fds.missing",
	     .says = "acknowledges messages that lack their descriptors")
{
	decide->refuse_malformed = take_missing;
	decide->ring_event_word = word_by_descriptor;
}

/* ---- kept after their use ---- */

static bool keep_region_fd(struct vus_be *be, struct vus_regions *table,
			   const struct vus_p_region *row, int fd)
{
	if (!vus_be_honest.add_region(be, table, row, fd))
		return false;
	(void)fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return true;
}

VUS_BE_FAULT(fds, keeps_region_descriptors, .rule = "fds.closed_after_map",
	     .also = "fds.disconnect_releases",
	     .says = "keeps a copy of every region's descriptor")
{
	decide->add_region = keep_region_fd;
}

static void keep_notifiers(struct vus_be *be)
{
	for (unsigned i = 0; i < VUS_BE_MAX_QUEUES; i++)
		be->vqs[i].kick = be->vqs[i].call = be->vqs[i].err = -1;
	vus_be_honest.disconnected(be);
}

VUS_BE_FAULT(fds, keeps_all_at_disconnect, .rule = "fds.disconnect_releases",
	     .says = "closes no notifier when the connection ends")
{
	decide->disconnected = keep_notifiers;
}

static void keep_memory(struct vus_be *be)
{
	be->mem = (struct vus_regions){ 0 };
	vus_be_honest.disconnected(be);
}

VUS_BE_FAULT(fds, keeps_memory_at_disconnect, .rule = "fds.disconnect_releases",
	     .says = "never unmaps memory when the connection ends")
{
	decide->disconnected = keep_memory;
}

static void open_one_more(struct vus_be *be)
{
	(void)!open("/dev/null", O_RDONLY | O_CLOEXEC);
	vus_be_honest.disconnected(be);
}

VUS_BE_FAULT(fds, opens_one_more_a_session, .rule = "fds.disconnect_releases",
	     .says = "opens a file for every session and never closes it")
{
	decide->disconnected = open_one_more;
}

/* ---- of the wrong type ---- */

static bool leave_out_what_is_no_file(struct vus_be *be,
				      struct vus_regions *table,
				      const struct vus_p_region *row, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		return true;
	return vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(fds, leaves_out_what_is_no_file, .rule = "fds.wrong_type",
	     .also = "mem_table.map_failure reply_ack.nonzero_on_failure",
	     .says = "acknowledges a region on a pipe or a folder, and leaves "
		     "it out")
{
	decide->add_region = leave_out_what_is_no_file;
}

static bool any_type(int fd, int mode)
{
	(void)fd;
	(void)mode;
	return true;
}

static enum vus_handled any_channel(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	return req->id == VUS_FE_SET_BACKEND_REQ_FD ? VUS_OK : handled;
}

VUS_BE_FAULT(fds, accepts_wrong_types, .rule = "fds.wrong_type",
	     .says = "takes any descriptor for a notifier or a channel")
{
	decide->can_signal = any_type;
	decide->handle = any_channel;
}

static bool add_of_any_type(struct vus_be *be, struct vus_regions *table,
			    const struct vus_p_region *row, int fd)
{
	struct stat st;

	return vus_be_honest.add_region(be, table, row, fd) ||
	       (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode));
}

VUS_BE_FAULT(fds, accepts_memory_of_any_type, .rule = "fds.wrong_type",
	     .also = "mem_table.map_failure reply_ack.nonzero_on_failure",
	     .says = "acknowledges a region in what is no file")
{
	decide->add_region = add_of_any_type;
}

static bool set_nonblocking(struct vus_be *be, struct vus_regions *table,
			    const struct vus_p_region *row, int fd)
{
	if (!vus_be_honest.add_region(be, table, row, fd))
		return false;
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return true;
}

VUS_BE_FAULT(fds, makes_memory_nonblocking, .rule = "fds.flags_untouched",
	     .says = "sets O_NONBLOCK on the descriptors of regions")
{
	decide->add_region = set_nonblocking;
}

/* ---- many, and no room for more ---- */

static void die_of_high_number(struct vus_be *be)
{
	vus_be_honest.connected(be);
	if (be->link.fd > 1023)
		vus_die();
}

VUS_BE_FAULT(fds, aborts_on_high_numbers, .rule = "fds.high_numbers",
	     .says = "aborts when a connection's descriptor is above 1023")
{
	decide->connected = die_of_high_number;
}

static uint64_t never(void)
{
	return VUS_NEVER;
}

VUS_BE_FAULT(
	fds, gives_up_accepting, .rule = "fds.exhaustion_recovers",
	.says = "never accepts again once there was no room for a connection")
{
	decide->accept_again_at = never;
}

static uint64_t word_by_truncation(struct vus_be *be, struct vus_frame *req)
{
	const uint64_t word = vus_be_honest.ring_event_word(be, req);

	return be->link.fds_truncated ? word | VUS_VRING_NOFD : word;
}

VUS_BE_FAULT(fds, lost_is_nofd, .rule = "fds.exhaustion_recovers",
	     .says = "takes a descriptor that found no room for bit 8")
{
	decide->ring_event_word = word_by_truncation;
}

static void call_or_die(struct vus_vq *vq)
{
	struct pollfd p = { .fd = vq->call };

	if (vus_poll(&p, 1, 0) > 0 && (p.revents & POLLERR))
		vus_die();
	vus_be_honest.ring_call(vq);
}

VUS_BE_FAULT(fds, aborts_on_pipe_without_reader, .rule = "fds.wrong_type",
	     .says = "aborts when it signals a pipe that nobody reads")
{
	decide->ring_call = call_or_die;
}

/* A reply that has no descriptor has one. */
static bool send_spare(struct vus_be *be, const struct vus_frame *req,
		       struct vus_frame *reply, const struct vus_twist *twist,
		       struct vus_err *err)
{
	struct vus_frame more = *reply;

	if (req->id == VUS_FE_GET_QUEUE_NUM)
		more.fds[more.nfds++] = be->link.fd;
	return vus_be_honest.transmit(be, req, &more, twist, err);
}

VUS_BE_FAULT(fds, reply_with_descriptor, .rule = "fds.as_announced",
	     .says = "sends a descriptor with the reply to GET_QUEUE_NUM")
{
	decide->transmit = send_spare;
}
