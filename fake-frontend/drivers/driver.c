/* SPDX-License-Identifier: BSD-3-Clause */
/* driver.c — drivers by name, and the whole of a ping. */
#include "driver.h"

#include "../../harness/base/clock.h"

#include <string.h>

static const struct vus_driver *const drivers[] = {
	&vus_driver_blk,
	&vus_driver_invert,
	&vus_driver_rng,
};

const struct vus_driver *vus_driver_by_name(const char *name)
{
	for (size_t i = 0; i < VUS_COUNT(drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

void vus_driver_names(struct vus_text *ret)
{
	for (size_t i = 0; i < VUS_COUNT(drivers); i++)
		vus_text_add(ret, "%s%s", i ? " " : "", drivers[i]->name);
}

bool vus_fe_ping_on(struct vus_session *s, unsigned queue, uint64_t seed,
		    struct vus_err *err)
{
	struct vus_split_driver *ring = s->queues[queue].ring;
	/* A ring goes on for ever in memory that does not: what a ping took is
	 * free again once it came back. */
	const uint64_t cursor = s->guest.cursor;
	struct vus_ping ping;
	struct vus_used used;
	uint16_t head;

	if (!s->driver->ping(s, seed, 0, &ping, err) ||
	    !vus_split_add(ring, ping.segs, ping.nsegs, &head, err))
		return false;
	vus_split_put(ring, head);
	vus_split_publish(ring);
	if (!vus_fe_kick(s, queue, err) ||
	    !vus_fe_wait_used(s, queue, vus_deadline_ms(s->request_ms), &used,
			      err) ||
	    !s->driver->pong(s, &ping, used.len, err))
		return false;
	s->guest.cursor = cursor;
	return true;
}

bool vus_fe_ping(struct vus_session *s, uint64_t seed, struct vus_err *err)
{
	return vus_fe_ping_on(s, s->driver->queue, seed, err);
}
