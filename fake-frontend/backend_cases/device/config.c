/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c — configuration space, read and written through the back-end.
 *
 * The device's driver says how large it is; only for block devices it is known
 * what may be written, which is the cache mode. */
#include "fixture/sessions.h"
#include "fixture/steps.h"
#include "fixture/valid_request.h"

#include <linux/virtio_blk.h>
#include <stddef.h>
#include <string.h>

/* Values of the flags word. */
#define DRIVER_WRITE 0
#define MIGRATION    1

/* offset, size and flags, in front of the bytes. */
#define CONFIG_HEADER 12

/* No block device has more, by virtio 1.3. */
#define BLK_CONFIG_END 128

static struct vus_frame config_frame(const struct vus_session *s, uint32_t id,
				     uint32_t offset, uint32_t size,
				     uint32_t flags)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	if (id == VUS_FE_SET_CONFIG && (s->pf & PF(REPLY_ACK)))
		f.flags |= VUS_FLAG_NEED_REPLY;
	f.body.config = (struct vus_p_config){
		.offset = offset,
		.size = size,
		.flags = flags,
	};
	return f;
}

/* ---- reading ---- */

/* "VHOST_USER_GET_CONFIG": the back-end's payload size MUST match the
 * front-end's request.  It may refuse a size that it does not serve. */
static const uint32_t read_sizes[] = { 1, 4, 24, 0 };

VUS_CASE(answer_is_as_long_as_asked,
	 .title = "GET_CONFIG is answered with as many bytes as it asks for",
	 .rules = { "config.get_reply" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG), .rows = { "1", "4", "24", "all" })
{
	struct vus_session *s = vus_fe(t);
	const uint32_t n =
		read_sizes[t->row] ? read_sizes[t->row] : vus_config_size(s);
	const struct vus_frame ask =
		config_frame(s, VUS_FE_GET_CONFIG, 0, n, 0);
	VUS_AUTO_FRAME got = { 0 };
	struct vus_err err;
	bool answered;

	if (n == 0)
		VUS_SKIP(t, "how much this device has is not known");
	answered = vus_fe_request(s, &ask, &got, &err);
	if (!answered && err.kind == VUS_ERR_REFUSED)
		VUS_SKIP(t, "the device has no %u bytes of configuration", n);
	VUS_CHECK(t, "config.get_reply", answered, "GET_CONFIG is answered",
		  "%s", err.text);
	/* Its form is judged by config.get_error_zero. */
	if (got.size == CONFIG_HEADER && got.body.config.size == 0)
		VUS_SKIP(t, "the device has no %u bytes of configuration", n);
	VUS_CHECK(t, "config.get_reply", got.size == CONFIG_HEADER + n,
		  "the payload of the reply is as large as that of the request",
		  "the payload of the reply has %u bytes, not %u", got.size,
		  CONFIG_HEADER + n);
	VUS_CHECK(t, "config.get_reply",
		  got.body.config.offset == 0 && got.body.config.size == n,
		  "the reply has the offset and size of the request",
		  "the reply has %u bytes at %u, not %u at 0",
		  got.body.config.size, got.body.config.offset, n);
}

/* The payload's offset is that of the configuration space.  Each byte is read
 * alone, and with all that follow it. */
