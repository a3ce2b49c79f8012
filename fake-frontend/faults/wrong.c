/* SPDX-License-Identifier: BSD-3-Clause */
/* wrong.c — faults that send one thing wrong in one message, made from the
 * message table: wrong.MESSAGE.FIELD.HOW[.WHEN].
 *
 * FIELD is one of the payload (the first of this name), "header", "payload" or
 * "fds"; WHEN is "second" (from the second such message on) or "reset" (behind
 * a reset of the device), or from the first. */
#include "fault.h"

#include "base/clock.h"
#include "base/own.h"
#include "fake-frontend/honest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "wrong."

enum how { ZERO, ONE_MORE, ALL_ONES, ONE_LESS, VERSION, RESERVED, REPLY };
enum when { ALWAYS, SECOND, RESET };

static const char *const how_names[] = {
	[ZERO] = "zero",         [ONE_MORE] = "one_more",
	[ALL_ONES] = "all_ones", [ONE_LESS] = "one_less",
	[VERSION] = "version",   [RESERVED] = "reserved",
	[REPLY] = "reply",
};

static const char *const when_names[] = {
	[ALWAYS] = "",
	[SECOND] = ".second",
	[RESET] = ".reset",
};

/* A fault has no argument: what is sent wrong is kept here.  One at a time. */
static struct {
	const struct vus_msg *msg;
	char field[32];
	enum how how;
	enum when when;
	unsigned sent; /* of these messages */
	bool was_reset;
} wrong;

static uint64_t wrong_value(uint64_t value)
{
	switch (wrong.how) {
	case ZERO:
		return 0;
	case ONE_MORE:
		return value + 1;
	default:
		return UINT64_MAX;
	}
}

static uint32_t wrong_flags(uint32_t flags)
{
	if (wrong.how == VERSION)
		return (flags & ~VUS_VERSION_MASK) | 2;
	return flags | (wrong.how == REPLY ? VUS_FLAG_REPLY : 1u << 4);
}

static bool send_wrong_field(struct vus_session *s, const struct vus_frame *f,
			     struct vus_err *err)
{
	struct vus_frame other = *f;
	unsigned width;
	void *at = vus_payload_field(vus_msg_request(wrong.msg, s->link.pf),
				     &other.body, wrong.field, &width);

	if (at)
		vus_int_write(at, width, wrong_value(vus_int_read(at, width)));
	return vus_fe_honest.send(s, &other, err);
}

static bool send_wrong_size(struct vus_session *s, const struct vus_frame *f,
			    struct vus_err *err)
{
	uint8_t bytes[VUS_MAX_PAYLOAD] = { 0 };
	const struct vus_payload *payload =
		vus_msg_request(wrong.msg, s->link.pf);
	size_t len = vus_encode(payload, &f->body, bytes, sizeof(bytes));
	struct vus_twist twist = { .payload = bytes, .set_size = true };

	if (wrong.how == ONE_MORE)
		len++;
	else if (len > 0)
		len--;
	twist.payload_len = len;
	twist.size = (uint32_t)len;
	return vus_link_send(&s->link, f, &twist,
			     vus_deadline_ms(s->request_ms), err);
}

static bool send_wrong_fds(struct vus_session *s, const struct vus_frame *f,
			   struct vus_err *err)
{
	struct vus_frame other = *f;
	int more = -1;
	bool ret;

	if (wrong.how == ONE_LESS && other.nfds > 0) {
		other.nfds--;
	} else if (wrong.how == ONE_MORE && other.nfds < VUS_MAX_FDS) {
		more = open("/dev/null", O_RDWR | O_CLOEXEC);
		other.fds[other.nfds++] = more;
	}
	ret = vus_fe_honest.send(s, &other, err);
	vus_fd_close(&more);
	return ret;
}

static bool is_due(const struct vus_frame *f)
{
	if (f->channel != VUS_FE || f->id != wrong.msg->id)
		return false;
	wrong.sent++;
	return wrong.when == ALWAYS ||
	       (wrong.when == SECOND && wrong.sent > 1) ||
	       (wrong.when == RESET && wrong.was_reset);
}

static bool send_wrong(struct vus_session *s, const struct vus_frame *f,
		       struct vus_err *err)
{
	struct vus_frame other;

