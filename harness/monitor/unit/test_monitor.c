/* SPDX-License-Identifier: BSD-3-Clause */
/* test_monitor.c — frames are fed to the monitors of a connection: which rule
 * do they say is broken? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "monitor/monitor.h"

#include <string.h>

static struct box {
	struct vus_monitoring m;
	const char *rule; /* of the last breach */
	unsigned n;
} box;

static void remember(void *ctx, const struct vus_monitor *monitor,
		     const struct vus_frame *frame, const char *text)
{
	struct box *b = ctx;

	(void)frame;
	assert_true(text[0] != '\0');
	b->rule = monitor->rule;
	b->n++;
}

static void begin(void)
{
	memset(&box, 0, sizeof(box));
	box.m.watches[0] = box.m.watches[1] = true;
	box.m.tell = remember;
	box.m.ctx = &box;
}

static int set_up(void **state)
{
	(void)state;
	begin();
	return 0;
}

/* A frame as it is on the wire, of `body`. */
static struct vus_frame frame_of(uint32_t id, bool is_reply, uint32_t flags,
				 const union vus_body *body)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, id);
	struct vus_frame f = { .channel = VUS_FE,
			       .id = id,
			       .flags = flags,
			       .is_reply = is_reply,
			       .body = *body,
			       .decoded = true };
	const struct vus_payload *payload =
		vus_msg_layout(msg, box.m.state.pf, is_reply, 8);

	f.payload_len = vus_encode(payload, body, f.payload, VUS_MAX_PAYLOAD);
	f.size = (uint32_t)f.payload_len;
	return f;
}

static void see(const struct vus_frame *f)
{
	vus_monitor_frame(&box.m, f, f->is_reply == (f->channel == VUS_BE));
}

static void ask(uint32_t id, uint32_t flags, uint64_t value)
{
	const union vus_body body = { .u64.value = value };
	const struct vus_frame f = frame_of(id, false, flags, &body);

	see(&f);
}

static void answer(uint32_t id, uint32_t flags, uint64_t value)
{
	const union vus_body body = { .u64.value = value };
	const struct vus_frame f = frame_of(id, true, flags, &body);

	see(&f);
}

static void expect(const char *rule)
{
	if (!rule) {
		assert_int_equal(box.n, 0);
		return;
	}
	assert_int_equal(box.n, 1);
	assert_string_equal(box.rule, rule);
	box.n = 0;
}

#define OFFER                                                                  \
	(PF(MQ) | PF(REPLY_ACK) | PF(CONFIG) | PF(CONFIGURE_MEM_SLOTS) |       \
	 PF(BACKEND_REQ))

static void negotiate(uint64_t pf)
{
	ask(VUS_FE_GET_FEATURES, 1, 0);
	answer(VUS_FE_GET_FEATURES, 5, VF(PROTOCOL_FEATURES) | VF(VERSION_1));
	ask(VUS_FE_GET_PROTOCOL_FEATURES, 1, 0);
	answer(VUS_FE_GET_PROTOCOL_FEATURES, 5, OFFER);
	ask(VUS_FE_SET_PROTOCOL_FEATURES, 1, pf);
	ask(VUS_FE_SET_FEATURES, 1, VF(PROTOCOL_FEATURES) | VF(VERSION_1));
}

/* ---- the back-end ---- */

static void good_answers_are_no_breach(void **state)
{
	(void)state;
	negotiate(OFFER);
	ask(VUS_FE_SET_OWNER, 9, 0);
	answer(VUS_FE_SET_OWNER, 5, 0);
	/* Two at once. */
	ask(VUS_FE_GET_QUEUE_NUM, 1, 0);
	ask(VUS_FE_GET_FEATURES, 1, 0);
	answer(VUS_FE_GET_QUEUE_NUM, 5, 1);
	answer(VUS_FE_GET_FEATURES, 5, VF(PROTOCOL_FEATURES) | VF(VERSION_1));
	expect(NULL);
}

