/* SPDX-License-Identifier: BSD-3-Clause */
/* frontend_checks.c — checks of what a front-end sends: flags, features,
 * memory and rings. */
#include "checks.h"

/* ---- flags ---- */

/* "Header": bit 2 marks a reply.  A request does not have it. */
bool vus_monitor_request_flag(struct vus_seen *v)
{
	if (!vus_seen_is_request(v) || !(v->f->flags & VUS_FLAG_REPLY))
		return true;
	return vus_seen_breach(v, "%s was sent with flags 0x%x",
			       vus_seen_name(v), v->f->flags);
}

bool vus_monitor_channel_reply_flag(struct vus_seen *v)
{
	if (v->f->channel != VUS_BE || (v->f->flags & VUS_FLAG_REPLY))
		return true;
	return vus_seen_breach(v,
			       "the reply to %s has flags 0x%x, without the "
			       "reply flag",
			       vus_seen_name(v), v->f->flags);
}

static bool asks_in_vain(const struct vus_seen *v)
{
	return vus_seen_is_request(v) && (v->f->flags & VUS_FLAG_NEED_REPLY) &&
	       !(v->s->pf & PF(REPLY_ACK));
}

static bool selects_acks(const struct vus_seen *v)
{
	return vus_seen_says(v, VUS_FE_SET_PROTOCOL_FEATURES) &&
	       (v->f->body.protocol_features.value & PF(REPLY_ACK));
}

bool vus_monitor_need_reply_selecting(struct vus_seen *v)
{
	if (!asks_in_vain(v) || !selects_acks(v))
		return true;
	return vus_seen_breach(v, "%s was sent with need_reply",
			       vus_seen_name(v));
}

/* "VHOST_USER_PROTOCOL_F_REPLY_ACK": need_reply has a meaning only once it was
 * negotiated. */
bool vus_monitor_need_reply_negotiated(struct vus_seen *v)
{
	if (!asks_in_vain(v) || selects_acks(v))
		return true;
	return vus_seen_breach(v,
			       "%s was sent with need_reply, and REPLY_ACK "
			       "was not negotiated on this connection",
			       vus_seen_name(v));
}

/* ---- features ---- */

static bool is_subset(struct vus_seen *v, uint64_t value, uint64_t offer)
{
	if ((value & ~offer) == 0)
		return true;
	return vus_seen_breach(v,
			       "%s has 0x%llx, which was not offered on this "
			       "connection",
			       vus_seen_name(v),
			       (unsigned long long)(value & ~offer));
}

/* Derived from "Feature bits": what was not offered cannot be acknowledged. */
bool vus_monitor_features_subset(struct vus_seen *v)
{
	return !vus_seen_says(v, VUS_FE_SET_FEATURES) || !v->s->has_offer ||
	       is_subset(v, v->f->body.features.value, v->s->offer);
}

bool vus_monitor_protocol_features_subset(struct vus_seen *v)
{
	return !vus_seen_says(v, VUS_FE_SET_PROTOCOL_FEATURES) ||
	       !v->s->has_pf_offer ||
	       is_subset(v, v->f->body.protocol_features.value, v->s->pf_offer);
}

bool vus_monitor_bit30_offered(struct vus_seen *v)
{
	if ((!vus_seen_is(v, VUS_FE_GET_PROTOCOL_FEATURES) &&
	     !vus_seen_is(v, VUS_FE_SET_PROTOCOL_FEATURES)) ||
	    !v->s->has_offer || (v->s->offer & VF(PROTOCOL_FEATURES)))
		return true;
	return vus_seen_breach(v, "%s was sent, and bit 30 was not offered",
			       vus_seen_name(v));
}

/* QEMU's net device enables its rings before a driver has acknowledged
 * anything: a case of its own judges that. */
bool vus_monitor_bit30_acknowledged(struct vus_seen *v)
{
	if (!vus_seen_is(v, VUS_FE_SET_VRING_ENABLE) || !v->s->has_features ||
	    (v->s->features & VF(PROTOCOL_FEATURES)))
		return true;
	return vus_seen_breach(v,
			       "%s was sent, and SET_FEATURES had come "
			       "without bit 30",
			       vus_seen_name(v));
}

/* What its row needs and was not selected on this connection. */
static uint64_t missing(const struct vus_seen *v)
{
	return vus_seen_is_request(v) && v->msg ? v->msg->needs & ~v->s->pf : 0;
}

/* "Communication": a message described under a protocol feature is not sent
 * where that was not selected. */
