/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_and_rings.c — how a front-end announces memory, and how it starts and
 * stops rings. */
#include "fixture/watch.h"

#include "base/clock.h"

#include <fcntl.h>
#include <string.h>

static const struct vus_log *bringup_log(const struct vus_ctx *t)
{
	return &vus_watch(t)->log;
}

#define NO_RING "the front-end set no ring up"

/* "VHOST_USER_SET_MEM_TABLE", "VHOST_USER_ADD_MEM_REG": one descriptor for each
 * region, of a file that is large enough. */
VUS_CASE(every_region_has_its_descriptor, .party = "frontend",
	 .title = "a table comes with as many descriptors as it has regions",
	 .rules = { "mem_table.fd_per_region" },
	 .without = PF(CONFIGURE_MEM_SLOTS), .each_memory = true)
{
	const struct vus_log_entry *s = NULL;
	unsigned tables = 0;

	(void)!vus_stimulate_start_and_io(t);
	while ((s = vus_log_next(bringup_log(t), VUS_FE_SET_MEM_TABLE, s))) {
		const struct vus_p_mem_table *table = &s->body.mem_table;

		tables++;
		VUS_CHECK(t, "mem_table.fd_per_region",
			  s->nfds == table->nregions,
			  "a table comes with as many descriptors as it has "
			  "regions",
			  "%u regions came with %u descriptors",
			  table->nregions, s->nfds);
		for (unsigned i = 0; i < s->nfds; i++) {
			const struct vus_p_region *r = &table->regions[i];

			VUS_CHECK(
				t, "mem_table.fd_per_region",
				r->mmap_offset + r->size <=
					(uint64_t)s->fds[i].st.st_size,
				"a region ends within its file",
				"region %u ends at %llu, and its file at %lld",
				i,
				(unsigned long long)(r->mmap_offset + r->size),
				(long long)s->fds[i].st.st_size);
		}
	}
	if (tables == 0)
		VUS_SKIP(t, "the front-end announced no memory");
}

VUS_CASE(added_regions_have_one_descriptor, .party = "frontend",
	 .title = "ADD_MEM_REG carries exactly one descriptor",
	 .rules = { "mem_slots.add_one_fd" }, .needs = PF(CONFIGURE_MEM_SLOTS),
	 .each_memory = true)
{
	const struct vus_log_entry *s = NULL;

	(void)!vus_stimulate_start_and_io(t);
	while ((s = vus_log_next(bringup_log(t), VUS_FE_ADD_MEM_REG, s)))
		VUS_CHECK(t, "mem_slots.add_one_fd", s->nfds == 1,
			  "ADD_MEM_REG comes with one descriptor",
			  "ADD_MEM_REG came with %u descriptors", s->nfds);
	if (vus_log_count(bringup_log(t), VUS_FE_ADD_MEM_REG) == 0)
		VUS_SKIP(t, "the front-end added no region");
}

/* "VHOST_USER_SET_VRING_KICK", CALL and ERR: bit 8 is set when, and only when,
 * no descriptor comes with the message. */
VUS_CASE(bit_8_means_no_descriptor, .party = "frontend",
	 .title = "bit 8 is set if, and only if, there is no descriptor",
	 .rules = { "ring_fds.nofd_no_fd" }, .stimuli = VUS_BIT(VUS_DO_STOP))
{
	const struct vus_log_entry *s = NULL;
	unsigned seen = 0;

	(void)!(vus_stimulate_start_and_io(t) &&
		vus_stimulate_required(t, VUS_DO_STOP));
	while ((s = vus_log_request(bringup_log(t), s))) {
		const struct vus_msg *msg = vus_msg_find(s->channel, s->id);
		const bool none = s->body.vring_fd.value & VUS_VRING_NOFD;

		if (!msg || msg->ring_fd == VUS_RING_FD_NONE)
			continue;
		seen++;
		VUS_CHECK(t, "ring_fds.nofd_no_fd", s->nfds == (none ? 0u : 1u),
			  "bit 8 is set if, and only if, no descriptor comes "
			  "with the message",
			  "%s had value 0x%llx and %u descriptors",
			  vus_log_entry_name(s),
			  (unsigned long long)s->body.vring_fd.value, s->nfds);
	}
	if (seen == 0)
		VUS_SKIP(t, NO_RING);
}

static bool enabled(const struct vus_log *log, uint32_t ring)
{
	const struct vus_log_entry *s = NULL;

	while ((s = vus_log_next(log, VUS_FE_SET_VRING_ENABLE, s)))
		if (s->body.vring_state.index == ring &&
		    s->body.vring_state.num == 1)
			return true;
	return false;
}