VUS_CASE(offset_selects_the_bytes,
	 .title = "a read of part of configuration space shows that part",
	 .rules = { "config.get_offset" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG))
{
	struct vus_session *s = vus_fe(t);
	const uint32_t n = vus_config_size(s);
	uint8_t all[VUS_CONFIG_MAX], part[VUS_CONFIG_MAX];
	struct vus_err err;

	if (n == 0)
		VUS_SKIP(t, "how much this device has is not known");
	VUS_PREREQ(t, "config.get_reply", vus_fe_get_config(s, 0, n, all, &err),
		   &err);
	for (uint32_t at = 0; at < n; at++) {
		const uint32_t sizes[] = { 1, n - at };

		for (unsigned i = 0; i < VUS_COUNT(sizes); i++) {
			VUS_PREREQ(
				t, "config.get_reply",
				vus_fe_get_config(s, at, sizes[i], part, &err),
				&err);
			VUS_CHECK(t, "config.get_offset",
				  memcmp(part, all + at, sizes[i]) == 0,
				  "a read at an offset returns the bytes at "
				  "that offset",
				  "%u bytes at offset %u are not those of a "
				  "whole read%s",
				  sizes[i], at,
				  memcmp(part, all, sizes[i]) == 0
					  ? ", but those at offset 0"
					  : "");
		}
	}
}

/* The same heading: an empty payload reports an error.  The back-end decides
 * which of these reads are errors; those that it serves are not judged here. */
static const struct {
	uint32_t offset, size;
} odd_reads[] = {
	{ 0, VUS_CONFIG_MAX },
	{ VUS_CONFIG_MAX, 16 },
	{ UINT32_MAX - 15, 16 },
};

VUS_CASE(error_is_an_empty_answer,
	 .title = "a read that cannot be served is answered without payload",
	 .rules = { "config.get_error_zero" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG))
{
	struct vus_session *s = vus_fe(t);
	unsigned errors = 0;

	for (unsigned i = 0; i < VUS_COUNT(odd_reads); i++) {
		const struct vus_frame ask =
			config_frame(s, VUS_FE_GET_CONFIG, odd_reads[i].offset,
				     odd_reads[i].size, 0);
		VUS_AUTO_FRAME got = { 0 };
		struct vus_err err = { 0 };
		const bool answered = vus_fe_request(s, &ask, &got, &err);

		if (answered && got.size == CONFIG_HEADER + odd_reads[i].size)
			continue;
		errors++;
		VUS_CHECK(t, "config.get_error_zero",
			  !answered && (err.kind == VUS_ERR_REFUSED ||
					err.kind == VUS_ERR_EOF),
			  "a read that is not served is answered with an empty "
			  "payload",
			  "%u bytes at %u: %s", odd_reads[i].size,
			  odd_reads[i].offset,
			  answered ? "the payload has another size, and is not "
				     "empty"
				   : err.text);
		if (err.kind == VUS_ERR_EOF)
			return;
	}
	if (errors == 0)
		VUS_SKIP(t, "the back-end serves reads of any size and place");
}

static bool bytes_are_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

/* A read behind the device's own bytes may be refused, or return zeroes.  A
 * back-end that ignores the offset returns the first bytes again (judged in
 * config.offset_selects_the_bytes). */
VUS_CASE(reads_beyond_the_end_show_no_foreign_bytes,
	 .title = "a read behind configuration space returns no foreign bytes",
	 .rules = { "config.get_bounds" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG), .devices = "blk")
{
	const uint32_t behind = VUS_CONFIG_MAX - 32;
	uint8_t first[VUS_CONFIG_MAX] = { 0 }, bytes[VUS_CONFIG_MAX] = { 0 };
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "config.get_reply",
		   vus_fe_get_config(s, 0, 32, first, &err), &err);
	if (vus_fe_get_config(s, behind, 32, bytes, &err))
		VUS_CHECK(t, "config.get_bounds",
			  bytes_are_zero(bytes, 32) ||
				  memcmp(bytes, first, 32) == 0,
			  "bytes behind configuration space are zero, or the "
			  "read is refused",
			  "32 bytes at offset %u are neither zero nor the "
			  "first ones",
			  behind);
	if (vus_fe_get_config(s, 0, VUS_CONFIG_MAX, bytes, &err))
		VUS_CHECK(t, "config.get_bounds",
			  bytes_are_zero(bytes + BLK_CONFIG_END,
					 VUS_CONFIG_MAX - BLK_CONFIG_END),
			  "a long read is zero behind configuration space, or "
			  "refused",
			  "some of the bytes from %u on are not zero",
			  BLK_CONFIG_END);
	VUS_CHECK(t, "config.get_bounds", vus_fe_barrier(s, &err),
		  "the session is alive after reads behind configuration space",
		  "%s", err.text);
}

