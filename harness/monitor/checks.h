/* SPDX-License-Identifier: BSD-3-Clause */
/* checks.h — the functions of monitors.def. */
#ifndef VUS_MONITOR_CHECKS_H
#define VUS_MONITOR_CHECKS_H

#include "state.h"

/* One frame, before the state has taken it into account. */
struct vus_seen {
	const struct vus_state *s;
	const struct vus_frame *f;
	const struct vus_msg *msg; /* NULL: an unknown id */
	struct vus_complaints all; /* of vus_validate() */
	bool queues_are_many;
	uint64_t feature; /* of the row: the feature that gates */
	bool offered;     /* of the row: offered is enough */
	char text[320];   /* what is wrong, when a check returns false */
};

/* Say what is wrong; returns false. */
bool vus_seen_breach(struct vus_seen *v, const char *fmt, ...) VUS_PRINTF(2, 3);
/* There is no complaint of this kind, else the first one's words are said. */
bool vus_seen_free_of(struct vus_seen *v, enum vus_complaint_kind kind);
/* A request of the front-end; this one; and one whose body can be read. */
bool vus_seen_is_request(const struct vus_seen *v);
bool vus_seen_is(const struct vus_seen *v, uint32_t id);
bool vus_seen_says(const struct vus_seen *v, uint32_t id);
/* Is it known which regions the back-end has? */
bool vus_seen_memory_is_known(const struct vus_seen *v);
/* Were packed rings negotiated? */
bool vus_seen_is_packed(const struct vus_seen *v);
/* The name of its message. */
const char *vus_seen_name(const struct vus_seen *v);

typedef bool vus_monitor_check(struct vus_seen *v);

/* Several rows may have one check. */
#define MONITOR(party, name, rule, want, check, ...)                           \
	vus_monitor_check vus_monitor_##check;
#include "monitors.def"
#undef MONITOR

#endif
