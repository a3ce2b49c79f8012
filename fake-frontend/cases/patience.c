/* SPDX-License-Identifier: BSD-3-Clause */
/* patience.c — how long a back-end is waited for that does nothing. */
#include "patience.h"

#include "../../harness/base/clock.h"

#define LOOK_NS (10 * VUS_MS) /* at least, between two looks */
/* Parts of a request's deadline: asleep or busy for so long, and asleep for so
 * long with a ring, for which a disk may be at work. */
#define MSG_PART  5
#define RING_PART 3

static uint64_t part(const struct vus_session *s, unsigned of)
{
	return s->request_ms * VUS_MS / of;
}

/* One answer has come before the second wait: by then whoever took the
 * connection has handed it on, if that is how the back-end does it. */
static void begin(void *ctx)
{
	struct vus_patient *p = ctx;
	struct vus_err err;

	/* Given up once, it is not waited for anew until it says something. */
	p->begins = !p->gave_up;
	if (p->waits < 2 && ++p->waits == 2 &&
	    !vus_proc_ran(p->server, &p->met_ran, &err))
		p->waits = 0;
}

static void heard(void *ctx)
{
	struct vus_patient *p = ctx;

	p->gave_up = false;
}

static bool is_in_vain(struct vus_patient *p)
{
	const bool rings = p->s->queues[0].set_up;
	const uint64_t now = vus_now();
	struct vus_cpu cpu;
	struct vus_err err;

	if (p->waits < 2 || (!p->begins && now - p->looked < LOOK_NS) ||
	    !vus_proc_cpu(p->server, &cpu, &err))
		return false;
	p->looked = now;
	if (p->begins)
		p->began_ran = cpu.ran;
	if (p->begins || !cpu.asleep || cpu.ran != p->last.ran)
		p->still = now;
	p->begins = false;
	p->last = cpu;
	/* Not this process serves the session. */
	if (cpu.ran == p->met_ran)
		return false;
	if (now - p->still >= part(p->s, rings ? RING_PART : MSG_PART))
		return true;
	return !p->polls && !rings &&
	       cpu.ran - p->began_ran >= part(p->s, MSG_PART);
}

static bool is_over(void *ctx)
{
	struct vus_patient *p = ctx;

	p->gave_up = is_in_vain(p);
	return p->gave_up;
}

void vus_patient_open(struct vus_patient *p, struct vus_session *s,
		      pid_t server, bool polls)
{
	*p = (struct vus_patient){
		.asked = { .ctx = p,
			   .begin = begin,
			   .is_over = is_over,
			   .heard = heard,
			   .server = polls ? 0 : server },
		.s = s,
		.server = server,
		.polls = polls,
	};
	if (server > 0)
		s->link.patience = &p->asked;
}
