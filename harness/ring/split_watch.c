/* SPDX-License-Identifier: BSD-3-Clause */
/* split_watch.c — what a driver remembers, and compares. */
#include "split_watch.h"

#include "le16.h"
#include "split_memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum flight_state { NEVER, FLYING, RETURNED };

struct flight {
	enum flight_state state;
	uint16_t position; /* available index */
	bool shared;       /* its memory was given to another request */
	bool beside;       /* another request has the memory beside it */
	struct vus_ring_memory memory;
};

struct vus_split_watch {
	struct vus_split_watch_options o;
	bool off;
	uint16_t offered; /* avail->idx */
	uint16_t put;     /* heads put since */
	unsigned flying;
	uint64_t top;                /* end of the memory of all that fly */
	struct vus_ring_guards used; /* of the used ring */
	struct vring_desc *desc;     /* as the driver wrote them */
	struct flight flights[];     /* by head */
};

/* ---- the watch ---- */

void vus_split_watch_free(struct vus_split_watch *w)
{
	if (w)
		free(w->desc);
	free(w);
}

void vus_split_break(struct vus_split_driver *r)
{
	if (r && r->watch)
		r->watch->off = true;
}

bool vus_split_is_watched(const struct vus_split_driver *r)
{
	return r && r->watch && !r->watch->off;
}

static void tell(struct vus_split_driver *r, enum vus_ring_breach breach,
		 const char *fmt, ...) VUS_PRINTF(3, 4);
static void tell(struct vus_split_driver *r, enum vus_ring_breach breach,
		 const char *fmt, ...)
{
	struct vus_split_watch *w = r->watch;
	char text[240];
	int n = snprintf(text, sizeof(text), "ring %u: ", w->o.index);
	va_list ap;

	w->off = true;
	va_start(ap, fmt);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	w->o.tell(w->o.ctx, breach, text);
}

static bool survey(const struct vus_split_driver *r, uint16_t head,
		   struct vus_ring_memory *ret)
{
	const struct vus_split_watch *w = r->watch;
	const struct vus_ring_walk walk = {
		.ring = r,
		.guest = w->o.guest,
		.desc = w->desc,
		.indirect = w->o.indirect,
	};

	return vus_ring_survey(&walk, head, ret);
}

static unsigned pending(const struct vus_split_driver *r)
{
	return (uint16_t)(vus_load16(&r->used->idx) - r->used_seen);
}

/* ---- offered ---- */

/* Copy the descriptors of a chain, as far as it goes. */
static bool copy_chain(struct vus_split_driver *r, uint16_t head)
{
	unsigned i = head;

	for (unsigned seen = 0; seen < r->num && i < r->num; seen++) {
		struct vring_desc *d = &r->watch->desc[i];

		*d = r->desc[i];
		if (!(le16toh(d->flags) & VRING_DESC_F_NEXT) ||
		    (le16toh(d->flags) & VRING_DESC_F_INDIRECT))
			return true;
		i = le16toh(d->next);
	}
	return false;
}

/* Memory was handed out anew: nobody knows who changes it.  Side by side, each
 * of two changes what is around the other. */
static void note_sharing(struct vus_split_driver *r, struct flight *new)
{
	struct vus_split_watch *w = r->watch;
	const struct vus_ring_memory *m = &new->memory;

	if (m->lowest >= w->top + VUS_RING_GUARD)
		return;
	for (unsigned i = 0; i < r->num; i++) {
		struct flight *f = &w->flights[i];

		if (f->state != FLYING || f == new ||
		    m->lowest >= f->memory.end + 2 * VUS_RING_GUARD ||
		    f->memory.lowest >= m->end + 2 * VUS_RING_GUARD)
			continue;
		f->shared = true;
		if (m->lowest >= f->memory.end || f->memory.lowest >= m->end)
			new->beside = true;
	}
}

