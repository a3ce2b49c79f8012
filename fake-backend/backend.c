/* SPDX-License-Identifier: BSD-3-Clause */
/* backend.c — a connection from its first to its last step. */
#include "backend.h"

#include "base/clock.h"
#include "device.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often a ring without kick descriptor is looked at, ms. */
#define POLL_MS 1
/* How long a frame that has begun may take to arrive, ms.  The rings rest
 * meanwhile. */
#define FRAME_MS 10000

/* What the core itself implements.  A bit is offered here only when every
 * message it gates is handled. */
void vus_be_defaults(struct vus_be_config *cfg, const struct vus_device *d)
{
	*cfg = (struct vus_be_config){
		.device = d,
		.queues = d->queues,
		.old_kick = -1,
		.size = UINT64_C(64) << 20,
		.features = VF(VERSION_1) | VF(PROTOCOL_FEATURES) |
			    VF(RING_INDIRECT_DESC) | VF(RING_EVENT_IDX) |
			    VF(NOTIFY_ON_EMPTY),
		.pf = PF(MQ) | PF(REPLY_ACK) | PF(BACKEND_REQ) |
		      PF(RESET_DEVICE) | PF(CONFIGURE_MEM_SLOTS) | PF(STATUS) |
		      PF(GPA_ADDRESSES),
	};
	if (d->config_size > 0)
		cfg->pf |= PF(CONFIG);
}

uint64_t vus_be_offer(const struct vus_be *be)
{
	const struct vus_device *d = be->cfg.device;

	uint64_t features = be->cfg.features;

	if (VUS_FAULTY(be, features, logging_halts))
		features |= VF(LOG_ALL);
	if (VUS_FAULTY(be, protocol_feature_bits, mtu_unserved))
		features |= VUS_BIT(VIRTIO_NET_F_MTU);
	if (VUS_FAULTY(be, features, iommu_alone))
		features |= VF(ACCESS_PLATFORM);
	return features | (d->offer ? d->offer(&be->cfg) : d->features);
}

uint64_t vus_be_pf_offer(const struct vus_be *be)
{
	uint64_t pf = be->cfg.pf | vus_lie_in_pf_offer(be);

	if (VUS_FAULTY(be, multiqueue, not_offered))
		pf &= ~PF(MQ);
	if (VUS_FAULTY(be, protocol_features, offers_what_it_lacks))
		pf |= PF(DEVICE_STATE);
	if (VUS_FAULTY(be, features, iommu_alone))
		pf &= ~PF(BACKEND_REQ);
	if (VUS_FAULTY(be, protocol_features, inband_alone))
		pf |= PF(INBAND_NOTIFICATIONS);
	if (VUS_FAULTY(be, protocol_feature_bits, offers_unknown_bits))
		pf |= VUS_BIT(63);
	return pf;
}

bool vus_be_config_open(struct vus_be_config *cfg, struct vus_err *err)
{
	return !cfg->device->open || cfg->device->open(cfg, err);
}

void vus_be_config_close(struct vus_be_config *cfg)
{
	if (cfg->device->close)
		cfg->device->close(cfg);
	cfg->store = NULL;
}

static void reset_state(struct vus_be *be)
{
	memset(be->state, 0, be->cfg.device->state_size);
	if (be->cfg.device->reset)
		be->cfg.device->reset(be);
}

void vus_be_init(struct vus_be *be, const struct vus_be_config *cfg, int fd,
		 const struct vus_trace *trace)
{
	*be = (struct vus_be){ .cfg = *cfg, .back = VUS_LINK_NONE };
	vus_link_open(&be->link, fd, VUS_FE, false, trace);
	if (fd > 1023 && VUS_FAULTY(be, fds, aborts_on_high_numbers))
		vus_die();
	for (unsigned i = 0; i < VUS_BE_MAX_QUEUES; i++)
		vus_vq_init(&be->vqs[i], be, i);
	if (VUS_FAULTY(be, protocol_features, survives_connections))
		be->pf = be->link.pf = cfg->last_pf;
	be->bad.deaf = (cfg->connections > 0 &&
			VUS_FAULTY(be, socket, deaf_after_first_session)) ||
		       (cfg->stopped_a_ring &&
			VUS_FAULTY(be, socket, deaf_after_a_stop));
	be->state = calloc(1, cfg->device->state_size + 1);
	if (!be->state)
		abort();
	reset_state(be);
}

void vus_be_close(struct vus_be *be)
{
	vus_lie_at_the_end(be);
	for (unsigned i = 0; i < VUS_BE_MAX_QUEUES; i++) {
		if (!VUS_FAULTY(be, fds, keeps_all_at_disconnect))
			vus_vq_reset(&be->vqs[i]);
	}
	if (!VUS_FAULTY(be, fds, keeps_memory_at_disconnect))
		vus_regions_clear(&be->mem);
	vus_regions_clear(&be->bad.old);
	free(be->bad.pages);
	vus_link_close(&be->back);
	vus_link_close(&be->link);
	free(be->state);
	be->state = NULL;
}

static void reset_rings(struct vus_be *be)
{
	for (unsigned i = 0; i < VUS_BE_MAX_QUEUES; i++) {
		struct vus_vq *vq = &be->vqs[i];
		int call = -1;

		if (VUS_FAULTY(be, reset_device, calls_late))
			call = vus_fd_take(&vq->call);
		vus_vq_reset(vq);
		if (call >= 0)
			vus_late_plan(vq, VUS_LATE_CALL, call);
	}
}

