/* SPDX-License-Identifier: BSD-3-Clause */
/* test_link_recv.c — frames received whole, in pieces, and cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "link_box.h"

#include "base/clock.h"
#include "base/own.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST VUS_VERSION
#define REPLY   (VUS_VERSION | VUS_FLAG_REPLY)

/* A SET_VRING_NUM request, ring 3 of 256. */
static const uint32_t whole[5] = { VUS_FE_SET_VRING_NUM, REQUEST, 8, 3, 256 };

static void check_whole(const struct vus_frame *f)
{
	assert_int_equal(f->channel, VUS_FE);
	assert_int_equal(f->id, VUS_FE_SET_VRING_NUM);
	assert_int_equal(f->flags, REQUEST);
	assert_int_equal(f->size, 8);
	assert_int_equal(f->payload_len, 8);
	assert_memory_equal(f->payload, whole + 3, 8);
	assert_true(f->decoded);
	assert_false(f->is_reply);
	assert_int_equal(f->body.vring_state.index, 3);
	assert_int_equal(f->body.vring_state.num, 256);
}

static void a_request_is_received_and_traced(void **state)
{
	VUS_AUTO_FRAME f = { 0 };
	struct box b;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	box_give(&b, whole, sizeof(whole));
	box_recv(&b, &f);
	check_whole(&f);
	assert_int_equal(f.nfds, 0);
	assert_int_equal(b.traced, 1);
	assert_false(b.to_peer);
	check_whole(&b.frame);
	box_close(&b);
}

static void no_trace_is_needed(void **state)
{
	VUS_AUTO_FRAME f = { 0 };
	struct box b;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	b.link.trace = NULL;
	box_give(&b, whole, sizeof(whole));
	box_recv(&b, &f);
	check_whole(&f);
	box_close(&b);
}

/* The role and the negotiated features decide the layout. */
static void the_row_decides_what_decodes(void **state)
{
	static const struct {
		bool is_asker;
		uint32_t id;
		uint64_t pf;
		uint32_t size;
		bool decoded;
	} rows[] = {
		/* Requests. */
		{ false, VUS_FE_GET_FEATURES, 0, 0, true },
		{ false, VUS_FE_GET_FEATURES, 0, 8, false },
		{ false, VUS_FE_SET_FEATURES, 0, 8, true },
		{ false, VUS_FE_SET_FEATURES, 0, 7, false },
		{ false, VUS_FE_SET_FEATURES, 0, 9, false },
		{ false, VUS_FE_SET_FEATURES, 0, 0, false },
		{ false, VUS_FE_SET_LOG_BASE, 0, 8, true },
		{ false, VUS_FE_SET_LOG_BASE, 0, 16, false },
		{ false, VUS_FE_SET_LOG_BASE, PF(LOG_SHMFD), 16, true },
		/* Replies of their own. */
		{ true, VUS_FE_GET_FEATURES, 0, 8, true },
		{ true, VUS_FE_GET_FEATURES, 0, 0, false },
		{ true, VUS_FE_GET_VRING_BASE, 0, 8, true },
		{ true, VUS_FE_GET_VRING_BASE, 0, 4, false },
		/* Acknowledgements. */
		{ true, VUS_FE_SET_OWNER, PF(REPLY_ACK), 8, true },
		{ true, VUS_FE_SET_OWNER, PF(REPLY_ACK), 0, false },
		{ true, VUS_FE_SET_VRING_ADDR, PF(REPLY_ACK), 8, true },
		{ true, VUS_FE_SET_VRING_ADDR, PF(REPLY_ACK), 40, false },
		{ true, VUS_FE_SET_MEM_TABLE, PF(REPLY_ACK), 8, true },
		/* Nobody knows these. */
		{ false, 9999, 0, 0, false },
		{ false, 9999, 0, 8, false },
		{ true, 0, 0, 8, false },
	};
	static const uint8_t zeros[64];

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		VUS_AUTO_FRAME f = { 0 };
		struct box b;

		box_open(&b, SOCK_STREAM, VUS_FE, rows[i].is_asker);
		b.link.pf = rows[i].pf;
		box_give_frame(&b, rows[i].id, REQUEST, rows[i].size, zeros,
			       rows[i].size);
		box_recv(&b, &f);
		if (f.decoded != rows[i].decoded)
			fail_msg("row %zu", i);
		assert_int_equal(f.is_reply, rows[i].is_asker);
		assert_int_equal(f.size, rows[i].size);
		assert_int_equal(f.payload_len, rows[i].size);
		box_close(&b);
	}
}

