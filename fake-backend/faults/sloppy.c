/* SPDX-License-Identifier: BSD-3-Clause */
/* sloppy.c — faults that take one kind of malformed frame of one message for
 * carried out, made from the message table: sloppy.MESSAGE.COMPLAINT, and
 * sloppy.MESSAGE.ring for a ring that does not exist. */
#include "fault.h"

#include "fake-backend/device.h"

#include <stdio.h>
#include <string.h>

#define PREFIX "sloppy."
#define RING   "ring"

/* What a row can complain of, and the honest back-end refuses. */
static const enum vus_complaint_kind kinds[] = {
	VUS_COMPLAINT_VERSION, VUS_COMPLAINT_REPLY, VUS_COMPLAINT_SIZE,
	VUS_COMPLAINT_FDS,     VUS_COMPLAINT_GATE,
};

/* A fault has no argument: what is taken is kept here.  One at a time. */
static const struct vus_msg *taken;
static enum vus_complaint_kind taken_kind;

static enum vus_handled take_malformed(struct vus_be *be, struct vus_frame *req,
				       enum vus_complaint_kind kind,
				       struct vus_frame *reply)
{
	if (req->id == taken->id && kind == taken_kind)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

static enum vus_handled take_any_ring(struct vus_be *be, struct vus_frame *req,
				      struct vus_frame *reply)
{
	if (req->id == taken->id &&
	    vus_msg_ring(taken, &req->body) >= (int64_t)be->cfg.queues)
		return VUS_OK;
	return vus_be_honest.handle(be, req, reply);
}

/* Can a request be wrong in this way, and does a handler serve it? */
static bool can_be_wrong(const struct vus_msg *msg,
			 enum vus_complaint_kind kind)
{
	if (msg->channel != VUS_FE || !vus_be_handler_find(msg->id))
		return false;
	return kind != VUS_COMPLAINT_GATE || msg->needs;
}

static bool has_ring(const struct vus_msg *msg)
{
	return can_be_wrong(msg, VUS_COMPLAINT_SIZE) &&
	       vus_payload_ring(msg->request);
}

static const struct vus_msg *msg_of(const char *name, size_t len)
{
	for (size_t i = 0; i < vus_nmsgs; i++)
		if (vus_msgs[i].channel == VUS_FE &&
		    strlen(vus_msgs[i].name) == len &&
		    strncmp(vus_msgs[i].name, name, len) == 0)
			return &vus_msgs[i];
	return NULL;
}

static bool make(const char *name, void *decide)
{
	struct vus_be_decisions *table = decide;
	const struct vus_msg *msg;
	const char *dot;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	name += strlen(PREFIX);
	dot = strchr(name, '.');
	msg = dot ? msg_of(name, (size_t)(dot - name)) : NULL;
	if (msg && has_ring(msg) && strcmp(dot + 1, RING) == 0) {
		taken = msg;
		table->handle = take_any_ring;
		return true;
	}
	for (size_t i = 0; msg && i < VUS_COUNT(kinds); i++)
		if (can_be_wrong(msg, kinds[i]) &&
		    strcmp(dot + 1, vus_complaint_name(kinds[i])) == 0) {
			taken = msg;
			taken_kind = kinds[i];
			table->refuse_malformed = take_malformed;
			return true;
		}
	return false;
}

/* Any rule may show them. */
static bool print(const struct vus_msg *msg, const char *what)
{
	return printf(PREFIX "%s.%s\t-\t%s\n", msg->name, what,
		      msg->device && vus_device_by_name(msg->device)
			      ? msg->device
			      : "blk") >= 0;
}

static bool list(void)
{
	for (size_t i = 0; i < vus_nmsgs; i++) {
		const struct vus_msg *msg = &vus_msgs[i];

		for (size_t k = 0; k < VUS_COUNT(kinds); k++)
			if (can_be_wrong(msg, kinds[k]) &&
			    !print(msg, vus_complaint_name(kinds[k])))
				return false;
		if (has_ring(msg) && !print(msg, RING))
			return false;
	}
	return true;
}

VUS_BE_FAULT_MAKER(sloppy) = { .make = make, .list = list };
