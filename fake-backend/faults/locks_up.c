/* SPDX-License-Identifier: BSD-3-Clause */
/* locks_up.c — faults that wait for ever, mostly for a lock that is held where
 * something was refused: nothing is answered any more. */
#include "base/clock.h"
#include "deaf.h"
#include "regions.h"
#include "split_ring.h"

#include <sys/stat.h>

/* A fault after whose request nothing is answered; `locks` is an expression of
 * `be` and `req`. */
#define LOCKS_UP(fgroup, fname, locks, ...)                                    \
	static enum vus_handled fgroup##_##fname(struct vus_be *be,            \
						 struct vus_frame *req,        \
						 struct vus_frame *reply)      \
	{                                                                      \
		if (!(locks))                                                  \
			return vus_be_honest.handle(be, req, reply);           \
		vus_fault_deafen(be);                                          \
		return vus_be_honest.handle(be, req, reply);                   \
	}                                                                      \
                                                                               \
	VUS_BE_FAULT(fgroup, fname, __VA_ARGS__)                               \
	{                                                                      \
		vus_fault_may_be_deaf(decide);                                 \
		decide->handle = fgroup##_##fname;                             \
		decide->transmit = transmit_unless_deaf;                       \
	}

/* The answer is not sent, either. */
static bool transmit_unless_deaf(struct vus_be *be, const struct vus_frame *req,
				 struct vus_frame *reply,
				 const struct vus_twist *twist,
				 struct vus_err *err)
{
	return !vus_fault_hears(be, req) ||
	       vus_be_honest.transmit(be, req, reply, twist, err);
}

static const struct vus_p_region *first_region(const struct vus_frame *req)
{
	return &req->body.mem_table.regions[0];
}

/* Do two regions of a table have one user address? */
static bool shares_user_addresses(const struct vus_frame *req)
{
	const struct vus_p_mem_table *table = &req->body.mem_table;

	for (unsigned i = 0; i + 1 < table->nregions; i++)
		if (table->regions[i].user_addr ==
		    table->regions[i + 1].user_addr)
			return true;
	return false;
}

/* Does a region of a table end behind the last address? */
static bool passes_the_end(const struct vus_frame *req)
{
	const struct vus_p_mem_table *table = &req->body.mem_table;

	for (unsigned i = 0; i < table->nregions; i++) {
		const struct vus_p_region *r = &first_region(req)[i];

		if (r->guest_addr + r->size < r->size ||
		    r->user_addr + r->size < r->size)
			return true;
	}
	return false;
}

/* ---- memory ---- */

LOCKS_UP(mem_table, empty_table_locks_up,
	 req->id == VUS_FE_SET_MEM_TABLE && req->body.mem_table.nregions == 0,
	 .rule = "mem_table.zero_regions",
	 .says = "answers nothing after a table without regions")

LOCKS_UP(mem_table, wrapping_region_locks_up,
	 req->id == VUS_FE_SET_MEM_TABLE && passes_the_end(req),
	 .rule = "mem_table.wrap_guest", .also = "mem_table.wrap_user",
	 .says = "answers nothing after a region that passes the last address")

LOCKS_UP(mem_table, shared_user_addresses_lock_up,
	 req->id == VUS_FE_SET_MEM_TABLE && shares_user_addresses(req),
	 .rule = "mem_table.overlap_user",
	 .says = "answers nothing after two regions at one user address")

LOCKS_UP(mem_table, table_without_ring_locks_up,
	 req->id == VUS_FE_SET_MEM_TABLE && vus_be_any_live(be) &&
		 req->body.mem_table.nregions == 1,
	 .rule = "mem_table.replace_drops_ring",
	 .says = "answers nothing after a table without a running ring")

/* A table cannot be mapped as a whole. */
static bool map_or_lock_up(struct vus_be *be, struct vus_p_mem_table *table,
			   const int *fds, struct vus_regions *fresh)
{
	if (vus_be_honest.map_table(be, table, fds, fresh))
		return true;
	vus_fault_deafen(be);
	return false;
}

