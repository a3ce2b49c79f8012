/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_table_live.c — a memory table that replaces another while rings run.  The
 * first region, RINGS, holds ring and buffers; OLD is in the first table only,
 * and NEW in the second. */
#include "fixture/layout.h"
#include "fixture/reloc.h"

#include "base/own.h"

#include <inttypes.h>
#include <string.h>

enum { RINGS, OLD, NEW };

#define OLD_ADDR (1 * VUS_GIB)
#define NEW_ADDR (2 * VUS_GIB)

static const struct vus_region_spec specs[] = {
	[RINGS] = { .gpa = 0, .size = VUS_MIB },
	[OLD] = { .gpa = OLD_ADDR, .size = VUS_MIB, .file = 1 },
	[NEW] = { .gpa = NEW_ADDR, .size = VUS_MIB, .file = 2, .hidden = true },
};

static bool start_ring(struct vus_ctx *t)
{
	return vus_layout(t, specs, VUS_COUNT(specs)) &&
	       vus_step_announce_memory(t) && vus_step_ring_setup(t, 0, 0, 0);
}

/* The second table. */
static void hide_old(struct vus_guest *g)
{
	g->regions[OLD].hidden = true;
	g->regions[NEW].hidden = false;
}

/* Offer a request with a buffer that the device writes, at the start of a
 * region that is not announced, and judge that its file is not written. */
static bool check_not_written(struct vus_ctx *t, const char *rule,
			      unsigned region)
{
	struct vus_guest *g = &vus_fe(t)->guest;
	uint64_t bad;

	vus_guest_paint(g, region, t->seed);
	if (!vus_reloc_offer_unmapped(t, g->regions[region].gpa,
				      VUS_RELOC_SAME_LEN))
		return false;
	bad = vus_guest_unpainted(g, region, t->seed);
	return vus_check(t, rule, bad == UINT64_MAX,
			 "memory that is not in the table is not written",
			 "0x%" PRIx64 " was written, which is not in the table",
			 bad);
}

/* "VHOST_USER_SET_MEM_TABLE" lists all memory that there is. */
VUS_CASE(new_table_replaces_the_old,
	 .title = "after a new table only its regions are used",
	 .rules = { "mem_table.replace" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	const char *rule = "mem_table.replace";

	VUS_STEP(t, start_ring(t));
	VUS_STEP(t, vus_layout_ping(t, rule, OLD_ADDR, t->seed));
	hide_old(&vus_fe(t)->guest);
	VUS_STEP(t, vus_layout_announce(t, rule));
	VUS_STEP(t, vus_step_ping(t, rule, 0, t->seed + 1));
	VUS_STEP(t, vus_layout_ping(t, rule, NEW_ADDR, t->seed + 2));
	VUS_STEP(t, check_not_written(t, rule, OLD));
}

/* "derived": memory that is no longer the guest's can be freed only when no
 * process maps it. */
VUS_CASE(old_table_is_unmapped,
	 .title = "files of a table that was replaced are unmapped",
	 .rules = { "mem_table.unmapped_after" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, start_ring(t));
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	hide_old(&s->guest);
	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	if (vus_peer_pid(t) == 0)
		VUS_SKIP(t, "the peer's mappings cannot be looked at");
	VUS_CHECK(t, "mem_table.unmapped_after",
		  vus_layout_unmapped(t, vus_layout_file(s, OLD)),
		  "a file that the new table does not have is unmapped",
		  "a file that the new table does not have is still mapped");
}

/* Start a ring, then move all memory into other files and announce them. */
static bool start_and_move(struct vus_ctx *t, struct vus_guest *ret_old)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (!start_ring(t))
		return false;
	return vus_step_prereq(t, "ring_state.enabled_runs",
			       vus_fe_ping(s, 0, t->seed, &err), &err) &&
	       vus_layout_clone(t, ret_old) &&
	       vus_step_prereq(t, "mem_table.set",
			       vus_fe_announce_memory(s, &err) &&
				       vus_fe_barrier(s, &err),
			       &err);
}

/* "Ring states": memory regions can be changed while rings run: a table that
 * covers the rings needs no restart of them.  Here all memory is in other
 * files, and a request is in flight. */