bool vus_monitor_gate(struct vus_seen *v)
{
	uint64_t without = missing(v) & v->feature;

	if (v->offered)
		without &= ~v->s->pf_offer;
	if (without == 0)
		return true;
	return vus_seen_breach(v,
			       "%s was sent, and its feature was not %s on "
			       "this connection",
			       vus_seen_name(v),
			       v->offered ? "offered" : "negotiated");
}

/* Those that no other row has. */
bool vus_monitor_other_gate(struct vus_seen *v)
{
	const uint64_t others = PF(STATUS) | PF(RESET_DEVICE) | PF(MQ) |
				PF(CONFIG) | PF(BACKEND_REQ) |
				PF(CROSS_ENDIAN) | PF(RARP) | PF(NET_MTU);

	if ((missing(v) & ~others) == 0)
		return true;
	return vus_seen_breach(v,
			       "%s was sent, and its feature was not "
			       "negotiated on this connection",
			       vus_seen_name(v));
}

/* ---- memory ---- */

bool vus_monitor_table_fds(struct vus_seen *v)
{
	if (v->s->listens || (v->s->pf & PF(XEN_MMAP)) ||
	    !vus_seen_says(v, VUS_FE_SET_MEM_TABLE) ||
	    v->f->body.mem_table.nregions == v->f->nfds)
		return true;
	return vus_seen_breach(v, "%u regions came with %u descriptors",
			       v->f->body.mem_table.nregions, v->f->nfds);
}

bool vus_monitor_added_fds(struct vus_seen *v)
{
	if (v->s->listens || !vus_seen_is(v, VUS_FE_ADD_MEM_REG) ||
	    v->f->nfds == 1)
		return true;
	return vus_seen_breach(v, "ADD_MEM_REG came with %u descriptors",
			       v->f->nfds);
}

bool vus_monitor_removed_fds(struct vus_seen *v)
{
	if (v->s->listens || !vus_seen_is(v, VUS_FE_REM_MEM_REG) ||
	    v->f->nfds == 0)
		return true;
	return vus_seen_breach(v, "REM_MEM_REG came with %u descriptors",
			       v->f->nfds);
}

/* "VHOST_USER_GET_MAX_MEM_SLOTS". */
bool vus_monitor_slots(struct vus_seen *v)
{
	if (!vus_seen_says(v, VUS_FE_ADD_MEM_REG) ||
	    !vus_seen_memory_is_known(v) || !v->s->has_slots ||
	    v->s->nregions < v->s->slots)
		return true;
	return vus_seen_breach(v,
			       "region %u was added to a back-end with %llu "
			       "slots",
			       v->s->nregions + 1,
			       (unsigned long long)v->s->slots);
}

static bool overlap(uint64_t a, uint64_t alen, uint64_t b, uint64_t blen)
{
	return alen > 0 && blen > 0 && a <= b + (blen - 1) &&
	       b <= a + (alen - 1);
}

static bool is_apart(struct vus_seen *v, const struct vus_p_region *r,
		     uint64_t guest_addr, uint64_t size)
{
	if (!overlap(r->guest_addr, r->size, guest_addr, size))
		return true;
	return vus_seen_breach(
		v, "region 0x%llx+0x%llx overlaps region 0x%llx+0x%llx",
		(unsigned long long)r->guest_addr, (unsigned long long)r->size,
		(unsigned long long)guest_addr, (unsigned long long)size);
}

/* A guest address has one meaning. */
bool vus_monitor_regions_disjoint(struct vus_seen *v)
{
	const struct vus_p_mem_table *table = &v->f->body.mem_table;
	bool apart = true;

	if (!vus_seen_memory_is_known(v))
		return true;
	if (vus_seen_says(v, VUS_FE_ADD_MEM_REG)) {
		for (unsigned i = 0; i < v->s->nregions && apart; i++)
			apart = is_apart(v, &v->f->body.mem_reg.region,
					 v->s->regions[i].guest_addr,
					 v->s->regions[i].size);
	} else if (vus_seen_says(v, VUS_FE_SET_MEM_TABLE) &&
		   table->nregions <= VUS_MAX_REGIONS) {
		for (unsigned i = 0; i < table->nregions; i++)
			for (unsigned k = 0; k < i && apart; k++)
				apart = is_apart(v, &table->regions[i],
						 table->regions[k].guest_addr,
						 table->regions[k].size);
	}
	return apart;
}

/* ---- rings ---- */

