/* SPDX-License-Identifier: BSD-3-Clause */
/* test_wire_validate.c — what is complained about, word by word, and that an
 * honest frame of any row is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire_bodies.h"

#define ALL UINT64_MAX

/* A frame as a peer would send it, under these protocol features. */
static void make_frame(const struct vus_msg *msg, uint64_t pf, bool is_reply,
		       struct vus_frame *f)
{
	struct vus_rand r = { .state = msg->id };
	const struct vus_payload *payload =
		is_reply && vus_msg_answer(msg, pf) == VUS_ANSWER_ACK
			? &vus_payload_u64
		: is_reply ? vus_msg_reply(msg, pf)
			   : vus_msg_request(msg, pf);

	memset(f, 0, sizeof(*f));
	f->channel = msg->channel;
	f->id = msg->id;
	f->is_reply = is_reply;
	f->flags = (msg->channel == VUS_GPU ? 0 : VUS_VERSION) |
		   (is_reply ? VUS_FLAG_REPLY : 0);
	if (payload)
		random_body(&r, payload, false, &f->body);
	f->payload_len =
		vus_encode(payload, &f->body, f->payload, sizeof(f->payload));
	f->size = (uint32_t)f->payload_len;
	f->nfds = is_reply ? msg->reply_fds.min : vus_msg_fds(msg, pf).min;
	if (!is_reply && msg->fds_match)
		f->nfds = (unsigned)vus_int_read(f->payload, 4);
}

static void make_request(enum vus_channel channel, uint32_t id, uint64_t pf,
			 struct vus_frame *f)
{
	make_frame(vus_msg_find(channel, id), pf, false, f);
}

static void make_reply(enum vus_channel channel, uint32_t id, uint64_t pf,
		       struct vus_frame *f)
{
	make_frame(vus_msg_find(channel, id), pf, true, f);
}

static void expect_under(const struct vus_frame *f, uint64_t pf, uint64_t vf,
			 const char *want)
{
	VUS_AUTO_TEXT text = { 0 };
	struct vus_complaints all;
	unsigned lines = 0;

	for (const char *p = want; *p; p++)
		lines += *p == '\n';
	assert_int_equal(vus_validate(f, pf, vf, &all), lines);
	for (unsigned i = 0; i < all.n; i++)
		vus_text_add(&text, "%s: %s\n",
			     vus_complaint_name(all.v[i].kind), all.v[i].text);
	assert_string_equal(vus_text_str(&text), want);
	/* Without a text it only counts. */
	assert_int_equal(vus_validate(f, pf, vf, NULL), lines);
}

static void expect(const struct vus_frame *f, const char *want)
{
	expect_under(f, ALL & ~PF(XEN_MMAP), ALL, want);
}

/* ---- honest frames ---- */

static void honest(const struct vus_msg *msg, uint64_t alt, bool is_reply,
		   const struct vus_payload *payload)
{
	const uint64_t pf = (ALL & ~msg->alt_if) | alt;
	struct vus_frame f;

	(void)payload;
	make_frame(msg, pf, is_reply, &f);
	if (is_reply && msg->answer == VUS_ANSWER_NONE)
		return;
	expect_under(&f, pf, ALL, "");
}

static void honest_frames_of_every_row_are_right(void **state)
{
	(void)state;
	each_layout(honest);
}

/* ---- flags ---- */

static void version(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_SET_OWNER, 0, &f);
	f.flags = 0;
	expect(&f, "version: flag bits 0-1 are 0, not 1\n");
	f.flags = 2;
	expect(&f, "version: flag bits 0-1 are 2, not 1\n");
	f.flags = 3;
	expect(&f, "version: flag bits 0-1 are 3, not 1\n");
}

static void reply_bit(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_SET_OWNER, 0, &f);
	f.flags = 5;
	expect(&f, "reply: flag bit 2 is set in a request\n");
	make_reply(VUS_FE, VUS_FE_GET_FEATURES, 0, &f);
	f.flags = 1;
	expect(&f, "reply: flag bit 2 is clear in a reply\n");
}

