/* SPDX-License-Identifier: BSD-3-Clause */
/* lies.c — replies that faults make bad, and frames they take badly. */
#include "backend.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void vus_die(void)
{
	abort();
}

static uint32_t lie_in_flags(const struct vus_be *be, uint32_t asked,
			     uint32_t flags)
{
	if (VUS_FAULTY(be, header, reply_flag_missing))
		flags &= ~VUS_FLAG_REPLY;
	if (VUS_FAULTY(be, header, need_reply_echoed))
		flags |= asked & VUS_FLAG_NEED_REPLY;
	if (VUS_FAULTY(be, header, version_0_in_replies))
		flags &= ~VUS_VERSION_MASK;
	if (VUS_FAULTY(be, header, version_2_in_replies))
		flags = (flags & ~VUS_VERSION_MASK) | 2;
	if (VUS_FAULTY(be, header, reserved_bit_in_replies))
		flags |= 0x10;
	return flags;
}

/* The bytes of an acknowledgement or of a u64 reply, and some zeros. */
static void payload_of(const struct vus_frame *reply, size_t len,
		       struct vus_twist *ret_twist,
		       uint8_t ret_payload[VUS_MAX_PAYLOAD])
{
	memset(ret_payload, 0, len);
	memcpy(ret_payload, &reply->body.u64.value, VUS_MIN(len, 8));
	ret_twist->payload = ret_payload;
	ret_twist->payload_len = len;
}

void vus_lie_in_reply(const struct vus_be *be, const struct vus_frame *req,
		      struct vus_frame *reply, struct vus_twist *ret_twist,
		      uint8_t ret_payload[VUS_MAX_PAYLOAD])
{
	reply->flags = lie_in_flags(be, req->flags, reply->flags);
	if (req->id == VUS_FE_GET_QUEUE_NUM) {
		if (VUS_FAULTY(be, header, reply_of_another_id)) {
			payload_of(reply, 8, ret_twist, ret_payload);
			reply->id++;
		}
		if (VUS_FAULTY(be, header, half_a_u64))
			payload_of(reply, 4, ret_twist, ret_payload);
		if (VUS_FAULTY(be, header, size_word_counts_header)) {
			ret_twist->set_size = true;
			ret_twist->size = 8 + VUS_HEADER_SIZE;
		}
	}
	if (req->id == VUS_FE_GET_FEATURES && be->bad.gets > 1 &&
	    VUS_FAULTY(be, features, half_an_offer))
		payload_of(reply, 4, ret_twist, ret_payload);
	if (req->id == VUS_FE_GET_PROTOCOL_FEATURES && be->bad.pf_gets > 1 &&
	    VUS_FAULTY(be, protocol_features, half_an_offer))
		payload_of(reply, 4, ret_twist, ret_payload);
	if (req->id == VUS_FE_SET_OWNER &&
	    VUS_FAULTY(be, reply_ack, sixteen_bytes))
		payload_of(reply, 16, ret_twist, ret_payload);
}