/* "Ring states": with bit 30 acknowledged rings begin disabled. */
VUS_CASE(rings_are_enabled_explicitly, .party = "frontend",
	 .title = "every ring that is kicked was enabled",
	 .rules = { "ring_enable.frontend_enables" },
	 .needs_vf = VF(PROTOCOL_FEATURES))
{
	const struct vus_log_entry *s = NULL;
	bool told = vus_stimulate_required(t, VUS_DO_START);

	/* The messages of the start show whether requests would be served. */
	while ((s = vus_log_next(bringup_log(t), VUS_FE_SET_VRING_KICK, s))) {
		const uint32_t ring =
			(uint32_t)(s->body.vring_fd.value & VUS_VRING_IDX_MASK);

		VUS_CHECK(t, "ring_enable.frontend_enables",
			  enabled(bringup_log(t), ring),
			  "a ring that gets a kick descriptor is enabled",
			  "ring %u was set up, and never enabled", ring);
	}
	if (told && vus_log_count(bringup_log(t), VUS_FE_SET_VRING_KICK) == 0)
		VUS_SKIP(t, NO_RING);
}

/* No message is sent about a ring that is not set up. */
VUS_CASE(rings_are_set_up_whole, .party = "frontend",
	 .title = "a ring that gets a size or a base also gets its addresses",
	 .rules = { "ring_state.frontend_unset_ring" })
{
	static const uint32_t states[] = { VUS_FE_SET_VRING_NUM,
					   VUS_FE_SET_VRING_BASE };
	const struct vus_log_entry *addr = NULL;
	unsigned seen = 0;

	(void)!vus_stimulate_start_and_io(t);
	for (unsigned i = 0; i < VUS_COUNT(states); i++) {
		const struct vus_log_entry *s = NULL;

		while ((s = vus_log_next(bringup_log(t), states[i], s))) {
			const uint32_t ring = s->body.vring_state.index;

			seen++;
			addr = NULL;
			do
				addr = vus_log_next(bringup_log(t),
						    VUS_FE_SET_VRING_ADDR,
						    addr);
			while (addr && addr->body.vring_addr.index != ring);
			VUS_CHECK(t, "ring_state.frontend_unset_ring", addr,
				  "a ring that gets a size or a base gets its "
				  "addresses",
				  "%s came for ring %u, which got no addresses",
				  vus_log_entry_name(s), ring);
		}
	}
	if (seen == 0)
		VUS_SKIP(t, NO_RING);
}

/* As many regions as one connection had at one time. */
static unsigned most_regions(const struct vus_log *log)
{
	const struct vus_log_entry *s = NULL;
	unsigned now = 0, most = 0, connection = 0;

	while ((s = vus_log_request(log, s))) {
		if (s->connection != connection)
			now = 0;
		connection = s->connection;
		if (s->id == VUS_FE_ADD_MEM_REG)
			now++;
		else if (s->id == VUS_FE_REM_MEM_REG && now > 0)
			now--;
		most = VUS_MAX(most, now);
	}
	return most;
}

/* "VHOST_USER_GET_MAX_MEM_SLOTS": no more regions than the back-end allows,
 * however much memory is plugged in. */
VUS_CASE(slots_are_not_exceeded, .party = "frontend",
	 .title = "no more regions are added than the back-end has slots",
	 .rules = { "mem_slots.frontend_limit" },
	 .needs = PF(CONFIGURE_MEM_SLOTS), .stimuli = VUS_BIT(VUS_DO_HOTPLUG))
{
	const unsigned slots = 1;
	struct vus_watch *w = vus_watch(t);
	unsigned added;
	int status;

	/* Of this connection, and of those that may follow. */
	w->cfg.slots = w->be.cfg.slots = slots;
	VUS_STEP(t, vus_stimulate_start_and_io(t));
	VUS_STEP(t, vus_stimulate(t, VUS_DO_HOTPLUG, &status));
	if (status == 0)
		VUS_STEP(t, vus_stimulus_shows(t, VUS_DO_HOTPLUG));
	added = most_regions(&w->log);
	if (added == 0)
		VUS_SKIP(t, "the front-end added no region");
	VUS_CHECK(t, "mem_slots.frontend_limit", added <= slots,
		  "at most as many regions are added as the back-end has slots",
		  "%u regions were added to a back-end with %u slots", added,
		  slots);
}

