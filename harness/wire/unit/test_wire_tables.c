/* SPDX-License-Identifier: BSD-3-Clause */
/* test_wire_tables.c — rows and layouts, held against numbers that come from
 * elsewhere: the specification's sizes, and the kernel's structures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/vhost_types.h>
#include <linux/virtio_gpu.h>
#include <string.h>

#include "wire_bodies.h"

/* ---- rows ---- */

static void ids_are_complete_and_found(void **state)
{
	static const uint32_t last[] = {
		[VUS_FE] = 45, [VUS_BE] = 10, [VUS_GPU] = 12
	};
	size_t rows = 0;

	(void)state;
	for (unsigned c = 0; c < VUS_COUNT(last); c++) {
		for (uint32_t id = 1; id <= last[c]; id++, rows++) {
			const struct vus_msg *m = vus_msg_find(c, id);

			assert_non_null(m);
			assert_int_equal(m->channel, c);
			assert_int_equal(m->id, id);
			assert_ptr_equal(vus_msg_by_name(c, m->name), m);
		}
		assert_null(vus_msg_find(c, 0));
		assert_null(vus_msg_find(c, last[c] + 1));
		assert_null(vus_msg_find(c, UINT32_MAX));
		assert_null(vus_msg_by_name(c, ""));
		assert_null(vus_msg_by_name(c, "NO_SUCH_MESSAGE"));
	}
	assert_int_equal(rows, vus_nmsgs);
	assert_ptr_equal(vus_msg_by_name(VUS_FE, "set_mem_table"),
			 vus_msg_find(VUS_FE, VUS_FE_SET_MEM_TABLE));
	assert_int_equal(VUS_FE_SET_MEM_TABLE, 5);
	assert_int_equal(VUS_BE_CONFIG_CHANGE_MSG, 2);
	assert_int_equal(VUS_GPU_UPDATE, 8);
}

static void rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < vus_nmsgs; i++) {
		const struct vus_msg *m = &vus_msgs[i];

		assert_non_null(m->heading);
		assert_true(m->fds.min <= m->fds.max);
		assert_true(m->alt_fds.min <= m->alt_fds.max);
		assert_true(m->reply_fds.min <= m->reply_fds.max);
		assert_true(m->fds.max <= VUS_MAX_FDS);
		/* Only what is answered has something in the answer. */
		if (m->answer == VUS_ANSWER_ACK || m->answer == VUS_ANSWER_NONE)
			assert_null(m->reply);
		if (!m->alt_if)
			assert_true(!m->alt_request && !m->alt_reply);
		if (m->channel == VUS_BE)
			assert_true(m->needs & PF(BACKEND_REQ));
		if (m->channel == VUS_GPU)
			assert_int_equal(m->needs | m->needs_vf, 0);
	}
}

/* A session of all turns: each once, without a gap, and behind what its gate
 * needs. */
static void turns_make_a_session(void **state)
{
	unsigned rows = 0, turns = 0;
	bool selected = false, acked = false;
	const struct vus_msg *m;

	(void)state;
	for (size_t i = 0; i < vus_nmsgs; i++)
		rows += vus_msgs[i].turn > 0;
	while ((m = vus_msg_of_turn(turns + 1))) {
		assert_int_equal(m->channel, VUS_FE);
		assert_true(selected || m->needs == 0);
		assert_true(acked || m->needs_vf == 0 || m->vf_offered);
		assert_null(m->device);
		assert_false(m->deprecated);
		selected = selected || m->id == VUS_FE_SET_PROTOCOL_FEATURES;
		acked = acked || m->id == VUS_FE_SET_FEATURES;
		turns++;
	}
	assert_int_equal(turns, rows);
	assert_null(vus_msg_of_turn(0));
}