static void a_reply_has_its_value(void **state)
{
	static const uint64_t value = UINT64_C(0x8123456789abcdef);
	static const uint32_t ids[] = { VUS_FE_GET_FEATURES, VUS_FE_SET_OWNER };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(ids); i++) {
		VUS_AUTO_FRAME f = { 0 };
		struct box b;

		box_open(&b, SOCK_STREAM, VUS_FE, true);
		box_give_frame(&b, ids[i], REPLY, 8, &value, 8);
		box_recv(&b, &f);
		assert_true(f.is_reply);
		assert_true(f.decoded);
		assert_int_equal(f.body.u64.value, value);
		box_close(&b);
	}
}

/* The peer waits until each byte was read before it sends the next. */
static int dribble(int fd, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const uint64_t deadline = vus_deadline_ms(UNIT_LONG_MS);
		int unread;

		if (send(fd, bytes + i, 1, MSG_NOSIGNAL) != 1)
			return 1;
		do {
			if (ioctl(fd, SIOCOUTQ, &unread) < 0 ||
			    vus_now() > deadline)
				return 1;
		} while (unread > 0 && vus_poll(NULL, 0, 0) == 0);
	}
	return 0;
}

static void a_frame_is_put_together_byte_by_byte(void **state)
{
	VUS_AUTO_FRAME f = { 0 };
	struct box b;
	pid_t pid;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	pid = box_fork();
	if (pid == 0)
		_exit(dribble(b.peer, (const uint8_t *)whole, sizeof(whole)));
	box_recv(&b, &f);
	assert_int_equal(box_wait(pid), 0);
	check_whole(&f);
	box_close(&b);
}

static void frames_behind_each_other_stay_apart(void **state)
{
	VUS_AUTO_FD null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	uint32_t three[11];
	struct box b;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	memcpy(three, whole, sizeof(whole));
	memcpy(three + 5, (uint32_t[]){ VUS_FE_SET_OWNER, REQUEST, 0 }, 12);
	memcpy(three + 8, (uint32_t[]){ VUS_FE_GET_FEATURES, REQUEST, 0 }, 12);
	box_give(&b, three, sizeof(three));
	box_give_fds(&b, whole, sizeof(whole), &null, 1);
	for (unsigned i = 0; i < 4; i++) {
		static const uint32_t ids[] = {
			VUS_FE_SET_VRING_NUM,
			VUS_FE_SET_OWNER,
			VUS_FE_GET_FEATURES,
			VUS_FE_SET_VRING_NUM,
		};
		VUS_AUTO_FRAME f = { 0 };

		box_recv(&b, &f);
		assert_int_equal(f.id, ids[i]);
		assert_true(f.decoded);
		assert_int_equal(f.nfds, i == 3);
	}
	box_close(&b);
}

static void check_failure(struct box *b, uint64_t ms, enum vus_err_kind kind,
			  const char *text)
{
	static struct vus_frame before, f;
	struct vus_err err = { 0 };

	memset(&before, 0x5a, sizeof(before));
	memset(&f, 0x5a, sizeof(f));
	assert_false(vus_link_recv(&b->link, &f, vus_deadline_ms(ms), &err));
	assert_int_equal(err.kind, kind);
	assert_string_equal(err.text, text);
	assert_memory_equal(&f, &before, sizeof(f));
	assert_int_equal(b->traced, 0);
}

static const char *cut_at(size_t len)
{
	return len == 0   ? ""
	       : len < 12 ? " inside a header"
			  : " inside a payload";
}

static void the_end_says_where_it_came(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		struct box b;
		char text[80];

		box_open(&b, SOCK_STREAM, VUS_FE, false);
		box_give(&b, whole, len);
		vus_fd_close(&b.peer);
		snprintf(text, sizeof(text), "the peer closed the connection%s",
			 cut_at(len));
		check_failure(&b, UNIT_LONG_MS, VUS_ERR_EOF, text);
		box_close(&b);
	}
}

static void half_closed_is_the_end_too(void **state)
{
	struct box b;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	assert_int_equal(shutdown(b.peer, SHUT_WR), 0);
	check_failure(&b, UNIT_LONG_MS, VUS_ERR_EOF,
		      "the peer closed the connection");
	box_close(&b);
}

/* Closing with unread data resets. */
static void a_reset_is_an_end(void **state)
{
	struct box b;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	assert_int_equal(send(b.link.fd, "unread", 6, 0), 6);
	vus_fd_close(&b.peer);
	check_failure(&b, UNIT_LONG_MS, VUS_ERR_EOF,
		      "the peer reset the connection");
	box_close(&b);
}