VUS_CASE(rings_go_on_in_a_new_table,
	 .title = "a new table under running rings disturbs no request",
	 .rules = { "mem_table.replace_live" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	VUS_AUTO_GUEST old = { 0 };
	struct vus_err err;

	VUS_STEP(t, start_and_move(t, &old));
	for (unsigned i = 0; i < 3; i++)
		VUS_STEP(t, vus_step_ping(t, "mem_table.replace_live", 0,
					  t->seed + 1 + i));
	/* The same table once more, with a request in flight. */
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 5, &ping));
	VUS_PREREQ(t, "mem_table.set", vus_fe_announce_memory(s, &err), &err);
	VUS_STEP(t, vus_step_ping_wait(t, "mem_table.replace_live", 0, &ping));
}

/* Requests in flight. */
#define FLIGHTS 12

struct flight {
	struct vus_ping ping;
	uint16_t head;
};

static bool offer_flights(struct vus_ctx *t, struct flight flights[FLIGHTS])
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_err err;

	for (unsigned i = 0; i < FLIGHTS; i++) {
		if (!vus_step_ping_add(t, 0, t->seed + i, &flights[i].ping,
				       &flights[i].head))
			return false;
		vus_split_put(ring, flights[i].head);
	}
	vus_split_publish(ring);
	return vus_step_setup(t, vus_fe_kick(s, 0, &err), &err);
}

/* Judge a request that was completed: it was served. */
static bool check_flight(struct vus_ctx *t, const struct vus_used *used,
			 const struct flight flights[FLIGHTS])
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	unsigned i = 0;

	while (i < FLIGHTS && flights[i].head != used->id)
		i++;
	return i == FLIGHTS ||
	       vus_check(t, "mem_table.replace_inflight",
			 s->driver->pong(s, &flights[i].ping, used->len, &err),
			 "a request that is completed was served in the memory "
			 "of the table",
			 "%s", err.text);
}

/* "derived": requests in flight when a table comes finish in memory that
 * exists, or are dropped.  The files stay the same here, so that the requests
 * can be checked. */
VUS_CASE(tables_come_while_requests_are_served,
	 .title = "new tables while requests are in flight do no harm",
	 .rules = { "mem_table.replace_inflight" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true)
{
	const unsigned tables = 8;
	struct vus_session *s = vus_fe(t);
	struct flight flights[FLIGHTS];
	struct vus_used used;
	struct vus_err err;

	VUS_STEP(t, start_ring(t));
	VUS_STEP(t, vus_step_control(t, 0));
	VUS_STEP(t, offer_flights(t, flights));
	for (unsigned i = 0; i < tables; i++)
		VUS_PREREQ(t, "mem_table.set", vus_fe_announce_memory(s, &err),
			   &err);
	for (unsigned i = 0; i < FLIGHTS; i++) {
		if (!vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms),
				      &used, &err))
			break;
		VUS_STEP(t, check_flight(t, &used, flights));
	}
	VUS_CHECK(t, "mem_table.replace_inflight",
		  vus_fe_barrier(s, &err) || err.kind == VUS_ERR_EOF,
		  "after tables and requests the next message is answered, or "
		  "the connection closed",
		  "%s", err.text);
}

/* Our side of ring 0 in another guest of the same layout. */
static struct vring_used *used_in(const struct vus_guest *g,
				  const struct vus_queue *q)
{
	return vus_guest_host(g, q->used, vus_split_used_bytes(q->num));
}

/* Copy the rings' region of one guest into that of the other. */
static void copy_rings(const struct vus_guest *from, struct vus_guest *to)
{
	memcpy(to->regions[RINGS].host, from->regions[RINGS].host,
	       from->regions[RINGS].size);
}

/* "VHOST_USER_SET_MEM_TABLE": ring addresses are translated with the table, and
 * lead to the new file from the new table on.  The request is in both files, so
 * that a back-end that still uses the old one is seen. */
