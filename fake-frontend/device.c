/* SPDX-License-Identifier: BSD-3-Clause */
/* device.c — one device of the program: its messages, from negotiation to stop.
 */
#include "device.h"

#include "base/clock.h"
#include "honest.h"
#include "postcopy.h"

#include <endian.h>
#include <inttypes.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <stddef.h>

/* Buffers are put so many bytes before the end of a region: the largest request
 * of a driver fits. */
#define TAIL UINT64_C(8192)

/* ---- what is decided ---- */

bool vus_fe_honest_queues_suffice(const struct vus_fake *f, uint64_t queues,
				  struct vus_err *err)
{
	return f->d->nqueues <= queues ||
	       vus_fail(err, VUS_ERR_REFUSED,
			"the maximum number of queues supported by the backend "
			"is %" PRIu64 ", and %" PRIu64 " are wanted",
			queues, f->d->nqueues);
}

bool vus_fe_honest_regions_suffice(const struct vus_fake *f, uint64_t slots)
{
	return f->s.guest.nregions <= slots;
}

bool vus_fe_honest_slot_is_free(const struct vus_session *s)
{
	return s->guest.nregions <= s->slots;
}

bool vus_fe_honest_table_has_room(const struct vus_session *s)
{
	return s->guest.nregions <= VUS_MAX_REGIONS;
}

bool vus_fe_honest_reads_config(const struct vus_fake *f)
{
	return f->d->config_size > 0 && (f->s.pf & PF(CONFIG));
}

bool vus_fe_honest_starting(struct vus_fake *f, struct vus_err *err)
{
	(void)f, (void)err;
	return true;
}

bool vus_fe_honest_announce_memory(struct vus_fake *f, struct vus_err *err)
{
	return f->incoming ? vus_fe_postcopy_announce(&f->s, err)
			   : vus_fe_announce_memory(&f->s, err);
}

/* Spec: "Ring states": without PROTOCOL_FEATURES they are enabled at once. */
bool vus_fe_honest_enables_rings(const struct vus_session *s)
{
	return s->features & VF(PROTOCOL_FEATURES);
}

bool vus_fe_honest_kicks_restarted_rings(void)
{
	return true;
}

/* Requests that were not completed are executed again. */
uint16_t vus_fe_honest_resume_base(const struct vus_split_driver *ring)
{
	return le16toh(ring->used->idx);
}

bool vus_fe_honest_awaits_lost_requests(void)
{
	return true;
}

bool vus_fe_honest_resetting(struct vus_fake *f, struct vus_err *err)
{
	(void)f, (void)err;
	return true;
}

bool vus_fe_honest_sends_reset_device(const struct vus_session *s)
{
	return s->pf & PF(RESET_DEVICE);
}

/* ---- bring-up ---- */

static bool negotiate_device(struct vus_fake *f, struct vus_err *err)
{
	const struct vus_driver *driver = f->d->driver;
	const uint64_t own = driver ? driver->features : 0;
	const uint64_t slots = f->o->slots ? 0 : PF(CONFIGURE_MEM_SLOTS);
	/* An incoming migration is started by a command. */
	const uint64_t incoming = f->o->control ? PF(PAGEFAULT) : 0;

	return vus_fe_negotiate(
		&f->s, (VUS_FE_FEATURES | own) & ~f->d->without,
		(VUS_FE_PF | PF(BACKEND_REQ) | PF(STATUS) | incoming) & ~slots,
		err);
}

/* Does the back-end have what the command line asks for? */
static bool backend_suffices(const struct vus_fake *f, struct vus_err *err)
{
	const struct vus_driver *driver = f->d->driver;
	/* Without MQ a device has its least number of rings. */
	const uint64_t queues =
		VUS_MAX(f->s.nqueues, driver ? driver->min_queues : 1);
	const uint64_t slots = f->s.pf & PF(CONFIGURE_MEM_SLOTS)
				       ? f->s.slots
				       : VUS_MAX_REGIONS;

	if (!f->s.decide->queues_suffice(f, queues, err))
		return false;
	return f->s.decide->regions_suffice(f, slots) ||
	       vus_fail(err, VUS_ERR_REFUSED,
			"guest memory has %u regions, and the back-end takes "
			"%" PRIu64,
			f->s.guest.nregions, slots);
}

