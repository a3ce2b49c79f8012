/* SPDX-License-Identifier: BSD-3-Clause */
/* test_wire_format.c — frames and features as lines, to the letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire_bodies.h"

static void expect(const struct vus_frame *f, bool to_peer, bool data,
		   const char *want)
{
	VUS_AUTO_TEXT line = { 0 };

	vus_format(f, to_peer, data, &line);
	assert_string_equal(vus_text_str(&line), want);
}

/* A decoded request; the caller fills the body, then calls sized(). */
static struct vus_frame request(enum vus_channel channel, uint32_t id)
{
	return (struct vus_frame){
		.channel = channel,
		.id = id,
		.flags = channel == VUS_GPU ? 0 : VUS_VERSION,
		.decoded = true,
	};
}

static void sized(struct vus_frame *f, const struct vus_payload *payload)
{
	f->size = (uint32_t)vus_encoded_size(payload, &f->body);
}

static void flags_are_named(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_SET_OWNER);

	(void)state;
	expect(&f, true, false, "-> SET_OWNER");
	expect(&f, false, false, "<- SET_OWNER");
	f.flags = 9;
	expect(&f, true, false, "-> SET_OWNER need_reply");
	f.flags = 0xd;
	expect(&f, false, false, "<- SET_OWNER reply need_reply");
	f.flags = 2;
	expect(&f, true, false, "-> SET_OWNER version=2");
	f.flags = 0x11;
	f.nfds = 3;
	expect(&f, true, false, "-> SET_OWNER flags=0x11 +3 fd");
}

static void channels_are_named(void **state)
{
	struct vus_frame f = request(VUS_BE, VUS_BE_CONFIG_CHANGE_MSG);

	(void)state;
	expect(&f, false, false, "<- backend CONFIG_CHANGE_MSG");
	f = request(VUS_GPU, VUS_GPU_SCANOUT);
	f.body.gpu_scanout = (struct vus_p_gpu_scanout){ 1, 640, 480 };
	sized(&f, &vus_payload_gpu_scanout);
	expect(&f, false, false,
	       "<- gpu SCANOUT scanout=1 width=640 height=480");
	/* No version there: the bits are merely unknown. */
	f.flags = 5;
	expect(&f, false, false,
	       "<- gpu SCANOUT reply flags=0x5 scanout=1 width=640 "
	       "height=480");
}

static void what_does_not_decode(void **state)
{
	struct vus_frame f = { .channel = VUS_FE, .id = 77, .flags = 1 };

	(void)state;
	expect(&f, true, false, "-> message 77");
	f.size = 5;
	f.nfds = 1;
	expect(&f, true, false,
	       "-> message 77 (5 bytes that do not decode) +1 fd");
	f = request(VUS_FE, VUS_FE_SET_VRING_NUM);
	f.decoded = false;
	f.size = 7;
	expect(&f, true, false,
	       "-> SET_VRING_NUM (7 bytes that do not decode)");
}

static void a_wrong_size_word_shows(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_SET_VRING_NUM);

	(void)state;
	f.body.vring_state = (struct vus_p_vring_state){ 1, 256 };
	sized(&f, &vus_payload_vring_state);
	expect(&f, true, false, "-> SET_VRING_NUM index=1 num=256");
	f.size = 9;
	expect(&f, true, false, "-> SET_VRING_NUM index=1 num=256 size=9");
}

static void numbers_by_kind(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_SET_VRING_ADDR);

	(void)state;
	f.body.vring_addr = (struct vus_p_vring_addr){
		.index = 3,
		.flags = 1,
		.desc = 0x1000,
		.used = 0x3000,
		.avail = 0x2000,
		.log = 0x40,
	};
	sized(&f, &vus_payload_vring_addr);
	expect(&f, true, false,
	       "-> SET_VRING_ADDR index=3 flags=0x1 desc=0x1000 used=0x3000 "
	       "avail=0x2000 log=0x40");
	f = request(VUS_FE, VUS_FE_SET_VRING_KICK);
	f.body.vring_fd.value = 0x102;
	sized(&f, &vus_payload_vring_fd);
	expect(&f, true, false,
	       "-> SET_VRING_KICK value=0x102 (ring 2, no fd)");
	f.body.vring_fd.value = 2;
	f.nfds = 1;
	expect(&f, true, false, "-> SET_VRING_KICK value=0x2 (ring 2) +1 fd");
	f = request(VUS_FE, VUS_FE_CREATE_CRYPTO_SESSION);
	f.body.crypto_session.session_id = -5;
	sized(&f, &vus_payload_crypto_session);
	expect(&f, true, false,
	       "-> CREATE_CRYPTO_SESSION op_code=0 setup=(1056 bytes) "
	       "session_id=-5");
}

