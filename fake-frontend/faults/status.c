/* SPDX-License-Identifier: BSD-3-Clause */
/* status.c — faults of SET_STATUS and GET_STATUS. */
#include "fault.h"

static bool ask_status(struct vus_session *s, struct vus_err *err)
{
	uint64_t status;

	return vus_fe_get_u64(s, VUS_FE_GET_STATUS, &status, err);
}

VUS_FE_FAULT(status, asks_ungated, .rule = "status.gated",
	     .also = "protocol_features.gated_messages",
	     .says = "sends GET_STATUS without STATUS")
{
	decide->before_features = ask_status;
}

static bool yes(void)
{
	return true;
}

VUS_FE_FAULT(status, zero_before_positions, .rule = "status.frontend_order",
	     .says = "sends SET_STATUS 0 before it asks for positions")
{
	decide->clears_status_first = yes;
}

static uint64_t forget_the_rest(uint64_t was, uint64_t bits)
{
	(void)was;
	return bits;
}

VUS_FE_FAULT(status, sets_one_step_alone, .rule = "status.frontend_steps",
	     .says = "sends DRIVER_OK without the bits before it")
{
	decide->next_status = forget_the_rest;
}

#define GENERATION_SHIFT 8

static uint64_t with_generation(uint64_t was, uint64_t bits)
{
	return was | bits | (1u << GENERATION_SHIFT);
}

VUS_FE_FAULT(status, carries_a_generation, .rule = "status.frontend_byte",
	     .says = "sends the configuration's generation above the status")
{
	decide->next_status = with_generation;
}