VUS_BE_FAULT(mem_table, failed_table_locks_up,
	     .rule = "mem_table.replace_failed",
	     .says = "answers nothing after a table that it could not map")
{
	vus_fault_may_be_deaf(decide);
	decide->map_table = map_or_lock_up;
	decide->transmit = transmit_unless_deaf;
}

static bool add_or_lock_up(struct vus_be *be, struct vus_regions *table,
			   const struct vus_p_region *row, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size < row->mmap_offset + row->size)
		vus_fault_deafen(be);
	return vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(mem_table, short_file_locks_up, .rule = "mem_table.file_too_short",
	     .says = "answers nothing after a region that its file is too "
		     "short for")
{
	vus_fault_may_be_deaf(decide);
	decide->add_region = add_or_lock_up;
	decide->transmit = transmit_unless_deaf;
}

/* ---- messages ---- */

static bool takes_known_flags(struct vus_be *be, const struct vus_frame *req)
{
	const uint32_t known =
		VUS_VERSION_MASK | VUS_FLAG_REPLY | VUS_FLAG_NEED_REPLY;

	if (req->flags & ~known)
		vus_fault_deafen(be);
	return vus_fault_hears(be, req);
}

VUS_BE_FAULT(header, reserved_bits_lock_up, .rule = "header.reserved_bits_set",
	     .says = "answers nothing after a reserved flag")
{
	vus_fault_may_be_deaf(decide);
	decide->takes_frame = takes_known_flags;
}

static bool wait_for_all_of_it(struct vus_be *be, struct vus_frame *ret,
			       uint64_t deadline, struct vus_err *err)
{
	if (vus_be_honest.receive(be, ret, deadline, err))
		return true;
	if (err->kind != VUS_ERR_PROTOCOL)
		return false;
	/* A frame that nobody looks at stands for the wait. */
	vus_fault_deafen(be);
	*ret = vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	return true;
}

VUS_BE_FAULT(header, waits_for_huge_payloads, .rule = "header.size_too_big",
	     .says = "waits for a payload that is as large as its size says")
{
	vus_fault_may_be_deaf(decide);
	decide->receive = wait_for_all_of_it;
}

static enum vus_handled odd_size_locks_up(struct vus_be *be,
					  struct vus_frame *req,
					  enum vus_complaint_kind kind,
					  struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_CONFIG && kind == VUS_COMPLAINT_SIZE)
		vus_fault_deafen(be);
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(config, odd_size_locks_up, .rule = "config.get_bounds",
	     .says = "answers nothing when GET_CONFIG has more or fewer bytes "
		     "than it says")
{
	vus_fault_may_be_deaf(decide);
	decide->refuse_malformed = odd_size_locks_up;
	decide->transmit = transmit_unless_deaf;
}

LOCKS_UP(status, odd_status_locks_up,
	 req->id == VUS_FE_SET_STATUS && req->body.u64.value > UINT8_MAX,
	 .rule = "status.high_bits",
	 .says = "answers nothing after a status above 255")

/* ---- rings: messages ---- */

LOCKS_UP(ring_addr, early_address_locks_up,
	 req->id == VUS_FE_SET_VRING_ADDR && be->mem.n == 0,
	 .rule = "ring_addr.before_mem_table",
	 .says = "answers nothing after an address that comes before memory")

LOCKS_UP(ring_size, large_size_locks_up,
	 req->id == VUS_FE_SET_VRING_NUM && req->body.vring_state.num >= 16384,
	 .rule = "ring_size.set", .also = "ring_size.max",
	 .says = "answers nothing after a size of 16384 or more")

LOCKS_UP(ring_enable, odd_value_locks_up,
	 req->id == VUS_FE_SET_VRING_ENABLE && req->body.vring_state.num > 1,
	 .rule = "ring_enable.other_values",
	 .says = "answers nothing after SET_VRING_ENABLE with another value "
		 "than 0 and 1")

static uint64_t high_bits_lock_up(struct vus_be *be, struct vus_frame *req)
{
	const uint64_t word = vus_be_honest.ring_event_word(be, req);

	if (word & ~(VUS_VRING_IDX_MASK | VUS_VRING_NOFD))
		vus_fault_deafen(be);
	return word;
}