static void replies_that_are_not_due(void **state)
{
	struct vus_frame f;

	(void)state;
	make_reply(VUS_FE, VUS_FE_SET_OWNER, 0, &f);
	expect(&f, "");
	expect_under(&f, 0, 0,
		     "reply: SET_OWNER is acknowledged, REPLY_ACK was not "
		     "negotiated\n");
	make_reply(VUS_GPU, VUS_GPU_SCANOUT, 0, &f);
	expect(&f, "reply: SCANOUT is never answered\n");
}

static void need_reply(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_SET_OWNER, 0, &f);
	f.flags = 9;
	expect(&f, "");
	expect_under(&f, 0, 0,
		     "need_reply: flag bit 3 is set, REPLY_ACK was not "
		     "negotiated\n");
	make_reply(VUS_FE, VUS_FE_GET_FEATURES, 0, &f);
	f.flags = 0xd;
	expect(&f, "need_reply: flag bit 3 is set in a reply\n");
}

static void reserved(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_SET_OWNER, 0, &f);
	f.flags = 0x11;
	expect(&f, "reserved: flag bits 0x10 have no meaning\n");
	f.flags = 0x80000001;
	expect(&f, "reserved: flag bits 0x80000000 have no meaning\n");
}

/* Spec: vhost-user-gpu "Header" has no version and no need_reply. */
static void gpu_header_has_no_version(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_GPU, VUS_GPU_SCANOUT, 0, &f);
	expect_under(&f, 0, 0, "");
	f.flags = 1;
	expect_under(&f, 0, 0, "reserved: flag bits 0x1 have no meaning\n");
	f.flags = 8;
	expect_under(&f, 0, 0, "reserved: flag bits 0x8 have no meaning\n");
	make_reply(VUS_GPU, VUS_GPU_GET_EDID, 0, &f);
	expect_under(&f, 0, 0, "");
	f.flags = 5;
	expect_under(&f, 0, 0, "reserved: flag bits 0x1 have no meaning\n");
}

static void unknown(void **state)
{
	struct vus_frame f = { .channel = VUS_FE, .flags = 1 };

	(void)state;
	expect(&f, "unknown: message 0 is not assigned\n");
	f.id = 46;
	f.nfds = 3;
	expect(&f, "unknown: message 46 is not assigned\n");
	f.channel = VUS_BE;
	f.id = 11;
	f.flags = 2;
	expect(&f, "version: flag bits 0-1 are 2, not 1\n"
		   "unknown: message 11 is not assigned\n");
}

/* ---- payload ---- */

static void size(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_SET_VRING_NUM, 0, &f);
	f.size = 4;
	expect(&f, "size: the size word is 4, the payload 8 bytes\n");
	f.payload_len = 4;
	expect(&f, "size: num wants 4 bytes at offset 4, 0 are there\n");
	f.size = f.payload_len = 16;
	expect(&f, "size: the payload has 16 bytes, 8 more than vring_state\n");
	make_request(VUS_FE, VUS_FE_SET_OWNER, 0, &f);
	f.size = f.payload_len = 8;
	expect(&f, "size: the payload has 8 bytes, 8 more than none\n");
	make_reply(VUS_FE, VUS_FE_SET_OWNER, 0, &f);
	f.size = f.payload_len = 0;
	expect(&f, "size: value wants 8 bytes at offset 0, 0 are there\n");
}

/* Spec: VHOST_USER_GET_CONFIG, a zero-length payload is an error. */
static void an_empty_config_is_a_failure_that_is_told(void **state)
{
	struct vus_frame f;

	(void)state;
	make_reply(VUS_FE, VUS_FE_GET_CONFIG, 0, &f);
	f.size = f.payload_len = 0;
	expect(&f, "");
	f.size = f.payload_len = 8;
	expect(&f, "size: flags wants 4 bytes at offset 8, 0 are there\n");
	make_request(VUS_FE, VUS_FE_GET_CONFIG, 0, &f);
	f.size = f.payload_len = 0;
	expect(&f, "size: offset wants 4 bytes at offset 0, 0 are there\n");
}

/* The text gives the reply to SET_LOG_BASE no payload, nor the one to
 * GET_SHARED_OBJECT; peers send what they like. */