/* A request whose offset and size do not fit its payload. */
struct odd_config {
	uint32_t offset, size;
	size_t sent; /* bytes that follow the words */
};

/* Words that a careless addition or copy takes for valid. */
static const struct odd_config odd_words[] = {
	{ 0, 0, 0 },          { 0, VUS_CONFIG_MAX + 1, VUS_CONFIG_MAX + 1 },
	{ 0, UINT32_MAX, 4 }, { UINT32_MAX, 2, 2 },
	{ 0, 64, 4 },         { 0, 4, 64 },
};
#define ODD_WORDS                                                              \
	{                                                                      \
		"size_0", "size_257", "size_all_ones", "offset_wraps",         \
			"size_above_payload", "size_below_payload"             \
	}

/* Send it and classify the outcome. */
static enum vus_outcome try_odd(struct vus_session *s, uint32_t id,
				const struct odd_config *odd)
{
	const struct vus_frame f =
		config_frame(s, id, odd->offset, odd->size, DRIVER_WRITE);
	uint8_t payload[CONFIG_HEADER + VUS_CONFIG_MAX + 1];
	const struct vus_twist twist = {
		.payload = payload,
		.payload_len = CONFIG_HEADER + odd->sent,
	};

	memset(payload, 0x5a, sizeof(payload));
	memcpy(payload, &f.body.config, CONFIG_HEADER);
	return vus_fe_classify(s, &f, &twist, NULL);
}

/* Neither word may lead a back-end outside its buffers. */
VUS_CASE(odd_reads_are_survived,
	 .title = "GET_CONFIG with impossible words is refused or survived",
	 .rules = { "config.get_bounds" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG), .rows = ODD_WORDS)
{
	const enum vus_outcome outcome =
		try_odd(vus_fe(t), VUS_FE_GET_CONFIG, &odd_words[t->row]);

	VUS_EXPECT(t, "config.get_bounds", outcome, VUS_ORDERLY,
		   "GET_CONFIG with words that do not fit its payload");
}

/* ---- writing ---- */

/* Read configuration space again, over another connection if the last message
 * closed this one. */
static bool read_again(struct vus_ctx *t, const char *rule,
		       enum vus_outcome last, uint8_t *ret)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (last == VUS_CLOSED)
		switch (vus_fe_reconnect(t, rule, VUS_START_NEGOTIATED)) {
		case VUS_RECONNECT_PEER_EXITED:
			vus_skip(t, "the back-end ended with the connection: "
				    "what it kept cannot be read");
			return false;
		case VUS_RECONNECT_FAILED:
		case VUS_RECONNECT_NO_WAY:
			return false;
		case VUS_RECONNECT_OK:
			break;
		}
	if (vus_fe_get_config(s, 0, vus_config_size(s), ret, &err))
		return true;
	vus_prereq_failed(t, "config.get_reply", &err);
	return false;
}

/* Judge, under `rule`, that configuration space is what it was. */
static bool check_unchanged(struct vus_ctx *t, const char *rule,
			    enum vus_outcome last, const uint8_t *before)
{
	const uint32_t n = vus_config_size(vus_fe(t));
	uint8_t now[VUS_CONFIG_MAX];
	uint32_t i = 0;

	if (!read_again(t, rule, last, now))
		return false;
	while (i < n && before[i] == now[i])
		i++;
	return vus_check(
		t, rule, i == n, "configuration space does not change",
		"byte %u of configuration space was 0x%02x and is 0x%02x", i,
		before[i], now[i]);
}

/* virtio, "Block Device": the driver may write `writeback` where CONFIG_WCE was
 * negotiated.  It is read as part of a longer read, so that nothing depends
 * on the offset, and restored. */
