/* SPDX-License-Identifier: BSD-3-Clause */
/* layout.c — guests of several regions, as cases about memory want them. */
#include "layout.h"

#include "../../harness/proc/proc.h"

#include <string.h>
#include <unistd.h>

/* Where the last of a file's plots ends. */
static uint64_t file_size(const struct vus_plot *plots, unsigned n,
			  unsigned file)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < n; i++) {
		if (plots[i].file == file)
			end = VUS_MAX(end, plots[i].offset + plots[i].size);
	}
	return end;
}

/* Files of the sizes that the plots need, in the order of their numbers. */
static bool make_files(const struct vus_ctx *t, const struct vus_plot *plots,
		       unsigned n, enum vus_switch seal, struct vus_guest *g,
		       struct vus_err *err)
{
	/* What is announced may end within a page; files do not. */
	const uint64_t page = 4 * VUS_KIB;
	struct vus_backing_opts opts = {
		.kind = t->memory,
		.path = t->memory_path,
		.share = VUS_ON,
		.seal = seal,
	};
	unsigned index;

	for (unsigned file = 0; (opts.size = file_size(plots, n, file)) > 0;
	     file++) {
		opts.size = (opts.size + page - 1) / page * page;
		if (!vus_guest_add_backing(g, &opts, &index, err))
			return false;
	}
	return true;
}

static bool add_plot(struct vus_guest *g, const struct vus_plot *plot,
		     struct vus_err *err)
{
	struct vus_guest_region *r = &g->regions[g->nregions];

	if (!vus_guest_add_region(g, plot->file, plot->gpa, plot->size,
				  plot->offset, err))
		return false;
	r->hidden = plot->hidden;
	if (plot->user)
		r->user = plot->user;
	return true;
}

static void tell_ranges(struct vus_ctx *t, const struct vus_guest *g)
{
	for (unsigned i = 0; i < g->nbackings; i++)
		vus_shared_range(t, g->backings[i].addr, g->backings[i].size,
				 g->backings[i].fd);
}

static bool lay_out(struct vus_ctx *t, const struct vus_plot *plots, unsigned n,
		    enum vus_switch seal)
{
	struct vus_guest *g = &vus_fe(t)->guest;
	struct vus_err err = { 0 };
	bool ok;

	vus_guest_close(g);
	ok = make_files(t, plots, n, seal, g, &err);
	for (unsigned i = 0; ok && i < n; i++)
		ok = add_plot(g, &plots[i], &err);
	/* Address 0 and the first byte of a region are cases of their own. */
	g->cursor = plots[0].gpa + 4 * VUS_KIB;
	tell_ranges(t, g);
	return vus_step_ours(t, ok, &err);
}

bool vus_layout(struct vus_ctx *t, const struct vus_plot *plots, unsigned n)
{
	return lay_out(t, plots, n, VUS_DEFAULT);
}

bool vus_layout_unsealed(struct vus_ctx *t, const struct vus_plot *plots,
			 unsigned n)
{
	return lay_out(t, plots, n, VUS_OFF);
}

bool vus_layout_cut(int fd, uint64_t size, struct vus_err *err)
{
	return ftruncate(fd, (off_t)size) == 0 ||
	       vus_fail_sys(err, "cutting guest memory");
}

bool vus_layout_may_be_sparse(struct vus_ctx *t)
{
	uint64_t locked = 0;
	struct vus_err err;
	pid_t pid;

	if (vus_peer_pid(t) == 0 ||
	    !vus_proc_of_socket(vus_fe(t)->link.fd, &pid, &err) ||
	    !vus_proc_locked(pid, &locked, &err))
		vus_skip(t, "whether the peer locks memory cannot be seen");
	else if (locked > 0)
		vus_skip(t, "the peer locks memory, and would fill the host's "
			    "with what is sparse");
	else
		return true;
	return false;
}

/* The same file once more, with what it holds. */
static bool copy_file(const struct vus_ctx *t, const struct vus_backing *from,
		      struct vus_guest *to, struct vus_err *err)
{
	const struct vus_backing_opts opts = {
		.kind = t->memory,
		.path = t->memory_path,
		.size = from->size,
		.share = VUS_ON,
	};
	unsigned index;

	if (!vus_guest_add_backing(to, &opts, &index, err))
		return false;
	memcpy(to->backings[index].addr, from->addr, from->size);
	return true;
}

/* Our pointers into a ring, which has moved. */
static void follow(const struct vus_guest *g, struct vus_queue *q)
{
	struct vus_split_driver *r = q->ring;

	if (!r)
		return;
	r->desc = vus_guest_host(g, q->desc, vus_split_desc_bytes(q->num));
	r->avail = vus_guest_host(g, q->avail, vus_split_avail_bytes(q->num));
	r->used = vus_guest_host(g, q->used, vus_split_used_bytes(q->num));
}

bool vus_layout_renew(struct vus_ctx *t, struct vus_guest *ret_old)
{
	struct vus_session *s = vus_fe(t);
	struct vus_guest *g = &s->guest;
	struct vus_err err = { 0 };
	bool ok = true;

	*ret_old = *g;
	g->nbackings = 0;
	for (unsigned i = 0; ok && i < ret_old->nbackings; i++)
		ok = copy_file(t, &ret_old->backings[i], g, &err);
	for (unsigned i = 0; ok && i < g->nregions; i++) {
		struct vus_guest_region *r = &g->regions[i];
		const unsigned file = r->backing;

		r->host = (uint8_t *)g->backings[file].addr +
			  (r->host - (uint8_t *)ret_old->backings[file].addr);
	}
	for (unsigned i = 0; ok && i < VUS_MAX_QUEUES; i++)
		follow(g, &s->queues[i]);
	tell_ranges(t, g);
	return vus_step_ours(t, ok, &err);
}

