/* SPDX-License-Identifier: BSD-3-Clause */
/* stimulus.c — faults of what a front-end is told to do. */
#include "fault.h"

/* One that fails at it, and one that says that it did and does nothing. */
#define DISOBEYS(what, told, also_rules)                                       \
	static enum vus_fe_obeys refuse_##what(enum vus_stimulus s)            \
	{                                                                      \
		return s == (told) ? VUS_FE_REFUSES : VUS_FE_OBEYS;            \
	}                                                                      \
	VUS_FE_FAULT(stimulus, fails_at_##what, .rule = "stimulus." #what,     \
		     .also = also_rules, .says = "fails to " #what)            \
	{                                                                      \
		decide->obeys = refuse_##what;                                 \
	}                                                                      \
	static enum vus_fe_obeys ignore_##what(enum vus_stimulus s)            \
	{                                                                      \
		return s == (told) ? VUS_FE_IGNORES : VUS_FE_OBEYS;            \
	}                                                                      \
	VUS_FE_FAULT(stimulus, ignores_##what, .rule = "stimulus." #what,      \
		     .also = also_rules,                                       \
		     .says = "says that it did " #what ", and did not")        \
	{                                                                      \
		decide->obeys = ignore_##what;                                 \
	}

/* Whether it starts is what some cases look at. */
DISOBEYS(start, VUS_DO_START,
	 "protocol_features.unknown_offer_ok header.frontend_partial_reply "
	 "socket.frontend_reconnect_each_step")
DISOBEYS(io, VUS_DO_IO, "")
DISOBEYS(stop, VUS_DO_STOP, "")
DISOBEYS(cont, VUS_DO_CONT, "")
DISOBEYS(reset, VUS_DO_RESET, "")
DISOBEYS(reconnect, VUS_DO_RECONNECT, "mem_slots.frontend_shrink")
DISOBEYS(hotplug, VUS_DO_HOTPLUG, "")
DISOBEYS(unplug, VUS_DO_UNPLUG, "")
DISOBEYS(config_write, VUS_DO_CONFIG_WRITE, "")
DISOBEYS(quit, VUS_DO_QUIT, "")