VUS_CASE(written_byte_reads_back,
	 .title = "a field that the driver may write keeps what was written",
	 .rules = { "config.set_apply" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG), .needs_vf = VUS_BIT(VIRTIO_BLK_F_CONFIG_WCE),
	 .devices = "blk")
{
	const uint32_t at = offsetof(struct virtio_blk_config, wce);
	struct vus_session *s = vus_fe(t);
	struct vus_frame set =
		config_frame(s, VUS_FE_SET_CONFIG, at, 1, DRIVER_WRITE);
	uint8_t before[VUS_CONFIG_MAX], now[VUS_CONFIG_MAX];
	struct vus_err err;

	VUS_PREREQ(t, "config.get_reply",
		   vus_fe_get_config(s, 0, vus_config_size(s), before, &err),
		   &err);
	set.body.config.data[0] = !before[at];
	VUS_CHECK(t, "config.set_apply", vus_fe_send_acked(s, &set, &err),
		  "a write of the field writeback is accepted", "%s", err.text);
	VUS_PREREQ(t, "config.get_reply",
		   vus_fe_get_config(s, 0, vus_config_size(s), now, &err),
		   &err);
	set.body.config.data[0] = before[at];
	VUS_CHECK(t, "config.set_apply", vus_fe_send_acked(s, &set, &err),
		  "a second write of the field writeback is accepted", "%s",
		  err.text);
	VUS_CHECK(t, "config.set_apply", now[at] == !before[at],
		  "the field writeback keeps what was written",
		  "byte %u was set to %u and reads %u", at, !before[at],
		  now[at]);
}

/* Try to change all bytes of a field. */
static enum vus_outcome try_write(struct vus_session *s, uint32_t offset,
				  uint32_t size, uint32_t flags,
				  const uint8_t *before)
{
	struct vus_frame f =
		config_frame(s, VUS_FE_SET_CONFIG, offset, size, flags);

	for (uint32_t i = 0; i < size; i++)
		f.body.config.data[i] = (uint8_t)~before[offset + i];
	return vus_fe_classify(s, &f, NULL, NULL);
}

#define FIELD(name)                                                            \
	{                                                                      \
		offsetof(struct virtio_blk_config, name),                      \
			sizeof(((struct virtio_blk_config *)NULL)->name)       \
	}

/* "VHOST_USER_SET_CONFIG": back-ends MUST NOT accept it for read-only fields
 * unless the live migration bit is set. */
static const struct {
	uint32_t offset, size;
} read_only[] = {
	FIELD(capacity),
	FIELD(seg_max),
	FIELD(blk_size),
	FIELD(num_queues),
};

VUS_CASE(read_only_field_refuses_a_write,
	 .title = "a driver's write to a read-only field is refused",
	 .rules = { "config.set_readonly" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG) | PF(REPLY_ACK), .devices = "blk",
	 .rows = { "capacity", "seg_max", "blk_size", "num_queues" })
{
	struct vus_session *s = vus_fe(t);
	uint8_t before[VUS_CONFIG_MAX];
	enum vus_outcome outcome;

	VUS_STEP(t, read_again(t, "config.set_readonly", VUS_ACCEPTED, before));
	outcome = try_write(s, read_only[t->row].offset, read_only[t->row].size,
			    DRIVER_WRITE, before);
	VUS_EXPECT(t, "config.set_readonly", outcome, VUS_REFUSED | VUS_CLOSED,
		   "a driver's SET_CONFIG of a read-only field");
	VUS_STEP(t, check_unchanged(t, "config.set_readonly", outcome, before));
}

/* The same heading: the back-end must check the flags.  A migration may write
 * where a driver must not: the back-end may accept that write (of the same
 * bytes) or not, and must refuse the driver's. */
