/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.h — declaring a fault: its row, and the decisions that it replaces.
 *
 *	static void tell_next_ring(const struct vus_vq *vq, ...) { ... }
 *
 *	VUS_BE_FAULT(ring_stop, names_another_ring, .rule = "ring_stop.reply",
 *		     .says = "answers GET_VRING_BASE with the next ring's
 *index")
 *	{
 *		decide->tell_ring_base = tell_next_ring;
 *	}
 *
 * Defining it registers it under the name "ring_stop.names_another_ring".  The
 * replacement calls vus_be_honest.tell_ring_base() where it agrees with it. */
#ifndef VUS_FAKE_BACKEND_FAULTS_FAULT_H
#define VUS_FAKE_BACKEND_FAULTS_FAULT_H

#include "fake-backend/backend.h"
#include "spec/fault.h"

#define VUS_BE_FAULT(fgroup, fname, ...)                                       \
	VUS_FAULT_ENTRY("vus_be_faults", vus_be_decisions, fgroup, fname,      \
			__VA_ARGS__)

/* Registers a maker of faults: `VUS_BE_FAULT_MAKER(strict) = { ... };` */
#define VUS_BE_FAULT_MAKER(mname)                                              \
	static const struct vus_fault_maker maker_##mname;                     \
	static const struct vus_fault_maker *const entry_maker_##mname         \
		__attribute__((used, retain,                                   \
			       section("vus_be_fault_makers"))) =              \
			&maker_##mname;                                        \
	static const struct vus_fault_maker maker_##mname

/* Define a vus_be_decisions.handle that refuses the requests of which `refuses`
 * is true, an expression of `be` and `req`. */
#define VUS_FAULT_REFUSE(name, refuses)                                        \
	static enum vus_handled name(struct vus_be *be, struct vus_frame *req, \
				     struct vus_frame *reply)                  \
	{                                                                      \
		return (refuses) ? VUS_NACK                                    \
				 : vus_be_honest.handle(be, req, reply);       \
	}

/* ---- what a fault remembers (state.c) ---- */

/* Called by the body of a fault that uses one of the two below. */
void vus_fault_remembers(struct vus_be_decisions *decide);

/* `size` bytes, zero at first, that belong to `owner` (any address that the
 * fault alone has): until the connection ends, or until the program does. */
void *vus_fault_state(const struct vus_be *be, const void *owner, size_t size);
void *vus_fault_memory(const struct vus_be_config *cfg, const void *owner,
		       size_t size);

/* What vus_fault_remembers() does when a connection begins and ends, and when
 * the program ends, for faults that replace these decisions themselves. */
void vus_fault_state_open(struct vus_be *be);
void vus_fault_state_close(struct vus_be *be);
void vus_fault_memory_close(struct vus_be_config *cfg);

/* A fault that kills: SIGABRT. */
_Noreturn void vus_die(void);

#endif