/* "Multiple queue support": GET_QUEUE_NUM has told how many there are. */
bool vus_monitor_ring_index(struct vus_seen *v)
{
	uint64_t limit = v->s->queues;
	int64_t ring;

	if (!vus_seen_is_request(v) || !v->msg || !v->f->decoded ||
	    !v->s->has_queues)
		return true;
	/* Pairs, and one for control. */
	if (v->queues_are_many && limit < UINT32_MAX)
		limit = 2 * limit + 1;
	ring = vus_msg_ring(v->msg, &v->f->body);
	if (ring < 0 || (uint64_t)ring < limit)
		return true;
	return vus_seen_breach(v,
			       "%s came for ring %lld, and the back-end has "
			       "%llu",
			       vus_seen_name(v), (long long)ring,
			       (unsigned long long)limit);
}

/* "VHOST_USER_SET_VRING_KICK", CALL and ERR. */
bool vus_monitor_ring_fds(struct vus_seen *v)
{
	uint64_t value;

	if (!vus_seen_is_request(v) || !v->msg || !v->f->decoded ||
	    v->msg->ring_fd == VUS_RING_FD_NONE)
		return true;
	value = v->f->body.vring_fd.value;
	if (v->f->nfds == ((value & VUS_VRING_NOFD) ? 0u : 1u))
		return true;
	return vus_seen_breach(v, "%s had value 0x%llx and %u descriptors",
			       vus_seen_name(v), (unsigned long long)value,
			       v->f->nfds);
}

/* virtio, "Virtqueues" and "Packed Virtqueues". */
bool vus_monitor_ring_alignment(struct vus_seen *v)
{
	const struct vus_p_vring_addr *a = &v->f->body.vring_addr;

	if (!vus_seen_says(v, VUS_FE_SET_VRING_ADDR) ||
	    (a->desc % 16 == 0 && a->used % 4 == 0 &&
	     a->avail % (vus_seen_is_packed(v) ? 4 : 2) == 0))
		return true;
	return vus_seen_breach(v,
			       "ring %u has its descriptors at 0x%llx, its "
			       "available ring at 0x%llx and its used ring at "
			       "0x%llx",
			       a->index, (unsigned long long)a->desc,
			       (unsigned long long)a->avail,
			       (unsigned long long)a->used);
}

/* Is all of it announced, in one region or in adjoining ones? */
static bool is_announced(const struct vus_state *s, uint64_t addr, uint64_t len)
{
	bool found = true;

	while (len > 0 && found) {
		found = false;
		for (unsigned i = 0; i < s->nregions && !found; i++) {
			const struct vus_state_region *r = &s->regions[i];
			const uint64_t at = addr - r->user_addr;
			uint64_t room;

			if (addr < r->user_addr || at >= r->size)
				continue;
			room = r->size - at;
			addr += room < len ? room : len;
			len -= room < len ? room : len;
			found = true;
		}
	}
	return len == 0;
}

static bool part_is_announced(struct vus_seen *v, const char *part,
			      uint64_t addr, uint64_t len)
{
	if (is_announced(v->s, addr, len))
		return true;
	return vus_seen_breach(v,
			       "the %s of ring %u, 0x%llx+0x%llx, is not "
			       "inside the regions announced",
			       part, v->f->body.vring_addr.index,
			       (unsigned long long)addr,
			       (unsigned long long)len);
}

/* "A vring address description": user addresses, unless the device is behind an
 * IOMMU. */
bool vus_monitor_ring_memory(struct vus_seen *v)
{
	const struct vus_p_vring_addr *a = &v->f->body.vring_addr;
	uint64_t n, event;

	if (!vus_seen_says(v, VUS_FE_SET_VRING_ADDR) ||
	    !vus_seen_memory_is_known(v) ||
	    (v->s->features & VF(ACCESS_PLATFORM)) ||
	    a->index >= VUS_STATE_RINGS)
		return true;
	/* Where its size was not said, its first bytes at least. */
	n = v->s->rings[a->index].size;
	event = v->s->features & VF(RING_EVENT_IDX) ? 2 : 0;
	return part_is_announced(v, "descriptor table", a->desc,
				 16 * (n ? n : 1)) &&
	       part_is_announced(v, "available ring", a->avail,
				 vus_seen_is_packed(v) ? 4
						       : 4 + 2 * n + event) &&
	       part_is_announced(v, "used ring", a->used,
				 vus_seen_is_packed(v) ? 4 : 4 + 8 * n + event);
}