static void flags_of_answers(void **state)
{
	(void)state;
	negotiate(OFFER);
	ask(VUS_FE_GET_QUEUE_NUM, 1, 0);
	answer(VUS_FE_GET_QUEUE_NUM, 4, 1);
	expect("header.version");
	ask(VUS_FE_GET_QUEUE_NUM, 1, 0);
	answer(VUS_FE_GET_QUEUE_NUM, 1, 1);
	expect("header.reply_flag_set");
	ask(VUS_FE_GET_QUEUE_NUM, 9, 0);
	answer(VUS_FE_GET_QUEUE_NUM, 0xd, 1);
	/* The front-end's frames are judged no more, the back-end's are. */
	expect("header.need_reply_clear_in_reply");
	ask(VUS_FE_GET_QUEUE_NUM, 1, 0);
	answer(VUS_FE_GET_QUEUE_NUM, 0x15, 1);
	expect("header.reserved_bits_zero");
}

static void answers_are_counted(void **state)
{
	(void)state;
	negotiate(OFFER);
	ask(VUS_FE_GET_QUEUE_NUM, 1, 0);
	answer(VUS_FE_GET_QUEUE_NUM, 5, 1);
	answer(VUS_FE_GET_QUEUE_NUM, 5, 1);
	expect("reply_ack.own_reply_once");
	ask(VUS_FE_SET_OWNER, 1, 0);
	answer(VUS_FE_SET_OWNER, 5, 0);
	expect("reply_ack.not_requested");
	ask(VUS_FE_SET_OWNER, 9, 0);
	answer(VUS_FE_SET_OWNER, 5, 0);
	answer(VUS_FE_SET_OWNER, 5, 0);
	expect("reply_ack.sent");
	ask(VUS_FE_GET_QUEUE_NUM, 1, 0);
	answer(VUS_FE_GET_MAX_MEM_SLOTS, 5, 1);
	expect("header.request");
}

static void sizes_of_answers(void **state)
{
	const union vus_body body = { .u64.value = 1 };
	struct vus_frame f;

	(void)state;
	negotiate(OFFER);
	ask(VUS_FE_GET_QUEUE_NUM, 1, 0);
	f = frame_of(VUS_FE_GET_QUEUE_NUM, true, 5, &body);
	f.payload_len = f.size = 4;
	see(&f);
	expect("header.size_exact");
	ask(VUS_FE_SET_OWNER, 9, 0);
	f = frame_of(VUS_FE_SET_OWNER, true, 5, &body);
	f.payload_len = f.size = 16;
	see(&f);
	expect("reply_ack.format");
}

/* Whoever was sent nonsense is not blamed for the answer. */
static void misled_sides_are_not_judged(void **state)
{
	(void)state;
	negotiate(OFFER);
	box.m.watches[true] = false;
	ask(VUS_FE_GET_QUEUE_NUM, 0x11, 0);
	answer(VUS_FE_GET_QUEUE_NUM, 0x15, 1);
	expect(NULL);
}

static void requests_of_the_back_end(void **state)
{
	struct vus_frame f = { .channel = VUS_BE,
			       .id = VUS_BE_CONFIG_CHANGE_MSG,
			       .flags = 1,
			       .decoded = true };

	(void)state;
	negotiate(PF(BACKEND_REQ) | PF(CONFIG));
	see(&f);
	expect(NULL);
	f.flags = 9;
	see(&f);
	expect("backend_channel.need_reply_gated");
	f.flags = 1;
	f.nfds = 1;
	see(&f);
	expect("backend_channel.send_fd_gated");
	f.nfds = 0;
	f.id = 99;
	see(&f);
	expect("backend_channel.known_requests");
	begin();
	negotiate(PF(BACKEND_REQ));
	f.id = VUS_BE_CONFIG_CHANGE_MSG;
	see(&f);
	expect("config.change_gated");
}

/* ---- the front-end ---- */