/* Bytes waiting on the socket, at most `cap`, without taking them. */
static size_t peek(const struct vus_be *be, void *buf, size_t cap)
{
	ssize_t n = recv(be->link.fd, buf, cap, MSG_PEEK | MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

/* Two equal questions in one buffer: swallow the first. */
static void merge(struct vus_be *be, const uint32_t *words, size_t len)
{
	uint32_t sink[3];

	if (len >= sizeof(sink) * 2 && words[2] == 0 && words[5] == 0 &&
	    words[0] == words[3])
		(void)!recv(be->link.fd, sink, sizeof(sink), MSG_DONTWAIT);
}

bool vus_lie_about_arrival(struct vus_be *be)
{
	uint32_t words[(VUS_HEADER_SIZE + VUS_MAX_PAYLOAD) / 4];
	size_t len = peek(be, words, sizeof(words));
	bool whole;

	if (len < VUS_HEADER_SIZE)
		return len > 0 &&
		       VUS_FAULTY(be, header, partial_header_is_an_error);
	whole = len >= VUS_HEADER_SIZE + (uint64_t)words[2];
	if (words[2] > VUS_MAX_PAYLOAD &&
	    VUS_FAULTY(be, header, aborts_on_huge_size))
		vus_die();
	if (VUS_FAULTY(be, header, merges_equal_requests))
		merge(be, words, len);
	return !whole && VUS_FAULTY(be, header, partial_payload_is_an_error);
}

static const struct {
	enum vus_fault_id fault;
	uint64_t pf;
} lonely[] = {
	{ VUS_FAULT_protocol_feature_bits_mq_not_alone, PF(MQ) },
	{ VUS_FAULT_protocol_feature_bits_backend_req_not_alone, PF(BACKEND_REQ) },
	{ VUS_FAULT_protocol_feature_bits_config_not_alone, PF(CONFIG) },
	{ VUS_FAULT_protocol_feature_bits_reset_device_not_alone, PF(RESET_DEVICE) },
	{ VUS_FAULT_protocol_feature_bits_configure_mem_slots_not_alone,
	  PF(CONFIGURE_MEM_SLOTS) },
	{ VUS_FAULT_protocol_feature_bits_status_not_alone, PF(STATUS) },
}, unserved[] = {
	{ VUS_FAULT_protocol_feature_bits_log_shmfd_unserved, PF(LOG_SHMFD) },
	{ VUS_FAULT_protocol_feature_bits_rarp_unserved, PF(RARP) },
	{ VUS_FAULT_protocol_feature_bits_mtu_unserved, PF(NET_MTU) },
	{ VUS_FAULT_protocol_feature_bits_inflight_shmfd_unserved, PF(INFLIGHT_SHMFD) },
	{ VUS_FAULT_protocol_feature_bits_shmem_unserved, PF(SHMEM) },
};

uint64_t vus_lie_in_pf_offer(const struct vus_be *be)
{
	uint64_t pf = 0;

	for (size_t i = 0; i < VUS_COUNT(unserved); i++) {
		if (vus_faults_has(&be->cfg.faults, unserved[i].fault))
			pf |= unserved[i].pf;
	}
	return pf;
}

bool vus_lie_about_lonely(const struct vus_be *be, const struct vus_msg *msg)
{
	for (size_t i = 0; msg && i < VUS_COUNT(lonely); i++) {
		if (vus_faults_has(&be->cfg.faults, lonely[i].fault) &&
		    (msg->needs & lonely[i].pf) &&
		    (be->pf & ~PF(REPLY_ACK)) == lonely[i].pf)
			return true;
	}
	return false;
}

/* A ring that ran, and never had anything to do. */
static bool waits(struct vus_be *be, uint32_t index)
{
	const struct vus_vq *vq = vus_be_vq(be, index);

	return vq && vq->live && !vq->bad.served;
}

void vus_lie_about_order(struct vus_be *be, const struct vus_frame *frame)
{
	const uint32_t last = be->bad.last_id;
	const bool stops = frame->id == VUS_FE_GET_VRING_BASE;

	be->bad.last_id = frame->id;
	if (last == VUS_FE_SET_VRING_KICK &&
	    (stops || frame->id == VUS_FE_SET_MEM_TABLE) &&
	    VUS_FAULTY(be, ring_stop, aborts_on_early_stop))
		vus_die();
	if (!stops || !frame->decoded)
		return;
	if ((last == frame->id && VUS_FAULTY(be, ring_stop, second_is_mute)) ||
	    (waits(be, frame->body.vring_state.index) &&
	     VUS_FAULTY(be, ring_stop, waits_for_a_request)))
		be->bad.deaf = true;
}

/* Carry out a frame whose payload has the wrong length. */
static enum vus_handled force(struct vus_be *be, struct vus_frame *frame,
			      struct vus_frame *reply)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, frame->id);
	const struct vus_payload *row = vus_msg_request(msg, be->pf);
	const struct vus_be_handler *h = vus_be_handler_find(frame->id);
	uint8_t bytes[VUS_MAX_PAYLOAD] = { 0 };
	struct vus_err err;

	if (!h || !row)
		return VUS_NACK;
	memcpy(bytes, frame->payload,
	       VUS_MIN(frame->payload_len, row->min_size));
	if (!vus_decode(row, bytes, row->min_size, &frame->body, &err))
		return VUS_NACK;
	return h->handle(be, frame, reply);
}