void vus_be_reset_device(struct vus_be *be)
{
	if (!VUS_FAULTY(be, reset_device, leaves_rings_running))
		reset_rings(be);
	if (VUS_FAULTY(be, reset_device, keeps_state))
		return;
	be->status = 0;
	reset_state(be);
}

struct vus_vq *vus_be_vq(struct vus_be *be, uint64_t index)
{
	if (VUS_FAULTY(be, ring_state, index_wraps))
		index %= be->cfg.queues;
	if (VUS_FAULTY(be, ring_state, has_spare_rings) &&
	    index >= be->cfg.queues && index <= UINT8_MAX)
		return &be->vqs[VUS_BE_MAX_QUEUES - 1];
	return index < be->cfg.queues ? &be->vqs[index] : NULL;
}

void vus_be_note(struct vus_be *be, const char *fmt, ...)
{
	const struct vus_trace *trace = be->link.trace;
	char line[320];
	va_list ap;

	if (!trace || !trace->note)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	trace->note(trace->ctx, line);
}

/* ---- the step ---- */

/* Entry 0 is the socket, 1 + i the kick of ring i, the last stop_fd; poll
 * skips negative numbers. */
#define NPOLL (VUS_BE_MAX_QUEUES + 2)

static void fill_poll_set(const struct vus_be *be, int stop_fd,
			  struct pollfd fds[NPOLL])
{
	fds[0] = (struct pollfd){ .fd = be->link.fd, .events = POLLIN };
	for (unsigned i = 0; i < VUS_BE_MAX_QUEUES; i++) {
		const struct vus_vq *vq = &be->vqs[i];

		fds[1 + i] = (struct pollfd){
			.fd = vq->kick_dead ? -1 : vq->kick,
			.events = POLLIN,
		};
	}
	fds[NPOLL - 1] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
}

static uint64_t wake_by(const struct vus_be *be, uint64_t deadline)
{
	deadline = VUS_MIN(deadline, vus_late_next(be));
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (vus_vq_polled(&be->vqs[i]))
			deadline = VUS_MIN(deadline, vus_deadline_ms(POLL_MS));
	}
	return deadline;
}

static enum vus_be_step_result take_frame(struct vus_be *be, int stop_fd,
					  struct vus_err *err)
{
	struct vus_frame frame;
	struct vus_err why;

	be->link.watch_fd = stop_fd;
	if (vus_lie_about_arrival(be)) {
		vus_link_close(&be->link);
		return VUS_BE_STEP_CLOSED;
	}
	if (vus_link_recv(&be->link, &frame, vus_deadline_ms(FRAME_MS), &why)) {
		if (be->intercept && be->intercept(be, &frame))
			return be->link.fd < 0 ? VUS_BE_STEP_CLOSED
					       : VUS_BE_STEP_DONE;
		return vus_be_frame(be, &frame, err);
	}
	vus_be_note(be, "the connection ends: %s", why.text);
	if (why.kind == VUS_ERR_EOF && strstr(why.text, "inside") &&
	    VUS_FAULTY(be, header, aborts_on_cut_message))
		vus_die();
	vus_link_close(&be->link);
	if (why.kind == VUS_ERR_SYSTEM) {
		*err = why;
		return VUS_BE_STEP_BROKEN;
	}
	return VUS_BE_STEP_CLOSED;
}

/* A kick whose other end is gone stays readable for ever. */
static void take_kick(struct vus_be *be, unsigned queue, short revents)
{
	if (revents & POLLIN)
		vus_be_kick(be, queue);
	else
		be->vqs[queue].kick_dead = true;
}

/* The first ready entry behind the one that was served last: a flood of kicks
 * starves neither the socket nor another ring, and kicks come before the frame
 * that was sent behind them. */
static enum vus_be_step_result serve_event(struct vus_be *be, int stop_fd,
					   const struct pollfd fds[NPOLL],
					   struct vus_err *err)
{
	if (VUS_FAULTY(be, ring_fds, swap_loses_kicks))
		be->turn = NPOLL - 2;
	for (unsigned n = 1; n < NPOLL; n++) {
		unsigned i = (be->turn + n) % (NPOLL - 1);

		if (fds[i].fd < 0 || fds[i].revents == 0 ||
		    (i == 0 && vus_lie_about_the_socket(be)))
			continue;
		be->turn = i;
		if (i == 0)
			return take_frame(be, stop_fd, err);
		take_kick(be, i - 1, fds[i].revents);
		return VUS_BE_STEP_DONE;
	}
	return VUS_BE_STEP_IDLE;
}

enum vus_be_step_result vus_be_step(struct vus_be *be, int stop_fd,
				    uint64_t deadline, struct vus_err *err)
{
	struct pollfd fds[NPOLL];

	for (;;) {
		bool busy = vus_be_run_rings(be);
		int n;

		if (vus_late_strike(be))
			return VUS_BE_STEP_DONE;

		if (be->link.fd < 0)
			return VUS_BE_STEP_CLOSED;
		fill_poll_set(be, stop_fd, fds);
		n = vus_poll(fds, NPOLL, busy ? 0 : wake_by(be, deadline));
		if (n < 0) {
			(void)vus_fail_sys(err, "poll");
			return VUS_BE_STEP_BROKEN;
		}
		if (fds[NPOLL - 1].revents != 0)
			return VUS_BE_STEP_IDLE;
		if (n > 0)
			return serve_event(be, stop_fd, fds, err);
		if (busy)
			return VUS_BE_STEP_DONE;
		if (vus_now() >= deadline)
			return VUS_BE_STEP_IDLE;
	}
}
