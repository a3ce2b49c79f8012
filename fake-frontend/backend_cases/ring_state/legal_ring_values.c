/* SPDX-License-Identifier: BSD-3-Clause */
/* legal_ring_values.c — each value that the specification allows in a message
 * about a ring is accepted.  A row is one message; its fields and their values
 * are those of wire/legal.def. */
#include "fixture/legal_sweep.h"
#include "fixture/places.h"
#include "fixture/rings.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Values of other fields go from ring to ring. */
static unsigned ring_of(const struct vus_session *s, unsigned n)
{
	return n % VUS_MAX(vus_legal_limits_of(s).rings, 1u);
}

static bool open_event(struct vus_ctx *t, struct vus_event *event)
{
	struct vus_err err = { 0 };

	return event->rd >= 0 ||
	       vus_step_setup(t, vus_event_open(vus_fe(t)->notify, event, &err),
			      &err);
}

/* SET_VRING_KICK, so that there is a ring to stop. */
static bool start(struct vus_ctx *t, unsigned index)
{
	struct vus_session *s = vus_fe(t);
	struct vus_event *kick = &s->queues[0].kick;
	struct vus_err err = { 0 };
	struct vus_frame f;

	if (!open_event(t, kick))
		return false;
	f = vus_vring_fd_frame(s, VUS_FE_SET_VRING_KICK, index, kick->rd);
	return vus_step_prereq(t, "ring_fds.replace",
			       vus_fe_send_acked(s, &f, &err), &err);
}

static bool stop(struct vus_ctx *t, unsigned index, uint32_t *ret_base)
{
	const struct vus_frame ask = vus_vring_state_frame(
		vus_fe(t), VUS_FE_GET_VRING_BASE, index, 0);
	VUS_AUTO_FRAME got = { 0 };
	struct vus_err err = { 0 };

	if (!vus_step_prereq(t, "ring_stop.reply",
			     vus_fe_request(vus_fe(t), &ask, &got, &err), &err))
		return false;
	*ret_base = got.body.vring_state.num;
	return true;
}

/* A ring that has served nothing is where it was told to begin. */
static bool check_base(struct vus_ctx *t, const struct vus_p_vring_state *set)
{
	uint32_t got;

	return start(t, set->index) && stop(t, set->index, &got) &&
	       vus_check(t, "ring_base.set", got == set->num,
			 "a ring that has served nothing is at the base that "
			 "was set",
			 "base %u was set for ring %u, and %u is answered",
			 set->num, set->index, got);
}

static bool send_state(struct vus_ctx *t, const struct vus_legal *legal,
		       uint64_t value, unsigned n)
{
	const struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_vring_state_frame(
		s, legal->id, ring_of(s, n),
		legal->id == VUS_FE_SET_VRING_NUM ? s->vq_size : 0);

	vus_legal_frame_put(legal, &f, value);
	return vus_step_value(t, legal, &f, value) &&
	       (legal->id != VUS_FE_SET_VRING_BASE ||
		check_base(t, &f.body.vring_state));
}

static bool send_stop(struct vus_ctx *t, const struct vus_legal *legal,
		      uint64_t value, unsigned n)
{
	return start(t, (unsigned)value) && send_state(t, legal, value, n);
}

/* Sizes rise.  A refused one with a larger one that is taken is a gap; without
 * one, the back-end has a limit, which is not below what QEMU uses. */
static bool send_sizes(struct vus_ctx *t)
{
	const struct vus_session *s = vus_fe(t);
	uint32_t refused = 0;

	for (uint32_t num = 1; num <= 32768; num *= 2) {
		const struct vus_frame f = vus_vring_state_frame(
			s, VUS_FE_SET_VRING_NUM, ring_of(s, num % 7), num);
		const enum vus_outcome seen = vus_step_classify(t, &f, NULL);

		if (seen & (VUS_REFUSED | VUS_CLOSED))
			refused = refused ? refused : num;
		if (seen & VUS_CLOSED)
			break;
		if (!vus_expect(t, "ring_size.set", seen,
				VUS_ACCEPTED | VUS_SILENT | VUS_REFUSED,
				"SET_VRING_NUM") ||
		    !vus_check(t, "ring_size.set",
			       !refused || seen == VUS_REFUSED,
			       "every power of 2 is a size",
			       "SET_VRING_NUM with num %u is refused, and with "
			       "num %u it is not",
			       refused, num))
			return false;
	}
	return vus_check(
		t, refused <= s->vq_size ? "ring_size.set" : "ring_size.max",
		!refused, "sizes up to 32768 are accepted",
		"SET_VRING_NUM is refused from num %u on", refused);
}

static bool send_num(struct vus_ctx *t, const struct vus_legal *legal,
		     uint64_t value, unsigned n)
{
	if (strcmp(legal->field, "index") == 0)
		return send_state(t, legal, value, n);
	return legal->kind != VUS_LEGAL_DOUBLES || send_sizes(t);
}

/* The ring that SET_VRING_KICK starts is stopped again: replacing descriptors
 * of a ring is not what is tested here. */
