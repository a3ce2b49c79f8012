/* SPDX-License-Identifier: BSD-3-Clause */
/* net_echo.c — an echo behind a network device. */
#include "net_echo.h"
#include "net_packet.h"

#include "base/clock.h"

#include <assert.h>
#include <endian.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>

#define BUFFERS  16 /* on the receive ring, and requests in flight */
#define RX_QUEUE (VUS_MAX_QUEUES - 1)
#define RX_BYTES 2048
/* An answer may take so long, and longer while the back-end is busy. */
#define ANSWER_MS 1000

struct buffer {
	uint64_t gpa;
	uint16_t head;
};

/* An echo request that was sent. */
struct request {
	uint16_t number; /* 0: the slot is free */
	uint32_t len;    /* bytes of the frame */
	uint64_t seed;
	bool answered;
	struct vus_err bad; /* kind not 0: what is wrong with the answer */
};

struct echo {
	struct buffer buffers[BUFFERS];
	struct request requests[BUFFERS];
	uint16_t last; /* number of a request */
	bool found;    /* an ARP reply came */
};

uint32_t vus_net_header_size(const struct vus_session *s)
{
	return s->features & VF(VERSION_1) ? sizeof(struct virtio_net_hdr_v1)
					   : sizeof(struct virtio_net_hdr);
}

/* ---- the receive ring ---- */

static bool offer(struct vus_session *s, struct buffer *b, struct vus_err *err)
{
	const struct vus_seg seg = { b->gpa, RX_BYTES, true };
	struct vus_split_driver *ring = s->queues[RX_QUEUE].ring;

	memset(vus_guest_host(&s->guest, b->gpa, RX_BYTES), 0xa5, RX_BYTES);
	if (!vus_split_add(ring, &seg, 1, &b->head, err))
		return false;
	vus_split_put(ring, b->head);
	vus_split_publish(ring);
	return true;
}

static bool kick(const struct vus_session *s, struct vus_err *err)
{
	return vus_event_signal(s->queues[RX_QUEUE].kick.wr, 1, err);
}

bool vus_net_prepare(struct vus_session *s, struct vus_err *err)
{
	struct vus_err ignored;
	uint64_t gpa;

	s->prepared = false;
	if (!s->net.address ||
	    !vus_guest_alloc(&s->guest, BUFFERS * RX_BYTES, 16, &gpa, &ignored))
		return true;
	free(s->driver_state);
	s->driver_state = calloc(1, sizeof(struct echo));
	if (!s->driver_state)
		return vus_fail_sys(err, "memory for an echo");
	for (unsigned i = 0; i < BUFFERS; i++) {
		struct buffer *b =
			&((struct echo *)s->driver_state)->buffers[i];

		b->gpa = gpa + (uint64_t)i * RX_BYTES;
		if (!offer(s, b, err))
			return false;
	}
	s->prepared = true;
	return kick(s, err);
}

static struct buffer *buffer_of(struct echo *e, uint32_t id)
{
	for (unsigned i = 0; i < BUFFERS; i++)
		if (e->buffers[i].head == id)
			return &e->buffers[i];
	return NULL;
}

static struct request *request_of(struct echo *e, uint16_t number)
{
	struct request *r = &e->requests[number % BUFFERS];

	return number != 0 && r->number == number ? r : NULL;
}

/* No offload was negotiated: the header says nothing but that there is one
 * buffer (virtio, "Device Requirements: Processing of Incoming Packets"). */
static bool header_is_plain(const struct vus_session *s, const uint8_t *packet,
			    struct vus_err *err)
{
	struct virtio_net_hdr_v1 h = { 0 };

	memcpy(&h, packet, vus_net_header_size(s));
	if ((s->features & VF(VERSION_1)) && le16toh(h.num_buffers) != 1)
		return vus_fail_code(err, VUS_ERR_PROTOCOL, VUS_HEADER_DIFFERS,
				     "num_buffers of a received packet is %u",
				     le16toh(h.num_buffers));
	if (h.flags != 0 || h.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return vus_fail_code(
			err, VUS_ERR_PROTOCOL, VUS_CONTENT_DIFFERS,
			"a received packet has flags 0x%x and "
			"gso_type 0x%x, and nothing was negotiated",
			h.flags, h.gso_type);
	return true;
}

/* What others send is not ours to judge. */
static void judge_packet(struct vus_session *s, const uint8_t *packet,
			 uint32_t used_len)
{
	const uint32_t head = vus_net_header_size(s);
	const uint8_t *frame = packet + head;
	const uint32_t room = RX_BYTES - head;
	struct echo *e = s->driver_state;
	struct request *r =
		request_of(e, vus_net_echo_number(&s->net, frame, room));

	if (!r) {
		e->found |= vus_net_is_arp_reply(&s->net, frame, s->net.mac);
		return;
	}
	r->answered = true;
	if (used_len < head + r->len || used_len > RX_BYTES)
		(void)vus_fail_code(&r->bad, VUS_ERR_PROTOCOL,
				    VUS_CONTENT_DIFFERS,
				    "a packet of %u bytes came back with used "
				    "length %u, and has a header of %u",
				    r->len, used_len, head);
	else if (vus_net_echo_check(&s->net, frame, r->len, r->seed, &r->bad))
		(void)header_is_plain(s, packet, &r->bad);
}

static bool take(struct vus_session *s, const struct vus_used *used,
		 struct vus_err *err)
{
	struct buffer *b = buffer_of(s->driver_state, used->id);

