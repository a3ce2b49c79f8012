/* SPDX-License-Identifier: BSD-3-Clause */
/* split_hard.c — faults of split rings: what a hostile driver meets. */
#include "split_ring.h"

#include "base/clock.h"

static unsigned head_modulo(const struct vus_split_device *r, uint16_t head)
{
	return head % r->num;
}
VUS_FAULT_POP(pop_head_modulo, place_of_head, head_modulo)

VUS_BE_FAULT(split_ring, head_wraps,
	     .rule = "split_ring.desc.ill_formed_refused",
	     .says = "takes a head modulo the ring's size")
{
	decide->ring_pop = pop_head_modulo;
}

static unsigned next_modulo(const struct vus_split_device *r,
			    const struct vus_split_desc *d,
			    __attribute__((unused)) unsigned i)
{
	return d->next % r->num;
}

static unsigned table_next_modulo(const struct vus_split_table *t,
				  const struct vus_split_desc *e,
				  __attribute__((unused)) unsigned i)
{
	return e->next % t->n;
}

static enum vus_pop pop_next_modulo(struct vus_vq *vq, struct vus_chain *ret,
				    struct vus_err *err)
{
	struct vus_split_choices by = VUS_SPLIT_HONEST;

	by.next = next_modulo;
	by.table_next = table_next_modulo;
	return vus_fault_pop_by(&by, vq, ret, err);
}

VUS_BE_FAULT(split_ring, next_wraps,
	     .rule = "split_ring.desc.ill_formed_refused",
	     .says = "takes next modulo the size of ring or table")
{
	decide->ring_pop = pop_next_modulo;
}

static bool accepts_any_number(__attribute__((unused))
			       const struct vus_split_device *r,
			       __attribute__((unused)) unsigned there)
{
	return true;
}
VUS_FAULT_POP(pop_after_any_jump, accepts_entries, accepts_any_number)

VUS_BE_FAULT(split_ring, walks_any_jump,
	     .rule = "split_ring.desc.ill_formed_refused",
	     .says = "takes all entries of an index that jumped")
{
	decide->ring_pop = pop_after_any_jump;
}

static bool accepts_table_rounded(const struct vus_split_walk *w,
				  struct vus_split_desc *d, bool behind)
{
	d->len -= d->len % VUS_DESC_SIZE;
	return vus_split_accepts_table(w, d, behind);
}
VUS_FAULT_POP(pop_rounded_tables, accepts_table, accepts_table_rounded)

VUS_BE_FAULT(split_ring, any_table_length,
	     .rule = "split_ring.desc.ill_formed_refused",
	     .says = "rounds the length of an indirect table down")
{
	decide->ring_pop = pop_rounded_tables;
}

static bool enters_table(struct vus_split_walk *w, struct vus_split_desc *d)
{
	struct vus_split_choices by = VUS_SPLIT_HONEST;

	by.nested_table = enters_table;
	return vus_split_accepts_table(w, d, true) &&
	       vus_split_walk_table(&by, w, d);
}
VUS_FAULT_POP(pop_nested_tables, nested_table, enters_table)

VUS_BE_FAULT(split_ring, nested_tables,
	     .rule = "split_ring.desc.ill_formed_refused",
	     .says = "follows an indirect table out of another")
{
	decide->ring_pop = pop_nested_tables;
}

/* It follows such a chain again and again. */
static enum vus_pop pop_loops(struct vus_vq *vq, struct vus_chain *ret,
			      struct vus_err *err)
{
	enum vus_pop pop;

	do
		pop = vus_be_honest.ring_pop(vq, ret, err);
	while (pop == VUS_POP_BAD && err->code == VUS_BAD_LOOP);
	return pop;
}

VUS_BE_FAULT(split_ring, follows_loops, .rule = "split_ring.hardening.loop",
	     .says = "follows a chain that loops for ever")
{
	decide->ring_pop = pop_loops;
}

/* A piece of no bytes takes the place of all that lies outside. */
static uint8_t *translate_or_clip(const struct vus_split_walk *w,
				  uint64_t *addr, uint64_t *left,
				  uint64_t *ret_there)
{
	uint8_t *host = vus_split_translate(w, addr, left, ret_there);

	if (host)
		return host;
	*left = *ret_there = 0;
	return (uint8_t *)w->chain;
}
VUS_FAULT_POP(pop_clipped, translate, translate_or_clip)

VUS_BE_FAULT(split_ring, clips_buffers,
	     .rule = "split_ring.hardening.bad_addr_anywhere",
	     .says = "serves the part of a buffer that lies in memory")
{
	decide->ring_pop = pop_clipped;
}

/* The address of the last table that was in memory; 0: none was. */
static uint64_t *last_table(const struct vus_split_device *r)
{
	static const char owner;

	return vus_fault_ring_state(vus_fault_ring_of(r), &owner,
				    sizeof(uint64_t));
}

static bool accepts_table_or_last(const struct vus_split_walk *w,
				  struct vus_split_desc *d, bool behind)
{
	uint64_t *last = last_table(w->r), there = 0;

	if (!vus_split_accepts_table(w, d, behind))
		return false;
	if (vus_regions_gpa(w->mem, d->addr, d->len, &there) && there == d->len)
		*last = d->addr;
	else if (*last != 0)
		d->addr = *last;
	return true;
}
VUS_FAULT_POP(pop_by_last_table, accepts_table, accepts_table_or_last)