static void sizes_near_the_end_are_hexadecimal(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_IOTLB_MSG);

	(void)state;
	f.body.iotlb = (struct vus_p_iotlb){
		.iova = 0xfef00000,
		.size = UINT64_C(0xffffffff01100000),
		.perm = 3,
		.type = 3,
		.padding = { 1, 2 },
	};
	sized(&f, &vus_payload_iotlb);
	expect(&f, true, false,
	       "-> IOTLB_MSG iova=0xfef00000 size=0xffffffff01100000 "
	       "uaddr=0x0 perm=3 type=3");
}

static void regions_and_nested(void **state)
{
	const struct vus_p_region one = { 0, 0x200000, 0x7f0000000000, 0 };
	struct vus_frame f = request(VUS_FE, VUS_FE_SET_MEM_TABLE);

	(void)state;
	f.body.mem_table.nregions = 2;
	f.body.mem_table.regions[0] = one;
	f.body.mem_table.regions[1] = one;
	f.body.mem_table.regions[1].mmap_offset = 4096;
	f.nfds = 2;
	sized(&f, &vus_payload_mem_table);
	expect(&f, true, false,
	       "-> SET_MEM_TABLE nregions=2"
	       " [ guest_addr=0x0 size=2097152 user_addr=0x7f0000000000"
	       " mmap_offset=0 ]"
	       " [ guest_addr=0x0 size=2097152 user_addr=0x7f0000000000"
	       " mmap_offset=4096 ] +2 fd");
	f = request(VUS_FE, VUS_FE_ADD_MEM_REG);
	f.body.mem_reg.region = one;
	sized(&f, &vus_payload_mem_reg);
	expect(&f, true, false,
	       "-> ADD_MEM_REG guest_addr=0x0 size=2097152 "
	       "user_addr=0x7f0000000000 mmap_offset=0");
}

/* The frame does not say which of two layouts it has: its size does.  Four
 * Xen regions are as long as five others. */
static void second_layouts_are_told_by_size(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_SET_MEM_TABLE);
	VUS_AUTO_TEXT line = { 0 };

	(void)state;
	f.body.mem_table_xen.nregions = 4;
	f.body.mem_table_xen.regions[3].domid = 42;
	sized(&f, &vus_payload_mem_table_xen);
	assert_int_equal(f.size, 8 + 5 * 32);
	vus_format(&f, true, false, &line);
	assert_non_null(strstr(vus_text_str(&line), " domid=42 ]"));
	f = request(VUS_FE, VUS_FE_SET_LOG_BASE);
	f.body.log = (struct vus_p_log){ 8192, 0 };
	sized(&f, &vus_payload_log);
	expect(&f, true, false, "-> SET_LOG_BASE size=8192 mmap_offset=0");
	f.body.u64.value = 8192;
	f.size = 8;
	expect(&f, true, false, "-> SET_LOG_BASE value=0x2000");
}

static void answers(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_SET_VRING_NUM);

	(void)state;
	f.flags = 5;
	f.is_reply = true;
	f.body.u64.value = 1;
	f.size = 8;
	expect(&f, false, false, "<- SET_VRING_NUM reply value=0x1");
	f.id = VUS_FE_SET_LOG_BASE;
	expect(&f, false, false, "<- SET_LOG_BASE reply value=0x1");
	f.id = VUS_FE_ADD_MEM_REG;
	expect(&f, false, false, "<- ADD_MEM_REG reply value=0x1");
	memset(&f.body, 0, sizeof(f.body));
	f.size = 40;
	expect(&f, false, false,
	       "<- ADD_MEM_REG reply guest_addr=0x0 size=0 user_addr=0x0 "
	       "mmap_offset=0");
	f.id = VUS_FE_POSTCOPY_ADVISE;
	f.size = 0;
	f.nfds = 1;
	expect(&f, false, false, "<- POSTCOPY_ADVISE reply +1 fd");
}

