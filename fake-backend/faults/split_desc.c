/* SPDX-License-Identifier: BSD-3-Clause */
/* split_desc.c — faults of split rings: descriptors and indirect tables. */
#include "split_ring.h"

/* ---- descriptors ---- */

static unsigned
neighbour(__attribute__((unused)) const struct vus_split_device *r,
	  __attribute__((unused)) const struct vus_split_desc *d, unsigned i)
{
	return i + 1;
}
VUS_FAULT_POP(pop_neighbours, next, neighbour)

VUS_BE_FAULT(split_ring, next_is_neighbour, .rule = "split_ring.desc.any_order",
	     .says = "takes the neighbour for the next descriptor")
{
	decide->ring_pop = pop_neighbours;
}

static bool goes_on_at_any_next(const struct vus_split_desc *d, unsigned seen)
{
	return d->next != 0 || vus_split_goes_on(d, seen);
}
VUS_FAULT_POP(pop_without_flag, goes_on, goes_on_at_any_next)

VUS_BE_FAULT(split_ring, next_without_flag,
	     .rule = "split_ring.desc.next_needs_flag",
	     .says = "follows next without the NEXT flag")
{
	decide->ring_pop = pop_without_flag;
}

static bool goes_on_to_the_third(const struct vus_split_desc *d, unsigned seen)
{
	return seen < 2 && vus_split_goes_on(d, seen);
}
VUS_FAULT_POP(pop_three, goes_on, goes_on_to_the_third)

VUS_BE_FAULT(split_ring, three_segments_only,
	     .rule = "split_ring.desc.any_framing",
	     .says = "serves the first three descriptors of a chain")
{
	decide->ring_pop = pop_three;
}

static unsigned half_of_the_ring(const struct vus_split_device *r)
{
	return r->num / 2;
}
VUS_FAULT_POP(pop_short_chains, longest_chain, half_of_the_ring)

VUS_BE_FAULT(split_ring, short_chains,
	     .rule = "split_ring.desc.chain_up_to_num",
	     .also = "split_ring.desc.any_framing",
	     .says = "refuses chains of more descriptors than half of the "
		     "ring has")
{
	decide->ring_pop = pop_short_chains;
}