VUS_BE_FAULT(split_ring, goes_on_with_old_tables,
	     .rule = "split_ring.hardening.bad_addr_anywhere",
	     .also = "address_translation.indirect_span",
	     .says = "takes the table of the last request where an indirect "
		     "table is not in memory, or not in one piece")
{
	vus_fault_remembers(decide);
	decide->ring_pop = pop_by_last_table;
}

static bool is_writable_behind_others(const struct vus_split_walk *w,
				      const struct vus_split_desc *d,
				      const struct vus_split_desc *table)
{
	return w->wrote || vus_split_is_writable(w, d, table);
}
VUS_FAULT_POP(pop_any_order, is_writable, is_writable_behind_others)

VUS_BE_FAULT(split_ring, all_else_writable,
	     .rule = "split_ring.hardening.order",
	     .says = "writes into readable buffers behind writable ones")
{
	decide->ring_pop = pop_any_order;
}

static void begin_with_tables(struct vus_vq *vq)
{
	vus_be_honest.ring_begin(vq);
	vq->ring.indirect = true;
}

VUS_BE_FAULT(split_ring, tables_unasked,
	     .rule = "split_ring.hardening.indirect_gate",
	     .says = "serves indirect tables that were not negotiated")
{
	decide->ring_begin = begin_with_tables;
}

static uint64_t *last_kick(const struct vus_be *be)
{
	static const char owner;

	return vus_fault_state(be, &owner, sizeof(uint64_t));
}

static void remember_kick(struct vus_vq *vq, uint64_t value)
{
	*last_kick(vq->be) = vus_now();
	vus_be_honest.ring_kicked(vq, value);
}

static bool reads_after_silence(const struct vus_be *be)
{
	return vus_now() >= *last_kick(be) + 100 * VUS_MS;
}

VUS_BE_FAULT(split_ring, kicks_come_first,
	     .rule = "split_ring.hardening.kick_storm",
	     .also = "ring_stop.reply",
	     .says = "reads the socket only when no kick came for 100 ms")
{
	vus_fault_remembers(decide);
	decide->ring_kicked = remember_kick;
	decide->reads_socket = reads_after_silence;
}

/* ---- behind a ring error ---- */

/* Was a ring broken by a chain that loops? */
static bool *has_loop(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(bool));
}

static enum vus_pop pop_and_note_loop(struct vus_vq *vq, struct vus_chain *ret,
				      struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	*has_loop(vq) = pop == VUS_POP_BAD && err->code == VUS_BAD_LOOP;
	return pop;
}

/* When it is next looked at: at once. */
static uint64_t now_if_it_loops(const struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++)
		if (be->vqs[i].broken && *has_loop(&be->vqs[i]))
			return 0;
	return vus_be_honest.next_deadline(be);
}

VUS_BE_FAULT(split_ring, looks_at_loops,
	     .rule = "split_ring.hardening.rests_after_error",
	     .says = "looks at a chain that loops again and again")
{
	vus_fault_remembers(decide);
	decide->ring_pop = pop_and_note_loop;
	decide->next_deadline = now_if_it_loops;
}

/* The end of a loop never comes. */
static void wait_until_done(struct vus_vq *vq)
{
	while (vq->broken && *has_loop(vq))
		vus_fault_gap();
}

static void stop_when_done(struct vus_vq *vq)
{
	wait_until_done(vq);
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(split_ring, stop_waits_for_loops,
	     .rule = "split_ring.hardening.stops_after_error",
	     .says = "stops a ring when chains that loop have ended")
{
	vus_fault_remembers(decide);
	decide->ring_pop = pop_and_note_loop;
	decide->ring_stop = stop_when_done;
}

static void reset_when_done(struct vus_vq *vq)
{
	wait_until_done(vq);
	vus_be_honest.ring_reset(vq);
}

VUS_BE_FAULT(split_ring, reset_waits_for_loops,
	     .rule = "split_ring.hardening.resets_after_error",
	     .says = "resets a ring when chains that loop have ended")
{
	vus_fault_remembers(decide);
	decide->ring_pop = pop_and_note_loop;
	decide->ring_reset = reset_when_done;
}

static void stop_and_stay_broken(struct vus_vq *vq)
{
	const bool broken = vq->broken;

	vus_be_honest.ring_stop(vq);
	vq->broken = broken;
}

VUS_BE_FAULT(split_ring, broken_for_ever,
	     .rule = "split_ring.hardening.restarts_after_error",
	     .says = "serves a ring no more once it was broken")
{
	decide->ring_stop = stop_and_stay_broken;
}

/* ---- other rings ---- */

static enum vus_pop pop_and_break_all(struct vus_vq *vq, struct vus_chain *ret,
				      struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	for (unsigned i = 0; pop == VUS_POP_BAD && i < vq->be->cfg.queues; i++)
		vq->be->vqs[i].broken = true;
	return pop;
}

VUS_BE_FAULT(split_ring, one_broken_ring_breaks_all,
	     .rule = "split_ring.hardening.isolated",
	     .also = "address_translation.unmapped_buffer",
	     .says = "serves no ring any more when one is broken")
{
	decide->ring_pop = pop_and_break_all;
}