/* Contents are shown only when asked for. */
static void data_is_kept_back(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_SET_CONFIG);

	(void)state;
	f.body.config = (struct vus_p_config){
		.offset = 4, .size = 3, .data = { 0xca, 0xfe, 0x01, 0x99 }
	};
	sized(&f, &vus_payload_config);
	expect(&f, true, false,
	       "-> SET_CONFIG offset=4 size=3 flags=0x0 data=(3 bytes)");
	expect(&f, true, true,
	       "-> SET_CONFIG offset=4 size=3 flags=0x0 data=cafe01");
	f = request(VUS_BE, VUS_BE_SHARED_OBJECT_ADD);
	f.body.uuid.bytes[15] = 0x7f;
	sized(&f, &vus_payload_uuid);
	expect(&f, false, false,
	       "<- backend SHARED_OBJECT_ADD bytes=(16 bytes)");
	expect(&f, false, true,
	       "<- backend SHARED_OBJECT_ADD "
	       "bytes=0000000000000000000000000000007f");
	f = request(VUS_GPU, VUS_GPU_UPDATE);
	f.body.gpu_update.data_len = 4;
	sized(&f, &vus_payload_gpu_update);
	expect(&f, false, false,
	       "<- gpu UPDATE scanout=0 x=0 y=0 width=0 height=0 "
	       "data=(4 bytes)");
}

/* Of 256 sizes only those that say something. */
static void arrays_show_what_is_set(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_GET_SHMEM_CONFIG);

	(void)state;
	f.flags = 5;
	f.is_reply = true;
	f.body.shmem_config.nregions = 2;
	f.body.shmem_config.sizes[0].value = 0x1000;
	f.body.shmem_config.sizes[200].value = 0x2000;
	sized(&f, &vus_payload_shmem_config);
	expect(&f, false, false,
	       "<- GET_SHMEM_CONFIG reply nregions=2 "
	       "sizes[0]=[ value=0x1000 ] sizes[200]=[ value=0x2000 ]");
}

static void lying_counts_do_no_harm(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_SET_CONFIG);

	(void)state;
	f.body.config.size = UINT32_MAX;
	sized(&f, &vus_payload_config);
	expect(&f, true, false,
	       "-> SET_CONFIG offset=0 size=4294967295 flags=0x0 "
	       "data=(256 bytes)");
}

static void feature_words(void **state)
{
	struct vus_frame f = request(VUS_FE, VUS_FE_SET_PROTOCOL_FEATURES);

	(void)state;
	f.body.protocol_features.value = PF(MQ) | PF(REPLY_ACK) | VUS_BIT(50);
	f.size = 8;
	expect(&f, true, false,
	       "-> SET_PROTOCOL_FEATURES value=0x4000000000009 "
	       "(MQ REPLY_ACK bit50)");
	f.body.protocol_features.value = 0;
	expect(&f, true, false, "-> SET_PROTOCOL_FEATURES value=0x0");
	f.id = VUS_FE_SET_FEATURES;
	f.body.features.value = VF(VERSION_1) | VF(RING_PACKED) | 1;
	expect(&f, true, false,
	       "-> SET_FEATURES value=0x500000001 "
	       "(bit0 VERSION_1 RING_PACKED)");
}

/* Every row and layout can be shown, and shows its name and its fields. */
static void shown(const struct vus_msg *msg, uint64_t pf, bool is_reply,
		  const struct vus_payload *payload)
{
	struct vus_rand r = { .state = msg->id + pf + is_reply };
	struct vus_frame f = request(msg->channel, msg->id);
	VUS_AUTO_TEXT line = { 0 };

	f.is_reply = is_reply;
	if (!payload)
		return;
	random_body(&r, payload, true, &f.body);
	sized(&f, payload);
	vus_format(&f, true, true, &line);
	assert_non_null(strstr(vus_text_str(&line), msg->name));
	assert_null(strstr(vus_text_str(&line), "do not decode"));
	for (unsigned i = 0; i < payload->nitems; i++)
		if (payload->items[i].kind == VUS_ITEM_INT ||
		    payload->items[i].kind == VUS_ITEM_BLOB)
			assert_non_null(strstr(vus_text_str(&line),
					       payload->items[i].name));
}

static void every_row_can_be_shown(void **state)
{
	(void)state;
	each_layout(shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_are_named),
		cmocka_unit_test(channels_are_named),
		cmocka_unit_test(what_does_not_decode),
		cmocka_unit_test(a_wrong_size_word_shows),
		cmocka_unit_test(numbers_by_kind),
		cmocka_unit_test(sizes_near_the_end_are_hexadecimal),
		cmocka_unit_test(regions_and_nested),
		cmocka_unit_test(second_layouts_are_told_by_size),
		cmocka_unit_test(answers),
		cmocka_unit_test(data_is_kept_back),
		cmocka_unit_test(arrays_show_what_is_set),
		cmocka_unit_test(lying_counts_do_no_harm),
		cmocka_unit_test(feature_words),
		cmocka_unit_test(every_row_can_be_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
