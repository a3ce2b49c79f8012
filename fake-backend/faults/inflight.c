/* SPDX-License-Identifier: BSD-3-Clause */
/* inflight.c — faults of in-flight buffers. */
#include "kept.h"

#include <sys/mman.h>
#include <unistd.h>

#define BUFFER_BYTES 4096

static uint64_t with_inflight(const struct vus_be *be)
{
	return vus_be_honest.offered_pf(be) | PF(INFLIGHT_SHMFD);
}

/* A new file of `told` bytes for GET_INFLIGHT_FD, of which `bytes` are there;
 * -1: it cannot be made. */
static int make_file(const struct vus_frame *req, struct vus_frame *reply,
		     uint64_t told, uint64_t bytes)
{
	int fd = memfd_create("inflight", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0) {
		vus_fd_close(&fd);
		return -1;
	}
	reply->body.inflight = req->body.inflight;
	reply->body.inflight.mmap_size = told;
	reply->nfds = 1;
	return fd;
}

/* Spec: "Inflight I/O tracking", of split rings. */
static uint64_t buffer_bytes(const struct vus_frame *req)
{
	const struct vus_p_inflight *p = &req->body.inflight;

	return p->num_queues * (16 + UINT64_C(16) * p->queue_size);
}

static int make_buffer(const struct vus_frame *req, struct vus_frame *reply)
{
	const uint64_t bytes = buffer_bytes(req);

	return make_file(req, reply, bytes, bytes);
}

static enum vus_handled map_each_buffer(struct vus_be *be,
					struct vus_frame *req,
					struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_INFLIGHT_FD) {
		reply->fds[0] = make_buffer(req, reply);
		return reply->fds[0] < 0 ? VUS_CLOSE : VUS_OK;
	}
	if (req->id != VUS_FE_SET_INFLIGHT_FD)
		return vus_be_honest.handle(be, req, reply);
	return vus_fault_keep_map(be, req->fds[0], BUFFER_BYTES) ? VUS_OK
								 : VUS_NACK;
}

VUS_BE_FAULT(inflight, keeps_replaced_buffers, .rule = "inflight.set.repeat",
	     .also = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and unmaps no buffer that it was "
		     "given before the session ends")
{
	vus_fault_keeps(decide);
	decide->offered_pf = with_inflight;
	decide->handle = map_each_buffer;
}

static enum vus_handled keep_each_buffer(struct vus_be *be,
					 struct vus_frame *req,
					 struct vus_frame *reply)
{
	int fd;

	if (req->id == VUS_FE_SET_INFLIGHT_FD)
		return VUS_OK;
	if (req->id != VUS_FE_GET_INFLIGHT_FD)
		return vus_be_honest.handle(be, req, reply);
	fd = make_buffer(req, reply);
	reply->fds[0] = dup(fd);
	vus_fault_keep_fd(be, fd);
	return reply->fds[0] < 0 ? VUS_CLOSE : VUS_OK;
}

VUS_BE_FAULT(inflight, keeps_own_buffers, .rule = "inflight.get.repeat",
	     .also = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and closes no buffer that it made "
		     "before the session ends")
{
	vus_fault_keeps(decide);
	decide->offered_pf = with_inflight;
	decide->handle = keep_each_buffer;
}

static enum vus_handled describe_buffer(struct vus_be *be,
					struct vus_frame *req,
					struct vus_frame *reply)
{
	if (req->id == VUS_FE_SET_INFLIGHT_FD)
		return VUS_OK;
	if (req->id != VUS_FE_GET_INFLIGHT_FD)
		return vus_be_honest.handle(be, req, reply);
	reply->body.inflight = req->body.inflight;
	reply->body.inflight.mmap_size = BUFFER_BYTES;
	return VUS_OK;
}

VUS_BE_FAULT(inflight, forgets_the_descriptor, .rule = "inflight.get.reply",
	     .says = "offers INFLIGHT_SHMFD, and describes a buffer that it "
		     "does not send")
{
	decide->offered_pf = with_inflight;
	decide->handle = describe_buffer;
}

/* The buffer of GET_INFLIGHT_FD, which is not asked for again. */
static enum vus_handled serve_buffer(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply,
				     enum vus_handled set)
{
	if (req->id == VUS_FE_SET_INFLIGHT_FD)
		return set;
	if (req->id != VUS_FE_GET_INFLIGHT_FD)
		return vus_be_honest.handle(be, req, reply);
	reply->fds[0] = make_buffer(req, reply);
	return reply->fds[0] < 0 ? VUS_CLOSE : VUS_OK;
}

static enum vus_handled ignore_buffer(struct vus_be *be, struct vus_frame *req,
				      struct vus_frame *reply)
{
	return serve_buffer(be, req, reply, VUS_OK);
}

VUS_BE_FAULT(inflight, ignores_buffers, .rule = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and writes nothing into the "
		     "buffer that it was given")
{
	decide->offered_pf = with_inflight;
	decide->handle = ignore_buffer;
}

static enum vus_handled refuse_buffer(struct vus_be *be, struct vus_frame *req,
				      struct vus_frame *reply)
{
	return serve_buffer(be, req, reply, VUS_NACK);
}

VUS_BE_FAULT(inflight, refuses_buffers, .rule = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and refuses SET_INFLIGHT_FD")
{
	decide->offered_pf = with_inflight;
	decide->handle = refuse_buffer;
}

static enum vus_handled give_a_page(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	if (req->id != VUS_FE_GET_INFLIGHT_FD)
		return serve_buffer(be, req, reply, VUS_OK);
	reply->fds[0] = make_file(req, reply, BUFFER_BYTES, BUFFER_BYTES);
	return reply->fds[0] < 0 ? VUS_CLOSE : VUS_OK;
}

VUS_BE_FAULT(inflight, gives_a_page, .rule = "inflight.get.size_min",
	     .also = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and makes buffers of 4096 bytes")
{
	decide->offered_pf = with_inflight;
	decide->handle = give_a_page;
}

static enum vus_handled give_a_short_file(struct vus_be *be,
					  struct vus_frame *req,
					  struct vus_frame *reply)
{
	if (req->id != VUS_FE_GET_INFLIGHT_FD)
		return serve_buffer(be, req, reply, VUS_OK);
	reply->fds[0] = make_file(req, reply, buffer_bytes(req), 0);
	return reply->fds[0] < 0 ? VUS_CLOSE : VUS_OK;
}

VUS_BE_FAULT(inflight, gives_an_empty_file, .rule = "inflight.get.size_min",
	     .also = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and gives its buffers' files no "
		     "size")
{
	decide->offered_pf = with_inflight;
	decide->handle = give_a_short_file;
}

VUS_FAULT_REFUSE(make_no_buffer, req->id == VUS_FE_GET_INFLIGHT_FD)

VUS_BE_FAULT(inflight, makes_none, .rule = "inflight.get.reply",
	     .also = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and answers no request for a "
		     "buffer")
{
	decide->offered_pf = with_inflight;
	decide->handle = make_no_buffer;
}