	if (!is_due(f))
		return vus_fe_honest.send(s, f, err);
	if (strcmp(wrong.field, "payload") == 0)
		return send_wrong_size(s, f, err);
	if (strcmp(wrong.field, "fds") == 0)
		return send_wrong_fds(s, f, err);
	if (strcmp(wrong.field, "header") != 0)
		return send_wrong_field(s, f, err);
	other = *f;
	other.flags = wrong_flags(f->flags);
	return vus_fe_honest.send(s, &other, err);
}

static bool note_reset(struct vus_fake *f, struct vus_err *err)
{
	wrong.was_reset = true;
	return vus_fe_honest.resetting(f, err);
}

/* ---- names ---- */

/* Called with each fault of a message, until false. */
typedef bool visit(const struct vus_msg *msg, const char *field, enum how how,
		   enum when when, void *data);

static bool each_when(const struct vus_msg *msg, const char *field,
		      enum how how, visit *call, void *data)
{
	for (unsigned w = 0; w < VUS_COUNT(when_names); w++)
		if (!call(msg, field, how, (enum when)w, data))
			return false;
	return true;
}

static bool each_fault_of_fields(const struct vus_msg *msg,
				 const struct vus_payload *payload, visit *call,
				 void *data)
{
	for (unsigned i = 0; payload && i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];

		if (item->elem) {
			if (!each_fault_of_fields(msg, item->elem, call, data))
				return false;
			continue;
		}
		if (item->kind != VUS_ITEM_INT)
			continue;
		for (unsigned h = ZERO; h <= ALL_ONES; h++)
			if (!each_when(msg, item->name, (enum how)h, call,
				       data))
				return false;
	}
	return true;
}

static bool each_fault(const struct vus_msg *msg, visit *call, void *data)
{
	static const enum how hows[] = { VERSION, RESERVED, REPLY };

	for (unsigned i = 0; i < VUS_COUNT(hows); i++)
		if (!each_when(msg, "header", hows[i], call, data))
			return false;
	if (!each_when(msg, "payload", ONE_MORE, call, data) ||
	    !each_when(msg, "fds", ONE_MORE, call, data))
		return false;
	if (msg->request && !each_when(msg, "payload", ONE_LESS, call, data))
		return false;
	if (msg->fds.max > 0 && !each_when(msg, "fds", ONE_LESS, call, data))
		return false;
	return each_fault_of_fields(msg, msg->request, call, data);
}

static void add_name(struct vus_text *ret, const struct vus_msg *msg,
		     const char *field, enum how how, enum when when)
{
	vus_text_add(ret, PREFIX "%s.%s.%s%s", msg->name, field, how_names[how],
		     when_names[when]);
}

/* false: it is this one. */
static bool is_other(const struct vus_msg *msg, const char *field, enum how how,
		     enum when when, void *data)
{
	VUS_AUTO_TEXT name = { 0 };

	add_name(&name, msg, field, how, when);
	if (strcmp(vus_text_str(&name), data) != 0)
		return true;
	wrong.msg = msg;
	(void)snprintf(wrong.field, sizeof(wrong.field), "%s", field);
	wrong.how = how;
	wrong.when = when;
	return false;
}

static bool make(const char *name, void *decide)
{
	struct vus_fe_decisions *table = decide;
	VUS_AUTO_TEXT copy = { 0 };

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	vus_text_add(&copy, "%s", name);
	for (size_t i = 0; i < vus_nmsgs; i++) {
		if (vus_msgs[i].channel != VUS_FE ||
		    each_fault(&vus_msgs[i], is_other, copy.p))
			continue;
		table->send = send_wrong;
		table->resetting = note_reset;
		return true;
	}
	return false;
}

/* What it breaks is known by what is seen. */
static bool print(const struct vus_msg *msg, const char *field, enum how how,
		  enum when when, void *data)
{
	VUS_AUTO_TEXT name = { 0 };

	(void)data;
	add_name(&name, msg, field, how, when);
	return printf("%s\t-\n", vus_text_str(&name)) >= 0;
}

static bool list(void)
{
	for (size_t i = 0; i < vus_nmsgs; i++)
		if (vus_msgs[i].channel == VUS_FE &&
		    !each_fault(&vus_msgs[i], print, NULL))
			return false;
	return true;
}

VUS_FE_FAULT_MAKER(wrong) = { .make = make, .list = list };
