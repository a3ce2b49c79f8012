/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_slots.c — memory regions that are added one at a time. */
#include "fixture/reloc.h"
#include "fixture/spare_regions.h"

/* "VHOST_USER_GET_MAX_MEM_SLOTS" is answered with a u64. */
VUS_CASE(limit_is_answered,
	 .title = "GET_MAX_MEM_SLOTS is answered with at least 1",
	 .rules = { "mem_slots.get_max" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS))
{
	uint64_t max = 0;
	struct vus_err err;

	VUS_CHECK(
		t, "mem_slots.get_max",
		vus_fe_get_u64(vus_fe(t), VUS_FE_GET_MAX_MEM_SLOTS, &max, &err),
		"GET_MAX_MEM_SLOTS is answered", "%s", err.text);
	VUS_CHECK(t, "mem_slots.get_max", max >= 1,
		  "GET_MAX_MEM_SLOTS is answered with at least 1",
		  "the reply is 0, although CONFIGURE_MEM_SLOTS is offered");
}

/* Regions of one page each, one after the other, in one file. */
#define PAGE      (4 * VUS_KIB)
#define SLOTS_MAX 1024u
#define SLOT_ADDR (8 * VUS_GIB)

/* The rings' region, and a file that is announced page by page. */
static const struct vus_region_spec slot_file[] = {
	{ .gpa = 0, .size = VUS_MIB },
	{ .gpa = SLOT_ADDR,
	  .size = SLOTS_MAX * PAGE,
	  .file = 1,
	  .hidden = true },
};

static struct vus_frame slot_frame(const struct vus_session *s, unsigned i)
{
	struct vus_frame f = vus_spare_frame(s, VUS_FE_ADD_MEM_REG, 1);
	struct vus_p_region *r = &f.body.mem_reg.region;

	r->size = PAGE;
	r->guest_addr += i * PAGE;
	r->user_addr += i * PAGE;
	r->mmap_offset += i * PAGE;
	return f;
}

/* A request whose buffer is in the i-th of these regions. */
static bool ping_slot(struct vus_ctx *t, const char *rule, unsigned i)
{
	struct vus_reloc m;

	if (!vus_reloc_choose(t, t->seed + i, true, &m))
		return false;
	vus_reloc_to(t, &m, SLOT_ADDR + i * PAGE);
	return vus_reloc_serve(t, rule, 0, &m);
}

/* "VHOST_USER_GET_MAX_MEM_SLOTS": this many can be added, and work at once.
 * One more may be refused, and the others stay. */
VUS_CASE(all_slots_are_usable,
	 .title = "as many regions as GET_MAX_MEM_SLOTS says can be added and "
		  "used",
	 .rules = { "mem_slots.max_usable" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS) | PF(REPLY_ACK), .pings = true)
{
	const char *rule = "mem_slots.max_usable";
	struct vus_session *s = vus_fe(t);
	const unsigned n = (unsigned)VUS_MIN(s->slots, SLOTS_MAX);
	struct vus_frame f;
	struct vus_err err;

	VUS_CHECK(t, rule, n > 1, "there is more than one memory slot",
		  "GET_MAX_MEM_SLOTS is answered with %u", n);
	VUS_STEP(t, vus_layout(t, slot_file, VUS_COUNT(slot_file)));
	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	/* The rings' region takes the first slot. */
	for (unsigned i = 0; i < n - 1; i++) {
		f = slot_frame(s, i);
		VUS_CHECK(t, rule, vus_fe_send_acked(s, &f, &err),
			  "ADD_MEM_REG succeeds for as many regions as "
			  "GET_MAX_MEM_SLOTS says",
			  "region %u of %u: %s", i + 2, n, err.text);
	}
	VUS_STEP(t, ping_slot(t, rule, 0));
	VUS_STEP(t, ping_slot(t, rule, (n - 1) / 2));
	VUS_STEP(t, ping_slot(t, rule, n - 2));
	f = slot_frame(s, n - 1);
	if (vus_fe_classify(s, &f, NULL, NULL) & (VUS_ACCEPTED | VUS_REFUSED))
		VUS_STEP(t, ping_slot(t, rule, n - 2));
}

/* "VHOST_USER_ADD_MEM_REG" adds to the regions that there are. */
VUS_CASE(added_regions_work_side_by_side,
	 .title = "an added region is used, and those before it still are",
	 .rules = { "mem_slots.add" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS), .pings = true, .each_memory = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, vus_spare_start(t, 1));
	for (unsigned last = VUS_SPARE_A; last <= VUS_SPARE_C; last++) {
		VUS_CHECK(t, "mem_slots.add",
			  vus_spare_change(s, VUS_FE_ADD_MEM_REG, last, &err),
			  "ADD_MEM_REG of another region succeeds", "%s",
			  err.text);
		VUS_STEP(t, vus_step_ping(t, "mem_slots.add", 0, t->seed));
		for (unsigned i = VUS_SPARE_A; i <= last; i++)
			VUS_STEP(t, vus_layout_ping(t, "mem_slots.add",
						    s->guest.regions[i].gpa,
						    t->seed + i));
	}
}

