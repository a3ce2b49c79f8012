/* SPDX-License-Identifier: BSD-3-Clause */
/* driver.c — drivers by name, and a whole ping. */
#include "driver.h"

#include "base/clock.h"

#include <string.h>

extern const struct vus_driver *const __start_vus_drivers[];
extern const struct vus_driver *const __stop_vus_drivers[];

const struct vus_driver *vus_driver_by_name(const char *name)
{
	const struct vus_driver *const *d = __start_vus_drivers;

	for (; d < __stop_vus_drivers; d++)
		if (strcmp((*d)->name, name) == 0)
			return *d;
	return NULL;
}

const struct vus_driver *vus_driver_by_id(uint64_t virtio_id)
{
	const struct vus_driver *const *d = __start_vus_drivers;

	for (; d < __stop_vus_drivers; d++)
		if ((*d)->virtio_id == virtio_id)
			return *d;
	return NULL;
}

const struct vus_driver *vus_driver_by_qemu_name(const char *name)
{
	const struct vus_driver *const *d = __start_vus_drivers;

	for (; d < __stop_vus_drivers; d++)
		if ((*d)->qemu.name && strcmp((*d)->qemu.name, name) == 0)
			return *d;
	return NULL;
}

/* Link order is no interface: pick the next greater name each time. */
void vus_driver_names(struct vus_text *ret)
{
	const char *last = "";

	for (;;) {
		const struct vus_driver *const *d = __start_vus_drivers;
		const char *next = NULL;

		for (; d < __stop_vus_drivers; d++)
			if (strcmp((*d)->name, last) > 0 &&
			    (!next || strcmp((*d)->name, next) < 0))
				next = (*d)->name;
		if (!next)
			return;
		vus_text_add(ret, "%s%s", *last ? " " : "", next);
		last = next;
	}
}

bool vus_ping_readonly(struct vus_session *s, const void *bytes, uint32_t len,
		       uint64_t seed, struct vus_ping *ret, struct vus_err *err)
{
	uint64_t gpa;

	if (!vus_guest_alloc(&s->guest, len, 16, &gpa, err))
		return false;
	memcpy(vus_guest_host(&s->guest, gpa, len), bytes, len);
	*ret = (struct vus_ping){
		.segs = { { gpa, len, false } },
		.nsegs = 1,
		.seed = seed,
	};
	return true;
}

bool vus_pong_unverified(struct vus_session *s, const struct vus_ping *ping,
			 uint32_t used_len, struct vus_err *err)
{
	(void)s, (void)ping, (void)used_len, (void)err;
	return true;
}

static unsigned step_of(const struct vus_driver *d)
{
	return d && d->queue_step > 0 ? d->queue_step : 1;
}

void vus_fe_set_driver(struct vus_session *s, const struct vus_driver *d)
{
	const unsigned first = d ? d->queue : 0;

	s->driver = d;
	if (d)
		s->vq_size = d->vq_size;
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++)
		s->queues[i].index = first + i * step_of(d);
	s->ncompanions = d ? d->ncompanions : 0;
	for (unsigned i = 0; i < s->ncompanions; i++)
		s->queues[VUS_MAX_QUEUES - 1 - i].index = d->companions[i];
}

unsigned vus_driver_rings(const struct vus_driver *d, unsigned n)
{
	const unsigned first = d ? d->queue : 0;

	if (d)
		n = VUS_MAX(n, d->min_queues);
	n = n > first ? (n - first + step_of(d) - 1) / step_of(d) : 0;
	return VUS_MIN(n, VUS_MAX_QUEUES - (d ? d->ncompanions : 0));
}

unsigned vus_fe_shows(const struct vus_session *s)
{
	return s->driver->shows | (s->prepared ? s->driver->shows_prepared : 0);
}

bool vus_fe_ping(struct vus_session *s, unsigned queue, uint64_t seed,
		 struct vus_err *err)
{
	struct vus_queue *q = &s->queues[queue];
	/* Rings run longer than memory lasts: what a ping allocated is free
	 * again once it was completed. */
	const uint64_t cursor = s->guest.cursor;
	struct vus_ping ping;
	struct vus_used used;
	uint16_t head;

	if (!s->driver->ping(s, seed, 0, &ping, err) ||
	    !s->decide->add_request(s, q, ping.segs, ping.nsegs, &head, err))
		return false;
	s->decide->offer_request(q, head);
	if (!vus_fe_kick(s, queue, err) ||
	    !vus_fe_wait_used(s, queue, vus_deadline_ms(s->request_ms), &used,
			      err) ||
	    !s->driver->pong(s, &ping, used.len, err))
		return false;
	s->guest.cursor = cursor;
	return true;
}
