/* SPDX-License-Identifier: BSD-3-Clause */
/* split_device.h — the device's side of a split ring.
 *
 * Everything it reads is hostile: indexes, lengths and tables are checked
 * against the ring's size and the mapped memory, and each word of shared
 * memory is read once. */
#ifndef VUS_RING_SPLIT_DEVICE_H
#define VUS_RING_SPLIT_DEVICE_H

#include "mem/regions.h"
#include "split.h"

/* Deliberate deviations, switched on by a fake's faults; zero is honest.
 * Beside each the rule it breaks.  None of them leaves the ring's parts, a
 * chain's buffers or mapped memory. */
struct vus_split_faults {
	/* used ring */
	bool used_id_is_slot; /* split_ring.used.id_head: names its own slot */
	bool used_len_too_large; /* split_ring.used.len_cap: 1 MiB more */
	bool used_len_for_read;  /* split_ring.used.len_zero: 1 instead of 0 */
	bool used_len_missing;   /* split_ring.used.len_exact: always 0 */
	bool used_slot_skips;    /* split_ring.used.slot: one slot too far */
	bool used_twice;         /* split_ring.used.once: two entries a chain */
	bool used_ahead; /* split_ring.used.not_ahead: idx one too high */
	bool writes_event_unasked; /* split_ring.used.event_unasked */
	/* available ring */
	bool one_of_a_batch; /* split_ring.avail.batch: the rest is dropped */
	bool skips_an_entry; /* split_ring.avail.each_once: every 8th is */
	bool full_ring_is_empty; /* split_ring.avail.full: num entries are none
				  */
	bool sticks_at_wrap; /* split_ring.avail.wrap_65536: compares with < */
	bool stops_after_a_lap; /* split_ring.avail.free_running: idx < num only
				 */
	bool writes_avail; /* split_ring.avail.read_only: bit 15 of flags */
	/* descriptors */
	bool next_is_neighbour; /* split_ring.desc.any_order: head, head + 1 ...
				 */
	bool next_without_flag; /* split_ring.desc.next_needs_flag: if not 0 */
	bool three_segments_only; /* split_ring.desc.any_framing: others dropped
				   */
	bool short_chains;        /* split_ring.desc.chain_up_to_num: num / 2 */
	bool writes_desc_table; /* split_ring.desc.table_read_only: last next */
	bool writes_readable;   /* split_ring.desc.readable_untouched: a byte */
	bool mixes_old_content; /* split_ring.desc.writable_unread: 0xff */
	bool buffer_ends_at_seam; /* address_translation.span_adjacent: the rest
				     is dropped */
	bool start_checked_only;  /* address_translation.end_checked: whoever
				   * maps sees to it  that a page follows each
				   * region */
	bool buffers_wrap; /* address_translation.length_wrap: go on at address
			      0 */
	bool skips_holes;  /* address_translation.span_gap: goes on behind them
			    */
	/* indirect tables */
	bool whole_table; /* split_ring.indirect.longer_than_chain: 0, 1, ... n
			   */
	bool table_in_order; /* split_ring.indirect.table: entry, entry + 1 ...
			      */
	bool table_aligned; /* split_ring.indirect.any_address: 16 divides it */
	bool table_all_readable; /* split_ring.indirect.mixed_direction */
	bool table_write_flag;   /* split_ring.indirect.write_flag_ignored:
				    inherited */
	bool table_alone; /* split_ring.indirect.after_direct: refuses others */
	bool writes_table; /* split_ring.indirect.table_read_only: last next */
	bool table_ends_at_seam; /* address_translation.indirect_span: refuses
				    the rest */
	/* calls */
	bool never_calls;          /* split_ring.call.flag_clear */
	bool ignores_no_interrupt; /* split_ring.call.flag_set */
	bool event_without_idx;    /* split_ring.call.used_event_off */
	bool calls_every_time;     /* split_ring.call.event_quiet */
	bool misses_event;         /* split_ring.call.event_hit */
	bool event_at_end_only;    /* split_ring.call.event_batch */
	bool event_no_wrap;        /* split_ring.call.event_wrap */
	bool flag_with_event;      /* split_ring.call.event_flag_ignored */
	bool stale_wish; /* split_ring.call.fresh_flags: the last one's */
	/* kicks */
	bool odd_used_flags;   /* split_ring.kick.flags_values: 2 and 3 */
	bool flags_with_event; /* split_ring.kick.flags_zero_event: 1 */
	bool never_arms;       /* split_ring.kick.armed: suppresses for ever */
	/* what a hostile driver meets */
	bool head_wraps;     /* split_ring.desc.ill_formed_refused: modulo */
	bool next_wraps;     /* the same: modulo */
	bool follows_loops;  /* split_ring.hardening.loop: never ends */
	bool walks_any_jump; /* the same: entry by entry */
	bool clips_buffers;  /* split_ring.hardening.bad_addr_anywhere: carries
				on */
	bool all_else_writable; /* split_ring.hardening.order: after a writable
				   one */
	bool tables_unasked;    /* split_ring.hardening.indirect_gate */
	bool any_table_length;  /* the same: rounded down */
	bool nested_tables;     /* the same: goes on in it */
};

