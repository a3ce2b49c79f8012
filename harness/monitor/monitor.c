/* SPDX-License-Identifier: BSD-3-Clause */
/* monitor.c — every monitor of a side looks at every frame of it. */
#include "monitor.h"
#include "checks.h"

#include <string.h>

enum side { BE, FE };

const struct vus_monitor vus_monitors[] = {
#define MONITOR(side, mname, mrule, mwant, check, ...)                         \
	{ .name = #mname,                                                      \
	  .rule = mrule,                                                       \
	  .frontend = (side) == FE,                                            \
	  .want = mwant },
#include "monitors.def"
#undef MONITOR
};
const size_t vus_nmonitors = sizeof(vus_monitors) / sizeof(vus_monitors[0]);

const struct vus_monitor vus_ring_monitors[] = {
#define BREACH(side, NAME, mname, mrule, mwant)                                \
	{ .name = #mname,                                                      \
	  .rule = mrule,                                                       \
	  .frontend = (side) == FE,                                            \
	  .want = mwant },
#include "ring/breaches.def"
#undef BREACH
};
const size_t vus_nring_monitors =
	sizeof(vus_ring_monitors) / sizeof(vus_ring_monitors[0]);

/* Beside each monitor, what its check needs. */
static const struct row {
	vus_monitor_check *check;
	uint64_t feature;
	bool offered;
} rows[] = {
#define MONITOR(side, mname, mrule, mwant, mcheck, ...)                        \
	{ .check = vus_monitor_##mcheck, __VA_ARGS__ },
#include "monitors.def"
#undef MONITOR
};

bool vus_monitor_judges(const char *rule)
{
	for (size_t i = 0; i < vus_nmonitors; i++)
		if (strcmp(vus_monitors[i].rule, rule) == 0)
			return true;
	for (size_t i = 0; i < vus_nring_monitors; i++)
		if (strcmp(vus_ring_monitors[i].rule, rule) == 0)
			return true;
	return false;
}

/* The first monitor of this side that objects; NULL: none does. */
static const struct vus_monitor *objecting(struct vus_seen *v,
					   bool from_frontend)
{
	for (size_t i = 0; i < vus_nmonitors; i++) {
		if (vus_monitors[i].frontend != from_frontend)
			continue;
		v->feature = rows[i].feature;
		v->offered = rows[i].offered;
		if (!rows[i].check(v))
			return &vus_monitors[i];
	}
	return NULL;
}

void vus_monitor_frame(struct vus_monitoring *m, const struct vus_frame *f,
		       bool from_frontend)
{
	struct vus_seen v = { .s = &m->state, .f = f };
	const struct vus_monitor *breach = NULL;
	unsigned complaints;

	if (f->channel == VUS_GPU)
		return;
	v.msg = vus_msg_find(f->channel, f->id);
	v.queues_are_many = m->queues_are_many;
	complaints = vus_validate(
		f, m->state.pf,
		vus_msg_vf(v.msg, m->state.features, m->state.offer), &v.all);
	if (m->watches[from_frontend] && !m->state.misled[!from_frontend])
		breach = objecting(&v, from_frontend);
	vus_state_follow(&m->state, f, from_frontend, complaints);
	if (!breach)
		return;
	m->breaches++;
	m->tell(m->ctx, breach, f, v.text);
}