static bool read_config(struct vus_fake *f, struct vus_err *err)
{
	uint8_t config[VUS_CONFIG_MAX];

	return !f->s.decide->reads_config(f) ||
	       vus_fe_get_config(&f->s, 0, (uint32_t)f->d->config_size, config,
				 err);
}

/* Rings that the device needs beside those that take requests are at the end of
 * queues[]. */
static bool is_used(const struct vus_fake *f, unsigned queue)
{
	return queue < f->nrings || queue >= VUS_MAX_QUEUES - f->s.ncompanions;
}

static bool set_up_device_rings(struct vus_fake *f, struct vus_err *err)
{
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++)
		if (is_used(f, i) && !vus_fe_queue_setup(&f->s, i, 0, 0, err))
			return false;
	return true;
}

static bool enable_rings(struct vus_fake *f, bool on, struct vus_err *err)
{
	if (!f->s.decide->enables_rings(&f->s))
		return true;
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++)
		if (is_used(f, i) && !vus_fe_queue_enable(&f->s, i, on, err))
			return false;
	return true;
}

bool vus_fake_negotiate(struct vus_fake *f, struct vus_err *err)
{
	f->nrings = vus_driver_rings(f->d->driver, (unsigned)f->d->nqueues);
	return negotiate_device(f, err) && backend_suffices(f, err);
}

uint64_t vus_fe_honest_next_status(uint64_t was, uint64_t bits)
{
	return was | bits;
}

/* Where STATUS was negotiated: as a driver does, a step at a time. */
static bool raise_status(struct vus_fake *f, uint64_t bits, struct vus_err *err)
{
	struct vus_session *s = &f->s;
	uint64_t was;

	return !(s->pf & PF(STATUS)) ||
	       (vus_fe_get_u64(s, VUS_FE_GET_STATUS, &was, err) &&
		vus_fe_set_u64(s, VUS_FE_SET_STATUS,
			       s->decide->next_status(was, bits), err));
}

static bool features_are_ok(struct vus_fake *f, struct vus_err *err)
{
	return raise_status(f,
			    VIRTIO_CONFIG_S_ACKNOWLEDGE |
				    VIRTIO_CONFIG_S_DRIVER |
				    VIRTIO_CONFIG_S_FEATURES_OK,
			    err);
}

static bool start_device_rings(struct vus_fake *f, struct vus_err *err)
{
	return set_up_device_rings(f, err) && enable_rings(f, true, err) &&
	       raise_status(f, VIRTIO_CONFIG_S_DRIVER_OK, err);
}

bool vus_fake_start(struct vus_fake *f, struct vus_err *err)
{
	return f->s.decide->starting(f, err) && read_config(f, err) &&
	       features_are_ok(f, err) &&
	       f->s.decide->announce_memory(f, err) &&
	       start_device_rings(f, err);
}

bool vus_fake_start_incoming(struct vus_fake *f, struct vus_err *err)
{
	bool ok;

	f->incoming = vus_fe_postcopy_listen(&f->s, err);
	ok = f->incoming && vus_fake_start(f, err);
	f->incoming = false;
	return ok && vus_fe_postcopy_end(&f->s, err);
}

/* ---- use ---- */

/* Where buffers are put: the start and the end of each region, as far as they
 * are free.  Large sparse memory stays sparse. */
static unsigned find_places(const struct vus_guest *g,
			    uint64_t ret[2 * VUS_GUEST_MAX_REGIONS])
{
	unsigned n = 0;

	for (unsigned i = 0; i < g->nregions; i++) {
		const struct vus_guest_region *r = &g->regions[i];
		const uint64_t start = VUS_MAX(r->gpa, g->cursor);
		const uint64_t end = r->gpa + r->size;

		if (r->hidden || start >= end || end - start < TAIL)
			continue;
		ret[n++] = start;
		ret[n++] = end - TAIL;
	}
	return n;
}