static void features_of_this_connection(void **state)
{
	(void)state;
	negotiate(OFFER);
	ask(VUS_FE_SET_FEATURES, 1, VF(RING_PACKED));
	expect("features.set_subset");
	ask(VUS_FE_SET_PROTOCOL_FEATURES, 1, OFFER | PF(RARP));
	expect("protocol_features.set_subset");
	/* Another connection has other features. */
	begin();
	negotiate(PF(MQ));
	ask(VUS_FE_GET_MAX_MEM_SLOTS, 1, 0);
	expect("protocol_features.gated_messages");
	ask(VUS_FE_SET_OWNER, 9, 0);
	expect("reply_ack.not_negotiated_frontend");
	ask(VUS_FE_SET_OWNER, 5, 0);
	expect("header.reply_flag_on_request");
}

static struct vus_frame region(uint64_t guest_addr)
{
	const union vus_body body = { .mem_reg.region = {
					      .guest_addr = guest_addr,
					      .size = 0x10000,
					      .user_addr = guest_addr + 0x70000,
				      } };
	struct vus_frame f = frame_of(VUS_FE_ADD_MEM_REG, false, 1, &body);

	f.nfds = 1;
	return f;
}

static void regions_and_slots(void **state)
{
	struct vus_frame f;

	(void)state;
	negotiate(OFFER);
	ask(VUS_FE_GET_MAX_MEM_SLOTS, 1, 0);
	answer(VUS_FE_GET_MAX_MEM_SLOTS, 5, 2);
	f = region(0);
	see(&f);
	expect(NULL);
	f = region(0x8000);
	see(&f);
	expect("mem_table.frontend_disjoint");
	f = region(0x40000);
	see(&f);
	expect("mem_slots.frontend_limit");
	/* The next connection begins without any. */
	begin();
	negotiate(OFFER);
	ask(VUS_FE_GET_MAX_MEM_SLOTS, 1, 0);
	answer(VUS_FE_GET_MAX_MEM_SLOTS, 5, 2);
	f = region(0x40000);
	see(&f);
	expect(NULL);
}

static void place(uint64_t desc, uint64_t avail, uint64_t used)
{
	const union vus_body body = {
		.vring_addr = { .desc = desc, .avail = avail, .used = used }
	};
	const struct vus_frame f =
		frame_of(VUS_FE_SET_VRING_ADDR, false, 1, &body);

	see(&f);
}

static void rings_lie_in_memory(void **state)
{
	const union vus_body size = { .vring_state = { .num = 256 } };
	struct vus_frame f;

	(void)state;
	negotiate(OFFER);
	f = region(0);
	see(&f);
	f = frame_of(VUS_FE_SET_VRING_NUM, false, 1, &size);
	see(&f);
	place(0x70000, 0x71000, 0x72000);
	expect(NULL);
	place(0x70008, 0x71000, 0x72000);
	expect("ring_addr.frontend_aligned");
	place(0x70000, 0x71000, 0x7f800); /* its end is outside */
	expect("ring_addr.frontend_in_memory");
	/* Two regions that adjoin are one place. */
	f = region(0x10000);
	see(&f);
	place(0x70000, 0x71000, 0x7f800);
	expect(NULL);
}

static void ring_indexes(void **state)
{
	(void)state;
	negotiate(OFFER);
	ask(VUS_FE_GET_QUEUE_NUM, 1, 0);
	answer(VUS_FE_GET_QUEUE_NUM, 5, 1);
	ask(VUS_FE_SET_VRING_CALL, 1, VUS_VRING_NOFD);
	expect(NULL);
	ask(VUS_FE_SET_VRING_CALL, 1, VUS_VRING_NOFD | 1);
	expect("multiqueue.frontend_stops_at_limit");
	ask(VUS_FE_SET_VRING_CALL, 1, 0);
	expect("ring_fds.nofd_no_fd");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_answers_are_no_breach),
		TEST(flags_of_answers),
		TEST(answers_are_counted),
		TEST(sizes_of_answers),
		TEST(misled_sides_are_not_judged),
		TEST(requests_of_the_back_end),
		TEST(features_of_this_connection),
		TEST(regions_and_slots),
		TEST(rings_lie_in_memory),
		TEST(ring_indexes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
