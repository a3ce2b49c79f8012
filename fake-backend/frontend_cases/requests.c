/* SPDX-License-Identifier: BSD-3-Clause */
/* requests.c — what holds for all requests of a front-end, from the first to
 * the last. */
#include "fixture/watch.h"

/* The first request of which this is the tables' first complaint. */
static const struct vus_log_entry *complained(const struct vus_log *log,
					      enum vus_complaint_kind kind)
{
	const struct vus_log_entry *s = NULL;

	while ((s = vus_log_request(log, s)))
		if (s->complaints > 0 && s->complaint.kind == kind)
			break;
	return s;
}

/* "Header": bits 0-1 of the flags are the version, 01 in every message. */
VUS_CASE(requests_have_version_1, .party = "frontend",
	 .title = "every request carries protocol version 1",
	 .rules = { "header.version" })
{
	/* Its messages count, whether or not it got to its end. */
	const bool all = vus_stimulate_full_life(t);
	const struct vus_log_entry *bad =
		complained(&vus_watch(t)->log, VUS_COMPLAINT_VERSION);

	if (!all && !bad)
		return;
	VUS_CHECK(t, "header.version", !bad,
		  "every request has protocol version 1", "%s",
		  bad ? bad->complaint.text : "");
}

/* "Header": bit 2 marks a reply.  A request does not have it. */
VUS_CASE(requests_are_no_replies, .party = "frontend",
	 .title = "no request has the reply flag",
	 .rules = { "header.reply_flag_on_request" })
{
	const struct vus_log_entry *s = NULL;
	const struct vus_log *log = &vus_watch(t)->log;
	const bool all = vus_stimulate_full_life(t);

	/* The log calls such a frame a reply: look at all that came in. */
	for (size_t i = 0; i < log->n && !s; i++)
		if (log->p[i].from_frontend && log->p[i].channel == VUS_FE &&
		    (log->p[i].flags & VUS_FLAG_REPLY))
			s = &log->p[i];
	if (!all && !s)
		return;
	VUS_CHECK(t, "header.reply_flag_on_request", !s,
		  "no request has the reply flag",
		  "%s was sent with flags 0x%x", s ? vus_log_entry_name(s) : "",
		  s ? s->flags : 0);
}

/* "VHOST_USER_GET_VRING_BASE": the num word of the request is reserved. */
VUS_CASE(a_stop_asks_with_zero, .party = "frontend",
	 .title = "GET_VRING_BASE is sent with num 0",
	 .rules = { "ring_stop.num_zero" }, .stimuli = VUS_BIT(VUS_DO_STOP))
{
	const struct vus_log_entry *stop = NULL;

	VUS_STEP(t, vus_stimulate_start_and_io(t));
	VUS_STEP(t, vus_stimulate_required(t, VUS_DO_STOP));
	stop = vus_log_next(&vus_watch(t)->log, VUS_FE_GET_VRING_BASE, NULL);
	if (!stop)
		VUS_SKIP(t, "the front-end stopped no ring");
	VUS_CHECK(t, "ring_stop.num_zero", stop->body.vring_state.num == 0,
		  "GET_VRING_BASE is sent with num 0",
		  "GET_VRING_BASE came for ring %u with num %u",
		  stop->body.vring_state.index, stop->body.vring_state.num);
}

/* "VHOST_USER_SET_OWNER": sent once when a connection begins, before
 * memory and rings are announced. */
VUS_CASE(the_owner_comes_first, .party = "frontend",
	 .title = "SET_OWNER precedes memory and rings",
	 .rules = { "owner.set_sent" })
{
	const struct vus_log_entry *owner, *memory, *ring, *early = NULL;
	const struct vus_log *log = &vus_watch(t)->log;

	(void)!vus_stimulate_start_and_io(t);
	owner = vus_log_next(log, VUS_FE_SET_OWNER, NULL);
	memory = vus_log_next(log, VUS_FE_SET_MEM_TABLE, NULL);
	if (!memory)
		memory = vus_log_next(log, VUS_FE_ADD_MEM_REG, NULL);
	ring = vus_log_next(log, VUS_FE_SET_VRING_NUM, NULL);
	if (!owner && !memory && !ring)
		VUS_SKIP(t, "the front-end announced no memory and no ring");
	VUS_CHECK(t, "owner.set_sent", owner, "SET_OWNER is sent",
		  "SET_OWNER never came");
	if (memory && memory < owner)
		early = memory;
	else if (ring && ring < owner)
		early = ring;
	VUS_CHECK(t, "owner.set_sent", !early,
		  "SET_OWNER is sent before memory and rings",
		  "SET_OWNER came after %s",
		  early ? vus_log_entry_name(early) : "");
}

/* "VHOST_USER_ADD_MEM_REG": with CONFIGURE_MEM_SLOTS regions are added and
 * removed one by one. */
VUS_CASE(slots_replace_the_table, .party = "frontend",
	 .title = "with CONFIGURE_MEM_SLOTS no SET_MEM_TABLE is sent",
	 .rules = { "mem_slots.frontend_exclusive" },
	 .needs = PF(CONFIGURE_MEM_SLOTS))
{
	(void)!vus_stimulate_start_and_io(t);
	VUS_CHECK(t, "mem_slots.frontend_exclusive",
		  vus_log_count(&vus_watch(t)->log, VUS_FE_SET_MEM_TABLE) == 0,
		  "SET_MEM_TABLE is not sent with CONFIGURE_MEM_SLOTS",
		  "SET_MEM_TABLE was sent, and CONFIGURE_MEM_SLOTS had been "
		  "selected");
}

/* "Communication": descriptors go with the message that they belong to, and a
 * back-end may look for them where the message begins. */
VUS_CASE(descriptors_come_first, .party = "frontend",
	 .title = "descriptors travel with a message's first byte",
	 .rules = { "fds.attached_to_first_byte" })
{
	struct vus_watch *w = vus_watch(t);
	const struct vus_log_entry *s = NULL;

	w->be.link.first_byte_alone = true;
	(void)!vus_stimulate_set_up(t);
	while ((s = vus_log_request(&w->log, s)))
		VUS_CHECK(
			t, "fds.attached_to_first_byte", s->late_fds == 0,
			"descriptors come with the first byte of their message",
			"%u of the %u descriptors of %s came after its first "
			"byte",
			s->late_fds, s->nfds, vus_log_entry_name(s));
}
