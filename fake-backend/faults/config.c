/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c — faults of configuration space. */
#include "fake-backend/device.h"
#include "fault.h"

#include <linux/virtio_blk.h>

/* ---- reading ---- */

static void ignore_offset(struct vus_be *be, uint32_t offset, uint8_t *buf,
			  uint32_t len)
{
	(void)offset;
	vus_be_honest.read_config(be, 0, buf, len);
}

VUS_BE_FAULT(
	config, get_ignores_offset, .rule = "config.get_offset",
	.says = "reads configuration space from its start, whatever the offset")
{
	decide->read_config = ignore_offset;
}

static bool keep_header(struct vus_be *be, const struct vus_frame *req,
			struct vus_frame *reply, const struct vus_twist *twist,
			struct vus_err *err)
{
	static const uint8_t header[12];
	const struct vus_twist kept = { .payload = header,
					.payload_len = sizeof(header) };

	if (twist)
		twist = &kept;
	return vus_be_honest.transmit(be, req, reply, twist, err);
}

VUS_BE_FAULT(config, get_error_keeps_header, .rule = "config.get_error_zero",
	     .says = "answers a bad GET_CONFIG with a header of 12 bytes")
{
	decide->transmit = keep_header;
}

static enum vus_handled answer_all(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);
	struct vus_p_config *got = &reply->body.config;

	if (req->id != VUS_FE_GET_CONFIG || handled != VUS_OK)
		return handled;
	got->offset = 0;
	got->size = be->cfg.device->config_size;
	vus_be_honest.read_config(be, 0, got->data, got->size);
	return VUS_OK;
}

VUS_BE_FAULT(config, get_answers_all, .rule = "config.get_reply",
	     .also = "config.get_error_zero",
	     .says = "answers GET_CONFIG with all it has, whatever the size")
{
	decide->handle = answer_all;
}

static void fill_with_noise(struct vus_be *be, uint32_t offset, uint8_t *buf,
			    uint32_t len)
{
	const uint32_t size = be->cfg.device->config_size;

	vus_be_honest.read_config(be, offset, buf, len);
	for (uint32_t i = 0; i < len; i++) {
		if (offset + i >= size)
			buf[i] = 0xa5;
	}
}

VUS_BE_FAULT(config, noise_beyond_the_end, .rule = "config.get_bounds",
	     .says = "fills bytes beyond configuration space with 0xa5")
{
	decide->read_config = fill_with_noise;
}

static enum vus_handled die_of_odd_size(struct vus_be *be,
					struct vus_frame *req,
					enum vus_complaint_kind kind,
					struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_CONFIG && kind == VUS_COMPLAINT_SIZE)
		vus_die();
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(
	config, aborts_on_odd_size, .rule = "config.get_bounds",
	.says = "aborts when GET_CONFIG has more or fewer bytes than it says")
{
	decide->refuse_malformed = die_of_odd_size;
}

/* ---- writing ---- */

static bool is_inside(const struct vus_be *be, const struct vus_p_config *want)
{
	const uint32_t size = be->cfg.device->config_size;

	return want->size > 0 && want->offset < size &&
	       want->size <= size - want->offset;
}

static enum vus_handled forget_write(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply)
{
	if (req->id == VUS_FE_SET_CONFIG && req->body.config.size == 1 &&
	    is_inside(be, &req->body.config))
		return VUS_OK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(config, set_is_forgotten, .rule = "config.set_apply",
	     .also = "reset_device.initial_state",
	     .says = "acknowledges a write and does not keep it")
{
	decide->handle = forget_write;
}

static enum vus_handled take_read_only(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);
	const struct vus_p_config *want = &req->body.config;

	if (req->id == VUS_FE_SET_CONFIG && want->flags == 0 &&
	    is_inside(be, want))
		return VUS_OK;
	return handled;
}

VUS_BE_FAULT(config, accepts_read_only_fields, .rule = "config.set_readonly",
	     .also = "config.set_flags_checked reply_ack.nonzero_on_failure",
	     .says = "acknowledges writes to fields that are not writable")
{
	decide->handle = take_read_only;
}

static enum vus_handled take_any_range(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_SET_CONFIG && !is_inside(be, &req->body.config))
		return VUS_OK;
	return handled;
}

VUS_BE_FAULT(config, accepts_any_range, .rule = "config.set_bounds",
	     .says = "acknowledges writes beyond configuration space")
{
	decide->handle = take_any_range;
}

static enum vus_handled take_odd_size(struct vus_be *be, struct vus_frame *req,
				      enum vus_complaint_kind kind,
				      struct vus_frame *reply)
{
	if (req->id == VUS_FE_SET_CONFIG && kind == VUS_COMPLAINT_SIZE)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(config, accepts_odd_sizes, .rule = "config.set_bounds",
	     .also = "header.size_extra header.size_too_small",
	     .says = "acknowledges SET_CONFIG with more or fewer bytes than it "
		     "says")
{
	decide->refuse_malformed = take_odd_size;
}

/* A refused write was carried out, in this connection. */
static bool *is_written(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(bool));
}

/* What such a write did: the largest number of segments is 0. */
static void read_written(struct vus_be *be, uint32_t offset, uint8_t *buf,
			 uint32_t len)
{
	const uint32_t first = offsetof(struct virtio_blk_config, seg_max);

	vus_be_honest.read_config(be, offset, buf, len);
	for (uint32_t at = first; *is_written(be) && at < first + 4; at++) {
		if (at >= offset && at - offset < len)
			buf[at - offset] = 0;
	}
}

static enum vus_handled write_anyway(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply, bool flags)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id != VUS_FE_SET_CONFIG || handled == VUS_OK ||
	    !is_inside(be, &req->body.config))
		return handled;
	*is_written(be) |= flags;
	return *is_written(be) ? VUS_OK : handled;
}

static enum vus_handled write_as_migration(struct vus_be *be,
					   struct vus_frame *req,
					   struct vus_frame *reply)
{
	return write_anyway(be, req, reply, req->body.config.flags == 0);
}

VUS_BE_FAULT(config, migration_is_a_write, .rule = "config.set_flags_checked",
	     .also = "config.set_readonly reply_ack.nonzero_on_failure",
	     .says = "writes even read-only fields where flags are 0")
{
	vus_fault_remembers(decide);
	decide->handle = write_as_migration;
	decide->read_config = read_written;
}

static enum vus_handled write_unknown_flags(struct vus_be *be,
					    struct vus_frame *req,
					    struct vus_frame *reply)
{
	return write_anyway(be, req, reply, req->body.config.flags > 1);
}

VUS_BE_FAULT(config, unknown_flags_write_all,
	     .rule = "config.set_unknown_flags",
	     .says = "writes even read-only fields where flags are unknown")
{
	vus_fault_remembers(decide);
	decide->handle = write_unknown_flags;
	decide->read_config = read_written;
}

static enum vus_handled read_words(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_CONFIG && req->body.config.offset == 0 &&
	    req->body.config.size % 2)
		return VUS_EMPTY;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(config, reads_words, .rule = "config.get_reply",
	     .says = "refuses reads of an odd number of bytes")
{
	decide->handle = read_words;
}

VUS_FAULT_REFUSE(set_as_writable,
		 req->id == VUS_FE_SET_CONFIG && !(req->body.config.flags & 1))

VUS_BE_FAULT(config, set_needs_a_flag, .rule = "config.set_apply",
	     .says = "takes SET_CONFIG with flag bit 0 only, as if that bit "
		     "made it writable")
{
	decide->handle = set_as_writable;
}
