/* SPDX-License-Identifier: BSD-3-Clause */
/* split_device.h — the device's side of a split ring.
 *
 * Everything it reads is hostile: indexes, lengths and tables are checked
 * against the ring's size and the mapped memory, and each word of shared
 * memory is read once. */
#ifndef VUS_RING_SPLIT_DEVICE_H
#define VUS_RING_SPLIT_DEVICE_H

#include "../mem/regions.h"
#include "split.h"

/* Deliberate deviations, switched on by a fake's faults; zero is honest.
 * Beside each the rule it breaks. */
struct vus_split_faults {
	bool used_id_is_slot;      /* split.used.id_head */
	bool used_len_too_large;   /* split.used.len_cap */
	bool used_len_for_read;    /* split.used.len_zero */
	bool used_slot_skips;      /* split.used.slot */
	bool used_twice;           /* split.used.once */
	bool writes_past_used;     /* split.used.bounds */
	bool one_of_a_batch;       /* split.avail.batch */
	bool full_ring_is_empty;   /* split.avail.full */
	bool sticks_at_wrap;       /* split.avail.wrap_65536 */
	bool next_is_neighbour;    /* split.desc.any_order */
	bool next_without_flag;    /* split.desc.next_needs_flag */
	bool two_segments_only;    /* split.desc.any_framing */
	bool writes_desc_table;    /* split.desc.table_read_only */
	bool writes_readable;      /* split.desc.readable_untouched */
	bool writes_avail;         /* split.avail.read_only */
	bool whole_table;          /* split.ind.longer_than_chain */
	bool table_aligned;        /* split.ind.any_address */
	bool table_all_readable;   /* split.ind.mixed_direction */
	bool table_write_flag;     /* split.ind.write_flag_ignored */
	bool table_alone;          /* split.ind.after_direct */
	bool nested_tables;        /* split.hard.ind_nested */
	bool never_calls;          /* split.call.flag_clear */
	bool ignores_no_interrupt; /* split.call.flag_set */
	bool calls_every_time;     /* split.call.event_quiet */
	bool misses_event;         /* split.call.event_hit */
	bool event_at_end_only;    /* split.call.event_batch */
	bool event_no_wrap;        /* split.call.event_wrap */
	bool flag_with_event;      /* split.call.event_flag_ignored */
	bool event_without_idx;    /* split.call.used_event_off */
	bool odd_used_flags;       /* split.kick.flags_values */
	bool flags_with_event;     /* split.kick.flags_zero_event */
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
	struct vus_split_faults faults;
};

/* Take over a ring: `base` is the next available entry; the used index is read
 * from memory, and features and faults are kept. */
void vus_split_device_init(struct vus_split_device *r, unsigned num,
			   const void *desc, const void *avail, void *used,
			   uint16_t base);

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
	struct vus_iov iov[VUS_CHAIN_MAX];
};

enum vus_pop {
	VUS_POP_NONE,  /* nothing available */
	VUS_POP_CHAIN, /* *ret filled */
	VUS_POP_BAD,   /* the driver broke the ring: err says how */
};

/* Take the next request.  BAD: index jumps by more than num, head or next out
 * of range, a loop, a chain above VUS_CHAIN_MAX, nested or ill-sized indirect
 * tables, read after write, buffers outside memory, length sums above 2^32. */
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