static void open_payloads_have_no_wrong_size(void **state)
{
	static const uint32_t seen[] = { 0, 8, 16 };
	struct vus_frame f;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(seen); i++) {
		make_reply(VUS_FE, VUS_FE_SET_LOG_BASE, PF(LOG_SHMFD), &f);
		f.size = f.payload_len = seen[i];
		expect(&f, "");
		make_reply(VUS_FE, VUS_FE_GET_SHARED_OBJECT, 0, &f);
		f.size = f.payload_len = seen[i];
		expect(&f, "");
	}
	make_request(VUS_FE, VUS_FE_SET_LOG_BASE, 0, &f);
	f.size = f.payload_len = 16;
	expect_under(&f, 0, 0, "");
	make_request(VUS_FE, VUS_FE_SET_LOG_BASE, PF(LOG_SHMFD), &f);
	f.size = f.payload_len = 8;
	expect(&f, "size: mmap_offset wants 8 bytes at offset 8, 0 are "
		   "there\n");
}

static void a_picture_is_longer_than_a_frame_keeps(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_GPU, VUS_GPU_UPDATE, 0, &f);
	f.payload_len = VUS_MAX_PAYLOAD;
	f.size = 4096020;
	expect(&f, "");
	f.payload_len--;
	expect(&f, "size: the size word is 4096020, the payload 4095 bytes\n");
	make_reply(VUS_GPU, VUS_GPU_GET_EDID, 0, &f);
	f.size++;
	expect(&f, "size: the size word is 1057, the payload 1056 bytes\n");
}

static void padding(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_ADD_MEM_REG, 0, &f);
	f.payload[6] = 0xab;
	f.payload[7] = 1;
	expect(&f, "padding: byte 6 of padding is 0xab\n");
	/* Nested, and behind the payload's first item. */
	make_reply(VUS_GPU, VUS_GPU_GET_EDID, 0, &f);
	f.payload[21] = 2;
	f.payload[28] = 3;
	expect(&f, "padding: byte 0 of padding is 0x02\n"
		   "padding: byte 0 of padding is 0x03\n");
	/* What the text does not have may be anything. */
	make_request(VUS_FE, VUS_FE_SET_INFLIGHT_FD, 0, &f);
	f.payload[20] = 0xff;
	expect(&f, "");
}

/* In postcopy a table is answered with a table, else with an ack. */
static void postcopy_has_two_replies(void **state)
{
	struct vus_frame f;

	(void)state;
	make_reply(VUS_FE, VUS_FE_ADD_MEM_REG, 0, &f);
	assert_int_equal(f.size, 40);
	expect(&f, "");
	f.size = f.payload_len = 8;
	expect(&f, "");
	f.size = f.payload_len = 16;
	expect(&f, "size: size wants 8 bytes at offset 16, 0 are there\n");
}

/* ---- descriptors and gates ---- */

static void fds(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_SET_OWNER, 0, &f);
	f.nfds = 1;
	expect(&f, "fds: 1 descriptors, 0 belong to it\n");
	make_request(VUS_FE, VUS_FE_ADD_MEM_REG, 0, &f);
	f.nfds = 0;
	expect(&f, "fds: 0 descriptors, 1 belong to it\n");
	make_request(VUS_FE, VUS_FE_SET_VRING_KICK, 0, &f);
	f.nfds = 2;
	expect(&f, "fds: 2 descriptors, 0 to 1 belong to it\n");
	make_reply(VUS_FE, VUS_FE_POSTCOPY_ADVISE, 0, &f);
	f.nfds = 0;
	expect(&f, "fds: 0 descriptors, 1 belong to it\n");
	make_request(VUS_FE, VUS_FE_SET_LOG_BASE, PF(LOG_SHMFD), &f);
	f.nfds = 0;
	expect(&f, "fds: 0 descriptors, 1 belong to it\n");
}

static void fds_match_the_table(void **state)
{
	const uint32_t two = 2;
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_SET_MEM_TABLE, 0, &f);
	memcpy(f.payload, &two, sizeof(two));
	f.size = f.payload_len = 8 + 2 * 32;
	f.nfds = 2;
	expect(&f, "");
	f.nfds = 1;
	expect(&f, "fds: 1 descriptors, nregions is 2\n");
	f.nfds = 9;
	expect(&f, "fds: 9 descriptors, 0 to 8 belong to it\n");
	f.size = f.payload_len = 8 + 2 * 40;
	f.nfds = 1;
	expect_under(&f, ALL, ALL, "fds: 1 descriptors, nregions is 2\n");
}