VUS_BE_FAULT(ring_fds, high_bits_lock_up, .rule = "ring_fds.high_bits",
	     .says = "answers nothing after undefined bits beside a ring index")
{
	vus_fault_may_be_deaf(decide);
	decide->ring_event_word = high_bits_lock_up;
	decide->transmit = transmit_unless_deaf;
}

static uint64_t uninvited_locks_up(struct vus_be *be, struct vus_frame *req)
{
	const uint64_t word = vus_be_honest.ring_event_word(be, req);

	if ((word & VUS_VRING_NOFD) && req->nfds > 0)
		vus_fault_deafen(be);
	return word;
}

VUS_BE_FAULT(ring_fds, nofd_with_descriptor_locks_up,
	     .rule = "ring_fds.nofd_with_fd",
	     .says = "answers nothing after bit 8 with a descriptor")
{
	vus_fault_may_be_deaf(decide);
	decide->ring_event_word = uninvited_locks_up;
	decide->transmit = transmit_unless_deaf;
}

/* ---- rings: requests ---- */

static void stop_when_called(struct vus_vq *vq)
{
	if (vq->call >= 0 && vq->live)
		(void)vus_poll_one(vq->call, POLLOUT, VUS_NEVER);
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(ring_fds, stop_waits_for_room, .rule = "ring_fds.call_full",
	     .says = "does not stop a ring before its call descriptor has room")
{
	decide->ring_stop = stop_when_called;
}

static void break_and_lock_up(struct vus_vq *vq, const char *why)
{
	vus_be_honest.ring_break(vq, why);
	vus_fault_deafen(vq->be);
}

#define BREAKS_AND_LOCKS_UP(fgroup, fname, ...)                                \
	VUS_BE_FAULT(fgroup, fname, __VA_ARGS__)                               \
	{                                                                      \
		vus_fault_may_be_deaf(decide);                                 \
		decide->ring_break = break_and_lock_up;                        \
	}

BREAKS_AND_LOCKS_UP(address_translation, bad_buffer_locks_up,
		    .rule = "address_translation.unmapped_buffer",
		    .says = "answers nothing after a buffer in no region")

BREAKS_AND_LOCKS_UP(mem_table, cut_file_locks_up,
		    .rule = "mem_table.file_cut_later",
		    .says = "answers nothing after memory was cut away")

static void call_or_lock_up(struct vus_vq *vq)
{
	if (vq->call >= 0 && vus_poll_one(vq->call, POLLERR, vus_now()) > 0)
		vus_fault_deafen(vq->be);
	vus_be_honest.ring_call(vq);
}

VUS_BE_FAULT(fds, dead_pipe_locks_up, .rule = "fds.wrong_type",
	     .says = "answers nothing after a call into a pipe without a "
		     "reader")
{
	vus_fault_may_be_deaf(decide);
	decide->ring_call = call_or_lock_up;
}

/* ---- the stop after a refusal ---- */

static bool *has_refused(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(bool));
}

static enum vus_be_step_result
refuse_with_lock(struct vus_be *be, const struct vus_frame *req, bool ack_due,
		 struct vus_frame *reply, struct vus_err *err)
{
	*has_refused(be) = true;
	return vus_be_honest.tell_refusal(be, req, ack_due, reply, err);
}

static bool takes_stop_without_lock(struct vus_be *be,
				    const struct vus_frame *req)
{
	if (req->id == VUS_FE_GET_VRING_BASE && *has_refused(be))
		vus_fault_deafen(be);
	return vus_fault_hears(be, req);
}

VUS_BE_FAULT(reply_ack, refusal_keeps_the_ring,
	     .rule = "reply_ack.alive_after_refusal",
	     .says = "does not stop a ring after it has refused something")
{
	vus_fault_may_be_deaf(decide);
	decide->tell_refusal = refuse_with_lock;
	decide->takes_frame = takes_stop_without_lock;
}
