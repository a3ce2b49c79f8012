/* SPDX-License-Identifier: BSD-3-Clause */
/* payload.c — payload formats on which implementations are known to differ. */
#include "fixture/valid_request.h"
#include "fixture/steps.h"

/* "A vring descriptor index for split virtqueues": 16 bits of index, and 16
 * that are reserved and zero.  An index that has just wrapped shows whether
 * more than 16 bits are counted. */
VUS_CASE(split_base_has_16_bits,
	 .title = "the upper half of a split ring's base is zero, after index "
		  "65535 too",
	 .rules = { "payload.vring_index_split.reserved" },
	 .start = VUS_START_MEMORY, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	uint32_t base;

	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, UINT16_MAX));
	for (unsigned i = 0; i < 2; i++)
		VUS_PREREQ(t, "ring_base.any_16bit",
			   vus_fe_ping(s, 0, t->seed + i, &err), &err);
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, &base, &err),
		   &err);
	VUS_CHECK(t, "payload.vring_index_split.reserved", base <= UINT16_MAX,
		  "the reply to GET_VRING_BASE has the upper 16 bits zero",
		  "the base is 0x%x, of which the upper 16 bits are reserved",
		  base);
}

/* "Multiple Memory regions description" draws room for 8 regions; front-ends
 * send as many as the count says, and no more.  Without REPLY_ACK a ring in
 * that memory shows that the table was accepted. */
VUS_CASE(table_is_as_long_as_its_rows,
	 .title = "a memory table of one region is as long as one region",
	 .rules = { "payload.mem_table.size_rule" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS))
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f = vus_valid_request(s, VUS_FE_SET_MEM_TABLE);
	enum vus_outcome outcome;

	outcome = vus_step_classify(t, &f, NULL);
	if (outcome != VUS_SILENT || (s->pf & PF(REPLY_ACK)))
		VUS_EXPECT(t, "payload.mem_table.size_rule", outcome,
			   VUS_ACCEPTED, "SET_MEM_TABLE of one region");
	else if (!s->driver)
		VUS_SKIP(t, "no driver for this device");
	else if (vus_step_ring_setup(t, 0, 0, 0))
		VUS_STEP(t, vus_step_ping(t, "payload.mem_table.size_rule", 0,
					  t->seed));
}
