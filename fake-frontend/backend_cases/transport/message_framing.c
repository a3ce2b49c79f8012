/* SPDX-License-Identifier: BSD-3-Clause */
/* message_framing.c — messages in a stream of bytes: of wrong sizes, in pieces,
 * several in one read, and cut off. */
#include "fixture/sessions.h"
#include "fixture/valid_request.h"
#include "fixture/steps.h"

#include "base/own.h"

#include <string.h>

/* When the peer does not read a piece, the next one is sent after this long,
 * ms: the peer may wait for more bytes. */
#define SETTLE_MS 300

/* ---- sizes ---- */

/* A valid message whose payload is cut, or followed by other bytes. */
struct odd {
	struct vus_frame f;
	uint8_t bytes[VUS_MAX_PAYLOAD];
	size_t whole; /* the right length */
};

static struct odd odd_of(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_msg *msg = vus_msg_by_name(VUS_FE, t->c->rows[t->row]);
	struct odd odd = { .f = vus_valid_request(s, msg->id) };

	memset(odd.bytes, 0xa5, sizeof(odd.bytes));
	odd.whole = vus_encode(vus_msg_request(msg, s->pf), &odd.f.body,
			       odd.bytes, sizeof(odd.bytes));
	return odd;
}

/* GET_VRING_BASE needs a ring to stop. */
static bool prepare_ring(struct vus_ctx *t, const struct odd *odd)
{
	return odd->f.id != VUS_FE_GET_VRING_BASE ||
	       vus_step_ring_ensure_running(t);
}

static enum vus_outcome classify_size(struct vus_ctx *t, const struct odd *odd,
				      size_t len)
{
	const struct vus_twist twist = { .payload = odd->bytes,
					 .payload_len = len };

	return vus_fe_classify(vus_fe(t), &odd->f, &twist, NULL);
}

/* The same, with need_reply: what becomes of a message that is too short. */
static enum vus_outcome classify_short(struct vus_ctx *t, const struct odd *odd,
				       size_t len)
{
	const struct vus_twist twist = { .payload = odd->bytes,
					 .payload_len = len };

	return vus_step_classify(t, &odd->f, &twist);
}

#define WITH_PAYLOAD                                                           \
	"SET_FEATURES", "SET_PROTOCOL_FEATURES", "SET_MEM_TABLE",              \
		"SET_VRING_NUM", "SET_VRING_ADDR", "SET_VRING_BASE",           \
		"GET_VRING_BASE", "SET_VRING_KICK", "SET_VRING_CALL",          \
		"SET_VRING_ERR", "SET_VRING_ENABLE", "ADD_MEM_REG"

/* "derived": the missing bytes would be read from what the buffer held before.
 * Each is sent without its last byte, then without any. */
VUS_CASE(short_payloads_are_refused,
	 .title = "a message whose payload is too short is refused",
	 .rules = { "header.size_too_small" }, .start = VUS_START_NEGOTIATED,
	 .rows = { WITH_PAYLOAD })
{
	const struct odd odd = odd_of(t);
	enum vus_outcome outcome;

	if (odd.f.id == VUS_FE_ADD_MEM_REG &&
	    !(vus_fe(t)->pf & PF(CONFIGURE_MEM_SLOTS)))
		VUS_SKIP(t, "the back-end does not offer CONFIGURE_MEM_SLOTS");
	VUS_STEP(t, prepare_ring(t, &odd));
	outcome = classify_short(t, &odd, odd.whole - 1);
	VUS_EXPECT_OBSERVABLE(t, "header.size_too_small", outcome,
			      VUS_REFUSED | VUS_CLOSED,
			      "a payload without its last byte");
	if (outcome == VUS_CLOSED &&
	    vus_fe_reconnect(VUS_AT(t), "header.size_too_small",
			     VUS_START_NEGOTIATED) != VUS_RECONNECT_OK)
		return;
	VUS_EXPECT_OBSERVABLE(
		t, "header.size_too_small", classify_short(t, &odd, 0),
		VUS_REFUSED | VUS_CLOSED, "a message without its payload");
}

/* "derived": a payload that is longer than its message is read to its end or
 * refused.  The next message begins after it either way. */
VUS_CASE(long_payloads_keep_the_framing,
	 .title = "bytes after a payload are not taken for the next message",
	 .rules = { "header.size_extra" }, .start = VUS_START_NEGOTIATED,
	 .rows = { WITH_PAYLOAD })
{
	const struct odd odd = odd_of(t);

	VUS_STEP(t, prepare_ring(t, &odd));
	/* No need_reply: the next message follows at once. */
	VUS_EXPECT(t, "header.size_extra",
		   classify_size(t, &odd, odd.whole + 8), VUS_ORDERLY,
		   "a payload with 8 bytes too many");
}

static const uint32_t huge[] = { 0x10000, 0x7fffffff, 0xffffffff };