static void watch_put(struct vus_split_driver *r, uint16_t head)
{
	struct vus_split_watch *w = r->watch;
	struct flight *f;

	if (w->off)
		return;
	f = head < r->num ? &w->flights[head] : NULL;
	if (!f || f->state == FLYING || !copy_chain(r, head)) {
		w->off = true;
		return;
	}
	*f = (struct flight){ .state = FLYING, .position = r->avail_idx };
	if (!survey(r, head, &f->memory)) {
		w->off = true;
		return;
	}
	if (w->flying++ == 0)
		w->top = 0;
	note_sharing(r, f);
	w->top = VUS_MAX(w->top, f->memory.end);
	w->put++;
}

static void watch_publish(struct vus_split_driver *r)
{
	struct vus_split_watch *w = r->watch;

	if ((uint16_t)(w->offered + w->put) != r->avail_idx)
		w->off = true;
	w->offered = r->avail_idx;
	w->put = 0;
}

/* ---- come back ---- */

/* Of the `n` entries that came: do two neighbours say the same? */
static bool repeats(const struct vus_split_driver *r, unsigned n)
{
	for (unsigned i = 1; i < n && i < r->num; i++) {
		const unsigned at = r->used_seen + i;

		if (memcmp(&r->used->ring[at % r->num],
			   &r->used->ring[(at - 1) % r->num],
			   sizeof(r->used->ring[0])) == 0)
			return true;
	}
	return false;
}

static bool check_index(struct vus_split_driver *r)
{
	const unsigned there = pending(r);
	const unsigned most = (uint16_t)(r->watch->offered - r->used_seen);

	if (there <= most)
		return true;
	tell(r, repeats(r, there) ? VUS_RING_USED_TWICE : VUS_RING_USED_AHEAD,
	     "used.idx is %u, and the available index %u%s",
	     (uint16_t)(r->used_seen + there), r->watch->offered,
	     repeats(r, there) ? ": an entry is there twice" : "");
	return false;
}

static bool check_id(struct vus_split_driver *r, uint32_t id)
{
	const struct vus_split_watch *w = r->watch;
	const enum flight_state state =
		id < r->num ? w->flights[id].state : NEVER;

	if (state == FLYING)
		return true;
	tell(r, state == RETURNED ? VUS_RING_USED_TWICE : VUS_RING_USED_ID,
	     "used entry %u has id %" PRIu32 ", %s", r->used_seen % r->num, id,
	     state == RETURNED ? "whose request had come back"
			       : "which is not the head of a request in "
				 "flight");
	return false;
}

static bool check_len(struct vus_split_driver *r, const struct vus_used *used)
{
	const struct vus_split_watch *w = r->watch;
	const uint64_t most = w->flights[used->id].memory.writable;

	if (!w->o.modern || used->len <= most)
		return true;
	tell(r, most > 0 ? VUS_RING_USED_LEN : VUS_RING_USED_LEN_ZERO,
	     "the used length of request %" PRIu32 " is %" PRIu32
	     ", and its buffers have %" PRIu64 " writable bytes",
	     used->id, used->len, most);
	return false;
}

static bool check_used_bounds(struct vus_split_driver *r)
{
	const struct vus_ring_guards is =
		vus_ring_guards_of_used(r, r->watch->o.guest);
	const unsigned which = vus_ring_changed_guard(&r->watch->used, &is);

	if (which == 2)
		return true;
	tell(r, VUS_RING_USED_BOUNDS,
	     "the %u bytes %s the used ring were changed", VUS_RING_GUARD,
	     which ? "behind" : "before");
	return false;
}

static bool is_word(struct vus_split_driver *r, const char *what,
		    const void *at, uint16_t was)
{
	const uint16_t is = vus_load16(at);

	if (is == was)
		return true;
	tell(r, VUS_RING_AVAIL_WRITTEN, "the %s was %u, and is %u", what, was,
	     is);
	return false;
}