struct vus_split_device {
	unsigned num;
	const struct vring_desc *desc;
	const struct vring_avail *avail;
	struct vring_used *used;
	uint16_t last_avail; /* next available entry to take; free running */
	uint16_t used_idx;   /* next used entry to write; free running */
	uint16_t signalled;  /* used_idx at the last interrupt decision */
	bool event_idx;
	bool indirect; /* RING_INDIRECT_DESC negotiated */
	bool on_empty; /* NOTIFY_ON_EMPTY negotiated, and not VERSION_1 */
	struct vus_split_faults faults;
	uint16_t old_event, old_flags; /* for stale_wish */
};

/* Where a ring of `num` descriptors, any number from 1 on, lies.  The three
 * parts are mapped whole, and aligned as virtio demands ("Split Virtqueues");
 * position, features and faults are kept. */
void vus_split_device_lay(struct vus_split_device *r, unsigned num,
			  const void *desc, const void *avail, void *used);
/* Begin at `base`, the next available entry (VHOST_USER_SET_VRING_BASE); the
 * used index is read from memory. */
void vus_split_device_begin(struct vus_split_device *r, uint16_t base);

/* A request taken from a ring: its pieces, already translated. */
struct vus_iov {
	uint8_t *host;
	uint32_t len;
	bool write;
};

struct vus_chain {
	uint16_t head;
	unsigned niov;
	uint64_t readable; /* bytes in the parts the device reads */
	uint64_t writable; /* bytes in the parts the device writes */
	bool scribbles;    /* for writes_readable */
	bool mixes;        /* for mixes_old_content */
	struct vus_iov iov[VUS_CHAIN_MAX];
};

enum vus_pop {
	VUS_POP_NONE,  /* nothing available */
	VUS_POP_CHAIN, /* *ret filled */
	VUS_POP_BAD,   /* the driver broke the ring: err says how */
};

/* Take the next request.  BAD: index jumps by more than num, head or next out
 * of range, a loop, a chain above VUS_CHAIN_MAX, nested or ill-sized indirect
 * tables, read after write, buffers outside memory, length sums above 2^32.
 * *ret stays as it was on NONE; on BAD it is not to be looked at, the ring's
 * position is unchanged, and err is of kind PROTOCOL.  A buffer over adjoining
 * regions becomes several pieces; one of length 0 becomes none, wherever it
 * points. */
enum vus_pop vus_split_pop(struct vus_split_device *r,
			   const struct vus_regions *mem, struct vus_chain *ret,
			   struct vus_err *err);

/* Bytes from or to a chain at byte offset `off` of its readable or writable
 * part; returns how many were there. */
size_t vus_chain_read(const struct vus_chain *c, size_t off, void *buf,
		      size_t len);
size_t vus_chain_write(const struct vus_chain *c, size_t off, const void *buf,
		       size_t len);

/* Give a request back: `written` bytes were written into it. */
void vus_split_push(struct vus_split_device *r, uint16_t head,
		    uint32_t written);

/* Should the driver be interrupted for what was pushed since the last call? */
bool vus_split_wants_call(struct vus_split_device *r);

/* Suppress or ask for kicks (flag, or avail_event under event_idx). */
void vus_split_want_kicks(struct vus_split_device *r, bool want);

#endif