VUS_CASE(flags_distinguish_driver_from_migration,
	 .title = "a field that a migration may write is refused to a driver",
	 .rules = { "config.set_flags_checked" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG) | PF(REPLY_ACK), .devices = "blk")
{
	const uint32_t at = offsetof(struct virtio_blk_config, seg_max);
	struct vus_session *s = vus_fe(t);
	struct vus_frame same =
		config_frame(s, VUS_FE_SET_CONFIG, at, 4, MIGRATION);
	uint8_t before[VUS_CONFIG_MAX];
	enum vus_outcome outcome;

	VUS_STEP(t, read_again(t, "config.set_flags_checked", VUS_ACCEPTED,
			       before));
	memcpy(same.body.config.data, before + at, 4);
	outcome = vus_fe_classify(s, &same, NULL, NULL);
	VUS_EXPECT(t, "config.set_flags_checked", outcome,
		   VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED,
		   "a migration's SET_CONFIG of a read-only field");
	VUS_STEP(t, read_again(t, "config.set_flags_checked", outcome, before));
	outcome = try_write(s, at, 4, DRIVER_WRITE, before);
	VUS_EXPECT(t, "config.set_flags_checked", outcome,
		   VUS_REFUSED | VUS_CLOSED,
		   "a driver's SET_CONFIG of a read-only field");
	VUS_STEP(t, check_unchanged(t, "config.set_flags_checked", outcome,
				    before));
}

/* Other values have no meaning: none may count as a migration's. */
static const uint32_t odd_flags[] = { 2, 3, UINT32_C(1) << 31 };

VUS_CASE(unknown_flags_do_not_make_writable,
	 .title = "flags without meaning do not make a field writable",
	 .rules = { "config.set_unknown_flags" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG) | PF(REPLY_ACK), .devices = "blk",
	 .rows = { "2", "3", "bit_31" })
{
	struct vus_session *s = vus_fe(t);
	uint8_t before[VUS_CONFIG_MAX];
	enum vus_outcome outcome;

	VUS_STEP(t, read_again(t, "config.set_unknown_flags", VUS_ACCEPTED,
			       before));
	outcome = try_write(s, offsetof(struct virtio_blk_config, seg_max), 4,
			    odd_flags[t->row], before);
	VUS_EXPECT(t, "config.set_unknown_flags", outcome,
		   VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED,
		   "SET_CONFIG with flags that have no meaning");
	VUS_STEP(t, check_unchanged(t, "config.set_unknown_flags", outcome,
				    before));
}

/* Writes outside configuration space, or that do not fit their payload.  One of
 * 0 bytes is harmless, and may be accepted. */
static const struct odd_config odd_writes[] = {
	{ VUS_CONFIG_MAX - 1, 2, 2 },
	{ UINT32_MAX - 15, 16, 16 },
};

VUS_CASE(odd_writes_change_nothing,
	 .title = "SET_CONFIG outside configuration space is refused",
	 .rules = { "config.set_bounds" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG) | PF(REPLY_ACK), .devices = "blk",
	 .rows = { "size_0", "size_257", "size_all_ones", "offset_wraps",
		   "size_above_payload", "size_below_payload", "past_the_end",
		   "far_offset" })
{
	const unsigned n = VUS_COUNT(odd_words);
	const struct odd_config *odd =
		t->row < n ? &odd_words[t->row] : &odd_writes[t->row - n];
	uint8_t before[VUS_CONFIG_MAX];
	enum vus_outcome outcome;

	VUS_STEP(t, read_again(t, "config.set_bounds", VUS_ACCEPTED, before));
	outcome = try_odd(vus_fe(t), VUS_FE_SET_CONFIG, odd);
	VUS_EXPECT(t, "config.set_bounds", outcome,
		   VUS_REFUSED | VUS_CLOSED |
			   (odd->size == 0 ? VUS_ACCEPTED : 0),
		   "SET_CONFIG outside configuration space");
	VUS_STEP(t, check_unchanged(t, "config.set_bounds", outcome, before));
}
