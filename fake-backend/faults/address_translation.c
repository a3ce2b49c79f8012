/* SPDX-License-Identifier: BSD-3-Clause */
/* address_translation.c — faults of address translation. */
#include "fault.h"
#include "split_ring.h"

#include <sys/stat.h>

#define PAGE UINT64_C(4096) /* by how much the ends of a region are wrong */
/* What address_translation.checks_start_only maps behind a region. */
#define PAGE UINT64_C(4096)

/* ---- which address means what ---- */

/* All regions, at their user addresses instead of their guest addresses. */
static void add_by_user(struct vus_regions *view, const struct vus_regions *mem)
{
	for (unsigned i = 0; i < mem->n && view->n < VUS_REGIONS_MAX; i++) {
		struct vus_region *r = &view->r[view->n++];

		*r = mem->r[i];
		r->row.guest_addr = r->row.user_addr;
	}
}

static void add_by_guest(struct vus_regions *view,
			 const struct vus_regions *mem)
{
	for (unsigned i = 0; i < mem->n && view->n < VUS_REGIONS_MAX; i++)
		view->r[view->n++] = mem->r[i];
}

/* What a lookup sees, nothing at first; its regions belong to `be->mem`. */
static struct vus_regions *new_view(const struct vus_be *be)
{
	static const char key;
	struct vus_regions *view =
		vus_fault_state(be, &key, sizeof(struct vus_regions));

	view->n = 0;
	return view;
}

static const struct vus_regions *user_first(struct vus_be *be)
{
	struct vus_regions *view = new_view(be);

	add_by_user(view, &be->mem);
	add_by_guest(view, &be->mem);
	return view;
}

VUS_BE_FAULT(address_translation, user_before_guest,
	     .rule = "address_translation.guest_lookup",
	     .says = "looks buffers up by user address first")
{
	vus_fault_remembers(decide);
	decide->buffer_regions = user_first;
}

static const struct vus_regions *user_last(struct vus_be *be)
{
	struct vus_regions *view = new_view(be);

	add_by_guest(view, &be->mem);
	add_by_user(view, &be->mem);
	return view;
}

VUS_BE_FAULT(address_translation, guest_for_user,
	     .rule = "address_translation.no_mixing",
	     .says = "looks buffers up by user address when it finds no guest "
		     "address")
{
	vus_fault_remembers(decide);
	decide->buffer_regions = user_last;
}

static void *guest_first(struct vus_be *be, uint64_t user, uint64_t bytes,
			 uint64_t *ret_len)
{
	void *p = vus_regions_gpa(&be->mem, user, bytes, ret_len);

	return p ? p : vus_be_honest.find_ring_part(be, user, bytes, ret_len);
}

VUS_BE_FAULT(address_translation, guest_before_user,
	     .rule = "address_translation.user_lookup",
	     .says = "looks rings up by guest address first")
{
	decide->find_ring_part = guest_first;
}

static void *guest_last(struct vus_be *be, uint64_t user, uint64_t bytes,
			uint64_t *ret_len)
{
	void *p = vus_be_honest.find_ring_part(be, user, bytes, ret_len);

	return p ? p : vus_regions_gpa(&be->mem, user, bytes, ret_len);
}

VUS_BE_FAULT(
	address_translation, user_for_guest,
	.rule = "address_translation.no_mixing",
	.says = "looks rings up by guest address when it finds no user address")
{
	decide->find_ring_part = guest_last;
}

/* ---- memory that is one region at 0 ---- */

static const struct vus_regions *all_from_zero(struct vus_be *be)
{
	struct vus_regions *view = new_view(be);

	add_by_guest(view, &be->mem);
	if (view->n > 0)
		view->r[0].row.guest_addr = 0;
	return view;
}

VUS_BE_FAULT(address_translation, memory_begins_at_zero,
	     .rule = "address_translation.guest_lookup",
	     .says = "takes the first region for that of guest address 0")
{
	vus_fault_remembers(decide);
	decide->buffer_regions = all_from_zero;
}

static void *in_first_region(struct vus_be *be, uint64_t user, uint64_t bytes,
			     uint64_t *ret_len)
{
	const struct vus_region *r = &be->mem.r[0];
	const uint64_t at = user - r->row.user_addr;

	if (be->mem.n == 0 || at >= r->row.size)
		return NULL;
	*ret_len = VUS_MIN(bytes, r->row.size - at);
	return r->host + at;
}

VUS_BE_FAULT(address_translation, rings_lie_in_the_first_region,
	     .rule = "ring_addr.set",
	     .says = "looks rings up in the first region only")
{
	decide->find_ring_part = in_first_region;
}

