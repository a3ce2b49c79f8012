/* SPDX-License-Identifier: BSD-3-Clause */
/* test_wire_features.c — feature bits: numbers, names, what needs what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/wire.h"

static void expect_names(uint64_t mask, bool protocol, const char *want)
{
	VUS_AUTO_TEXT text = { 0 };

	vus_format_features(mask, protocol, &text);
	assert_string_equal(vus_text_str(&text), want);
}

static void names_of_masks(void **state)
{
	(void)state;
	expect_names(0, true, "");
	expect_names(0, false, "");
	expect_names(UINT64_C(0x10cbf), true,
		     "MQ LOG_SHMFD RARP REPLY_ACK NET_MTU BACKEND_REQ "
		     "CRYPTO_SESSION BACKEND_SEND_FD HOST_NOTIFIER STATUS");
	expect_names(UINT64_C(0xff0000) | VUS_BIT(63), true,
		     "STATUS XEN_MMAP SHARED_OBJECT DEVICE_STATE "
		     "GET_VRING_BASE_INFLIGHT GPA_ADDRESSES SHMEM "
		     "GET_VRING_BASE_SKIP_DRAIN bit63");
	expect_names(UINT64_C(0x3ff7d000001), false,
		     "bit0 NOTIFY_ON_EMPTY LOG_ALL ANY_LAYOUT "
		     "RING_INDIRECT_DESC RING_EVENT_IDX PROTOCOL_FEATURES "
		     "VERSION_1 ACCESS_PLATFORM RING_PACKED IN_ORDER "
		     "ORDER_PLATFORM SR_IOV NOTIFICATION_DATA "
		     "NOTIF_CONFIG_DATA RING_RESET ADMIN_VQ");
}

static void names_of_a_device(void **state)
{
	(void)state;
	vus_features_name_device("blk");
	expect_names(UINT64_C(0x244), false,
		     "BLK_SEG_MAX BLK_BLK_SIZE BLK_FLUSH");
	/* Protocol features and the transport's own are nobody's. */
	expect_names(UINT64_C(0x4), true, "RARP");
	expect_names(UINT64_C(0x10000004), false,
		     "BLK_SEG_MAX RING_INDIRECT_DESC");
	vus_features_name_device("net");
	expect_names(UINT64_C(0x20), false, "NET_MAC");
	vus_features_name_device("generic");
	expect_names(UINT64_C(0x20), false, "bit5");
}

static void numbers(void **state)
{
	(void)state;
	/* Protocol features have no hole. */
	for (unsigned bit = 0; bit <= 23; bit++)
		assert_non_null(vus_feature_find(true, bit));
	assert_null(vus_feature_find(true, 24));
	assert_null(vus_feature_find(true, 64));
	assert_null(vus_feature_find(false, 0));
	assert_null(vus_feature_find(false, 25));
	assert_null(vus_feature_find(false, 31));
	assert_string_equal(vus_feature_find(true, 15)->name,
			    "CONFIGURE_MEM_SLOTS");
	assert_string_equal(vus_feature_find(false, 30)->name,
			    "PROTOCOL_FEATURES");
	assert_int_equal(VUS_PF_SHARED_OBJECT, 18);
	assert_int_equal(VUS_VF_ACCESS_PLATFORM, 33);
	assert_true(PF(GET_VRING_BASE_SKIP_DRAIN) == 1u << 23);
	assert_true(VF(RING_RESET) == UINT64_C(1) << 40);
}

static void rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < vus_nfeatures; i++) {
		const struct vus_feature *f = &vus_features[i];

		assert_ptr_equal(vus_feature_find(f->protocol, f->bit), f);
		assert_ptr_equal(vus_feature_by_name(f->protocol, f->name), f);
		assert_non_null(f->heading);
		assert_true(f->protocol || f->requires == 0);
		assert_false(f->protocol && (f->requires & VUS_BIT(f->bit)));
	}
}

/* It needs the feature alone, or, as acknowledgements do, nothing. */
static void features_are_shown_by_their_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < vus_nfeatures; i++) {
		const struct vus_feature *f = &vus_features[i];
		const struct vus_msg *m = vus_msg_find(VUS_FE, f->shown_by);

		if (f->shown_by == 0)
			continue;
		assert_true(f->protocol);
		assert_non_null(m);
		assert_true(((m->needs | m->alt_if) & ~VUS_BIT(f->bit)) == 0);
	}
	assert_ptr_equal(vus_feature_by_name(true, "shmem"),
			 vus_feature_find(true, VUS_PF_SHMEM));
	assert_null(vus_feature_by_name(true, "no_such_feature"));
	assert_null(vus_feature_by_name(false, "shmem"));
}

static void what_is_missing(void **state)
{
	(void)state;
	assert_true(vus_features_missing(0) == 0);
	assert_true(vus_features_missing(PF(MQ) | PF(REPLY_ACK)) == 0);
	assert_true(vus_features_missing(PF(INBAND_NOTIFICATIONS)) ==
		    (PF(BACKEND_REQ) | PF(REPLY_ACK)));
	assert_true(vus_features_missing(PF(INBAND_NOTIFICATIONS) |
					 PF(REPLY_ACK)) == PF(BACKEND_REQ));
	assert_true(vus_features_missing(PF(GET_VRING_BASE_SKIP_DRAIN)) ==
		    (PF(GET_VRING_BASE_INFLIGHT) | PF(INFLIGHT_SHMFD)));
	assert_true(vus_features_missing(UINT64_MAX) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_masks),
		cmocka_unit_test(names_of_a_device),
		cmocka_unit_test(numbers),
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(features_are_shown_by_their_message),
		cmocka_unit_test(what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
