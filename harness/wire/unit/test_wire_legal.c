/* SPDX-License-Identifier: BSD-3-Clause */
/* test_wire_legal.c — legal values: their samples, fields and names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/legal.h"

#include <string.h>

static const struct vus_legal_limits limits = {
	.rings = 3,
	.config = 5,
	.vf = VF(VERSION_1) | VF(PROTOCOL_FEATURES) | VF(RING_EVENT_IDX) |
	      VF(RING_INDIRECT_DESC),
	.pf = PF(BACKEND_REQ) | PF(BACKEND_SEND_FD) | PF(MQ),
};

static const struct vus_legal *row(uint32_t id, const char *field,
				   uint64_t plus)
{
	for (size_t i = 0; i < vus_nlegals; i++)
		if (vus_legals[i].id == id && vus_legals[i].plus == plus &&
		    strcmp(vus_legals[i].field, field) == 0)
			return &vus_legals[i];
	fail();
	return NULL;
}

static bool has(const struct vus_legal *legal, uint64_t value)
{
	uint64_t values[VUS_LEGAL_SAMPLES];
	const size_t n = vus_legal_samples(legal, &limits, values);

	for (size_t i = 0; i < n; i++)
		if (values[i] == value)
			return true;
	return false;
}

/* Each row is of a message that has the field, and takes its samples. */
static void rows_name_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < vus_nlegals; i++) {
		const struct vus_legal *legal = &vus_legals[i];
		const struct vus_payload *payload = vus_legal_payload(legal);
		uint64_t values[VUS_LEGAL_SAMPLES], value;
		const size_t n = vus_legal_samples(legal, &limits, values);

		assert_true(n > 0 && n < VUS_LEGAL_SAMPLES);
		for (size_t k = 0; k < n; k++) {
			union vus_body body = { 0 };
			VUS_AUTO_TEXT name = { 0 };

			body.mem_table.nregions =
				legal->id == VUS_FE_SET_MEM_TABLE;
			assert_true(vus_legal_put(legal, payload, &body,
						  values[k]));
			assert_true(vus_legal_has(legal, payload, &body,
						  values[k]));
			vus_legal_name(legal, values[k], &name);
			assert_non_null(
				vus_legal_by_name(vus_text_str(&name), &value));
			assert_int_equal(value, values[k]);
		}
	}
}

static void bounds_and_middle_are_sampled(void **state)
{
	const struct vus_legal *base = row(VUS_FE_SET_VRING_BASE, "num", 0);
	const struct vus_legal *call =
		row(VUS_FE_SET_VRING_CALL, "value", VUS_VRING_NOFD);

	(void)state;
	assert_true(has(base, 0) && has(base, 1) && has(base, 65535));
	assert_true(has(base, 32767) && has(base, 32768) && has(base, 32769));
	assert_false(has(base, 65536));
	assert_true(has(call, 0x102));
	assert_false(has(call, 2) || has(call, 0x103));
	assert_true(has(row(VUS_FE_GET_CONFIG, "size", 0), 5));
	assert_false(has(row(VUS_FE_GET_CONFIG, "offset", 0), 5));
}

static void features_are_legal_together(void **state)
{
	const struct vus_legal *vf = row(VUS_FE_SET_FEATURES, "value", 0);
	const struct vus_legal *pf =
		row(VUS_FE_SET_PROTOCOL_FEATURES, "value", 0);

	(void)state;
	assert_true(has(vf, limits.vf & ~VF(RING_EVENT_IDX)));
	assert_false(has(vf, limits.vf & ~VF(VERSION_1)));
	assert_true(has(pf, PF(BACKEND_REQ) | PF(BACKEND_SEND_FD)));
	assert_true(has(pf, PF(MQ)));
	assert_false(has(pf, PF(BACKEND_SEND_FD) | PF(MQ)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_name_fields),
		cmocka_unit_test(bounds_and_middle_are_sampled),
		cmocka_unit_test(features_are_legal_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
