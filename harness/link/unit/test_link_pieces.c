/* SPDX-License-Identifier: BSD-3-Clause */
/* test_link_pieces.c — a frame sent in pieces, as its reader sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "link_box.h"

#include "base/clock.h"

#include <sys/socket.h>
#include <unistd.h>

static const struct vus_twist three_pieces = { .ncuts = 2,
					       .cut = { 1, 12 },
					       .settle_ms = UNIT_LONG_MS };

/* In a child: each read must bring one piece. */
static int read_pieces(int fd)
{
	static const ssize_t lengths[] = { 1, 11, 8 };
	uint8_t buf[64];

	for (size_t i = 0; i < VUS_COUNT(lengths); i++)
		if (recv(fd, buf, sizeof(buf), 0) != lengths[i])
			return 1;
	return 0;
}

static struct vus_frame request(void)
{
	return vus_request_frame(VUS_FE, VUS_FE_SET_VRING_NUM);
}

static void pieces_are_taken_one_by_one(void **state)
{
	const struct vus_frame f = request();

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		struct box b;
		pid_t pid;

		box_open(&b, SOCK_STREAM, VUS_FE, true);
		pid = box_fork();
		if (pid == 0)
			_exit(read_pieces(b.peer));
		box_send(&b, &f, &three_pieces);
		assert_int_equal(box_wait(pid), 0);
		box_close(&b);
	}
}

static void a_reader_of_the_whole_is_not_waited_for(void **state)
{
	struct vus_twist twist = three_pieces;
	const struct vus_frame f = request();
	uint8_t buf[64];
	struct box b;

	(void)state;
	twist.settle_ms = BOX_SHORT_MS;
	box_open(&b, SOCK_STREAM, VUS_FE, true);
	box_send(&b, &f, &twist);
	assert_int_equal(recv(b.peer, buf, sizeof(buf), MSG_DONTWAIT), 20);
	box_close(&b);
}

static void a_reader_that_left_is_not_waited_for(void **state)
{
	const uint64_t deadline = vus_deadline_ms(UNIT_LONG_MS);
	const struct vus_frame f = request();
	struct vus_err err;
	struct box b;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, true);
	(void)close(b.peer);
	b.peer = -1;
	assert_false(vus_link_send(&b.link, &f, &three_pieces, deadline, &err));
	assert_int_equal(err.kind, VUS_ERR_EOF);
	assert_true(vus_remaining_ms(deadline) > 0);
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_taken_one_by_one),
		cmocka_unit_test(a_reader_of_the_whole_is_not_waited_for),
		cmocka_unit_test(a_reader_that_left_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