/* Rings that run after the first `n` frames of the log: kicked, however often,
 * and not stopped, on the connection that stands then. */
static uint64_t rings_that_run(const struct vus_log *log, size_t n)
{
	unsigned connection = 0;
	uint64_t run = 0;

	for (size_t i = 0; i < n; i++) {
		const struct vus_log_entry *e = &log->p[i];
		const int64_t ring = vus_log_entry_ring(e);

		if (e->connection != connection)
			run = 0;
		connection = e->connection;
		if (!e->from_frontend || e->is_reply || ring < 0 || ring > 63)
			continue;
		if (e->id == VUS_FE_SET_VRING_KICK)
			run |= VUS_BIT(ring);
		else if (e->id == VUS_FE_GET_VRING_BASE)
			run &= ~VUS_BIT(ring);
	}
	return run;
}

/* Rings that are stopped between two places of the log. */
static uint64_t rings_stopped(const struct vus_log *log, size_t from, size_t to)
{
	uint64_t stopped = 0;

	for (size_t i = from; i < to; i++) {
		const int64_t ring = vus_log_entry_ring(&log->p[i]);

		if (log->p[i].from_frontend && ring >= 0 && ring < 64 &&
		    log->p[i].id == VUS_FE_GET_VRING_BASE)
			stopped |= VUS_BIT(ring);
	}
	return stopped;
}

/* The first SET_STATUS 0 from there on: those of a bring-up stop nothing. */
static size_t find_status_zero(const struct vus_log *log, size_t from)
{
	while (from < log->n && (!log->p[from].from_frontend ||
				 log->p[from].id != VUS_FE_SET_STATUS ||
				 log->p[from].body.u64.value != 0))
		from++;
	return from;
}

/* "Ring states", derived: when the driver resets the device each started ring
 * is stopped with GET_VRING_BASE before it is used again. */
VUS_CASE(a_reset_stops_the_rings, .party = "frontend",
	 .title = "each started ring is stopped when the device is reset",
	 .rules = { "ring_stop.frontend_at_reset", "status.frontend_order" },
	 .stimuli = VUS_BIT(VUS_DO_RESET))
{
	const struct vus_log *log = bringup_log(t);
	uint64_t run, left;
	size_t began, status;

	(void)!vus_stimulate_start_and_io(t);
	began = log->n;
	run = rings_that_run(log, began);
	if (run == 0)
		VUS_SKIP(t, "the front-end started no ring");
	/* Its messages count, whether or not the reset was completed. */
	(void)!vus_stimulate_required(t, VUS_DO_RESET);
	if (log->n == began)
		VUS_SKIP(t, "no message came when it was told to reset");
	if (log->p[log->n - 1].connection != log->p[began - 1].connection)
		VUS_SKIP(t, "the front-end resets by another connection");
	left = run & ~rings_stopped(log, began, log->n);
	VUS_CHECK(t, "ring_stop.frontend_at_reset", left == 0,
		  "each started ring is stopped when the device is reset",
		  "of the rings 0x%llx that run, 0x%llx were not stopped",
		  (unsigned long long)run, (unsigned long long)left);
	/* Positions first: a status of 0 may reset them. */
	status = find_status_zero(log, began);
	if (status == log->n)
		return;
	VUS_CHECK(t, "status.frontend_order",
		  (run & ~rings_stopped(log, began, status)) == 0,
		  "GET_VRING_BASE of each ring comes before SET_STATUS 0",
		  "SET_STATUS 0 came first");
}

/* After a stop the rings continue; only the front-end can signal that requests
 * are pending. */
VUS_CASE(
	restarted_rings_are_kicked, .party = "frontend",
	.title =
		"a ring that continues after a stop is kicked by the front-end",
	.rules = { "ring_restart.frontend_kick" },
	.stimuli = VUS_BIT(VUS_DO_STOP) | VUS_BIT(VUS_DO_CONT))
{
	struct vus_err err;

	VUS_STEP(t, vus_stimulate_start_and_io(t));
	VUS_STEP(t, vus_stimulate_required(t, VUS_DO_STOP));
	VUS_STEP(t, vus_stimulate_required(t, VUS_DO_CONT));
	VUS_CHECK(t, "ring_restart.frontend_kick",
		  vus_watch_serve(t, vus_until_started, NULL,
				  vus_deadline_ms(t->request_ms), &err),
		  "a ring that continues after a stop is kicked",
		  "no kick was seen: %s", err.text);
}
