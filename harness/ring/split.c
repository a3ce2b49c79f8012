/* SPDX-License-Identifier: BSD-3-Clause */
/* split.c — sizes of a split ring's parts, and the event decision. */
#include "split.h"

uint64_t vus_split_desc_bytes(unsigned num)
{
	return sizeof(struct vring_desc) * (uint64_t)num;
}

/* flags, idx, ring, used_event */
uint64_t vus_split_avail_bytes(unsigned num)
{
	return 2 + 2 + 2 * (uint64_t)num + 2;
}

/* flags, idx, ring, avail_event */
uint64_t vus_split_used_bytes(unsigned num)
{
	return 2 + 2 + sizeof(struct vring_used_elem) * (uint64_t)num + 2;
}

bool vus_need_event(uint16_t event, uint16_t now, uint16_t old)
{
	return (uint16_t)(now - event - 1) < (uint16_t)(now - old);
}
