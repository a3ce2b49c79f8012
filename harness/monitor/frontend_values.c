/* SPDX-License-Identifier: BSD-3-Clause */
/* frontend_values.c — checks of single values that a front-end sends. */
#include "checks.h"

#include <inttypes.h>
#include <sys/stat.h>

/* ---- memory ---- */

static bool goes_past_the_end(uint64_t from, uint64_t size)
{
	return from > UINT64_MAX - (size - 1);
}

/* Other files than regular ones have no size. */
static bool is_too_short(int fd, uint64_t end, uint64_t *ret_size)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	*ret_size = (uint64_t)st.st_size;
	return *ret_size < end;
}

static bool is_whole(struct vus_seen *v, const struct vus_p_region *r, int fd)
{
	uint64_t file;

	if (r->size == 0)
		return vus_seen_breach(v, "region 0x%" PRIx64 " is empty",
				       r->guest_addr);
	if (goes_past_the_end(r->guest_addr, r->size) ||
	    goes_past_the_end(r->user_addr, r->size) ||
	    goes_past_the_end(r->mmap_offset, r->size))
		return vus_seen_breach(
			v,
			"region 0x%" PRIx64 "+0x%" PRIx64 " at 0x%" PRIx64
			", offset 0x%" PRIx64 ", goes past 2^64",
			r->guest_addr, r->size, r->user_addr, r->mmap_offset);
	if (!is_too_short(fd, r->mmap_offset + r->size, &file))
		return true;
	return vus_seen_breach(v,
			       "region 0x%" PRIx64 "+0x%" PRIx64
			       " begins at byte 0x%" PRIx64
			       " of a file of 0x%" PRIx64,
			       r->guest_addr, r->size, r->mmap_offset, file);
}

static int fd_of(const struct vus_seen *v, unsigned i)
{
	return i < v->f->nfds ? v->f->fds[i] : -1;
}

bool vus_monitor_regions_whole(struct vus_seen *v)
{
	const struct vus_p_mem_table *table = &v->f->body.mem_table;
	bool whole = true;

	if (!vus_seen_memory_is_known(v))
		return true;
	if (vus_seen_says(v, VUS_FE_ADD_MEM_REG))
		return is_whole(v, &v->f->body.mem_reg.region, fd_of(v, 0));
	if (!vus_seen_says(v, VUS_FE_SET_MEM_TABLE))
		return true;
	for (unsigned i = 0;
	     i < table->nregions && i < VUS_MAX_REGIONS && whole; i++)
		whole = is_whole(v, &table->regions[i], fd_of(v, i));
	return whole;
}

bool vus_monitor_removed_known(struct vus_seen *v)
{
	const struct vus_p_region *r = &v->f->body.mem_reg.region;

	if (!vus_seen_says(v, VUS_FE_REM_MEM_REG) ||
	    !vus_seen_memory_is_known(v) || vus_state_find_region(v->s, r) >= 0)
		return true;
	return vus_seen_breach(v,
			       "region 0x%" PRIx64 "+0x%" PRIx64
			       " at 0x%" PRIx64 " was removed, and not added",
			       r->guest_addr, r->size, r->user_addr);
}

/* ---- rings ---- */

#define RING_SIZE_MAX 32768 /* descriptors; virtio, "Virtqueues" */

/* virtio, "Split Virtqueues" and "Packed Virtqueues". */
bool vus_monitor_ring_num(struct vus_seen *v)
{
	const uint32_t num = v->f->body.vring_state.num;

	if (!vus_seen_says(v, VUS_FE_SET_VRING_NUM) ||
	    (num >= 1 && num <= RING_SIZE_MAX &&
	     (vus_seen_is_packed(v) || (num & (num - 1)) == 0)))
		return true;
	return vus_seen_breach(v, "ring %" PRIu32 " got a size of %" PRIu32,
			       v->f->body.vring_state.index, num);
}

bool vus_monitor_base_reserved(struct vus_seen *v)
{
	if (!vus_seen_says(v, VUS_FE_SET_VRING_BASE) || vus_seen_is_packed(v) ||
	    v->f->body.vring_state.num <= UINT16_MAX)
		return true;
	return vus_seen_breach(v, "ring %" PRIu32 " got 0x%" PRIx32,
			       v->f->body.vring_state.index,
			       v->f->body.vring_state.num);
}

