/* SPDX-License-Identifier: BSD-3-Clause */
/* test_wire_capture.c — a session that really happened: QEMU 10.0.2's
 * vhost-user-blk and qemu-storage-daemon 10, from the first message to the stop
 * of a ring.  Recorded on a little-endian host, messages that repeat left
 * out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire/wire.h"

static const struct {
	bool to_backend;
	unsigned nfds;
	const char *hex; /* header and payload */
	const char *line;
} session[] = {
	{ true, 0, "010000000100000000000000", "-> GET_FEATURES" },
	{ false, 0,
	  "010000000500000008000000"
	  "467e007501000000",
	  "<- GET_FEATURES reply value=0x175007e46 (bit1 bit2 bit6 "
	  "bit9 bit10 bit11 bit12 bit13 bit14 NOTIFY_ON_EMPTY "
	  "LOG_ALL RING_INDIRECT_DESC RING_EVENT_IDX "
	  "PROTOCOL_FEATURES VERSION_1)" },
	{ true, 0, "0f0000000100000000000000", "-> GET_PROTOCOL_FEATURES" },
	{ false, 0,
	  "0f0000000500000008000000"
	  "2b8f000000000000",
	  "<- GET_PROTOCOL_FEATURES reply value=0x8f2b (MQ "
	  "LOG_SHMFD REPLY_ACK BACKEND_REQ PAGEFAULT CONFIG "
	  "BACKEND_SEND_FD HOST_NOTIFIER CONFIGURE_MEM_SLOTS)" },
	{ true, 0,
	  "100000000100000008000000"
	  "2b8f000000000000",
	  "-> SET_PROTOCOL_FEATURES value=0x8f2b (MQ LOG_SHMFD "
	  "REPLY_ACK BACKEND_REQ PAGEFAULT CONFIG BACKEND_SEND_FD "
	  "HOST_NOTIFIER CONFIGURE_MEM_SLOTS)" },
	{ true, 0, "110000000100000000000000", "-> GET_QUEUE_NUM" },
	{ false, 0,
	  "110000000500000008000000"
	  "0200000000000000",
	  "<- GET_QUEUE_NUM reply value=0x2" },
	{ true, 0, "240000000100000000000000", "-> GET_MAX_MEM_SLOTS" },
	{ false, 0,
	  "240000000500000008000000"
	  "fd01000000000000",
	  "<- GET_MAX_MEM_SLOTS reply value=0x1fd" },
	{ true, 1, "150000000900000000000000",
	  "-> SET_BACKEND_REQ_FD need_reply +1 fd" },
	{ false, 0,
	  "150000000500000008000000"
	  "0000000000000000",
	  "<- SET_BACKEND_REQ_FD reply value=0x0" },
	{ true, 0, "030000000100000000000000", "-> SET_OWNER" },
	{ true, 1,
	  "0d0000000100000008000000"
	  "0000000000000000",
	  "-> SET_VRING_CALL value=0x0 (ring 0) +1 fd" },
	{ true, 1,
	  "0e0000000100000008000000"
	  "0000000000000000",
	  "-> SET_VRING_ERR value=0x0 (ring 0) +1 fd" },
	{ true, 0,
	  "180000000100000045000000"
	  "000000003900000000000000000000000000000000000000"
	  "000000000000000000000000000000000000000000000000"
	  "000000000000000000000000000000000000000000",
	  "-> GET_CONFIG offset=0 size=57 flags=0x0 data=(57 bytes)" },
	{ false, 0,
	  "180000000500000045000000"
	  "000000003900000000000000000002000000000000000000"
	  "7e0000000000000000020000000001000100000000000200"
	  "008000000100000001000000008000000100000000",
	  "<- GET_CONFIG reply offset=0 size=57 flags=0x0 data=(57 "
	  "bytes)" },
	{ true, 0,
	  "020000000100000008000000"
	  "4600004001000000",
	  "-> SET_FEATURES value=0x140000046 (bit1 bit2 bit6 "
	  "PROTOCOL_FEATURES VERSION_1)" },
	{ true, 1,
	  "250000000900000028000000"
	  "000000000000000000000000000000000000001000000000"
	  "00f0ff63627f00000000000000000000",
	  "-> ADD_MEM_REG need_reply guest_addr=0x0 size=268435456 "
	  "user_addr=0x7f6263fff000 mmap_offset=0 +1 fd" },
	{ false, 0,
	  "250000000500000008000000"
	  "0000000000000000",
	  "<- ADD_MEM_REG reply value=0x0" },
	{ true, 0,
	  "080000000100000008000000"
	  "0000000080000000",
	  "-> SET_VRING_NUM index=0 num=128" },
	{ true, 0,
	  "0a0000000100000008000000"
	  "0000000000000000",
	  "-> SET_VRING_BASE index=0 num=0" },
	{ true, 0,
	  "090000000100000028000000"
	  "000000000000000000c0fd73627f000000d0fd73627f0000"
	  "00c8fd73627f000000e0fd0f00000000",
	  "-> SET_VRING_ADDR index=0 flags=0x0 desc=0x7f6273fdc000 "
	  "used=0x7f6273fdd000 avail=0x7f6273fdc800 log=0xffde000" },
	{ true, 1,
	  "0c0000000100000008000000"
	  "0000000000000000",
	  "-> SET_VRING_KICK value=0x0 (ring 0) +1 fd" },
	{ true, 0,
	  "120000000900000008000000"
	  "0000000001000000",
	  "-> SET_VRING_ENABLE need_reply index=0 num=1" },
	{ false, 0,
	  "120000000500000008000000"
	  "0000000000000000",
	  "<- SET_VRING_ENABLE reply value=0x0" },
	{ true, 0,
	  "120000000900000008000000"
	  "0000000000000000",
	  "-> SET_VRING_ENABLE need_reply index=0 num=0" },
	{ true, 0,
	  "0b0000000100000008000000"
	  "0000000000000000",
	  "-> GET_VRING_BASE index=0 num=0" },
	{ false, 0,
	  "0b0000000500000008000000"
	  "0000000001000000",
	  "<- GET_VRING_BASE reply index=0 num=1" },
};

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static size_t from_hex(const char *hex, uint8_t *ret)
{
	size_t n = 0;

	for (; hex[0]; hex += 2)
		ret[n++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
	return n;
}

/* The row's frame, decoded as a connection would under `pf`. */
static const struct vus_payload *receive(size_t row, uint64_t pf,
					 struct vus_frame *f)
{
	uint8_t bytes[VUS_HEADER_SIZE + VUS_MAX_PAYLOAD];
	const size_t n = from_hex(session[row].hex, bytes);
	const struct vus_payload *payload;
	struct vus_err err = { 0 };

	memset(f, 0, sizeof(*f));
	f->channel = VUS_FE;
	f->is_reply = !session[row].to_backend;
	f->id = (uint32_t)vus_int_read(bytes, 4);
	f->flags = (uint32_t)vus_int_read(bytes + 4, 4);
	f->size = (uint32_t)vus_int_read(bytes + 8, 4);
	f->payload_len = n - VUS_HEADER_SIZE;
	memcpy(f->payload, bytes + VUS_HEADER_SIZE, f->payload_len);
	f->nfds = session[row].nfds;
	payload = vus_msg_layout(vus_msg_find(VUS_FE, f->id), pf, f->is_reply,
				 f->payload_len);
	f->decoded =
		vus_decode(payload, f->payload, f->payload_len, &f->body, &err);
	assert_string_equal(err.text, "");
	assert_true(f->decoded);
	return payload;
}

static void a_real_session_is_understood(void **state)
{
	uint64_t pf = 0, vf = 0;
	struct vus_frame f;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(session); i++) {
		const struct vus_payload *payload = receive(i, pf, &f);
		uint8_t again[VUS_MAX_PAYLOAD];
		VUS_AUTO_TEXT text = { 0 };

		/* Nothing is wrong with it, */
		assert_int_equal(vus_validate(&f, pf, vf, NULL), 0);
		/* it is shown as what it was, */
		vus_format(&f, session[i].to_backend, false, &text);
		assert_string_equal(vus_text_str(&text), session[i].line);
		/* and would be sent as it came. */
		assert_int_equal(
			vus_encode(payload, &f.body, again, sizeof(again)),
			f.payload_len);
		assert_memory_equal(again, f.payload, f.payload_len);
		/* Offered bits open ids 15 and 16, chosen ones the others. */
		if (f.id == VUS_FE_SET_PROTOCOL_FEATURES)
			pf = f.body.protocol_features.value;
		if (f.id == VUS_FE_SET_FEATURES ||
		    (f.id == VUS_FE_GET_FEATURES && f.is_reply))
			vf = f.body.features.value;
	}
	assert_true(pf == 0x8f2b);
	assert_true(vf == UINT64_C(0x140000046));
}