/* "derived": no message is that long.  The payload is not sent: a back-end that
 * waited for it would wait for ever. */
VUS_CASE(huge_sizes_are_refused,
	 .title = "a size beyond any payload is refused at once",
	 .rules = { "header.size_too_big" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "0x10000", "0x7fffffff", "0xffffffff" })
{
	const struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_SET_FEATURES);
	const struct vus_twist twist = { .set_size = true,
					 .size = huge[t->row],
					 .payload = "" };

	VUS_EXPECT(t, "header.size_too_big",
		   vus_fe_classify(vus_fe(t), &f, &twist, NULL),
		   VUS_REFUSED | VUS_CLOSED | VUS_SILENT,
		   "SET_FEATURES with a size beyond any payload");
}

static enum vus_outcome classify_padding(struct vus_ctx *t, uint32_t id,
					 int byte)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_valid_request(s, id);

	if (id == VUS_FE_SET_MEM_TABLE)
		memset(f.body.mem_table.padding, byte,
		       sizeof(f.body.mem_table.padding));
	else
		memset(f.body.mem_reg.padding, byte,
		       sizeof(f.body.mem_reg.padding));
	return vus_step_classify(t, &f, NULL);
}

/* "Memory region description" and the payloads that hold it have padding, and
 * do not define its content: a receiver ignores it.  rust-vmm refuses a table
 * whose padding is not zero. */
VUS_CASE(padding_has_no_meaning,
	 .title = "a payload is accepted whatever its padding holds",
	 .rules = { "payload.padding_ignored" },
	 .rows = { "SET_MEM_TABLE", "ADD_MEM_REG" })
{
	const uint64_t slots = PF(CONFIGURE_MEM_SLOTS);
	const bool table = t->row == 0;
	const uint32_t id = table ? VUS_FE_SET_MEM_TABLE : VUS_FE_ADD_MEM_REG;
	struct vus_session *s = vus_fe(t);
	uint64_t pf = vus_fe_wanted_protocol_features(t);
	enum vus_outcome outcome;
	struct vus_err err;

	pf = table ? pf & ~slots : pf | slots;
	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s, vus_fe_wanted_features(t), pf,
					     &err),
		   &err);
	if (!table && !(s->pf & slots))
		VUS_SKIP(t, "the back-end does not offer CONFIGURE_MEM_SLOTS");
	outcome = classify_padding(t, id, 0xa5);
	/* A message that is refused with zero padding too is refused for
	 * another reason. */
	if (outcome == VUS_REFUSED && classify_padding(t, id, 0) == VUS_REFUSED)
		VUS_SKIP(t, "the message is refused without it, too");
	VUS_EXPECT_OBSERVABLE(t, "payload.padding_ignored", outcome,
			      VUS_ACCEPTED,
			      "a payload whose padding is not zero");
}

/* ---- pieces ---- */

/* Where a message is cut. */
static const struct vus_twist header_cuts[] = {
	{ .ncuts = 1, .cut = { 1 } },
	{ .ncuts = 1, .cut = { 4 } },
	{ .ncuts = 1, .cut = { 11 } },
	{ .ncuts = 11, .cut = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 } },
};

/* "derived": a stream has no boundaries, so a read may end in the middle of a
 * header. */
VUS_CASE(header_may_come_in_pieces,
	 .title = "a message whose header comes in pieces is served",
	 .rules = { "header.partial_header" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "cut_at_1", "cut_at_4", "cut_at_11", "byte_by_byte" })
{
	const struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	struct vus_twist twist = header_cuts[t->row];

	twist.settle_ms = SETTLE_MS;
	/* A back-end that takes the flags for the type of the next message
	 * fails by the one behind, or by an answer too many. */
	VUS_EXPECT(t, "header.partial_header",
		   vus_fe_classify(vus_fe(t), &f, &twist, NULL), VUS_ACCEPTED,
		   "GET_FEATURES with its header in pieces");
}

/* "Communication": descriptors come with the first byte.  A back-end that reads
 * the rest of a header by itself must keep them. */
VUS_CASE(descriptors_of_a_header_in_pieces_are_kept,
	 .title = "a descriptor that comes with the first byte of a header in "
		  "pieces is used",
	 .rules = { "header.partial_header" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(REPLY_ACK))
{
	const struct vus_twist twist = { .ncuts = 1,
					 .cut = { 1 },
					 .settle_ms = SETTLE_MS };
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_VRING_CALL);
	VUS_AUTO_EVENT call = VUS_EVENT_NONE;
	struct vus_err err;

	VUS_SETUP(t, vus_event_open(VUS_EVENTFD, &call, &err), &err);
	f.fds[0] = call.wr;
	f.nfds = 1;
	VUS_PREREQ(t, "ring_fds.set", vus_fe_send_acked(s, &f, &err), &err);
	f.flags |= VUS_FLAG_NEED_REPLY;
	VUS_EXPECT(t, "header.partial_header",
		   vus_fe_classify(s, &f, &twist, NULL), VUS_ACCEPTED,
		   "SET_VRING_CALL with its header in pieces");
}