bool vus_monitor_stop_num(struct vus_seen *v)
{
	if (!vus_seen_says(v, VUS_FE_GET_VRING_BASE) ||
	    v->f->body.vring_state.num == 0)
		return true;
	return vus_seen_breach(v, "GET_VRING_BASE was sent with num %" PRIu32,
			       v->f->body.vring_state.num);
}

/* "A vring address description". */
bool vus_monitor_addr_flags(struct vus_seen *v)
{
	if (!vus_seen_says(v, VUS_FE_SET_VRING_ADDR) ||
	    (v->f->body.vring_addr.flags & ~1u) == 0)
		return true;
	return vus_seen_breach(v, "flags 0x%" PRIx32 " were sent for ring %u",
			       v->f->body.vring_addr.flags,
			       v->f->body.vring_addr.index);
}

bool vus_monitor_enable_value(struct vus_seen *v)
{
	if (!vus_seen_says(v, VUS_FE_SET_VRING_ENABLE) ||
	    v->f->body.vring_state.num <= 1)
		return true;
	return vus_seen_breach(
		v, "SET_VRING_ENABLE had %" PRIu32 " for ring %u",
		v->f->body.vring_state.num, v->f->body.vring_state.index);
}

/* "Ring states".  A ring that is enabled before it gets its descriptors may get
 * all the rest later. */
bool vus_monitor_ring_complete(struct vus_seen *v)
{
	const struct vus_p_vring_state *p = &v->f->body.vring_state;
	const struct vus_state_ring *ring;

	if (!vus_seen_says(v, VUS_FE_SET_VRING_ENABLE) || p->num != 1 ||
	    p->index >= VUS_STATE_RINGS)
		return true;
	ring = &v->s->rings[p->index];
	if (!ring->has_kick || (ring->size > 0 && ring->has_addr))
		return true;
	return vus_seen_breach(v,
			       "ring %" PRIu32 " was enabled, and had got its "
			       "kick descriptor, but no %s",
			       p->index, ring->has_addr ? "size" : "addresses");
}

/* ---- status and configuration ---- */

#define STATUS_SUSPEND 16u /* virtio 1.4 */

bool vus_monitor_status_byte(struct vus_seen *v)
{
	if (!vus_seen_says(v, VUS_FE_SET_STATUS) ||
	    v->f->body.u64.value <= UINT8_MAX)
		return true;
	return vus_seen_breach(v, "SET_STATUS had 0x%" PRIx64,
			       v->f->body.u64.value);
}

/* virtio, "Device Status Field". */
bool vus_monitor_status_steps(struct vus_seen *v)
{
	const uint64_t value = v->f->body.u64.value;
	const uint64_t cleared = v->s->status & ~value & ~STATUS_SUSPEND;

	if (!vus_seen_says(v, VUS_FE_SET_STATUS) || value == 0 || cleared == 0)
		return true;
	return vus_seen_breach(v, "status 0x%" PRIx64 " came behind 0x%" PRIx64,
			       value, v->s->status);
}

static bool is_about_config(const struct vus_seen *v)
{
	return vus_seen_says(v, VUS_FE_GET_CONFIG) ||
	       vus_seen_says(v, VUS_FE_SET_CONFIG);
}

bool vus_monitor_config_range(struct vus_seen *v)
{
	const struct vus_p_config *p = &v->f->body.config;

	if (!is_about_config(v) || (p->size > 0 && p->size <= VUS_CONFIG_MAX &&
				    p->offset <= VUS_CONFIG_MAX - p->size))
		return true;
	return vus_seen_breach(v, "%s had offset %" PRIu32 " and size %" PRIu32,
			       vus_seen_name(v), p->offset, p->size);
}

bool vus_monitor_config_flags(struct vus_seen *v)
{
	if (!is_about_config(v) || v->f->body.config.flags <= 1)
		return true;
	return vus_seen_breach(v, "%s had flags 0x%" PRIx32, vus_seen_name(v),
			       v->f->body.config.flags);
}