static void a_closed_link_receives_nothing(void **state)
{
	struct box b;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	vus_link_close(&b.link);
	assert_int_equal(b.link.fd, -1);
	check_failure(&b, UNIT_LONG_MS, VUS_ERR_EOF,
		      "the connection is closed");
	box_close(&b);
}

static void the_deadline_says_where_it_came(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		uint64_t begin;
		struct box b;
		char text[80];

		box_open(&b, SOCK_STREAM, VUS_FE, false);
		box_give(&b, whole, len);
		snprintf(text, sizeof(text), "no answer%s", cut_at(len));
		begin = vus_now();
		check_failure(&b, BOX_SHORT_MS, VUS_ERR_TIMEOUT, text);
		assert_true(vus_now() >= begin + BOX_SHORT_MS * VUS_MS);
		box_close(&b);
	}
}

static void what_is_there_is_taken_after_the_deadline(void **state)
{
	VUS_AUTO_FRAME f = { 0 };
	struct box b;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	box_give(&b, whole, sizeof(whole));
	assert_true(vus_link_recv(&b.link, &f, 0, NULL));
	check_whole(&f);
	box_close(&b);
}

static void size_words_have_a_limit(void **state)
{
	static const uint32_t sizes[] = { VUS_MAX_PAYLOAD + 1, 0x80000000,
					  UINT32_MAX };
	static const uint8_t zeros[VUS_MAX_PAYLOAD];
	VUS_AUTO_FRAME f = { 0 };
	struct box b;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(sizes); i++) {
		char text[100];

		box_open(&b, SOCK_STREAM, VUS_FE, false);
		box_give_frame(&b, 5, REQUEST, sizes[i], NULL, 0);
		snprintf(text, sizeof(text),
			 "the size word of message 5 is %u, above any payload",
			 sizes[i]);
		check_failure(&b, UNIT_LONG_MS, VUS_ERR_PROTOCOL, text);
		box_close(&b);
	}
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	box_give_frame(&b, 9999, REQUEST, VUS_MAX_PAYLOAD, zeros,
		       VUS_MAX_PAYLOAD);
	box_recv(&b, &f);
	assert_int_equal(f.payload_len, VUS_MAX_PAYLOAD);
	box_close(&b);
}

/* Pictures are longer than any payload that is kept. */
static void long_gpu_messages_are_passed_over(void **state)
{
	const uint32_t size = VUS_MAX_PAYLOAD * 2 + 100;
	uint8_t *bytes = test_calloc(1, size);
	struct vus_frame f;
	struct box b;

	(void)state;
	for (uint32_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i >> 4);
	box_open(&b, SOCK_STREAM, VUS_GPU, false);
	box_give_frame(&b, 9999, 0, size, bytes, size);
	box_give_frame(&b, 9998, 0, 4, "abcd", 4);
	box_recv(&b, &f);
	assert_int_equal(f.size, size);
	assert_int_equal(f.payload_len, VUS_MAX_PAYLOAD);
	assert_memory_equal(f.payload, bytes, VUS_MAX_PAYLOAD);
	box_recv(&b, &f);
	assert_int_equal(f.id, 9998);
	assert_memory_equal(f.payload, "abcd", 4);
	b.traced = 0;
	box_give_frame(&b, 9999, 0, size, bytes, size - 1);
	check_failure(&b, BOX_SHORT_MS, VUS_ERR_TIMEOUT,
		      "no answer inside a payload");
	box_close(&b);
	test_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_received_and_traced),
		cmocka_unit_test(no_trace_is_needed),
		cmocka_unit_test(the_row_decides_what_decodes),
		cmocka_unit_test(a_reply_has_its_value),
		cmocka_unit_test(a_frame_is_put_together_byte_by_byte),
		cmocka_unit_test(frames_behind_each_other_stay_apart),
		cmocka_unit_test(the_end_says_where_it_came),
		cmocka_unit_test(half_closed_is_the_end_too),
		cmocka_unit_test(a_reset_is_an_end),
		cmocka_unit_test(a_closed_link_receives_nothing),
		cmocka_unit_test(the_deadline_says_where_it_came),
		cmocka_unit_test(what_is_there_is_taken_after_the_deadline),
		cmocka_unit_test(size_words_have_a_limit),
		cmocka_unit_test(long_gpu_messages_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