VUS_CASE(rings_follow_a_new_table,
	 .title = "after a new table a ring is used in the new file only",
	 .rules = { "mem_table.replace_rings_retranslated" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true)
{
	const char *rule = "mem_table.replace_rings_retranslated";
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	VUS_AUTO_GUEST old = { 0 };
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head, before;

	VUS_STEP(t, start_and_move(t, &old));
	VUS_STEP(t, vus_step_ping_add(t, 0, t->seed + 1, &ping, &head));
	before = used_in(&old, q)->idx;
	vus_split_put(q->ring, head);
	vus_split_publish(q->ring);
	copy_rings(&s->guest, &old);
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	vus_reloc_wait_quiet(t, 0);
	VUS_CHECK(t, rule, used_in(&old, q)->idx == before,
		  "after a new table the used ring in the old file is not "
		  "written",
		  "a request was completed in the file of the old table");
	VUS_PREREQ(t, "mem_table.replace_live",
		   vus_split_used_pending(q->ring) > 0 ||
			   vus_fail(&err, VUS_ERR_TIMEOUT,
				    "no request is served after a new table"),
		   &err);
	VUS_STEP(t, vus_step_ping_wait(t, rule, 0, &ping));
}

/* The table in force, and a third region whose memory is a pipe. */
static struct vus_frame table_with_pipe(const struct vus_session *s, int pipe)
{
	struct vus_frame f = vus_fe_mem_table_frame(s);
	struct vus_p_region *r = f.body.mem_table.regions;

	r[2] = r[1];
	r[2].guest_addr += VUS_GIB;
	r[2].user_addr -= VUS_MIB;
	f.fds[2] = pipe;
	f.nfds = f.body.mem_table.nregions = 3;
	return f;
}

/* "derived": a table is accepted or refused as a whole.  The one here has
 * RINGS, NEW and a pipe: afterwards either OLD is in force, or no memory is. */
VUS_CASE(refused_table_is_not_used_in_part,
	 .title = "no part of a table that was refused is used",
	 .rules = { "mem_table.replace_failed" }, .start = VUS_START_NEGOTIATED,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	const char *rule = "mem_table.replace_failed";
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD rd = -1, wr = -1;
	enum vus_outcome outcome;
	struct vus_frame f;
	struct vus_err err;

	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	VUS_STEP(t, start_ring(t));
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	hide_old(&s->guest);
	f = table_with_pipe(s, wr);
	outcome = vus_step_classify(t, &f, NULL);
	VUS_STEP(t, vus_step_observable(t, outcome));
	if (outcome & (VUS_ACCEPTED | VUS_SILENT))
		VUS_SKIP(t,
			 "the back-end accepts a table with a pipe as memory");
	VUS_EXPECT(t, rule, outcome, VUS_REFUSED | VUS_CLOSED,
		   "SET_MEM_TABLE with a pipe as memory");
	if (outcome == VUS_CLOSED)
		return;
	s->guest.regions[NEW].hidden = true;
	s->guest.regions[OLD].hidden = false;
	/* If RINGS is still in force, so must OLD be. */
	if (vus_fe_ping(s, 0, t->seed + 1, &err))
		VUS_STEP(t, vus_layout_ping(t, rule, OLD_ADDR, t->seed + 2));
	VUS_STEP(t, check_not_written(t, rule, NEW));
}

/* A ring that a table leaves out is not served.  With a good table, and its
 * addresses set again, it runs. */
VUS_CASE(ring_without_memory_is_not_served,
	 .title = "a ring that a table leaves out is not served",
	 .rules = { "mem_table.replace_drops_ring" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_guest *g = &s->guest;
	enum vus_outcome outcome;
	struct vus_ping ping;
	struct vus_frame f;
	struct vus_err err;

	VUS_STEP(t, start_ring(t));
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	g->regions[RINGS].hidden = true;
	f = vus_fe_mem_table_frame(s);
	outcome = vus_step_classify(t, &f, NULL);
	g->regions[RINGS].hidden = false;
	VUS_EXPECT_OBSERVABLE(
		t, "mem_table.replace_drops_ring", outcome,
		VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED,
		"SET_MEM_TABLE without the region of a running ring");
	if (outcome != VUS_ACCEPTED)
		return;
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	vus_reloc_wait_quiet(t, 0);
	VUS_CHECK(t, "mem_table.replace_drops_ring",
		  vus_split_used_pending(s->queues[0].ring) == 0,
		  "a ring that the table leaves out is not served",
		  "a request was served on a ring in memory that no table has");
	if (!vus_fe_barrier(s, &err) && err.kind == VUS_ERR_EOF)
		return;
	VUS_PREREQ(t, "mem_table.set", vus_fe_announce_memory(s, &err), &err);
	VUS_STEP(t, vus_layout_ring_restart(t));
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_STEP(t, vus_step_ping_wait(t, "mem_table.replace_drops_ring", 0,
				       &ping));
}