/* Only a message about a ring has something for it. */
static void rings_are_named_by_their_payloads(void **state)
{
	union vus_body body = { .vring_state = { .index = 7 } };
	const struct vus_msg *m;

	(void)state;
	for (size_t i = 0; i < vus_nmsgs; i++) {
		m = &vus_msgs[i];
		if (m->ring_fd != VUS_RING_FD_NONE ||
		    m->value == VUS_VALUE_RING_SIZE ||
		    m->value == VUS_VALUE_RING_BASE)
			assert_non_null(vus_payload_ring(m->request));
	}
	m = vus_msg_find(VUS_FE, VUS_FE_GET_VRING_BASE);
	assert_int_equal(vus_msg_ring(m, &body), 7);
	body.vring_addr.index = UINT32_MAX;
	m = vus_msg_find(VUS_FE, VUS_FE_SET_VRING_ADDR);
	assert_int_equal(vus_msg_ring(m, &body), UINT32_MAX);
	body.vring_fd.value = VUS_VRING_NOFD | 3;
	m = vus_msg_find(VUS_FE, VUS_FE_SET_VRING_CALL);
	assert_int_equal(vus_msg_ring(m, &body), 3);
	m = vus_msg_find(VUS_FE, VUS_FE_SET_MEM_TABLE);
	assert_int_equal(vus_msg_ring(m, &body), -1);
	m = vus_msg_find(VUS_FE, VUS_FE_GET_FEATURES);
	assert_int_equal(vus_msg_ring(m, &body), -1);
}

/* The rows whose gates, descriptors or answers are easily got wrong. */
static void gates_are_the_texts(void **state)
{
	const struct vus_msg *m;

	(void)state;
	m = vus_msg_find(VUS_FE, VUS_FE_GET_PROTOCOL_FEATURES);
	assert_true(m->needs_vf == VF(PROTOCOL_FEATURES) && m->vf_offered);
	m = vus_msg_find(VUS_FE, VUS_FE_SET_VRING_ENABLE);
	assert_true(m->needs_vf == VF(PROTOCOL_FEATURES) && !m->vf_offered);
	m = vus_msg_find(VUS_FE, VUS_FE_SEND_RARP);
	assert_true(m->needs == PF(RARP) && m->vf_offered);
	m = vus_msg_find(VUS_FE, VUS_FE_SET_LOG_FD);
	assert_true(m->needs_vf == VF(LOG_ALL) && m->needs == 0);
	m = vus_msg_find(VUS_FE, VUS_FE_GET_VRING_BASE_SKIP_DRAIN);
	assert_true(m->needs ==
		    (PF(GET_VRING_BASE_SKIP_DRAIN) |
		     PF(GET_VRING_BASE_INFLIGHT) | PF(INFLIGHT_SHMFD)));
	m = vus_msg_find(VUS_FE, VUS_FE_RESET_OWNER);
	assert_true(m->deprecated);
	m = vus_msg_find(VUS_FE, VUS_FE_POSTCOPY_ADVISE);
	assert_true(m->reply_fds.min == 1 && !m->reply &&
		    m->answer == VUS_ANSWER_OWN);
	m = vus_msg_find(VUS_GPU, VUS_GPU_DMABUF_UPDATE);
	assert_true(m->answer == VUS_ANSWER_OWN && !m->reply);
}

static void offered_is_enough_where_the_row_says_so(void **state)
{
	const struct vus_msg *get =
		vus_msg_find(VUS_FE, VUS_FE_GET_PROTOCOL_FEATURES);
	const struct vus_msg *enable =
		vus_msg_find(VUS_FE, VUS_FE_SET_VRING_ENABLE);

	(void)state;
	assert_int_equal(vus_msg_vf(get, 1, 6), 7);
	assert_int_equal(vus_msg_vf(enable, 1, 6), 1);
	assert_int_equal(vus_msg_vf(NULL, 1, 6), 1);
}

static void second_layouts_hold_with_their_feature(void **state)
{
	const struct vus_msg *log = vus_msg_find(VUS_FE, VUS_FE_SET_LOG_BASE);
	const struct vus_msg *table =
		vus_msg_find(VUS_FE, VUS_FE_SET_MEM_TABLE);
	const struct vus_msg *add = vus_msg_find(VUS_FE, VUS_FE_ADD_MEM_REG);

	(void)state;
	assert_ptr_equal(vus_msg_request(log, 0), &vus_payload_u64);
	assert_ptr_equal(vus_msg_request(log, ~PF(LOG_SHMFD)),
			 &vus_payload_u64);
	assert_ptr_equal(vus_msg_request(log, PF(LOG_SHMFD)), &vus_payload_log);
	assert_int_equal(vus_msg_answer(log, 0), VUS_ANSWER_ACK);
	assert_int_equal(vus_msg_answer(log, PF(LOG_SHMFD)), VUS_ANSWER_OWN);
	assert_int_equal(vus_msg_fds(log, 0).max, 0);
	assert_int_equal(vus_msg_fds(log, PF(LOG_SHMFD)).min, 1);
	assert_null(vus_msg_reply(log, 0));
	assert_ptr_equal(vus_msg_reply(log, PF(LOG_SHMFD)), &vus_payload_log);
	assert_ptr_equal(vus_msg_request(table, PF(XEN_MMAP)),
			 &vus_payload_mem_table_xen);
	assert_int_equal(vus_msg_fds(table, PF(XEN_MMAP)).max, 8);
	assert_int_equal(vus_msg_answer(add, PF(XEN_MMAP)),
			 VUS_ANSWER_POSTCOPY);
	assert_ptr_equal(vus_msg_reply(add, PF(XEN_MMAP)),
			 &vus_payload_mem_reg_xen);
}

