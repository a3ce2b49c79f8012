/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c — packets to and from a network device, where something behind it
 * echoes them (--net-echo). */
#include "fixture/steps.h"

#define BURST 8 /* packets in flight */

/* A packet that no answer came to may not have left as it was; one whose answer
 * is not whole came to a receive buffer wrongly. */
static bool check_answer(struct vus_ctx *t, bool ok, const struct vus_err *err)
{
	if (!ok && err->kind == VUS_ERR_SYSTEM)
		return vus_step_setup(t, false, err);
	return vus_check(t, "net.transmit",
			 ok || err->code == VUS_CONTENT_DIFFERS ||
				 err->code == VUS_HEADER_DIFFERS,
			 "a packet that is sent is answered by the echo", "%s",
			 err->text) &&
	       vus_check(t, "net.receive",
			 ok || err->code != VUS_CONTENT_DIFFERS,
			 "a received packet is whole", "%s", err->text) &&
	       vus_check(t, "net.num_buffers_one",
			 ok || err->code != VUS_HEADER_DIFFERS,
			 "a received packet says that it has one buffer", "%s",
			 err->text);
}

/* virtio 5.1.6.2: a packet that is sent is the bytes behind the header.
 * 5.1.6.4: one that is received lies behind its header, the used length counts
 * both, and without MRG_RXBUF it has one buffer. */
static const uint32_t frame_sizes[] = { 60, 61, 777, 1514 };

VUS_CASE(packets_come_back_from_the_echo,
	 .title = "a packet is sent, and its answer received, as it is",
	 .rules = { "net.transmit", "net.receive", "net.num_buffers_one" },
	 .start = VUS_START_RUNNING, .devices = "net", .pings = true,
	 .rows = { "60_bytes", "61_bytes", "777_bytes", "1514_bytes" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping pings[BURST];
	struct vus_used used;
	struct vus_err err = { 0 };
	uint16_t head;

	if (vus_fe_reach(t)->net_echo)
		VUS_CHECK(t, "net.transmit", vus_fe_reach(t)->probe->echoes,
			  "an ARP request is answered",
			  "no answer to an ARP request came from the address "
			  "of --net-echo");
	VUS_STEP(t, vus_step_shows(t, VUS_SHOWS_READ));
	s->net.judges_header = true;
	for (unsigned i = 0; i < BURST; i++) {
		VUS_SETUP(t,
			  s->driver->ping(s, t->seed + i, frame_sizes[t->row],
					  &pings[i], &err),
			  &err);
		VUS_SETUP(t,
			  vus_split_add(s->queues[0].ring, pings[i].segs,
					pings[i].nsegs, &head, &err),
			  &err);
		vus_split_put(s->queues[0].ring, head);
	}
	vus_split_publish(s->queues[0].ring);
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	for (unsigned i = 0; i < BURST; i++)
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_fe_wait_used(s, 0,
					    vus_deadline_ms(t->request_ms),
					    &used, &err),
			   &err);
	for (unsigned i = 0; i < BURST; i++)
		VUS_STEP(t, check_answer(VUS_AT(t),
					 s->driver->pong(s, &pings[i], 0, &err),
					 &err));
}
