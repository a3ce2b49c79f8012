/* SPDX-License-Identifier: BSD-3-Clause */
/* test_wire_codec.c — bodies to bytes and back, for every layout there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire_bodies.h"

#define ROUNDS 40

static enum vus_item_kind last_kind(const struct vus_payload *payload)
{
	return payload->items[payload->nitems - 1].kind;
}

/* Decoding these bytes fails, says so, and leaves the output alone. */
static void expect_refused(const struct vus_payload *payload, const void *buf,
			   size_t size, struct vus_err *err)
{
	union vus_body body, before;

	memset(&body, 0x5a, sizeof(body));
	before = body;
	*err = (struct vus_err){ 0 };
	assert_false(vus_decode(payload, buf, size, &body, err));
	assert_int_equal(err->kind, VUS_ERR_PROTOCOL);
	assert_memory_equal(&body, &before, sizeof(body));
	assert_false(vus_decode(payload, buf, size, &body, NULL));
}

static void round_trip(const struct vus_msg *msg, uint64_t pf, bool is_reply,
		       const struct vus_payload *payload)
{
	struct vus_rand r = { .state = msg->id + pf + is_reply };
	union vus_body body, back;
	uint8_t wire[VUS_MAX_PAYLOAD], again[VUS_MAX_PAYLOAD];

	for (unsigned round = 0; payload && round < ROUNDS; round++) {
		size_t n;

		random_body(&r, payload, true, &body);
		n = vus_encode(payload, &body, wire, sizeof(wire));
		assert_int_equal(n, vus_encoded_size(payload, &body));
		assert_in_range(n, payload->min_size, payload->max_size);
		assert_true(vus_decode(payload, wire, n, &back, NULL));
		assert_memory_equal(&back, &body, payload->struct_size);
		assert_int_equal(vus_encode(payload, &back, again, n), n);
		assert_memory_equal(again, wire, n);
	}
}

static void every_row_survives_a_round_trip(void **state)
{
	(void)state;
	each_layout(round_trip);
}

static void truncated(const struct vus_msg *msg, uint64_t pf, bool is_reply,
		      const struct vus_payload *payload)
{
	struct vus_rand r = { .state = msg->id + pf + is_reply };
	union vus_body body;
	uint8_t wire[VUS_MAX_PAYLOAD];
	struct vus_err err;
	size_t n;

	if (!payload)
		return;
	random_body(&r, payload, true, &body);
	n = vus_encode(payload, &body, wire, sizeof(wire));
	/* What may be absent at the end is no truncation. */
	if (last_kind(payload) == VUS_ITEM_REST ||
	    last_kind(payload) == VUS_ITEM_GAP)
		n = vus_payload_least(payload);
	for (size_t size = 0; size < n; size++) {
		expect_refused(payload, wire, size, &err);
		assert_non_null(strstr(err.text, " wants "));
	}
	assert_true(vus_decode(payload, wire, n, &body, NULL));
}

static void every_row_refuses_less(void **state)
{
	(void)state;
	each_layout(truncated);
}

static void extended(const struct vus_msg *msg, uint64_t pf, bool is_reply,
		     const struct vus_payload *payload)
{
	struct vus_rand r = { .state = msg->id + pf + is_reply };
	union vus_body body = { 0 };
	uint8_t wire[VUS_MAX_PAYLOAD + 64] = { 0 };
	struct vus_err err;
	size_t n = 0;

	if (payload && last_kind(payload) == VUS_ITEM_REST)
		return;
	if (payload) {
		random_body(&r, payload, true, &body);
		n = vus_encode(payload, &body, wire, VUS_MAX_PAYLOAD);
	}
	for (size_t more = 1; more <= 64; more++) {
		expect_refused(payload, wire, n + more, &err);
		assert_non_null(strstr(err.text, " more than "));
	}
}

static void every_row_refuses_more(void **state)
{
	(void)state;
	each_layout(extended);
}

static void cut(const struct vus_msg *msg, uint64_t pf, bool is_reply,
		const struct vus_payload *payload)
{
	struct vus_rand r = { .state = msg->id + pf + is_reply };
	union vus_body body;
	uint8_t whole[VUS_MAX_PAYLOAD], part[VUS_MAX_PAYLOAD];
	size_t n;

	if (!payload)
		return;
	random_body(&r, payload, true, &body);
	n = vus_encode(payload, &body, whole, sizeof(whole));
	for (size_t cap = 0; cap <= n; cap += 1 + cap / 16) {
		memset(part, 0xee, sizeof(part));
		assert_int_equal(vus_encode(payload, &body, part, cap), cap);
		assert_memory_equal(part, whole, cap);
		for (size_t i = cap; i < VUS_MIN(cap + 16, sizeof(part)); i++)
			assert_int_equal(part[i], 0xee);
	}
}

static void little_room_cuts(void **state)
{
	(void)state;
	each_layout(cut);
}

static void nothing_is_nothing(void **state)
{
	union vus_body body;
	struct vus_err err;

	(void)state;
	memset(&body, 0, sizeof(body));
	assert_int_equal(vus_encoded_size(NULL, &body), 0);
	assert_int_equal(vus_encode(NULL, &body, NULL, 0), 0);
	assert_true(vus_decode(NULL, NULL, 0, &body, &err));
	expect_refused(NULL, "x", 1, &err);
	assert_string_equal(err.text,
			    "the payload has 1 bytes, 1 more than none");
}

