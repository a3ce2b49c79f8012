/* SPDX-License-Identifier: BSD-3-Clause */
/* layout.h — guests of several regions, as cases about memory want them.
 *
 * A case writes its memory down as a table of plots.  Those that are hidden
 * are bytes of the files around the regions: we look at them, the peer is not
 * told of them. */
#ifndef VUS_CASES_LAYOUT_H
#define VUS_CASES_LAYOUT_H

#include "steps.h"

#define VUS_KIB UINT64_C(1024)
#define VUS_MIB (UINT64_C(1) << 20)
#define VUS_GIB (UINT64_C(1) << 30)
#define VUS_TIB (UINT64_C(1) << 40)

struct vus_plot {
	uint64_t gpa, size; /* guest physical address, bytes */
	uint64_t offset;    /* bytes into its file */
	unsigned file;      /* plots of one number lie in one file */
	uint64_t user;      /* announced address; 0: one unlike all others */
	bool hidden;        /* not announced */
};

#define VUS_AUTO_GUEST                                                         \
	__attribute__((cleanup(vus_guest_close))) struct vus_guest

/* Replace the guest that the fixture made, and did not announce.  The first
 * plot is where rings and buffers are allocated, from its second page on. */
VUS_MUST_CHECK bool vus_layout(struct vus_ctx *t, const struct vus_plot *plots,
			       unsigned n);

/* The same over files that may be cut; the second cuts one. */
VUS_MUST_CHECK bool vus_layout_unsealed(struct vus_ctx *t,
					const struct vus_plot *plots,
					unsigned n);
VUS_MUST_CHECK bool vus_layout_cut(int fd, uint64_t size, struct vus_err *err);

/* May sparse memory be announced that is larger than the host's?  A peer that
 * locks what it maps would have all of it filled; where that cannot be seen,
 * neither.  False: the case is skipped. */
VUS_MUST_CHECK bool vus_layout_may_be_sparse(struct vus_ctx *t);

/* The same regions in files of their own that hold what the old ones hold; our
 * side of the rings lives there from now on.  The old guest is the caller's. */
VUS_MUST_CHECK bool vus_layout_renew(struct vus_ctx *t,
				     struct vus_guest *ret_old);

/* Announce s->guest, judged under `rule`. */
VUS_MUST_CHECK bool vus_layout_share(struct vus_ctx *t, const char *rule);

/* The same, and ring 0 behind it, which other cases judge. */
VUS_MUST_CHECK bool vus_layout_start(struct vus_ctx *t, const char *rule);

/* Allocate ring 0 (num 0: the usual size) and set it up where s->queues[0] says
 * by then: a case moves its parts in between.  Our pointers see as much of each
 * part as is in one piece. */
VUS_MUST_CHECK bool vus_layout_ring_alloc(struct vus_ctx *t, unsigned num);
void vus_layout_ring_attach(struct vus_ctx *t);
/* Any step may be refused, and none is judged: true when none was. */
VUS_MUST_CHECK bool vus_layout_ring_try(struct vus_session *s);

/* Stop all rings, whose memory was away, and give them back as they stand. */
VUS_MUST_CHECK bool vus_layout_ring_again(struct vus_ctx *t);

/* A whole ping on ring 0 with its buffers from `gpa` on, judged under `rule`.
 */
bool vus_layout_ping(struct vus_ctx *t, const char *rule, uint64_t gpa,
		     uint64_t seed);

/* The peer's process no longer maps the file of a region, or of any
 * descriptor, within the time that releasing may take: whoever works on a copy
 * of the memory map may hold it a little longer than the answer.  True, too,
 * where the process cannot be looked into. */
bool vus_layout_unmapped(const struct vus_ctx *t, int fd);

/* The descriptor of the file that a region lies in. */
int vus_layout_file(const struct vus_session *s, unsigned region);

/* The first address of a region that was painted with t->seed and no longer
 * holds it, but for [gpa, gpa+len); UINT64_MAX: there is none. */
uint64_t vus_layout_stray(const struct vus_ctx *t, unsigned region,
			  uint64_t gpa, uint64_t len);

#endif