/* Who refuses even the plainest memory does not refuse ours for what is special
 * about it: false, and the case is skipped. */
static bool takes_plain(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_guest own = s->guest;
	struct vus_err err = { 0 };
	bool takes;

	s->guest = (struct vus_guest){ 0 };
	takes = vus_step_ours(t,
			      vus_guest_plain(&s->guest, t->memory,
					      t->memory_path, t->memory_size, 0,
					      &err),
			      &err) &&
		vus_step_memory(t);
	vus_guest_close(&s->guest);
	s->guest = own;
	return takes;
}

bool vus_layout_share(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	/* What is not acknowledged is refused by a close, which shows in the
	 * next answer. */
	const bool ok = vus_fe_share_memory(s, &err) &&
			((s->pf & PF(REPLY_ACK)) || vus_fe_barrier(s, &err));

	if (!ok && err.kind == VUS_ERR_SYSTEM)
		return vus_step_ours(t, false, &err);
	if (!ok && err.kind == VUS_ERR_REFUSED && !takes_plain(t))
		return false;
	return vus_check(t, rule, ok, "the memory is taken", __FILE__, __LINE__,
			 "%s", err.text);
}

bool vus_layout_start(struct vus_ctx *t, const char *rule)
{
	return vus_layout_share(t, rule) && vus_step_ring(t, 0, 0, 0);
}

bool vus_layout_ring_alloc(struct vus_ctx *t, unsigned num)
{
	struct vus_err err = { 0 };

	return vus_step_companions(t) &&
	       vus_step_ours(t, vus_fe_queue_alloc(vus_fe(t), 0, num, 0, &err),
			     &err);
}

void vus_layout_ring_attach(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];

	vus_split_driver_init(q->ring, q->num,
			      vus_guest_host(&s->guest, q->desc, 1),
			      vus_guest_host(&s->guest, q->avail, 1),
			      vus_guest_host(&s->guest, q->used, 1), 0);
	q->ring->event_idx = s->features & VF(RING_EVENT_IDX);
}

bool vus_layout_ring_try(struct vus_session *s)
{
	const struct vus_queue *q = &s->queues[0];
	struct vus_err err;

	return vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index, q->num,
				&err) &&
	       vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index, 0, &err) &&
	       vus_fe_queue_addr(s, 0, &err) && vus_fe_queue_fds(s, 0, &err) &&
	       (!(s->features & VF(PROTOCOL_FEATURES)) ||
		vus_fe_queue_enable(s, 0, true, &err)) &&
	       vus_fe_barrier(s, &err);
}

static bool bring_back(struct vus_ctx *t, unsigned queue)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (!vus_fe_queue_stop(s, queue, NULL, &err)) {
		vus_need_failed(t, "vstop.reply", &err, __FILE__, __LINE__);
		return false;
	}
	return vus_step_restart(t, queue, s->queues[queue].ring->used_seen);
}

bool vus_layout_ring_again(struct vus_ctx *t)
{
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++)
		if (vus_fe(t)->queues[i].set_up && !bring_back(t, i))
			return false;
	return true;
}

bool vus_layout_ping(struct vus_ctx *t, const char *rule, uint64_t gpa,
		     uint64_t seed)
{
	struct vus_guest *g = &vus_fe(t)->guest;
	const uint64_t cursor = g->cursor;
	bool ok;

	g->cursor = gpa;
	ok = vus_step_ping(t, rule, 0, seed);
	g->cursor = cursor;
	return ok;
}

int vus_layout_file(const struct vus_session *s, unsigned region)
{
	return s->guest.backings[s->guest.regions[region].backing].fd;
}

bool vus_layout_unmapped(const struct vus_ctx *t, int fd)
{
	struct vus_vigil v = vus_step_release(t);
	struct vus_err err;
	unsigned maps = 0;
	struct stat st;
	pid_t pid;

	if (vus_peer_pid(t) == 0 || fstat(fd, &st) < 0 ||
	    !vus_proc_of_socket(vus_fe(t)->link.fd, &pid, &err))
		return true;
	while (vus_proc_maps_of(pid, &st, &maps, &err) && maps > 0)
		if (!vus_vigil_goes_on(&v, NULL, 0))
			return false;
	return true;
}

uint64_t vus_layout_stray(const struct vus_ctx *t, unsigned region,
			  uint64_t gpa, uint64_t len)
{
	const struct vus_guest *g = &vus_fe(t)->guest;
	const struct vus_guest_region *r = &g->regions[region];
	const uint64_t end = r->gpa + r->size;
	uint64_t bad;

	if (gpa + len <= r->gpa || gpa >= end)
		return vus_guest_unpainted(g, region, t->seed);
	if (gpa > r->gpa) {
		bad = vus_guest_unpainted_part(g, r->gpa, gpa - r->gpa,
					       t->seed);
		if (bad != UINT64_MAX)
			return bad;
	}
	if (gpa + len >= end)
		return UINT64_MAX;
	return vus_guest_unpainted_part(g, gpa + len, end - gpa - len, t->seed);
}