static bool do_request(struct vus_fake *f, uint64_t place, struct vus_err *err)
{
	const unsigned ring = (unsigned)(f->done % f->nrings);
	const uint64_t cursor = f->s.guest.cursor;

	f->s.guest.cursor = place;
	if (!vus_fe_ping(&f->s, ring, f->done + 1, err))
		return false;
	f->s.guest.cursor = cursor;
	f->done++;
	return true;
}

static bool write_and_read_back(struct vus_fake *f, struct vus_err *err)
{
	const struct vus_driver *driver = f->d->driver;
	const uint64_t cursor = f->s.guest.cursor;
	bool stored = false;

	if (!f->o->allow_writes || !driver->keeps)
		return true;
	if (!driver->keeps(&f->s, 1, &stored, err))
		return false;
	f->s.guest.cursor = cursor;
	return stored || vus_fail(err, VUS_ERR_PROTOCOL,
				  "what was written was not read back");
}

/* What requests read is compared from now on. */
static bool store_content(struct vus_fake *f, struct vus_err *err)
{
	const struct vus_driver *driver = f->d->driver;
	uint64_t place;

	if (!f->o->allow_writes || !driver->mark)
		return true;
	return driver->place(&f->s, &place, err) &&
	       (!place || driver->mark(&f->s, place, true, err));
}

/* Also where requests failed, as far as it is possible. */
static bool put_content_back(struct vus_fake *f, bool ok, struct vus_err *err)
{
	struct vus_err ignored;

	if (!f->s.known_at)
		return ok;
	return f->d->driver->unmark(&f->s, ok ? err : &ignored) && ok;
}

static bool do_requests(struct vus_fake *f, const uint64_t *where, unsigned n,
			struct vus_err *err)
{
	/* Every place on every ring, also where their numbers have a common
	 * factor. */
	const uint64_t wanted =
		VUS_MAX(f->o->requests, (uint64_t)n * f->nrings);

	while (f->done < wanted)
		if (!do_request(f, where[f->done / f->nrings % n], err))
			return false;
	return true;
}

bool vus_fake_do_io(struct vus_fake *f, struct vus_err *err)
{
	uint64_t where[2 * VUS_GUEST_MAX_REGIONS];
	const unsigned n = find_places(&f->s.guest, where);
	bool ok;

	f->done = 0;
	if (!f->d->driver || f->o->requests == 0)
		return true;
	if (n == 0)
		return vus_fail(err, VUS_ERR_SYSTEM,
				"guest memory is full of rings (a larger -m "
				"may do)");
	ok = store_content(f, err) && do_requests(f, where, n, err);
	return put_content_back(f, ok, err) && write_and_read_back(f, err);
}

/* ---- memory and configuration that change ---- */

bool vus_fake_plug_memory(struct vus_fake *f, struct vus_err *err)
{
	const unsigned nregions = f->s.guest.nregions;
	struct vus_frame add;

	if (!(f->s.pf & PF(CONFIGURE_MEM_SLOTS)))
		return f->s.decide->table_has_room(&f->s)
			       ? vus_fe_announce_memory(&f->s, err)
			       : vus_fail(err, VUS_ERR_REFUSED,
					  "%u regions: a table has room for %d",
					  nregions, VUS_MAX_REGIONS);
	if (!f->s.decide->slot_is_free(&f->s))
		return vus_fail(err, VUS_ERR_REFUSED,
				"the back-end has %" PRIu64 " slots",
				f->s.slots);
	add = vus_fe_mem_reg_frame(&f->s, VUS_FE_ADD_MEM_REG, nregions - 1);
	return vus_fe_send_acked(&f->s, &add, err);
}

