/* SPDX-License-Identifier: BSD-3-Clause */
/* late.c — acts of faults some time after the message they belong to. */
#include "late.h"

#include "base/clock.h"
#include "fake-backend/notify.h"

#define LATE_MS 30

struct plan {
	vus_late_act *act; /* NULL: none */
	uint64_t at;       /* monotonic ns */
	int fd;            /* owned, -1: none */
};

static struct plan *plan_of(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(struct plan));
}

static void cancel(const struct vus_vq *vq)
{
	struct plan *p = plan_of(vq);

	if (p->act)
		vus_fd_close(&p->fd);
	p->act = NULL;
}

void vus_fault_plan(struct vus_vq *vq, vus_late_act *act, int fd)
{
	cancel(vq);
	*plan_of(vq) = (struct plan){
		.act = act,
		.at = vus_deadline_ms(LATE_MS),
		.fd = fd,
	};
}

bool vus_fault_is_planned(const struct vus_vq *vq)
{
	return plan_of(vq)->act != NULL;
}

static uint64_t next_plan(const struct vus_be *be)
{
	uint64_t next = VUS_NEVER;

	for (unsigned i = 0; i < be->cfg.queues; i++) {
		const struct plan *p = plan_of(&be->vqs[i]);

		if (p->act)
			next = VUS_MIN(next, p->at);
	}
	return next;
}

static bool act_on_plans(struct vus_be *be)
{
	bool acted = false;

	for (unsigned i = 0; i < be->cfg.queues; i++) {
		struct vus_vq *vq = &be->vqs[i];
		struct plan p = *plan_of(vq);

		if (!p.act || vus_now() < p.at)
			continue;
		plan_of(vq)->act = NULL;
		p.act(vq, &p.fd);
		vus_fd_close(&p.fd);
		acted = true;
	}
	return acted;
}

void vus_fault_plans_close(struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++)
		cancel(&be->vqs[i]);
	vus_fault_state_close(be);
}

void vus_fault_plans(struct vus_be_decisions *decide)
{
	vus_fault_remembers(decide);
	decide->next_deadline = next_plan;
	decide->at_deadline = act_on_plans;
	decide->disconnected = vus_fault_plans_close;
}

void vus_fault_look(struct vus_vq *vq, __attribute__((unused)) int *fd)
{
	vq->look = true;
}

void vus_fault_signal(__attribute__((unused)) struct vus_vq *vq, int *fd)
{
	vus_notify(*fd);
}