static bool refuse_one_address(struct vus_be *be, struct vus_regions *table,
			       const struct vus_p_region *row, int fd)
{
	if ((be->pf & PF(GPA_ADDRESSES)) && row->user_addr == row->guest_addr)
		return false;
	return vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(address_translation, refuses_gpa_mode,
	     .rule = "address_translation.gpa_mode_rings",
	     .also = "address_translation.gpa_mode_zero",
	     .says = "refuses regions with one address for guest and front-end")
{
	decide->add_region = refuse_one_address;
}

static bool refuse_zero(struct vus_be *be, struct vus_regions *table,
			const struct vus_p_region *row, int fd)
{
	if ((be->pf & PF(GPA_ADDRESSES)) && row->user_addr == 0)
		return false;
	return vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(address_translation, refuses_user_address_zero,
	     .rule = "address_translation.gpa_mode_zero",
	     .says = "refuses a region at user address 0")
{
	decide->add_region = refuse_zero;
}

/* ---- both ends of a region ---- */

static bool begin_late(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd)
{
	const struct vus_p_region r = {
		.guest_addr = row->guest_addr + 1,
		.user_addr = row->user_addr + 1,
		.mmap_offset = row->mmap_offset + 1,
		.size = row->size - 1,
	};

	return vus_be_honest.add_region(be, table, &r, fd);
}

VUS_BE_FAULT(address_translation, first_byte_is_outside,
	     .rule = "address_translation.first_byte",
	     .says = "takes a region to begin with its second byte")
{
	decide->add_region = begin_late;
}

static void push_and_clear(struct vus_vq *vq, const struct vus_chain *c,
			   uint32_t written)
{
	unsigned i = 0;

	while (i < c->niov && !c->iov[i].write)
		i++;
	if (i < c->niov)
		c->iov[i].host[-1] = 0;
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(address_translation, begins_with_a_zero,
	     .rule = "address_translation.last_byte",
	     .also = "ring_state.enabled_runs split_ring.desc.buffer_bounds",
	     .says = "writes a zero before the buffers that it fills")
{
	decide->ring_push = push_and_clear;
}

static bool begin_early(struct vus_be *be, struct vus_regions *table,
			const struct vus_p_region *row, int fd)
{
	const struct vus_p_region r = {
		.guest_addr = row->guest_addr - PAGE,
		.user_addr = row->user_addr - PAGE,
		.mmap_offset = row->mmap_offset - PAGE,
		.size = row->size + PAGE,
	};
	const bool fits = row->guest_addr >= PAGE && row->user_addr >= PAGE &&
			  row->mmap_offset >= PAGE;

	return vus_be_honest.add_region(be, table, fits ? &r : row, fd);
}

VUS_BE_FAULT(address_translation, begins_early,
	     .rule = "address_translation.one_before",
	     .says = "takes a region to begin a page before it does")
{
	decide->add_region = begin_early;
}

/* With a page more, where the file has one. */
static bool add_with_more(struct vus_be *be, struct vus_regions *table,
			  const struct vus_p_region *row, int fd)
{
	struct vus_p_region r = *row;
	struct stat st = { 0 };

	(void)fstat(fd, &st);
	if (r.mmap_offset + r.size + PAGE <= (uint64_t)st.st_size)
		r.size += PAGE;
	return vus_be_honest.add_region(be, table, &r, fd);
}

VUS_BE_FAULT(address_translation, goes_one_past,
	     .rule = "address_translation.one_past",
	     .also = "address_translation.end_checked",
	     .says = "takes a region for a page longer than it is")
{
	decide->add_region = add_with_more;
}

/* What is behind a region is mapped, and not a part of it. */
static bool add_overrun(struct vus_be *be, struct vus_regions *table,
			const struct vus_p_region *row, int fd)
{
	if (!add_with_more(be, table, row, fd))
		return false;
	table->r[table->n - 1].row.size = row->size;
	return true;
}

static void *overrun(struct vus_be *be, uint64_t user, uint64_t bytes,
		     uint64_t *ret_len)
{
	void *p = vus_be_honest.find_ring_part(be, user, bytes, ret_len);

	if (p)
		*ret_len = bytes;
	return p;
}

VUS_BE_FAULT(address_translation, rings_overrun,
	     .rule = "address_translation.ring_span",
	     .says = "looks for the region of a ring part's first byte only")
{
	decide->add_region = add_overrun;
	decide->find_ring_part = overrun;
}

VUS_BE_FAULT(address_translation, checks_start_only,
	     .rule = "address_translation.end_checked",
	     .says = "looks for the region of a buffer's first byte only")
{
	decide->add_region = add_overrun;
	decide->ring_pop = vus_fault_pop_past_regions;
}

static uint8_t *translate_past_region(const struct vus_split_walk *w,
				      uint64_t *addr, uint64_t *left,
				      uint64_t *ret_there)
{
	uint8_t *host = vus_split_translate(w, addr, left, ret_there);

	if (host)
		*ret_there = VUS_MIN(*left, *ret_there + PAGE);
	return host;
}
VUS_FAULT_POP(pop_past_regions, translate, translate_past_region)

enum vus_pop vus_fault_pop_past_regions(struct vus_vq *vq,
					struct vus_chain *ret,
					struct vus_err *err)
{
	return pop_past_regions(vq, ret, err);
}

static bool accepts_any_range(__attribute__((unused)) uint64_t addr,
			      __attribute__((unused)) uint32_t len)
{
	return true;
}

static uint8_t *translate_wrapped(const struct vus_split_walk *w,
				  uint64_t *addr, uint64_t *left,
				  uint64_t *ret_there)
{
	uint8_t *host = vus_split_translate(w, addr, left, ret_there);
	const uint64_t below_top = -*addr;

	if (host || *addr == 0 || *left <= below_top)
		return host;
	*left -= below_top;
	*addr = 0;
	return vus_split_translate(w, addr, left, ret_there);
}

static enum vus_pop pop_wrapped(struct vus_vq *vq, struct vus_chain *ret,
				struct vus_err *err)
{
	struct vus_split_choices by = VUS_SPLIT_HONEST;

	by.accepts_range = accepts_any_range;
	by.translate = translate_wrapped;
	return vus_fault_pop_by(&by, vq, ret, err);
}

VUS_BE_FAULT(address_translation, buffers_wrap,
	     .rule = "address_translation.length_wrap",
	     .says = "goes on at address 0 with a buffer that passes the "
		     "last one")
{
	decide->ring_pop = pop_wrapped;
}

static uint8_t *translate_to_seam(const struct vus_split_walk *w,
				  uint64_t *addr, uint64_t *left,
				  uint64_t *ret_there)
{
	uint8_t *host = vus_split_translate(w, addr, left, ret_there);

	if (host)
		*left = *ret_there;
	return host;
}
VUS_FAULT_POP(pop_to_seam, translate, translate_to_seam)

VUS_BE_FAULT(address_translation, buffers_end_at_seams,
	     .rule = "address_translation.span_adjacent",
	     .says = "drops what lies behind a region's end from a buffer")
{
	decide->ring_pop = pop_to_seam;
}

static uint8_t *translate_behind_hole(const struct vus_split_walk *w,
				      uint64_t *addr, uint64_t *left,
				      uint64_t *ret_there)
{
	for (; *left > 0; ++*addr, --*left) {
		uint8_t *host = vus_split_translate(w, addr, left, ret_there);

		if (host)
			return host;
	}
	/* A piece of no bytes. */
	*ret_there = 0;
	return (uint8_t *)w->chain;
}
VUS_FAULT_POP(pop_behind_holes, translate, translate_behind_hole)

VUS_BE_FAULT(address_translation, buffers_skip_holes,
	     .rule = "address_translation.span_gap",
	     .says = "leaves out of a buffer what is not in memory")
{
	decide->ring_pop = pop_behind_holes;
}

static bool accepts_table_in_one_piece(const struct vus_split_walk *w,
				       struct vus_split_desc *d, bool behind)
{
	uint64_t there = 0;

	if (vus_regions_gpa(w->mem, d->addr, d->len, &there) && there < d->len)
		return VUS_SPLIT_REFUSE(w, VUS_BAD_TABLE,
					"an indirect table over two regions");
	return vus_split_accepts_table(w, d, behind);
}
VUS_FAULT_POP(pop_tables_in_one_piece, accepts_table,
	      accepts_table_in_one_piece)

VUS_BE_FAULT(address_translation, tables_end_at_seams,
	     .rule = "address_translation.indirect_span",
	     .says = "refuses an indirect table over two regions")
{
	decide->ring_pop = pop_tables_in_one_piece;
}

static enum vus_pop die_of_bad_request(struct vus_vq *vq, struct vus_chain *ret,
				       struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	if (pop == VUS_POP_BAD)
		vus_die();
	return pop;
}

VUS_BE_FAULT(address_translation, aborts_on_bad_requests,
	     .rule = "address_translation.unmapped_buffer",
	     .says = "aborts at a request that it cannot serve")
{
	decide->ring_pop = die_of_bad_request;
}

static enum vus_pop pop_and_break_all(struct vus_vq *vq, struct vus_chain *ret,
				      struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	for (unsigned i = 0; pop == VUS_POP_BAD && i < vq->be->cfg.queues; i++)
		vq->be->vqs[i].broken = true;
	return pop;
}

VUS_BE_FAULT(address_translation, bad_requests_break_all,
	     .rule = "address_translation.unmapped_buffer",
	     .says = "serves no ring any more after a request that it "
		     "cannot serve")
{
	decide->ring_pop = pop_and_break_all;
}