static bool check_avail(struct vus_split_driver *r, uint16_t head)
{
	const struct vus_split_watch *w = r->watch;
	const uint16_t position = w->flights[head].position;
	const unsigned slot = position % r->num;
	const uint16_t is = le16toh(r->avail->ring[slot]);

	/* A lap later it is another one's. */
	if (is != head && (uint16_t)(r->avail_idx - position) <= r->num) {
		tell(r, VUS_RING_AVAIL_WRITTEN,
		     "entry %u of the available ring was %u, and is %u", slot,
		     head, is);
		return false;
	}
	return is_word(r, "available index", &r->avail->idx, w->offered) &&
	       is_word(r, "word of flags", &r->avail->flags, r->flags) &&
	       is_word(r, "used_event word", vus_used_event(r->avail, r->num),
		       r->used_event);
}

static bool check_chain(struct vus_split_driver *r, uint16_t head)
{
	const struct vus_split_watch *w = r->watch;
	unsigned i = head;

	for (;;) {
		const struct vring_desc *was = &w->desc[i], *is = &r->desc[i];

		if (memcmp(was, is, sizeof(*was)) != 0) {
			tell(r, VUS_RING_DESC_WRITTEN,
			     "descriptor %u of request %u was changed", i,
			     head);
			return false;
		}
		if (!(le16toh(was->flags) & VRING_DESC_F_NEXT) ||
		    (le16toh(was->flags) & VRING_DESC_F_INDIRECT))
			return true;
		i = le16toh(was->next);
	}
}

static void check_memory(struct vus_split_driver *r, uint16_t head)
{
	const struct flight *f = &r->watch->flights[head];
	const struct vus_ring_memory *was = &f->memory;
	struct vus_ring_memory is;
	unsigned which;
	bool ours;

	if (f->shared)
		return;
	ours = survey(r, head, &is);
	which = vus_ring_changed_guard(&was->guards, &is.guards);
	if (is.table != 0 && is.table != was->table)
		tell(r, VUS_RING_TABLE_WRITTEN,
		     "the indirect table of request %u was changed", head);
	else if (!ours)
		return;
	else if (is.readable != was->readable)
		tell(r, VUS_RING_READABLE_WRITTEN,
		     "a readable buffer of request %u was changed", head);
	else if (which < 2 && !f->beside)
		tell(r, VUS_RING_OUTSIDE_WRITTEN,
		     "the %u bytes %s the buffers of request %u were changed",
		     VUS_RING_GUARD, which ? "behind" : "before", head);
}

static void watch_used(struct vus_split_driver *r, const struct vus_used *used)
{
	struct vus_split_watch *w = r->watch;

	if (w->off || !check_index(r) || !check_id(r, used->id))
		return;
	w->flights[used->id].state = RETURNED;
	w->flying--;
	if (check_len(r, used) && check_used_bounds(r) &&
	    check_avail(r, (uint16_t)used->id) &&
	    check_chain(r, (uint16_t)used->id))
		check_memory(r, (uint16_t)used->id);
}

/* ---- the watch begins, and goes on elsewhere ---- */

static const struct vus_split_watcher watcher = {
	.put = watch_put,
	.publish = watch_publish,
	.used = watch_used,
};

struct vus_split_watch *
vus_split_watch_new(struct vus_split_driver *r,
		    const struct vus_split_watch_options *options)
{
	struct vus_split_watch *w =
		calloc(1, sizeof(*w) + r->num * sizeof(w->flights[0]));

	if (w)
		w->desc = calloc(r->num, sizeof(w->desc[0]));
	if (!w || !w->desc) {
		vus_split_watch_free(w);
		return NULL;
	}
	r->watch = w;
	r->watcher = &watcher;
	w->o = *options;
	w->offered = r->avail_idx;
	w->used = vus_ring_guards_of_used(r, r->watch->o.guest);
	return w;
}

void vus_split_rebase(struct vus_split_driver *r, uint16_t base)
{
	const struct vus_split_watch *w = r->watch;

	if (w && ((uint16_t)(w->offered - base) != w->flying || w->put > 0 ||
		  pending(r) > 0))
		vus_split_break(r);
}