static void push_and_relink(struct vus_vq *vq, const struct vus_chain *c,
			    uint32_t written)
{
	/* Reached through the mapping; honest code never writes it. */
	struct vring_desc *desc = (void *)(uintptr_t)vq->ring.desc;

	desc[vq->ring.num - 1].next++;
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(split_ring, writes_desc_table,
	     .rule = "split_ring.desc.table_read_only",
	     .says = "writes into the descriptor table")
{
	decide->ring_push = push_and_relink;
}

static void push_and_note_length(struct vus_vq *vq, const struct vus_chain *c,
				 uint32_t written)
{
	struct vring_desc *desc = (void *)(uintptr_t)vq->ring.desc;

	desc[c->head].len = htole32(written);
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(split_ring, writes_len_to_desc,
	     .rule = "split_ring.desc.table_read_only",
	     .says = "notes the used length in the descriptor, too, as in a "
		     "packed ring")
{
	decide->ring_push = push_and_note_length;
}

static void push_and_scribble(struct vus_vq *vq, const struct vus_chain *c,
			      uint32_t written)
{
	if (c->niov > 0 && !c->iov[0].write)
		c->iov[0].host[0]++;
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(split_ring, writes_readable,
	     .rule = "split_ring.desc.readable_untouched",
	     .says = "changes a byte of what it may only read")
{
	decide->ring_push = push_and_scribble;
}

/* As a terminator behind a string: where a buffer was filled. */
static void push_and_terminate(struct vus_vq *vq, const struct vus_chain *c,
			       uint32_t written)
{
	if (c->niov > 0 && written > 0) {
		const struct vus_iov *last = &c->iov[c->niov - 1];

		if (last->write)
			last->host[last->len] = 1;
	}
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(split_ring, writes_behind_buffer,
	     .rule = "split_ring.desc.buffer_bounds",
	     .says = "writes a byte behind the last buffer of a request")
{
	decide->ring_push = push_and_terminate;
}

/* The first byte that may be written; NULL: there is none. */
static uint8_t *first_writable(const struct vus_chain *c)
{
	for (unsigned i = 0; i < c->niov; i++) {
		if (c->iov[i].write)
			return c->iov[i].host;
	}
	return NULL;
}

static uint8_t *old_content(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(uint8_t));
}

static enum vus_pop pop_and_look(struct vus_vq *vq, struct vus_chain *ret,
				 struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);
	const uint8_t *first =
		pop == VUS_POP_CHAIN ? first_writable(ret) : NULL;

	*old_content(vq) = first ? *first : 0;
	return pop;
}

static void push_mixed(struct vus_vq *vq, const struct vus_chain *c,
		       uint32_t written)
{
	uint8_t *first = first_writable(c);

	if (first && written > 0 && *old_content(vq) == 0xff)
		*first ^= 1;
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(split_ring, mixes_old_content,
	     .rule = "split_ring.desc.writable_unread",
	     .says = "writes another byte where a buffer held 0xff")
{
	vus_fault_remembers(decide);
	decide->ring_pop = pop_and_look;
	decide->ring_push = push_mixed;
}

/* ---- indirect tables ---- */

static unsigned
next_entry(__attribute__((unused)) const struct vus_split_table *t,
	   __attribute__((unused)) const struct vus_split_desc *e, unsigned i)
{
	return i + 1;
}
VUS_FAULT_POP(pop_in_order, table_next, next_entry)

VUS_BE_FAULT(split_ring, table_in_order, .rule = "split_ring.indirect.table",
	     .says = "takes the entries of an indirect table one after "
		     "the other")
{
	decide->ring_pop = pop_in_order;
}

static bool goes_on_to_the_last(const struct vus_split_table *t,
				__attribute__((unused))
				const struct vus_split_desc *e,
				unsigned i)
{
	return i + 1 < t->n;
}

static enum vus_pop pop_whole_tables(struct vus_vq *vq, struct vus_chain *ret,
				     struct vus_err *err)
{
	struct vus_split_choices by = VUS_SPLIT_HONEST;

	by.table_goes_on = goes_on_to_the_last;
	by.table_next = next_entry;
	return vus_fault_pop_by(&by, vq, ret, err);
}

VUS_BE_FAULT(split_ring, whole_table,
	     .rule = "split_ring.indirect.longer_than_chain",
	     .also = "split_ring.indirect.table",
	     .says = "takes all entries of an indirect table for the chain")
{
	decide->ring_pop = pop_whole_tables;
}

static bool accepts_aligned_table(const struct vus_split_walk *w,
				  struct vus_split_desc *d, bool behind)
{
	if (d->addr % VUS_DESC_SIZE != 0)
		return VUS_SPLIT_REFUSE(w, VUS_BAD_TABLE,
					"an indirect table that is not "
					"aligned");
	return vus_split_accepts_table(w, d, behind);
}
VUS_FAULT_POP(pop_aligned_tables, accepts_table, accepts_aligned_table)

VUS_BE_FAULT(split_ring, table_aligned,
	     .rule = "split_ring.indirect.any_address",
	     .says = "refuses an indirect table whose address 16 does not "
		     "divide")
{
	decide->ring_pop = pop_aligned_tables;
}

static bool accepts_table_alone(const struct vus_split_walk *w,
				struct vus_split_desc *d, bool behind)
{
	if (behind)
		return VUS_SPLIT_REFUSE(w, VUS_BAD_TABLE,
					"an indirect table behind other "
					"descriptors");
	return vus_split_accepts_table(w, d, behind);
}
VUS_FAULT_POP(pop_tables_alone, accepts_table, accepts_table_alone)

VUS_BE_FAULT(split_ring, table_alone,
	     .rule = "split_ring.indirect.after_direct",
	     .says = "refuses an indirect table behind direct descriptors")
{
	decide->ring_pop = pop_tables_alone;
}

static bool is_writable_in_ring_only(const struct vus_split_walk *w,
				     const struct vus_split_desc *d,
				     const struct vus_split_desc *table)
{
	return !table && vus_split_is_writable(w, d, table);
}
VUS_FAULT_POP(pop_readable_tables, is_writable, is_writable_in_ring_only)

VUS_BE_FAULT(split_ring, table_all_readable,
	     .rule = "split_ring.indirect.mixed_direction",
	     .also = "split_ring.indirect.longer_than_chain",
	     .says = "takes all entries of an indirect table for readable "
		     "ones")
{
	decide->ring_pop = pop_readable_tables;
}

static bool is_writable_as_its_table(const struct vus_split_walk *w,
				     const struct vus_split_desc *d,
				     const struct vus_split_desc *table)
{
	return (table && (table->flags & VRING_DESC_F_WRITE)) ||
	       vus_split_is_writable(w, d, table);
}
VUS_FAULT_POP(pop_writable_tables, is_writable, is_writable_as_its_table)

VUS_BE_FAULT(split_ring, table_write_flag,
	     .rule = "split_ring.indirect.write_flag_ignored",
	     .says = "takes all entries for writable ones where their "
		     "table is")
{
	decide->ring_pop = pop_writable_tables;
}

/* A word that means nothing changes: `next` of the last entry. */
static bool goes_on_or_scribbles(const struct vus_split_table *t,
				 const struct vus_split_desc *e, unsigned i)
{
	uint8_t *host = (uint8_t *)(uintptr_t)t->host;

	if (vus_split_table_goes_on(t, e, i))
		return true;
	if (host)
		host[(uint64_t)i * VUS_DESC_SIZE +
		     offsetof(struct vring_desc, next)]++;
	return false;
}
VUS_FAULT_POP(pop_and_scribble, table_goes_on, goes_on_or_scribbles)

VUS_BE_FAULT(split_ring, writes_table,
	     .rule = "split_ring.indirect.table_read_only",
	     .says = "writes into indirect tables")
{
	decide->ring_pop = pop_and_scribble;
}

static bool accepts_table_for_three(const struct vus_split_walk *w,
				    struct vus_split_desc *d, bool behind)
{
	const struct vus_split_device *r = w->r;
	const unsigned there =
		(uint16_t)(vus_load16(&r->avail->idx) - r->last_avail);

	if (!behind && 3 * there > r->num)
		return VUS_SPLIT_REFUSE(w, VUS_BAD_TABLE,
					"no room for so many tables");
	return vus_split_accepts_table(w, d, behind);
}
VUS_FAULT_POP(pop_a_third_of_tables, accepts_table, accepts_table_for_three)

VUS_BE_FAULT(split_ring, tables_fill_the_ring,
	     .rule = "split_ring.indirect.one_slot",
	     .says = "counts three descriptors of the ring for each "
		     "indirect table")
{
	decide->ring_pop = pop_a_third_of_tables;
}