static void gates(const struct vus_msg *msg, uint64_t alt, bool is_reply,
		  const struct vus_payload *payload)
{
	VUS_AUTO_TEXT want = { 0 };
	struct vus_frame f;

	(void)payload;
	if (is_reply || alt)
		return;
	make_frame(msg, 0, false, &f);
	if (msg->needs) {
		vus_text_add(&want, "gate: ");
		vus_format_features(msg->needs |
					    (msg->channel == VUS_BE && f.nfds
						     ? PF(BACKEND_SEND_FD)
						     : 0),
				    true, &want);
		vus_text_add(&want, " was not negotiated\n");
	}
	if (msg->needs_vf) {
		vus_text_add(&want, "gate: ");
		vus_format_features(msg->needs_vf, false, &want);
		vus_text_add(&want, " was not %s\n",
			     msg->vf_offered ? "offered" : "negotiated");
	}
	expect_under(&f, 0, 0, vus_text_str(&want));
	expect_under(&f, msg->needs | (f.nfds ? PF(BACKEND_SEND_FD) : 0),
		     msg->needs_vf, "");
}

static void every_gate_is_kept(void **state)
{
	(void)state;
	each_layout(gates);
}

static void who_asks_is_to_blame(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_GET_QUEUE_NUM, 0, &f);
	expect_under(&f, 0, 0, "gate: MQ was not negotiated\n");
	make_reply(VUS_FE, VUS_FE_GET_QUEUE_NUM, 0, &f);
	expect_under(&f, 0, 0, "");
}

/* Spec: "Back-end communication", descriptors need a feature of their own. */
static void back_end_descriptors_are_gated(void **state)
{
	const uint64_t pf = PF(BACKEND_REQ) | PF(HOST_NOTIFIER);
	struct vus_frame f;

	(void)state;
	make_request(VUS_BE, VUS_BE_VRING_HOST_NOTIFIER_MSG, 0, &f);
	expect_under(&f, pf, 0, "");
	f.nfds = 1;
	expect_under(&f, pf, 0, "gate: BACKEND_SEND_FD was not negotiated\n");
	expect_under(&f, pf | PF(BACKEND_SEND_FD), 0, "");
}

static void all_at_once_in_order(void **state)
{
	struct vus_frame f;

	(void)state;
	make_request(VUS_FE, VUS_FE_ADD_MEM_REG, 0, &f);
	f.flags = 0x1e;
	f.payload[0] = 1;
	f.size = 41;
	f.nfds = 4;
	expect_under(&f, 0, 0,
		     "version: flag bits 0-1 are 2, not 1\n"
		     "reply: flag bit 2 is set in a request\n"
		     "need_reply: flag bit 3 is set, REPLY_ACK was not "
		     "negotiated\n"
		     "reserved: flag bits 0x10 have no meaning\n"
		     "size: the size word is 41, the payload 40 bytes\n"
		     "padding: byte 0 of padding is 0x01\n"
		     "fds: 4 descriptors, 1 belong to it\n"
		     "gate: CONFIGURE_MEM_SLOTS was not negotiated\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_frames_of_every_row_are_right),
		cmocka_unit_test(version),
		cmocka_unit_test(reply_bit),
		cmocka_unit_test(replies_that_are_not_due),
		cmocka_unit_test(need_reply),
		cmocka_unit_test(reserved),
		cmocka_unit_test(gpu_header_has_no_version),
		cmocka_unit_test(unknown),
		cmocka_unit_test(size),
		cmocka_unit_test(an_empty_config_is_a_failure_that_is_told),
		cmocka_unit_test(open_payloads_have_no_wrong_size),
		cmocka_unit_test(a_picture_is_longer_than_a_frame_keeps),
		cmocka_unit_test(padding),
		cmocka_unit_test(postcopy_has_two_replies),
		cmocka_unit_test(fds),
		cmocka_unit_test(fds_match_the_table),
		cmocka_unit_test(every_gate_is_kept),
		cmocka_unit_test(who_asks_is_to_blame),
		cmocka_unit_test(back_end_descriptors_are_gated),
		cmocka_unit_test(all_at_once_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