static bool send_event(struct vus_ctx *t, const struct vus_legal *legal,
		       uint64_t value, unsigned n)
{
	const bool kick = legal->id == VUS_FE_SET_VRING_KICK;
	struct vus_session *s = vus_fe(t);
	struct vus_event *event = &s->queues[0].kick;
	uint32_t ignored;
	struct vus_frame f;

	(void)n;
	if (!open_event(t, event))
		return false;
	f = vus_vring_fd_frame(s, legal->id, 0,
			       legal->plus ? -1
			       : kick      ? event->rd
					   : event->wr);
	vus_legal_frame_put(legal, &f, value);
	if (!kick)
		return vus_step_value(t, legal, &f, value);
	for (unsigned ack = 0; ack <= ((s->pf & PF(REPLY_ACK)) != 0); ack++)
		if (!vus_step_value_once(t, legal, &f, value, ack) ||
		    !stop(t, value & VUS_VRING_IDX_MASK, &ignored))
			return false;
	return true;
}

/* Parts of a ring, each with room on its last page for all of it. */
static bool send_addr(struct vus_ctx *t, const struct vus_legal *legal,
		      uint64_t value, unsigned n)
{
	const uint64_t page = 4096;
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_err err = { 0 };
	struct vus_frame f;

	if (!q->ring) {
		if (!vus_step_setup(t, vus_fe_queue_alloc(s, 0, 0, 0, &err),
				    &err) ||
		    !vus_step_setup(
			    t,
			    vus_guest_alloc(&s->guest, 2 * page + 16ul * q->num,
					    page, &q->desc, &err) &&
				    vus_guest_alloc(&s->guest,
						    2 * page + 8ul * q->num,
						    page, &q->used, &err) &&
				    vus_guest_alloc(&s->guest,
						    2 * page + 2ul * q->num,
						    page, &q->avail, &err),
			    &err))
			return false;
		for (unsigned i = 0; i < vus_legal_limits_of(s).rings; i++)
			if (!vus_step_prereq(
				    t, "ring_size.set",
				    vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, i,
						     q->num, &err),
				    &err))
				return false;
	}
	f = vus_vring_addr_frame(s, 0);
	f.body.vring_addr.index = ring_of(s, n);
	if (!legal->modulo)
		f.body.vring_addr.index = 0;
	vus_legal_frame_put(legal, &f, value);
	return vus_step_value(t, legal, &f, value);
}

/* What each message sends; rows are these messages. */
static const struct {
	uint32_t id;
	vus_send_value *send;
} ring_messages[] = {
	{ VUS_FE_SET_VRING_NUM, send_num },
	{ VUS_FE_SET_VRING_ADDR, send_addr },
	{ VUS_FE_SET_VRING_BASE, send_state },
	{ VUS_FE_GET_VRING_BASE, send_stop },
	{ VUS_FE_SET_VRING_KICK, send_event },
	{ VUS_FE_SET_VRING_CALL, send_event },
	{ VUS_FE_SET_VRING_ERR, send_event },
	{ VUS_FE_SET_VRING_ENABLE, send_state },
};

/* "Vring state description" and what follows: all of these are values that a
 * front-end may send, whichever ring it is about.  The ring is not started, so
 * that nothing else depends on them. */
VUS_CASE(ring_messages_take_every_value,
	 .title = "messages about rings take every legal value",
	 .rules = { "ring_size.set", "ring_size.max", "ring_addr.set",
		    "ring_base.set", "ring_stop.reply", "ring_fds.replace",
		    "ring_fds.nofd_kick", "ring_fds.nofd_call",
		    "ring_fds.nofd_err", "ring_enable.set" },
	 .start = VUS_START_MEMORY,
	 .rows = { "set_vring_num", "set_vring_addr", "set_vring_base",
		   "get_vring_base", "set_vring_kick", "set_vring_call",
		   "set_vring_err", "set_vring_enable" })
{
	const uint32_t id = ring_messages[t->row].id;

	if (vus_msg_find(VUS_FE, id)->needs_vf & ~vus_fe(t)->features)
		VUS_SKIP(t, "the back-end does not offer PROTOCOL_FEATURES");
	VUS_STEP(t, vus_step_all_values(t, id, ring_messages[t->row].send));
}

static bool send_log_addr(struct vus_ctx *t, const struct vus_legal *legal,
			  uint64_t value, unsigned n)
{
	/* The others are sent without logging, too. */
	return !(legal->vf & VF(LOG_ALL)) || send_addr(t, legal, value, n);
}

/* "Migration": flag bit 0 of SET_VRING_ADDR switches logging of the used ring
 * on and off, once there is a log. */
VUS_CASE(flags_switch_the_log,
	 .title = "SET_VRING_ADDR takes both values of the log flag",
	 .rules = { "ring_addr.set" }, .start = VUS_START_MEMORY,
	 .needs = PF(LOG_SHMFD), .needs_vf = VF(LOG_ALL),
	 .rows = { "set_vring_addr" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame log = vus_request_frame(VUS_FE, VUS_FE_SET_LOG_BASE);
	VUS_AUTO_FD fd = memfd_create("log", MFD_CLOEXEC);
	struct vus_err err;

	log.body.log.size = vus_place_log_bytes(&s->guest);
	log.fds[0] = fd;
	log.nfds = 1;
	if (fd < 0 || ftruncate(fd, (off_t)log.body.log.size) < 0) {
		(void)vus_fail_sys(&err, "a memfd for a log");
		VUS_SETUP(t, false, &err);
	}
	(void)vus_fail(&err, VUS_ERR_REFUSED, "SET_LOG_BASE was not answered");
	VUS_PREREQ(t, "dirty_log.base.reply",
		   vus_fe_classify(s, &log, NULL, NULL) == VUS_ACCEPTED, &err);
	VUS_STEP(t,
		 vus_step_all_values(t, VUS_FE_SET_VRING_ADDR, send_log_addr));
}