static void layout_of_answers(void **state)
{
	const struct vus_msg *ack = vus_msg_find(VUS_FE, VUS_FE_SET_OWNER);
	const struct vus_msg *own = vus_msg_find(VUS_FE, VUS_FE_GET_CONFIG);
	const struct vus_msg *pc = vus_msg_find(VUS_FE, VUS_FE_ADD_MEM_REG);
	const struct vus_msg *no = vus_msg_find(VUS_GPU, VUS_GPU_SCANOUT);

	(void)state;
	assert_null(vus_msg_layout(ack, 0, false, 0));
	assert_ptr_equal(vus_msg_layout(ack, 0, true, 8), &vus_payload_u64);
	assert_ptr_equal(vus_msg_layout(own, 0, true, 8), &vus_payload_config);
	assert_ptr_equal(vus_msg_layout(pc, 0, false, 40),
			 &vus_payload_mem_reg);
	assert_ptr_equal(vus_msg_layout(pc, 0, true, 8), &vus_payload_u64);
	assert_ptr_equal(vus_msg_layout(pc, 0, true, 40), &vus_payload_mem_reg);
	assert_ptr_equal(vus_msg_layout(pc, PF(XEN_MMAP), true, 48),
			 &vus_payload_mem_reg_xen);
	assert_null(vus_msg_layout(no, 0, true, 8));
	assert_ptr_equal(vus_msg_layout(no, 0, false, 12),
			 &vus_payload_gpu_scanout);
}

/* ---- sizes ---- */

static const struct {
	const struct vus_payload *payload;
	size_t least, min, max;
} sizes[] = {
	{ &vus_payload_u64, 8, 8, 8 },
	{ &vus_payload_features, 8, 8, 8 },
	{ &vus_payload_protocol_features, 8, 8, 8 },
	{ &vus_payload_vring_fd, 8, 8, 8 },
	{ &vus_payload_vring_state, 8, 8, 8 },
	{ &vus_payload_vring_addr, 40, 40, 40 },
	{ &vus_payload_region, 32, 32, 32 },
	{ &vus_payload_region_xen, 40, 40, 40 },
	{ &vus_payload_mem_table, 8, 8, 264 },
	{ &vus_payload_mem_table_xen, 8, 8, 328 },
	{ &vus_payload_mem_reg, 40, 40, 40 },
	{ &vus_payload_mem_reg_xen, 48, 48, 48 },
	{ &vus_payload_log, 16, 16, 16 },
	{ &vus_payload_iotlb, 26, 32, 32 },
	{ &vus_payload_config, 12, 12, 268 },
	{ &vus_payload_vring_area, 24, 24, 24 },
	{ &vus_payload_inflight, 20, 24, 24 },
	{ &vus_payload_uuid, 16, 16, 16 },
	{ &vus_payload_device_state, 8, 8, 8 },
	{ &vus_payload_crypto_session, 1072, 1072, 1072 },
	{ &vus_payload_shmem_map, 40, 40, 40 },
	{ &vus_payload_shmem_config, 2056, 2056, 2056 },
	{ &vus_payload_gpu_ctrl_hdr, 24, 24, 24 },
	{ &vus_payload_gpu_mode, 24, 24, 24 },
	{ &vus_payload_gpu_display_info, 408, 408, 408 },
	{ &vus_payload_gpu_cursor_pos, 12, 12, 12 },
	{ &vus_payload_gpu_cursor_update, 20, 20, 4020 },
	{ &vus_payload_gpu_scanout, 12, 12, 12 },
	{ &vus_payload_gpu_update, 20, 20, 4020 },
	{ &vus_payload_gpu_dmabuf_update, 20, 20, 20 },
	{ &vus_payload_gpu_dmabuf, 40, 40, 40 },
	{ &vus_payload_gpu_dmabuf2, 48, 48, 48 },
	{ &vus_payload_gpu_scanout_id, 4, 4, 4 },
	{ &vus_payload_gpu_edid, 1056, 1056, 1056 },
};