static const struct vus_twist payload_cuts[] = {
	{ .ncuts = 1, .cut = { 12 } },
	{ .ncuts = 1, .cut = { 16 } },
	{ .ncuts = 8, .cut = { 12, 13, 14, 15, 16, 17, 18, 19 } },
};

/* "derived": the same for a payload. */
VUS_CASE(payload_may_come_in_pieces,
	 .title = "a message whose payload comes in pieces is served",
	 .rules = { "header.partial_payload" }, .start = VUS_START_RUNNING,
	 .rows = { "behind_the_header", "in_the_middle", "byte_by_byte" })
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_GET_VRING_BASE);
	struct vus_twist twist = payload_cuts[t->row];
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_STEP(t, vus_step_ring_ensure_running(t));
	twist.settle_ms = SETTLE_MS;
	f.body.vring_state.index = s->queues[0].index;
	VUS_EXPECT(t, "header.partial_payload",
		   vus_fe_classify(s, &f, &twist, NULL), VUS_ACCEPTED,
		   "GET_VRING_BASE with its payload in pieces");
}

/* ---- together ---- */

/* Append a valid request, as bytes. */
static size_t append_request(uint8_t *buf, const struct vus_session *s,
			     uint32_t id)
{
	const struct vus_frame f = vus_valid_request(s, id);
	uint8_t *const payload = buf + VUS_HEADER_SIZE;
	uint32_t head[3] = { id, VUS_VERSION, 0 };
	const size_t len =
		vus_encode(vus_msg_request(vus_msg_find(VUS_FE, id), s->pf),
			   &f.body, payload, VUS_MAX_PAYLOAD);

	head[2] = (uint32_t)len;
	memcpy(buf, head, sizeof(head));
	return VUS_HEADER_SIZE + len;
}

/* "derived": one read may return several messages.  Two equal requests are
 * two. */
VUS_CASE(messages_sent_together_are_all_answered,
	 .title = "messages that arrive together are answered one by one",
	 .rules = { "header.coalesced" }, .start = VUS_START_RUNNING)
{
	static const uint32_t ids[] = { VUS_FE_GET_FEATURES,
					VUS_FE_GET_FEATURES,
					VUS_FE_GET_VRING_BASE,
					VUS_FE_GET_FEATURES };
	const struct vus_frame first = vus_request_frame(VUS_FE, ids[0]);
	uint8_t buf[VUS_COUNT(ids) * (VUS_HEADER_SIZE + 8)];
	struct vus_twist twist = { .set_size = true, .payload = buf };
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_STEP(t, vus_step_ring_ensure_running(t));
	/* They are sent as the payload of the first, which has none. */
	for (size_t i = 1; i < VUS_COUNT(ids); i++)
		twist.payload_len +=
			append_request(buf + twist.payload_len, s, ids[i]);
	VUS_SETUP(t,
		  vus_link_send(&s->link, &first, &twist,
				vus_deadline_ms(t->request_ms), &err),
		  &err);
	for (size_t i = 0; i < VUS_COUNT(ids); i++) {
		VUS_AUTO_FRAME got = { 0 };

		VUS_CHECK(t, "header.coalesced",
			  vus_link_recv(&s->link, &got,
					vus_deadline_ms(t->request_ms), &err),
			  "each of the messages that were sent together is "
			  "answered",
			  "%zu of %zu were answered: %s", i, VUS_COUNT(ids),
			  err.text);
		VUS_CHECK(t, "header.coalesced", got.id == ids[i],
			  "the messages are answered in the order in which "
			  "they were sent",
			  "message %u was answered where %u was due", got.id,
			  ids[i]);
	}
}

/* ---- cut off ---- */

static const size_t cut_places[] = { 5, VUS_HEADER_SIZE, VUS_HEADER_SIZE + 3 };

/* "derived": a message that is not complete is not carried out, and its
 * connection has ended like any other. */
VUS_CASE(cut_message_ends_the_session_only,
	 .title = "after a connection that ends inside a message the next is "
		  "served",
	 .rules = { "header.eof_mid_message" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "in_the_header", "behind_the_header", "in_the_payload" })
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f = vus_valid_request(s, VUS_FE_SET_VRING_NUM);
	/* Read before the connection ends: many look for the end first. */
	const struct vus_twist twist = { .stop_after = cut_places[t->row],
					 .settle_ms = SETTLE_MS };
	struct vus_err err;

	VUS_SETUP(t,
		  vus_link_send(&s->link, &f, &twist,
				vus_deadline_ms(t->request_ms), &err),
		  &err);
	(void)vus_fe_reconnect(VUS_AT(t), "header.eof_mid_message",
			       VUS_START_NEGOTIATED);
}
