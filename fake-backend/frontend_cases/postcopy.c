/* SPDX-License-Identifier: BSD-3-Clause */
/* postcopy.c — how memory is announced while a back-end listens for the pages
 * of a postcopy migration. */
#include "fixture/watch.h"

#include "base/clock.h"
#include "base/event.h"

#define SEND_MS 5000

struct incoming {
	unsigned connection; /* what follows is of this one alone */
	bool listens;
	unsigned tables, confirmations;
	bool asked; /* a table came with need_reply */
};

static void send_postcopy_answer(struct vus_be *be,
				 const struct vus_frame *answer)
{
	struct vus_err err;

	if (!vus_link_send(&be->link, answer, NULL, vus_deadline_ms(SEND_MS),
			   &err))
		vus_link_close(&be->link);
}

/* Any descriptor will do: there are no page faults here. */
static void advise(struct vus_be *be, struct vus_frame *answer)
{
	VUS_AUTO_EVENT ev = VUS_EVENT_NONE;

	if (!vus_event_open(VUS_EVENTFD, &ev, NULL)) {
		vus_link_close(&be->link);
		return;
	}
	answer->fds[0] = ev.rd;
	answer->nfds = 1;
	send_postcopy_answer(be, answer);
	answer->nfds = 0;
}

/* Answer with the same table, and the addresses of our mappings. */
static void take_table(struct vus_be *be, const struct vus_frame *frame,
		       struct vus_frame *answer)
{
	struct vus_p_mem_table *table = &answer->body.mem_table;

	*table = frame->body.mem_table;
	vus_regions_clear(&be->mem);
	for (unsigned i = 0; i < table->nregions && i < frame->nfds; i++) {
		if (!be->decide->add_region(be, &be->mem, &table->regions[i],
					    frame->fds[i])) {
			vus_link_close(&be->link);
			return;
		}
		table->regions[i].user_addr =
			(uintptr_t)be->mem.r[be->mem.n - 1].host;
	}
	vus_be_remap(be);
	answer->payload_len = frame->payload_len; /* not an acknowledgement */
	send_postcopy_answer(be, answer);
}

static bool answer_postcopy(struct vus_be *be, struct vus_frame *frame)
{
	struct vus_watch *w = vus_watch_of_be(be);
	struct incoming *in = w->judge;
	struct vus_frame answer = vus_reply_frame(frame);

	/* A new connection begins before postcopy, and what the one before was
	 * owed is not its to confirm. */
	if (in->connection != w->connections) {
		const bool asked = in->asked;

		*in = (struct incoming){ .connection = w->connections,
					 .asked = asked };
	}
	if (frame->id == VUS_FE_POSTCOPY_ADVISE) {
		advise(be, &answer);
	} else if (frame->id == VUS_FE_POSTCOPY_LISTEN) {
		in->listens = true;
		if (frame->flags & VUS_FLAG_NEED_REPLY)
			send_postcopy_answer(be, &answer);
	} else if (frame->id == VUS_FE_POSTCOPY_END) {
		in->listens = false;
		send_postcopy_answer(be, &answer);
	} else if (frame->id != VUS_FE_SET_MEM_TABLE || !in->listens) {
		return false;
	} else if (frame->nfds == 0) {
		in->confirmations++;
	} else {
		in->tables++;
		in->asked |= (frame->flags & VUS_FLAG_NEED_REPLY) != 0;
		take_table(be, frame, &answer);
	}
	vus_frame_close(frame);
	return true;
}

/* "VHOST_USER_SET_MEM_TABLE", "Migration": while the back-end listens, a table
 * is sent without need_reply and answered with the back-end's own addresses;
 * the back-end does not touch its pages until the front-end confirms them. */
VUS_CASE(addresses_are_exchanged, .party = "frontend",
	 .title = "the addresses of a back-end that listens are confirmed",
	 .rules = { "postcopy.table_ack", "postcopy.no_need_reply" },
	 .without = PF(CONFIGURE_MEM_SLOTS),
	 .stimuli = VUS_BIT(VUS_DO_INCOMING))
{
	struct vus_watch *w = vus_watch(t);
	struct incoming in = { .listens = false };
	int status;

	w->cfg.pf |= PF(PAGEFAULT);
	w->be.cfg.pf |= PF(PAGEFAULT);
	w->judge = &in;
	w->intercept = w->be.intercept = answer_postcopy;
	VUS_STEP(t, vus_stimulate(t, VUS_DO_INCOMING, &status));
	if (in.tables == 0)
		VUS_SKIP(t,
			 "it announced no memory to a back-end that listens");
	VUS_CHECK(
		t, "postcopy.no_need_reply", !in.asked,
		"a table is sent without need_reply while the back-end listens",
		"a table was sent with need_reply");
	VUS_CHECK(t, "postcopy.table_ack", in.confirmations >= in.tables,
		  "the front-end confirms each table's addresses",
		  "%u tables came, and %u confirmations", in.tables,
		  in.confirmations);
}
