/* SPDX-License-Identifier: BSD-3-Clause */
/* vring.c — setting rings up, enabling them, and where they begin. */
#include "steps.h"

#include "../../harness/base/rand.h"

/* "A vring descriptor index for split virtqueues": the base counts freely
 * modulo 65536 and is not reduced by the ring's size.  The used ring's index
 * in memory is set to the same value, as a driver's would be. */
static const uint16_t bases[] = { 1, 255, 32767, 65535 };

VUS_CASE(any_base_is_taken,
	 .title = "a ring begins at whatever 16-bit base was set",
	 .rules = { "vbase.any_16bit" }, .start = VUS_START_MEMORY,
	 .pings = true, .rows = { "1", "255", "32767", "65535" })
{
	if (!vus_step_ring(t, 0, 0, bases[t->row]))
		return;
	VUS_PING(t, "vbase.any_16bit", 0, t->seed);
	VUS_PING(t, "vbase.any_16bit", 0, t->seed + 1);
}

/* "VHOST_USER_SET_VRING_BASE": with the base equal to the used index,
 * processing starts at available slot base mod size.  The slot before it holds
 * a request as well, which must not be taken. */
VUS_CASE(ring_begins_at_its_base,
	 .title = "the first request taken is the one at the base's slot",
	 .rules = { "vbase.set" }, .start = VUS_START_MEMORY, .pings = true)
{
	const uint16_t base = 5;
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring;
	struct vus_ping decoy, ping;
	struct vus_used used;
	uint16_t decoy_head;
	struct vus_err err;

	if (!vus_step_ring(t, 0, 0, base))
		return;
	ring = s->queues[0].ring;
	if (!vus_step_prepare(t, 0, t->seed, &decoy, &decoy_head) ||
	    !vus_step_offer(t, 0, t->seed + 1, &ping))
		return;
	/* Slots 0 to base-1, which a ring that begins at 0 would take. */
	for (unsigned slot = 0; slot < base; slot++)
		ring->avail->ring[slot] = decoy_head;
	VUS_OURS(t, vus_fe_kick(s, 0, &err), &err);
	VUS_CHECK(t, "vbase.set",
		  vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms), &used,
				   &err),
		  "did not serve the request at slot %u: %s", base, err.text);
	VUS_CHECK(t, "vbase.set", used.id != decoy_head,
		  "served slot 0, not slot %u where the base is", base);
}

/* "VHOST_USER_SET_VRING_BASE": the used ring goes on from the index that is in
 * memory, whatever the base; only the used slot is judged. */
VUS_CASE(first_completion_goes_to_the_used_index,
	 .title = "the first used entry stands at the slot used.idx names",
	 .rules = { "vaddr.used_idx_read" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	const uint16_t base = 3;
	struct vus_session *s = vus_fe(t);
	struct vring_used *used;
	struct vus_ping ping;
	struct vus_err err;

	if (!vus_step_ring(t, 0, 0, base))
		return;
	used = s->queues[0].ring->used;
	for (unsigned slot = 0; slot < s->queues[0].num; slot++)
		used->ring[slot].id = UINT32_MAX;
	if (!vus_step_offer(t, 0, t->seed, &ping))
		return;
	VUS_NEED(t, "vstate.enabled_runs",
		 vus_step_until_used(t, 0, (uint16_t)(base + 1), &err), &err);
	VUS_CHECK(t, "vaddr.used_idx_read", used->ring[base].id != UINT32_MAX,
		  "slot %u, where used.idx stood, was not written", base);
}
