/* SPDX-License-Identifier: BSD-3-Clause */
/* late.c — misdeeds of faults some time after the message they belong to. */
#include "device.h"

#include "base/clock.h"
#include "notify.h"

#include <endian.h>
#include <fcntl.h>

void vus_late_cancel(struct vus_vq *vq)
{
	vus_fd_close(&vq->bad.fd);
	vq->bad.late = VUS_LATE_NONE;
	vq->bad.at = 0;
}

void vus_late_plan(struct vus_vq *vq, enum vus_late late, int fd)
{
	vus_late_cancel(vq);
	vq->bad.late = late;
	vq->bad.fd = fd;
	vq->bad.at = vus_deadline_ms(VUS_LATE_MS);
}

/* Take one request, as if it were still in hand when the ring stopped. */
static bool take_in_hand(struct vus_vq *vq)
{
	struct vus_chain chain;

	vq->budget = 1;
	if (!vq->live || !vq->mapped || !vus_vq_pop(vq, &chain))
		return false;
	vq->bad.head = chain.head;
	return true;
}

void vus_late_at_stop(struct vus_vq *vq)
{
	struct vus_be *be = vq->be;

	if (!vq->live)
		return;
	if (VUS_FAULTY(be, ring_stop, goes_on))
		vus_late_plan(vq, VUS_LATE_RUN, -1);
	if (VUS_FAULTY(be, ring_stop, completes_late) && take_in_hand(vq))
		vus_late_plan(vq, VUS_LATE_PUSH, -1);
	if (VUS_FAULTY(be, ring_stop, writes_late))
		vus_late_plan(vq, VUS_LATE_WRITE, -1);
	if (VUS_FAULTY(be, ring_stop, calls_late) && vq->call >= 0)
		vus_late_plan(vq, VUS_LATE_CALL,
			      fcntl(vq->call, F_DUPFD_CLOEXEC, 0));
	if (VUS_FAULTY(be, ring_stop, requests_late) && be->back.fd >= 0)
		vus_late_plan(vq, VUS_LATE_REQUEST, -1);
}

uint64_t vus_late_next(const struct vus_be *be)
{
	uint64_t next = VUS_NEVER;

	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].bad.at != 0)
			next = VUS_MIN(next, be->vqs[i].bad.at);
	}
	return next;
}

/* Serve a stopped ring, and come back while it stays so. */
static void run_stopped(struct vus_vq *vq)
{
	if (vq->live)
		return;
	if (vq->mapped && !vq->broken) {
		vq->budget = 1;
		vq->be->cfg.device->kick(vq->be, vq);
	}
	vus_late_plan(vq, VUS_LATE_RUN, -1);
}

static void write_used(const struct vus_vq *vq)
{
	struct vring_used *used = vq->ring.used;

	if (vq->mapped)
		used->ring[vq->ring.used_idx % vq->ring.num].len =
			htole32(0xa5a5a5a5);
}

static void ask_back(struct vus_be *be)
{
	struct vus_frame f =
		vus_request_frame(VUS_BE, VUS_BE_CONFIG_CHANGE_MSG);
	struct vus_err err;

	if (be->back.fd >= 0)
		(void)!vus_link_send(&be->back, &f, NULL, vus_now(), &err);
}

static void strike(struct vus_vq *vq, enum vus_late late, int fd)
{
	switch (late) {
	case VUS_LATE_RUN:
		run_stopped(vq);
		break;
	case VUS_LATE_PUSH:
		if (vq->mapped)
			vus_split_push(&vq->ring, vq->bad.head, 0);
		break;
	case VUS_LATE_WRITE:
		write_used(vq);
		break;
	case VUS_LATE_CALL:
		vus_notify(fd);
		break;
	case VUS_LATE_SWAP:
		vus_fd_close(&vq->call);
		vq->call = vus_fd_take(&fd);
		break;
	case VUS_LATE_LOOK:
		vq->look = true;
		break;
	case VUS_LATE_REQUEST:
		ask_back(vq->be);
		break;
	default:
		break;
	}
	vus_fd_close(&fd);
}

bool vus_late_strike(struct vus_be *be)
{
	bool struck = false;

	for (unsigned i = 0; i < be->cfg.queues; i++) {
		struct vus_vq *vq = &be->vqs[i];
		enum vus_late late = vq->bad.late;
		int fd;

		if (vq->bad.at == 0 || vus_now() < vq->bad.at)
			continue;
		fd = vus_fd_take(&vq->bad.fd);
		vus_late_cancel(vq);
		strike(vq, late, fd);
		struck = true;
	}
	return struck;
}