/* The list of messages gives a region as reply payload, which is meant for
 * postcopy.  Otherwise there is only an acknowledgement, with need_reply. */
VUS_CASE(added_region_is_not_answered,
	 .title = "ADD_MEM_REG without need_reply is not answered",
	 .rules = { "mem_slots.no_own_reply" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS))
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f =
		vus_fe_mem_reg_frame(s, VUS_FE_ADD_MEM_REG, 0);

	/* Another case judges a back-end that refuses it. */
	VUS_EXPECT(t, "mem_slots.no_own_reply",
		   vus_fe_classify(s, &f, NULL, NULL), VUS_SILENT | VUS_CLOSED,
		   "ADD_MEM_REG without need_reply");
}

/* Without a descriptor there is nothing to map; with several it is not clear
 * which to map. */
static const struct {
	unsigned n;
	const char *what;
} fd_counts[] = { { 0, "ADD_MEM_REG without a descriptor" },
		  { 2, "ADD_MEM_REG with 2 descriptors" },
		  { 8, "ADD_MEM_REG with 8 descriptors" } };

VUS_CASE(added_region_has_one_descriptor,
	 .title = "ADD_MEM_REG without exactly one descriptor is refused",
	 .rules = { "mem_slots.add_fd_count_bad" },
	 .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS) | PF(REPLY_ACK),
	 .rows = { "none", "two", "eight" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_spare_frame(s, VUS_FE_ADD_MEM_REG, 0);

	f.nfds = fd_counts[t->row].n;
	for (unsigned i = 1; i < f.nfds; i++)
		f.fds[i] = f.fds[0];
	VUS_EXPECT(t, "mem_slots.add_fd_count_bad",
		   vus_fe_classify(s, &f, NULL, NULL), VUS_REFUSED | VUS_CLOSED,
		   fd_counts[t->row].what);
}

/* An address in two regions is ambiguous.  The second region is refused, and
 * the first stays. */
VUS_CASE(added_region_is_there_once,
	 .title = "a region that overlaps one that was added before is refused",
	 .rules = { "mem_slots.add_duplicate" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS) | PF(REPLY_ACK), .pings = true,
	 .rows = { "the_same", "overlapping" })
{
	struct vus_session *s = vus_fe(t);
	enum vus_outcome outcome;
	struct vus_frame f;

	VUS_STEP(t, vus_spare_start(t, 2));
	f = vus_spare_frame(s, VUS_FE_ADD_MEM_REG, VUS_SPARE_A);
	if (t->row == 1) {
		f.body.mem_reg.region.guest_addr += VUS_SPARE_SIZE / 2;
		f.body.mem_reg.region.user_addr += VUS_SPARE_SIZE / 2;
	}
	outcome = vus_fe_classify(s, &f, NULL, NULL);
	VUS_EXPECT(
		t, "mem_slots.add_duplicate", outcome, VUS_REFUSED | VUS_CLOSED,
		t->row == 0 ? "ADD_MEM_REG of a region that was added before"
			    : "ADD_MEM_REG of a region that overlaps another");
	if (outcome == VUS_REFUSED)
		VUS_STEP(t, vus_layout_ping(t, "mem_slots.add_duplicate",
					    VUS_SPARE_A_ADDR, t->seed));
}

/* Memory is plugged into a running guest: requests that are being served are
 * not disturbed. */
VUS_CASE(regions_come_and_go_under_load,
	 .title = "adding and removing regions disturbs no request",
	 .rules = { "mem_slots.add_live" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIGURE_MEM_SLOTS), .pings = true)
{
	const unsigned rounds = VUS_MIN(t->rounds, 200);
	struct vus_session *s = vus_fe(t);
	struct vus_guest *g = &s->guest;
	uint64_t cursor;
	struct vus_ping ping;
	struct vus_err err;

	VUS_STEP(t, vus_spare_start(t, 1));
	cursor = g->cursor;
	for (unsigned i = 0; i < rounds && vus_step_has_time(t); i++) {
		g->cursor = cursor;
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
		VUS_PREREQ(t, "mem_slots.add",
			   vus_spare_change(s, VUS_FE_ADD_MEM_REG, VUS_SPARE_A,
					    &err),
			   &err);
		VUS_STEP(t,
			 vus_step_ping_wait(t, "mem_slots.add_live", 0, &ping));
		VUS_STEP(t, vus_layout_ping(t, "mem_slots.add_live",
					    VUS_SPARE_A_ADDR, t->seed + i));
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
		VUS_PREREQ(t, "mem_slots.rem",
			   vus_spare_change(s, VUS_FE_REM_MEM_REG, VUS_SPARE_A,
					    &err),
			   &err);
		VUS_STEP(t,
			 vus_step_ping_wait(t, "mem_slots.add_live", 0, &ping));
	}
}
