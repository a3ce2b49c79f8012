/* SPDX-License-Identifier: BSD-3-Clause */
/* lies_ring.c — faults between the ring and the device: when a request is
 * taken, given back and told of.
 *
 * What comes too early by right comes some milliseconds too early here, so
 * that a driver on the same machine sees the gap. */
#include "backend.h"

#include "../harness/base/clock.h"
#include "notify.h"

#include <endian.h>
#include <string.h>

/* How wide a gap is, ms. */
#define GAP_MS 5

static void gap(void)
{
	vus_poll(NULL, 0, vus_deadline_ms(GAP_MS));
}

static void move_idx(const struct vus_vq *vq)
{
	__atomic_store_n(&vq->ring.used->idx,
			 htole16((uint16_t)(vq->ring.used_idx + 1)),
			 __ATOMIC_RELEASE);
}

void vus_lie_about_nothing(struct vus_vq *vq)
{
	if (vq->bad.served && VUS_FAULTY(vq->be, split, empty_kick_repeats))
		vq->ring.last_avail--;
}

void vus_lie_before_arming(const struct vus_vq *vq)
{
	if (VUS_FAULTY(vq->be, split, never_looks_again))
		gap();
}

void vus_lie_at_pop(struct vus_vq *vq, const struct vus_chain *c)
{
	vq->bad.served = true;
	if (VUS_FAULTY(vq->be, split, calls_early) && vq->call >= 0) {
		vus_notify(vq->call);
		gap();
	}
	if (VUS_FAULTY(vq->be, split, idx_before_data)) {
		vus_split_push(&vq->ring, c->head, (uint32_t)c->writable);
		gap();
	}
}

void vus_lie_about_bad(const struct vus_vq *vq, const char *why)
{
	static const struct {
		enum vus_fault_id fault;
		const char *begins;
	} deadly[] = {
		{ VUS_FAULT_split_dies_of_heads, "head " },
		{ VUS_FAULT_split_dies_of_nexts, "next" },
		{ VUS_FAULT_split_dies_of_jumps, "the available index" },
		{ VUS_FAULT_split_dies_of_table_lengths,
		  "an indirect table of" },
		{ VUS_FAULT_split_dies_of_nested_tables,
		  "an indirect table in" },
	};

	for (size_t i = 0; i < VUS_COUNT(deadly); i++) {
		if (vus_faults_has(&vq->be->cfg.faults, deadly[i].fault) &&
		    strncmp(why, deadly[i].begins, strlen(deadly[i].begins)) ==
			    0)
			vus_die();
	}
}

bool vus_lie_at_push(const struct vus_vq *vq)
{
	if (VUS_FAULTY(vq->be, split, idx_before_entry)) {
		move_idx(vq);
		gap();
	}
	return VUS_FAULTY(vq->be, split, idx_before_data);
}

void vus_lie_after_push(const struct vus_vq *vq)
{
	const uint64_t behind =
		vq->addr.used + vus_split_used_bytes(vq->ring.num);
	uint64_t there = 0;
	uint8_t *p;

	if (!VUS_FAULTY(vq->be, split, writes_behind_used))
		return;
	p = vus_regions_user(&vq->be->mem, behind, 2, &there);
	if (p && there == 2)
		p[0] = p[1] = 0xa5;
}