/* Bytes that belong to the next frame. */
static void swallow(struct vus_be *be, size_t n)
{
	uint8_t sink[VUS_MAX_PAYLOAD];

	if (vus_poll_one(be->link.fd, POLLIN, vus_deadline_ms(VUS_LATE_MS)) > 0)
		(void)!recv(be->link.fd, sink, VUS_MIN(n, sizeof(sink)),
			    MSG_DONTWAIT);
}

/* A table whose count does not fit its rows. */
static bool takes_table(const struct vus_be *be, const struct vus_frame *frame)
{
	uint32_t count = 0;

	if (frame->id != VUS_FE_SET_MEM_TABLE)
		return false;
	memcpy(&count, frame->payload,
	       VUS_MIN(frame->payload_len, sizeof(count)));
	return count > VUS_MAX_REGIONS
		       ? VUS_FAULTY(be, mem_table, nine_is_eight)
		       : VUS_FAULTY(be, mem_table, counts_unsent_regions);
}

/* A size that is wrong, as faults take it; VUS_NACK: as it should be. */
enum vus_handled vus_lie_about_size(struct vus_be *be, struct vus_frame *frame,
				    struct vus_frame *reply)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, frame->id);
	const struct vus_payload *row = vus_msg_request(msg, be->pf);
	size_t max = row ? row->max_size : 0;

	if (takes_table(be, frame))
		return VUS_OK;
	if (row && frame->payload_len < row->min_size &&
	    VUS_FAULTY(be, header, pads_short_payloads))
		return force(be, frame, reply);
	if (frame->payload_len > max &&
	    VUS_FAULTY(be, header, loses_framing_after_extra_bytes)) {
		swallow(be, frame->payload_len - max);
		return VUS_OK;
	}
	return VUS_NACK;
}

/* Descriptors that are missing or too many, as faults take them. */
enum vus_handled vus_lie_about_fds(struct vus_be *be, struct vus_frame *frame)
{
	struct vus_fd_range fds =
		vus_msg_fds(vus_msg_find(VUS_FE, frame->id), be->pf);

	if (fds.max == 0 && VUS_FAULTY(be, fds, keeps_unexpected))
		frame->nfds = 0;
	if (fds.max > 0 && frame->nfds <= fds.max &&
	    VUS_FAULTY(be, fds, accepts_missing))
		return VUS_OK;
	if (frame->id == VUS_FE_ADD_MEM_REG && frame->nfds == 0 &&
	    VUS_FAULTY(be, mem_slots, add_needs_no_descriptor))
		return VUS_OK;
	if (frame->id == VUS_FE_SET_BACKEND_REQ_FD && frame->nfds == 0 &&
	    VUS_FAULTY(be, backend_channel, needs_no_descriptor))
		return VUS_OK;
	if (frame->id == VUS_FE_SET_MEM_TABLE &&
	    frame->nfds > frame->body.mem_table.nregions &&
	    VUS_FAULTY(be, mem_table, keeps_surplus_descriptors))
		frame->nfds = 0;
	if (frame->id == VUS_FE_SET_MEM_TABLE &&
	    VUS_FAULTY(be, mem_table, matches_no_descriptor_count))
		return VUS_OK;
	return VUS_NACK;
}
