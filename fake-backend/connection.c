/* SPDX-License-Identifier: BSD-3-Clause */
/* connection.c — a connection from its first to its last step. */
#include "backend.h"

#include "base/clock.h"
#include "device.h"
#include "honest.h"

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
		.decide = vus_be_honest,
		.size = UINT64_C(64) << 20,
		.features = VF(VERSION_1) | VF(PROTOCOL_FEATURES) |
			    VF(RING_INDIRECT_DESC) | VF(RING_EVENT_IDX) |
			    VF(NOTIFY_ON_EMPTY),
		.pf = PF(MQ) | PF(LOG_SHMFD) | PF(REPLY_ACK) | PF(BACKEND_REQ) |
		      PF(RESET_DEVICE) | PF(CONFIGURE_MEM_SLOTS) | PF(STATUS) |
		      PF(GPA_ADDRESSES) | d->pf,
	};
	if (d->config_size > 0)
		cfg->pf |= PF(CONFIG);
}

uint64_t vus_honest_offered_features(const struct vus_be *be)
{
	const struct vus_device *d = be->cfg.device;

	return be->cfg.features | (d->offer ? d->offer(&be->cfg) : d->features);
}

uint64_t vus_honest_offered_pf(const struct vus_be *be)
{
	return be->cfg.pf;
}

/* A back-end that keeps the rules has nothing to do at these moments. */

void vus_honest_opened(struct vus_be_config *cfg)
{
	(void)cfg;
}

void vus_honest_closed(struct vus_be_config *cfg)
{
	(void)cfg;
}

void vus_honest_connected(struct vus_be *be)
{
	(void)be;
}

void vus_honest_disconnected(struct vus_be *be)
{
	(void)be;
}

void vus_honest_between_connections(const struct vus_be_config *cfg,
				    int listen_fd, int stop_fd)
{
	(void)cfg;
	(void)listen_fd;
	(void)stop_fd;
}

bool vus_honest_stays_connected(const struct vus_be *be, int listen_fd)
{
	(void)be;
	(void)listen_fd;
	return true;
}

uint64_t vus_honest_next_deadline(const struct vus_be *be)
{
	(void)be;
	return VUS_NEVER;
}

bool vus_honest_at_deadline(struct vus_be *be)
{
	(void)be;
	return false;
}

bool vus_be_config_open(struct vus_be_config *cfg, struct vus_err *err)
{
	if (cfg->device->open && !cfg->device->open(cfg, err))
		return false;
	cfg->decide.opened(cfg);
	return true;
}

void vus_be_config_close(struct vus_be_config *cfg)
{
	cfg->decide.closed(cfg);
	if (cfg->device->close)
		cfg->device->close(cfg);
	cfg->store = NULL;
}

void vus_honest_reset_state(struct vus_be *be)
{
	be->status = 0;
	memset(be->state, 0, be->cfg.device->state_size);
	if (be->cfg.device->reset)
		be->cfg.device->reset(be);
}

void vus_be_init(struct vus_be *be, const struct vus_be_config *cfg, int fd,
		 const struct vus_trace *trace)
{
	*be = (struct vus_be){ .cfg = *cfg, .back = VUS_LINK_NONE };
	be->decide = &be->cfg.decide;
	vus_link_open(&be->link, fd, VUS_FE, false, trace);
	for (unsigned i = 0; i < VUS_BE_MAX_QUEUES; i++)
		vus_vq_init(&be->vqs[i], be, i);
	be->state = calloc(1, cfg->device->state_size + 1);
	if (!be->state)
		abort();
	vus_honest_reset_state(be);
	be->decide->connected(be);
}

void vus_be_close(struct vus_be *be)
{
	be->decide->disconnected(be);
	for (unsigned i = 0; i < VUS_BE_MAX_QUEUES; i++)
		vus_vq_reset(&be->vqs[i]);
	vus_regions_clear(&be->mem);
	vus_map_drop(&be->log);
	vus_link_close(&be->back);
	vus_link_close(&be->link);
	free(be->state);
	be->state = NULL;
}

void vus_honest_ring_reset(struct vus_vq *vq)
{
	vus_vq_reset(vq);
}

void vus_be_reset_device(struct vus_be *be)
{
	for (unsigned i = 0; i < VUS_BE_MAX_QUEUES; i++)
		be->decide->ring_reset(&be->vqs[i]);
	be->decide->reset_state(be);
}

void vus_be_select_pf(struct vus_be *be, uint64_t pf)
{
	be->pf = pf;
	be->link.pf = pf;
}

bool vus_be_any_live(const struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].live)
			return true;
	}
	return false;
}

struct vus_vq *vus_honest_ring_of(struct vus_be *be, uint64_t index)
{
	return index < be->cfg.queues ? &be->vqs[index] : NULL;
}

struct vus_vq *vus_be_vq(struct vus_be *be, uint64_t index)
{
	return be->decide->ring_of(be, index);
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
	deadline = VUS_MIN(deadline, be->decide->next_deadline(be));
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (vus_vq_polled(&be->vqs[i]))
			deadline = VUS_MIN(deadline, vus_deadline_ms(POLL_MS));
	}
	return deadline;
}

bool vus_honest_receive(struct vus_be *be, struct vus_frame *ret,
			uint64_t deadline, struct vus_err *err)
{
	return vus_link_recv(&be->link, ret, deadline, err);
}

static enum vus_be_step_result take_frame(struct vus_be *be, int stop_fd,
					  struct vus_err *err)
{
	struct vus_frame frame;
	struct vus_err why;

	be->link.watch_fd = stop_fd;
	if (be->decide->receive(be, &frame, vus_deadline_ms(FRAME_MS), &why)) {
		if (be->intercept && be->intercept(be, &frame))
			return be->link.fd < 0 ? VUS_BE_STEP_CLOSED
					       : VUS_BE_STEP_DONE;
		return vus_be_frame(be, &frame, err);
	}
	vus_be_note(be, "the connection ends: %s", why.text);
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

/* A flood of kicks starves neither the socket nor another ring, and kicks come
 * before the frame that was sent behind them. */
unsigned vus_honest_first_event(const struct vus_be *be)
{
	return be->turn + 1;
}

bool vus_honest_reads_socket(const struct vus_be *be)
{
	(void)be;
	return true;
}

/* Handle the first entry that is ready. */
static enum vus_be_step_result serve_event(struct vus_be *be, int stop_fd,
					   const struct pollfd fds[NPOLL],
					   struct vus_err *err)
{
	const unsigned first = be->decide->first_event(be);

	for (unsigned n = 0; n < NPOLL - 1; n++) {
		unsigned i = (first + n) % (NPOLL - 1);

		if (fds[i].fd < 0 || fds[i].revents == 0 ||
		    (i == 0 && !be->decide->reads_socket(be)))
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

		if (be->decide->at_deadline(be))
			return VUS_BE_STEP_DONE;

		if (be->link.fd < 0)
			return VUS_BE_STEP_CLOSED;
		fill_poll_set(be, stop_fd, fds);
		n = vus_poll(fds, NPOLL,
			     busy || be->cfg.polls ? 0 : wake_by(be, deadline));
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