static void refusals_name_field_and_numbers(void **state)
{
	uint8_t wire[512] = { 0 };
	struct vus_err err;

	(void)state;
	expect_refused(&vus_payload_vring_state, wire, 7, &err);
	assert_string_equal(err.text,
			    "num wants 4 bytes at offset 4, 3 are there");
	expect_refused(&vus_payload_vring_state, wire, 9, &err);
	assert_string_equal(err.text, "the payload has 9 bytes, 1 more than "
				      "vring_state");
	expect_refused(&vus_payload_mem_reg, wire, 32, &err);
	assert_string_equal(err.text,
			    "mmap_offset wants 8 bytes at offset 32, 0 are "
			    "there");
	wire[0] = 2;
	expect_refused(&vus_payload_mem_table, wire, 40, &err);
	assert_string_equal(
		err.text, "guest_addr wants 8 bytes at offset 40, 0 are there");
}

static void counts_above_the_maximum_are_refused(void **state)
{
	uint8_t wire[512] = { 0 };
	uint32_t count = 9;
	struct vus_err err;

	(void)state;
	memcpy(wire, &count, sizeof(count));
	expect_refused(&vus_payload_mem_table, wire, 8 + 9 * 32, &err);
	assert_string_equal(err.text, "nregions is 9, at most 8 may follow");
	count = UINT32_MAX;
	memcpy(wire, &count, sizeof(count));
	expect_refused(&vus_payload_mem_table, wire, 8, &err);
	assert_string_equal(err.text,
			    "nregions is 4294967295, at most 8 may follow");
	memset(wire, 0, sizeof(wire));
	count = 257;
	memcpy(wire + 4, &count, sizeof(count));
	expect_refused(&vus_payload_config, wire, 12 + 257, &err);
	assert_string_equal(err.text, "size is 257, at most 256 may follow");
}

/* The encoder lies: the count goes out as it is, what it counts as far as
 * there is room. */
static void a_lying_count_is_sent(void **state)
{
	union vus_body body;
	uint8_t wire[VUS_MAX_PAYLOAD];

	(void)state;
	memset(&body, 0, sizeof(body));
	body.mem_table.nregions = UINT32_MAX;
	assert_int_equal(
		vus_encode(&vus_payload_mem_table, &body, wire, sizeof(wire)),
		264);
	assert_int_equal(vus_int_read(wire, 4), UINT32_MAX);
	body.config = (struct vus_p_config){ .size = 257 };
	assert_int_equal(vus_encoded_size(&vus_payload_config, &body), 268);
	memset(&body, 0, sizeof(body));
	body.gpu_update.data_len = UINT32_MAX;
	assert_int_equal(vus_encoded_size(&vus_payload_gpu_update, &body),
			 4020);
}

/* The text's inflight description ends at 20 bytes, and its IOTLB message at
 * 26; what implementations add has no meaning. */
static void what_the_text_does_not_have_may_be_absent(void **state)
{
	union vus_body body;
	uint8_t wire[32];
	struct vus_err err;

	(void)state;
	memset(wire, 0x11, sizeof(wire));
	for (size_t size = 20; size <= 24; size++) {
		memset(&body, 0xff, sizeof(body));
		assert_true(vus_decode(&vus_payload_inflight, wire, size, &body,
				       &err));
		assert_int_equal(body.inflight.queue_size, 0x1111);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(body.inflight.padding[i],
					 i < size - 20 ? 0x11 : 0);
		assert_int_equal(vus_encoded_size(&vus_payload_inflight, &body),
				 24);
	}
	expect_refused(&vus_payload_inflight, wire, 19, &err);
	assert_string_equal(err.text,
			    "queue_size wants 2 bytes at offset 18, 1 are "
			    "there");
	assert_true(vus_decode(&vus_payload_iotlb, wire, 26, &body, &err));
	assert_int_equal(body.iotlb.type, 0x11);
	expect_refused(&vus_payload_iotlb, wire, 25, &err);
}

/* A picture is kept as far as there is room. */
static void a_picture_may_be_longer(void **state)
{
	static uint8_t wire[16404];
	union vus_body body;

	(void)state;
	vus_rand_fill(7, wire, sizeof(wire));
	assert_true(vus_decode(&vus_payload_gpu_cursor_update, wire,
			       sizeof(wire), &body, NULL));
	assert_int_equal(body.gpu_cursor_update.data_len, 4000);
	assert_memory_equal(body.gpu_cursor_update.data, wire + 20, 4000);
	assert_true(vus_decode(&vus_payload_gpu_update, wire, 20, &body, NULL));
	assert_int_equal(body.gpu_update.data_len, 0);
	assert_true(
		vus_decode(&vus_payload_gpu_update, wire, 4020, &body, NULL));
	assert_int_equal(body.gpu_update.data_len, 4000);
}

static void integers_are_read_by_width(void **state)
{
	const uint8_t v8 = 0x81;
	const uint16_t v16 = 0x8182;
	const uint32_t v32 = 0x81828384;
	const uint64_t v64 = UINT64_C(0x8182838485868788);

	(void)state;
	assert_true(vus_int_read(&v8, 1) == v8);
	assert_true(vus_int_read(&v16, 2) == v16);
	assert_true(vus_int_read(&v32, 4) == v32);
	assert_true(vus_int_read(&v64, 8) == v64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_survives_a_round_trip),
		cmocka_unit_test(every_row_refuses_less),
		cmocka_unit_test(every_row_refuses_more),
		cmocka_unit_test(little_room_cuts),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(refusals_name_field_and_numbers),
		cmocka_unit_test(counts_above_the_maximum_are_refused),
		cmocka_unit_test(a_lying_count_is_sent),
		cmocka_unit_test(what_the_text_does_not_have_may_be_absent),
		cmocka_unit_test(a_picture_may_be_longer),
		cmocka_unit_test(integers_are_read_by_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
