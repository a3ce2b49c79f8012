/* SPDX-License-Identifier: BSD-3-Clause */
/* test_relay.c — what goes in comes out, and is looked at on its way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit/waits.h"

#include "base/clock.h"
#include "link/relay.h"

#define SOON vus_deadline_ms(UNIT_LONG_MS)

/* A front-end, a relay and a back-end. */
struct box {
	struct vus_link fe, be;
	struct vus_relay relay;
};

static int set_up(void **state)
{
	static struct box b;
	int fe[2], be[2];

	memset(&b, 0, sizeof(b));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fe), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, be), 0);
	vus_link_open(&b.fe, fe[0], VUS_FE, true, NULL);
	vus_link_open(&b.be, be[0], VUS_FE, false, NULL);
	vus_relay_open(&b.relay, fe[1], be[1], NULL);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct box *b = *state;

	vus_link_close(&b->fe);
	vus_link_close(&b->be);
	vus_relay_close(&b->relay);
	return 0;
}

static void pass(struct box *b, enum vus_relayed want)
{
	struct vus_err err;

	assert_int_equal(vus_relay_step(&b->relay, -1, SOON, &err), want);
}

static void send_frame(struct vus_link *link, const struct vus_frame *f,
		       const struct vus_twist *twist)
{
	struct vus_err err;

	assert_true(vus_link_send(link, f, twist, SOON, &err));
}

static struct vus_frame receive(struct vus_link *link)
{
	struct vus_frame f;
	struct vus_err err;

	assert_true(vus_link_recv(link, &f, SOON, &err));
	return f;
}

static void ask_features(struct box *b)
{
	struct vus_frame ask = vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	struct vus_frame got, reply;

	send_frame(&b->fe, &ask, NULL);
	pass(b, VUS_RELAYED);
	got = receive(&b->be);
	assert_int_equal(got.id, VUS_FE_GET_FEATURES);
	reply = vus_reply_frame(&got);
	reply.body.features.value = VF(PROTOCOL_FEATURES) | VF(VERSION_1);
	send_frame(&b->be, &reply, NULL);
	pass(b, VUS_RELAYED);
	got = receive(&b->fe);
	assert_int_equal(got.flags, 0x5);
	assert_true(got.body.features.value == reply.body.features.value);
}

static void requests_and_replies_go_through(void **state)
{
	struct box *b = *state;

	ask_features(b);
	assert_int_equal(b->relay.frames, 2);
}

/* Bytes that decode as nothing are no reason to change them. */
static void nonsense_goes_through(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	const struct vus_twist odd = { .payload = bytes,
				       .payload_len = sizeof(bytes) };
	struct box *b = *state;
	struct vus_frame ask = vus_request_frame(VUS_FE, VUS_FE_SET_FEATURES);
	struct vus_frame got;

	ask.flags |= 0x10;
	send_frame(&b->fe, &ask, &odd);
	pass(b, VUS_RELAYED);
	got = receive(&b->be);
	assert_int_equal(got.flags, 0x11);
	assert_int_equal(got.payload_len, sizeof(bytes));
	assert_memory_equal(got.payload, bytes, sizeof(bytes));
}

static void descriptors_go_along(void **state)
{
	struct box *b = *state;
	struct vus_frame call =
		vus_request_frame(VUS_FE, VUS_FE_SET_VRING_CALL);
	struct vus_frame got;
	eventfd_t value = 0;

	call.nfds = 1;
	call.fds[0] = eventfd(7, EFD_NONBLOCK);
	send_frame(&b->fe, &call, NULL);
	pass(b, VUS_RELAYED);
	got = receive(&b->be);
	assert_int_equal(got.nfds, 1);
	assert_int_equal(eventfd_read(got.fds[0], &value), 0);
	assert_int_equal(value, 7);
	vus_frame_close(&got);
	vus_frame_close(&call);
}

static void the_channel_is_relayed_too(void **state)
{
	struct box *b = *state;
	struct vus_frame set =
		vus_request_frame(VUS_FE, VUS_FE_SET_BACKEND_REQ_FD);
	struct vus_frame ask =
		vus_request_frame(VUS_BE, VUS_BE_CONFIG_CHANGE_MSG);
	struct vus_link asks, answers;
	struct vus_frame got;
	int pair[2];

	b->relay.pf = PF(BACKEND_REQ) | PF(CONFIG);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	set.nfds = 1;
	set.fds[0] = pair[1];
	send_frame(&b->fe, &set, NULL);
	vus_frame_close(&set);
	pass(b, VUS_RELAYED);
	got = receive(&b->be);
	assert_int_equal(got.nfds, 1);
	vus_link_open(&asks, got.fds[0], VUS_BE, true, NULL);
	vus_link_open(&answers, pair[0], VUS_BE, false, NULL);

	send_frame(&asks, &ask, NULL);
	pass(b, VUS_RELAYED);
	got = receive(&answers);
	assert_int_equal(got.id, VUS_BE_CONFIG_CHANGE_MSG);
	/* The channel may end; the session goes on. */
	vus_link_close(&asks);
	pass(b, VUS_RELAYED);
	ask_features(b);
	vus_link_close(&answers);
}

static void an_end_is_told(void **state)
{
	struct box *b = *state;
	struct vus_err err;

	vus_link_close(&b->fe);
	assert_int_equal(vus_relay_step(&b->relay, -1, SOON, &err),
			 VUS_RELAY_ENDED);
	assert_int_equal(strncmp(err.text, "front-end:", 10), 0);
}

static void a_deadline_is_kept(void **state)
{
	struct box *b = *state;
	struct vus_err err;

	assert_int_equal(vus_relay_step(&b->relay, -1, vus_now(), &err),
			 VUS_RELAY_IDLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests_and_replies_go_through),
		TEST(nonsense_goes_through),
		TEST(descriptors_go_along),
		TEST(the_channel_is_relayed_too),
		TEST(an_end_is_told),
		TEST(a_deadline_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