	if (!b)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"the receive ring has used entry %u, which is "
				"no buffer of it",
				used->id);
	judge_packet(s, vus_guest_host(&s->guest, b->gpa, RX_BYTES), used->len);
	return offer(s, b, err) && kick(s, err);
}

/* All that has come by now. */
static bool take_all(struct vus_session *s, struct vus_err *err)
{
	struct vus_used used;

	while (vus_split_reap(s->queues[RX_QUEUE].ring, &used))
		if (!take(s, &used, err))
			return false;
	return true;
}

/* Until `*done`; REFUSED: it did not come. */
static bool take_until(struct vus_session *s, const bool *done,
		       struct vus_err *err)
{
	struct vus_used used;

	while (!*done) {
		/* Kind EOF where the peer has gone. */
		if (vus_fe_ring_is_quiet(s, RX_QUEUE, ANSWER_MS) &&
		    !vus_fe_wait_used(s, RX_QUEUE, vus_now(), &used, err))
			return err->kind == VUS_ERR_TIMEOUT
				       ? vus_fail(err, VUS_ERR_REFUSED,
						  "nothing came")
				       : false;
		if (!take_all(s, err))
			return false;
	}
	return true;
}

/* ---- requests ---- */

static bool lay_out(struct vus_session *s, uint32_t bytes, uint64_t seed,
		    struct vus_ping *ret, uint8_t **ret_frame,
		    struct vus_err *err)
{
	const uint32_t head = vus_net_header_size(s);
	uint64_t gpa;

	if (!vus_guest_alloc(&s->guest, head + bytes, 16, &gpa, err))
		return false;
	*ret_frame = vus_guest_host(&s->guest, gpa + head, bytes);
	*ret = (struct vus_ping){
		.segs = { { gpa, head, false }, { gpa + head, bytes, false } },
		.nsegs = 2,
		.seed = seed,
	};
	return true;
}

bool vus_net_find(struct vus_session *s, struct vus_err *err)
{
	struct echo *e = s->driver_state;
	struct vus_ping ask;
	struct vus_used used;
	uint8_t *frame;
	uint16_t head;

	if (!s->prepared)
		return vus_fail(err, VUS_ERR_REFUSED, "no receive ring");
	if (!lay_out(s, VUS_NET_LEAST, 0, &ask, &frame, err))
		return false;
	vus_net_put_arp_request(&s->net, frame);
	if (!vus_split_add(s->queues[0].ring, ask.segs, ask.nsegs, &head, err))
		return false;
	vus_split_put(s->queues[0].ring, head);
	vus_split_publish(s->queues[0].ring);
	return vus_fe_kick(s, 0, err) &&
	       vus_fe_wait_used(s, 0, vus_deadline_ms(s->request_ms), &used,
				err) &&
	       take_until(s, &e->found, err);
}

bool vus_net_echo_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		       struct vus_ping *ret, struct vus_err *err)
{
	struct echo *e = s->driver_state;
	struct request *r;
	uint8_t *frame;

	if (!lay_out(s, bytes, seed, ret, &frame, err) || !take_all(s, err))
		return false;
	e->last = e->last == UINT16_MAX ? 1 : e->last + 1;
	r = &e->requests[e->last % BUFFERS];
	vus_net_put_echo_request(&s->net, frame, bytes, e->last, seed);
	if (r->number != 0 && !r->answered)
		return true; /* it is sent, and not waited for */
	*r = (struct request){ .number = e->last, .len = bytes, .seed = seed };
	ret->place = e->last;
	return true;
}

bool vus_net_echo_pong(struct vus_session *s, const struct vus_ping *p,
		       struct vus_err *err)
{
	struct request *r = request_of(s->driver_state, (uint16_t)p->place);

	if (!r)
		return true;
	if (!take_until(s, &r->answered, err))
		return err->kind == VUS_ERR_REFUSED
			       ? vus_fail(err, VUS_ERR_PROTOCOL,
					  "a packet of %u bytes was taken, and "
					  "no echo of it came",
					  r->len)
			       : false;
	if (r->bad.kind == VUS_ERR_NONE ||
	    (r->bad.code == VUS_HEADER_DIFFERS && !s->net.judges_header))
		return true;
	*err = r->bad;
	return false;
}
