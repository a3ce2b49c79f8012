/* SPDX-License-Identifier: BSD-3-Clause */
/* postcopy.c — faults of the destination of a postcopy migration. */
#include "fault.h"

static uint32_t with_need_reply(uint32_t flags)
{
	return flags | VUS_FLAG_NEED_REPLY;
}

VUS_FE_FAULT(postcopy, asks_for_acknowledgement,
	     .rule = "postcopy.no_need_reply",
	     .says = "announces memory with need_reply to a back-end that "
		     "listens")
{
	decide->postcopy_table_flags = with_need_reply;
}

static bool no(void)
{
	return false;
}

VUS_FE_FAULT(postcopy, keeps_quiet, .rule = "postcopy.table_ack",
	     .says = "does not tell a back-end that listens to go on")
{
	decide->confirms_postcopy_table = no;
}