static void a_field_of_every_kind(void **state)
{
	struct vus_frame f;
	uint64_t base = 0;
	size_t seen = 0;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(session); i++) {
		receive(i, 0x8f2b, &f);
		if (f.id == VUS_FE_ADD_MEM_REG && !f.is_reply) {
			assert_true(f.body.mem_reg.region.size == 256 << 20);
			base = f.body.mem_reg.region.user_addr;
			seen++;
		}
		if (f.id == VUS_FE_GET_CONFIG && f.is_reply) {
			/* Capacity in sectors, then seg_max at 12. */
			assert_int_equal(f.body.config.size, 57);
			assert_true(vus_int_read(f.body.config.data, 8) ==
				    131072);
			assert_int_equal(
				vus_int_read(f.body.config.data + 12, 4), 126);
			seen++;
		}
		if (f.id == VUS_FE_SET_VRING_ADDR) {
			/* The used ring comes before the available one. */
			assert_true(f.body.vring_addr.avail -
					    f.body.vring_addr.desc ==
				    128 * 16);
			assert_true(f.body.vring_addr.used ==
				    f.body.vring_addr.desc + 4096);
			/* One region from guest address 0 on. */
			assert_true(f.body.vring_addr.log ==
				    f.body.vring_addr.used - base);
			seen++;
		}
	}
	assert_int_equal(seen, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_session_is_understood),
		cmocka_unit_test(a_field_of_every_kind),
	};

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	return 77; /* these bytes mean something else here */
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
