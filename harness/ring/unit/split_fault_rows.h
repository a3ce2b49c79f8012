/* SPDX-License-Identifier: BSD-3-Clause */
/* split_fault_rows.h — how each fault of the split device shows.
 *
 * A row looks at a ring in one way, and says what it sees of an honest device
 * and of one with the fault. */
#ifndef VUS_UNIT_SPLIT_FAULT_ROWS_H
#define VUS_UNIT_SPLIT_FAULT_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ring_box.h"

struct split_fault_row {
	const char *name;
	size_t fault;
	unsigned (*look)(struct ring_box *b);
	unsigned honest, faulty;
	bool event_idx;
};

#define SPLIT_FAULT(name) #name, offsetof(struct vus_split_faults, name)

/* Faults that show in how a chain is read (split_fault_chains.c). */
extern const struct split_fault_row split_fault_chains[];
extern const size_t n_split_fault_chains;

/* Offer `n` requests of SPLIT_IN8. */
void split_offer(struct ring_box *b, unsigned n);
/* Pop and push all; how many there were. */
unsigned split_drain(struct ring_box *b, uint32_t written);

/* Eight writable bytes at BOX_FAR. */
#define SPLIT_IN8 ((struct vus_seg){ BOX_FAR, 8, true })

#endif