bool vus_fake_unplug_memory(struct vus_fake *f, struct vus_err *err)
{
	struct vus_guest *g = &f->s.guest;
	const struct vus_frame rem = vus_fe_mem_reg_frame(
		&f->s, VUS_FE_REM_MEM_REG, g->nregions - 1);

	g->nregions--;
	if (!(f->s.pf & PF(CONFIGURE_MEM_SLOTS)))
		return vus_fe_announce_memory(&f->s, err);
	return vus_fe_send_acked(&f->s, &rem, err);
}

bool vus_fake_config_write(struct vus_fake *f, struct vus_err *err)
{
	struct vus_frame set = vus_request_frame(VUS_FE, VUS_FE_SET_CONFIG);

	/* virtio-blk's write-back field; no other driver here has a field that
	 * is written. */
	set.body.config = (struct vus_p_config){
		.offset = offsetof(struct virtio_blk_config, wce),
		.size = 1,
		.data = { 1 },
	};
	return vus_fe_send_acked(&f->s, &set, err);
}

/* ---- stop ---- */

bool vus_fake_stop(struct vus_fake *f, struct vus_err *err)
{
	if (!enable_rings(f, false, err))
		return false;
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++) {
		const struct vus_queue *q = &f->s.queues[i];
		uint32_t base;

		if (!is_used(f, i))
			continue;
		if (!vus_fe_queue_stop(&f->s, i, &base, err))
			return false;
		if (base != q->ring->avail_idx)
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"ring %u was stopped at %" PRIu32
					", and its driver stands at %u",
					q->index, base, q->ring->avail_idx);
	}
	return true;
}

/* ---- and go on ---- */

static bool restart(struct vus_session *s, unsigned i, uint16_t base,
		    struct vus_err *err)
{
	const struct vus_queue *q = &s->queues[i];

	/* Requests may be waiting, and only a kick says so. */
	return vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index, q->num,
				err) &&
	       vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index, base,
				err) &&
	       vus_fe_queue_send_addr(s, i, err) &&
	       vus_fe_queue_send_fds(s, i, err) &&
	       (!s->decide->kicks_restarted_rings() || vus_fe_kick(s, i, err));
}

bool vus_fake_cont(struct vus_fake *f, struct vus_err *err)
{
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++)
		if (is_used(f, i) &&
		    !restart(&f->s, i, f->s.queues[i].ring->avail_idx, err))
			return false;
	return enable_rings(f, true, err);
}

/* ---- and go on with another back-end ---- */

/* This back-end completes what the lost one had not. */
static bool take_pending(struct vus_session *s, unsigned i, struct vus_err *err)
{
	const struct vus_split_driver *ring = s->queues[i].ring;
	struct vus_used used;

	while (ring->used_seen != ring->avail_idx &&
	       s->decide->awaits_lost_requests())
		if (!vus_fe_wait_used(s, i, vus_deadline_ms(s->request_ms),
				      &used, err))
			return false;
	return true;
}

bool vus_fake_resume(struct vus_fake *f, struct vus_err *err)
{
	struct vus_session *s = &f->s;

	if (!read_config(f, err) || !features_are_ok(f, err) ||
	    !vus_fe_announce_memory(s, err))
		return false;
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++)
		if (is_used(f, i) &&
		    !restart(s, i, s->decide->resume_base(s->queues[i].ring),
			     err))
			return false;
	if (!enable_rings(f, true, err) ||
	    !raise_status(f, VIRTIO_CONFIG_S_DRIVER_OK, err))
		return false;
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++)
		if (is_used(f, i) && !take_pending(s, i, err))
			return false;
	return true;
}

bool vus_fake_reset(struct vus_fake *f, struct vus_err *err)
{
	const struct vus_frame reset =
		vus_request_frame(VUS_FE, VUS_FE_RESET_DEVICE);

	if (!f->s.decide->resetting(f, err))
		return false;
	if (f->s.decide->sends_reset_device(&f->s) &&
	    !vus_fe_send_acked(&f->s, &reset, err))
		return false;
	return vus_fe_set_u64(&f->s, VUS_FE_SET_FEATURES, f->s.features, err) &&
	       features_are_ok(f, err) && start_device_rings(f, err);
}
