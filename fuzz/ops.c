/* SPDX-License-Identifier: BSD-3-Clause */
/* ops.c — the operations of a fuzzed session. */
#include "session.h"

#include <endian.h>
#include <string.h>

#define MAX_SEGS 16

static void take_fds(struct vus_fuzz_session *s, struct vus_input *in,
		     struct vus_frame *f)
{
	unsigned n = vus_input_u8(in) % (VUS_MAX_FDS + 1);

	for (unsigned i = 0; i < n; i++) {
		int fd = vus_world_fd(s->world, vus_input_u8(in));

		if (fd >= 0)
			f->fds[f->nfds++] = fd;
	}
}

/* As vus_link_recv() would have made it. */
static void decode(const struct vus_fuzz_session *s, struct vus_frame *f)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, f->id);
	struct vus_err err;

	f->is_reply = (f->flags & VUS_FLAG_REPLY) != 0;
	if (!msg)
		return;
	f->decoded = vus_decode(
		vus_msg_layout(msg, s->be.pf, f->is_reply, f->payload_len),
		f->payload, f->payload_len, &f->body, &err);
}

static void op_frame(struct vus_fuzz_session *s, struct vus_input *in)
{
	struct vus_frame f = { .channel = VUS_FE };
	unsigned row = vus_input_u8(in);
	uint64_t pf = s->be.pf;
	struct vus_frame asked;
	const uint8_t *bytes;
	struct vus_err err;

	f.id = row < vus_nmsgs ? vus_msgs[row].id : vus_input_u32(in);
	f.flags = vus_input_u8(in);
	if (f.flags & 0x80)
		f.flags = vus_input_u32(in);
	take_fds(s, in, &f);
	bytes = vus_input_bytes(in, vus_input_u16(in) % (VUS_MAX_PAYLOAD + 1),
				&f.payload_len);
	if (f.payload_len > 0)
		memcpy(f.payload, bytes, f.payload_len);
	f.size = (uint32_t)f.payload_len;
	decode(s, &f);
	asked = f;
	asked.nfds = 0;
	switch (vus_be_frame(&s->be, &f, &err)) {
	case VUS_BE_STEP_DONE:
	case VUS_BE_STEP_IDLE:
		break;
	default:
		s->open = false;
	}
	vus_fuzz_answers(s, &asked, pf);
}

static struct vus_vq *ring_of(struct vus_fuzz_session *s, struct vus_input *in)
{
	return &s->be.vqs[vus_input_u8(in) % s->be.cfg.queues];
}

static void op_kick(struct vus_fuzz_session *s, struct vus_input *in)
{
	const struct vus_vq *vq = ring_of(s, in);

	vus_be_kick(&s->be, vq->index);
}

/* Where the front-end's own mapping of a ring part would be. */
static void *part(struct vus_fuzz_session *s, uint64_t user, uint64_t bytes)
{
	uint64_t len = 0;
	void *p = vus_regions_user(&s->be.mem, user, bytes, &len);

	return p && len >= bytes ? p : NULL;
}

static void op_offer(struct vus_fuzz_session *s, struct vus_input *in)
{
	struct vus_vq *vq = ring_of(s, in);
	unsigned n = vus_input_u8(in) % (MAX_SEGS + 1);
	unsigned num = vq->num;
	struct vring_desc *desc =
		part(s, vq->addr.desc, vus_split_desc_bytes(num));
	struct vring_avail *avail =
		part(s, vq->addr.avail, vus_split_avail_bytes(num));
	uint16_t idx, head;

	if (!vq->addr_set || num == 0 || !desc || !avail || n == 0)
		return;
	idx = le16toh(avail->idx);
	head = (uint16_t)(idx * 3 % num);
	for (unsigned i = 0; i < n; i++) {
		uint8_t flags = vus_input_u8(in);
		uint64_t addr = vus_input_u32(in);
		uint16_t next = (uint16_t)((head + i + 1) % num);

		if (!(flags & 2) && s->be.mem.n > 0)
			addr += s->be.mem.r[0].row.guest_addr;
		desc[(head + i) % num] = (struct vring_desc){
			.addr = htole64(addr),
			.len = htole32(vus_input_u16(in)),
			.flags = htole16((
				uint16_t)((flags & 1 ? VRING_DESC_F_WRITE : 0) |
					  (flags & 4 ? VRING_DESC_F_INDIRECT
						     : 0) |
					  (i + 1 < n ? VRING_DESC_F_NEXT : 0))),
			.next = htole16(next),
		};
	}
	avail->ring[idx % num] = htole16(head);
	avail->idx = htole16((uint16_t)(idx + 1));
	vus_be_kick(&s->be, vq->index);
}

static void op_poke(struct vus_fuzz_session *s, struct vus_input *in)
{
	const struct vus_vq *vq = ring_of(s, in);
	const uint64_t parts[] = { vq->addr.desc, vq->addr.avail,
				   vq->addr.used };
	uint64_t at = parts[vus_input_u8(in) % VUS_COUNT(parts)];
	size_t len;
	const uint8_t *bytes;
	void *to;

	at += vus_input_u16(in);
	bytes = vus_input_bytes(in, vus_input_u8(in), &len);
	to = vq->addr_set && len > 0 ? part(s, at, len) : NULL;
	if (to)
		memcpy(to, bytes, len);
}

void vus_fuzz_step(struct vus_fuzz_session *s, struct vus_input *in)
{
	static void (*const ops[VUS_NOPS])(struct vus_fuzz_session *,
					   struct vus_input *) = {
		[VUS_OP_FRAME] = op_frame,
		[VUS_OP_KICK] = op_kick,
		[VUS_OP_OFFER] = op_offer,
		[VUS_OP_POKE] = op_poke,
	};

	ops[vus_input_u8(in) % VUS_NOPS](s, in);
	/* A connection's loop would do the same. */
	if (s->open)
		(void)vus_be_run_rings(&s->be);
}
