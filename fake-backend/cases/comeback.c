/* SPDX-License-Identifier: BSD-3-Clause */
/* comeback.c — connections that are lost, and front-ends that come again. */
#include "watch.h"

#include "../../harness/base/clock.h"

/* After how many messages of the front-end the connection is lost. */
static const unsigned losses[] = { 1, 2, 3, 5, 8, 12, 16 };

static bool until_said(const struct vus_watch *w, const void *arg)
{
	const unsigned *n = arg;
	const struct vus_seen *s = NULL;
	unsigned said = 0;

	while ((s = vus_log_request(&w->log, s)))
		said++;
	return said >= *n;
}

/* Lost at any step of the start: the front-end comes again, or reports the
 * device as failed; it neither crashes nor hangs. */
VUS_CASE(a_loss_at_any_step_is_survived, .party = "frontend",
	 .title = "losing the connection at any step is no crash and no hang",
	 .rules = { "sock.fe_reconnect_each_step" },
	 .stimuli = VUS_BIT(VUS_DO_QUIT),
	 .rows = { "1", "2", "3", "5", "8", "12", "16" })
{
	struct vus_watch *w = vus_watch(t);
	struct vus_err err = { 0 };
	int status;

	(void)!vus_serve(t, until_said, &losses[t->row],
			 vus_deadline_ms(t->request_ms), &err);
	vus_watch_drop(w);
	if (!vus_watch_accept(t, vus_deadline_ms(t->request_ms), &err)) {
		/* Not again: then it must have said so by ending, or go on
		 * without the device. */
		if (vus_watch_ended(t, vus_now())) {
			VUS_CHECK(t, "sock.fe_reconnect_each_step", true,
				  "it ended");
			return;
		}
	}
	if (!vus_tell(t, VUS_DO_QUIT, &status))
		return;
	VUS_CHECK(t, "sock.fe_reconnect_each_step", status >= 0,
		  "came again, and then heard nothing more");
}

/* A front-end that comes again starts from the beginning: features, owner,
 * memory and rings, and its device works. */
VUS_CASE(a_new_connection_begins_anew, .party = "frontend",
	 .title = "after a reconnection the device works again",
	 .rules = { "own.set_sent" }, .stimuli = VUS_BIT(VUS_DO_RECONNECT))
{
	struct vus_watch *w = vus_watch(t);
	const struct vus_seen *owner = NULL;
	unsigned owners = 0;
	int status;

	if (!vus_does_start_and_io(t) || !vus_reconnects(t, &status))
		return;
	if (status != 0)
		VUS_SKIP(t, "no ring ran after the reconnection (status %d)",
			 status);
	while ((owner = vus_log_next(&w->log, VUS_FE_SET_OWNER, owner)))
		owners += owner->connection + 1 == w->connections;
	VUS_CHECK(t, "own.set_sent", owners == 1,
		  "%u SET_OWNER on connection %u", owners, w->connections);
}

/* Fewer slots than were there before: not enough for the memory that is. */
VUS_CASE(fewer_slots_after_a_reconnection_are_noticed, .party = "frontend",
	 .title = "memory is not announced beyond the slots that are left",
	 .rules = { "slot.fe_shrink" }, .needs = PF(CONFIGURE_MEM_SLOTS),
	 .stimuli = VUS_BIT(VUS_DO_RECONNECT))
{
	struct vus_watch *w = vus_watch(t);
	unsigned added = 0;
	int status = 0;
	const struct vus_seen *s = NULL;

	(void)!vus_does_start_and_io(t);
	w->cfg.slots = 1;
	if (!vus_does(t, VUS_DO_HOTPLUG) || !vus_reconnects(t, &status))
		return;
	while ((s = vus_log_next(&w->log, VUS_FE_ADD_MEM_REG, s)))
		added += s->connection + 1 == w->connections;
	VUS_CHECK(t, "slot.fe_shrink", added <= 1,
		  "added %u regions to a back-end with one slot", added);
}