static void sizes_are_known(void **state)
{
	(void)state;
	assert_int_equal(VUS_COUNT(sizes), vus_npayloads);
	for (size_t i = 0; i < VUS_COUNT(sizes); i++) {
		assert_ptr_equal(vus_payloads[i], sizes[i].payload);
		assert_int_equal(vus_payload_least(vus_payloads[i]),
				 sizes[i].least);
		assert_int_equal(vus_payloads[i]->min_size, sizes[i].min);
		assert_int_equal(vus_payloads[i]->max_size, sizes[i].max);
		assert_true(vus_payloads[i]->max_size <= VUS_MAX_PAYLOAD);
	}
	assert_true(sizeof(union vus_body) <= 4608);
}

/* ---- offsets ---- */

/* First byte that differs when `field` of the structure is all ones. */
#define EXPECT_AT(payload, field, offset)                                      \
	expect_at(&vus_payload_##payload,                                      \
		  offsetof(struct vus_p_##payload, field),                     \
		  sizeof(((struct vus_p_##payload *)0)->field), offset)

static void expect_at(const struct vus_payload *payload, size_t struct_off,
		      size_t width, size_t offset)
{
	union vus_body body;
	uint8_t wire[VUS_MAX_PAYLOAD];
	size_t n, first = 0;

	memset(&body, 0, sizeof(body));
	memset((uint8_t *)&body + struct_off, 0xff, width);
	n = vus_encode(payload, &body, wire, sizeof(wire));
	while (first < n && !wire[first])
		first++;
	assert_int_equal(first, offset);
	assert_true(first + width <= n);
	for (size_t i = 0; i < width; i++)
		assert_int_equal(wire[first + i], 0xff);
}

static void ring_offsets(void **state)
{
	(void)state;
	EXPECT_AT(vring_state, index, 0);
	EXPECT_AT(vring_state, num, 4);
	EXPECT_AT(vring_addr, index, 0);
	EXPECT_AT(vring_addr, flags, 4);
	EXPECT_AT(vring_addr, desc, 8);
	EXPECT_AT(vring_addr, used, 16);
	EXPECT_AT(vring_addr, avail, 24);
	EXPECT_AT(vring_addr, log, 32);
	EXPECT_AT(vring_area, value, 0);
	EXPECT_AT(vring_area, size, 8);
	EXPECT_AT(vring_area, offset, 16);
	EXPECT_AT(inflight, mmap_size, 0);
	EXPECT_AT(inflight, mmap_offset, 8);
	EXPECT_AT(inflight, num_queues, 16);
	EXPECT_AT(inflight, queue_size, 18);
	EXPECT_AT(inflight, padding, 20);
}

static void memory_offsets(void **state)
{
	(void)state;
	EXPECT_AT(region, guest_addr, 0);
	EXPECT_AT(region, size, 8);
	EXPECT_AT(region, user_addr, 16);
	EXPECT_AT(region, mmap_offset, 24);
	EXPECT_AT(region_xen, xen_flags, 32);
	EXPECT_AT(region_xen, domid, 36);
	EXPECT_AT(mem_table, padding, 4);
	EXPECT_AT(mem_reg, padding, 0);
	EXPECT_AT(mem_reg, region.guest_addr, 8);
	EXPECT_AT(mem_reg, region.mmap_offset, 32);
	EXPECT_AT(mem_reg_xen, region.domid, 44);
	EXPECT_AT(log, size, 0);
	EXPECT_AT(log, mmap_offset, 8);
	EXPECT_AT(iotlb, iova, 0);
	EXPECT_AT(iotlb, size, 8);
	EXPECT_AT(iotlb, uaddr, 16);
	EXPECT_AT(iotlb, perm, 24);
	EXPECT_AT(iotlb, type, 25);
	EXPECT_AT(shmem_map, shmid, 0);
	EXPECT_AT(shmem_map, fd_offset, 8);
	EXPECT_AT(shmem_map, shm_offset, 16);
	EXPECT_AT(shmem_map, len, 24);
	EXPECT_AT(shmem_map, flags, 32);
	EXPECT_AT(shmem_config, nregions, 0);
	EXPECT_AT(shmem_config, sizes[0], 8);
	EXPECT_AT(shmem_config, sizes[255], 8 + 255 * 8);
}

static void device_offsets(void **state)
{
	(void)state;
	EXPECT_AT(config, offset, 0);
	EXPECT_AT(config, flags, 8);
	EXPECT_AT(uuid, bytes, 0);
	EXPECT_AT(device_state, direction, 0);
	EXPECT_AT(device_state, phase, 4);
	EXPECT_AT(crypto_session, op_code, 0);
	EXPECT_AT(crypto_session, setup, 8);
	EXPECT_AT(crypto_session, session_id, 1064);
	EXPECT_AT(gpu_display_info, pmodes[0], 24);
	EXPECT_AT(gpu_display_info, pmodes[1].enabled, 24 + 24 + 16);
	EXPECT_AT(gpu_cursor_update, hot_x, 12);
	EXPECT_AT(gpu_cursor_update, hot_y, 16);
	EXPECT_AT(gpu_dmabuf, fd_width, 20);
	EXPECT_AT(gpu_dmabuf, fd_stride, 28);
	EXPECT_AT(gpu_dmabuf, fourcc, 36);
	EXPECT_AT(gpu_dmabuf2, modifier, 40);
	EXPECT_AT(gpu_edid, size, 24);
	EXPECT_AT(gpu_edid, edid, 32);
}

/* ---- the kernel's own ---- */

#define EXPECT_KERNEL(payload, field, kernel, kfield)                          \
	EXPECT_AT(payload, field, offsetof(kernel, kfield))

static void kernel_structures_agree(void **state)
{
	(void)state;
	EXPECT_KERNEL(vring_state, num, struct vhost_vring_state, num);
	EXPECT_KERNEL(vring_addr, desc, struct vhost_vring_addr,
		      desc_user_addr);
	EXPECT_KERNEL(vring_addr, used, struct vhost_vring_addr,
		      used_user_addr);
	EXPECT_KERNEL(vring_addr, avail, struct vhost_vring_addr,
		      avail_user_addr);
	EXPECT_KERNEL(vring_addr, log, struct vhost_vring_addr, log_guest_addr);
	EXPECT_KERNEL(iotlb, uaddr, struct vhost_iotlb_msg, uaddr);
	EXPECT_KERNEL(iotlb, perm, struct vhost_iotlb_msg, perm);
	EXPECT_KERNEL(iotlb, type, struct vhost_iotlb_msg, type);
	EXPECT_KERNEL(gpu_ctrl_hdr, fence_id, struct virtio_gpu_ctrl_hdr,
		      fence_id);
	EXPECT_KERNEL(gpu_edid, edid, struct virtio_gpu_resp_edid, edid);
	assert_int_equal(vus_payload_vring_addr.min_size,
			 sizeof(struct vhost_vring_addr));
	assert_int_equal(vus_payload_iotlb.max_size,
			 sizeof(struct vhost_iotlb_msg));
	assert_int_equal(vus_payload_region.min_size,
			 sizeof(struct vhost_memory_region));
	assert_int_equal(vus_payload_gpu_ctrl_hdr.min_size,
			 sizeof(struct virtio_gpu_ctrl_hdr));
	assert_int_equal(vus_payload_gpu_display_info.min_size,
			 sizeof(struct virtio_gpu_resp_display_info));
	assert_int_equal(vus_payload_gpu_edid.min_size,
			 sizeof(struct virtio_gpu_resp_edid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_complete_and_found),
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(turns_make_a_session),
		cmocka_unit_test(rings_are_named_by_their_payloads),
		cmocka_unit_test(gates_are_the_texts),
		cmocka_unit_test(offered_is_enough_where_the_row_says_so),
		cmocka_unit_test(second_layouts_hold_with_their_feature),
		cmocka_unit_test(layout_of_answers),
		cmocka_unit_test(sizes_are_known),
		cmocka_unit_test(ring_offsets),
		cmocka_unit_test(memory_offsets),
		cmocka_unit_test(device_offsets),
		cmocka_unit_test(kernel_structures_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
