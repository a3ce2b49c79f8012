/* SPDX-License-Identifier: BSD-3-Clause */
/* seen.c — every message of a connection, as it came and went. */
#include "seen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

void vus_log_free(struct vus_log *log)
{
	free(log->p);
	*log = (struct vus_log){ 0 };
}

static struct vus_seen_fd look(int fd)
{
	struct vus_seen_fd seen = { .flags = fcntl(fd, F_GETFL),
				    .seals = fcntl(fd, F_GET_SEALS) };

	(void)fstat(fd, &seen.st);
	return seen;
}

static void complain(struct vus_seen *s, const struct vus_frame *frame,
		     uint64_t pf, uint64_t vf)
{
	VUS_AUTO_TEXT text = { 0 };

	s->complaints = vus_validate(frame, pf, vf, &text);
	(void)vus_word(vus_text_str(&text), '\n', 0, s->complaint,
		       sizeof(s->complaint));
}

void vus_log_add(struct vus_log *log, const struct vus_frame *frame,
		 bool from_frontend, unsigned connection, uint64_t pf,
		 uint64_t vf)
{
	struct vus_seen *s;

	if (log->n == log->cap) {
		log->cap = log->cap ? 2 * log->cap : 128;
		log->p = realloc(log->p, log->cap * sizeof(*log->p));
		if (!log->p)
			abort();
	}
	s = &log->p[log->n++];
	*s = (struct vus_seen){
		.from_frontend = from_frontend,
		.connection = connection,
		.channel = frame->channel,
		.id = frame->id,
		.flags = frame->flags,
		.size = frame->size,
		.is_reply = frame->is_reply,
		.decoded = frame->decoded,
		.body = frame->body,
		.nfds = frame->nfds,
		.late_fds = frame->late_fds,
	};
	for (unsigned i = 0; i < VUS_MIN(frame->nfds, VUS_MAX_REGIONS); i++)
		s->fds[i] = look(frame->fds[i]);
	if (from_frontend && !frame->is_reply)
		complain(s, frame, pf, vf);
}

const struct vus_seen *vus_log_request(const struct vus_log *log,
				       const struct vus_seen *after)
{
	size_t i = after ? (size_t)(after - log->p) + 1 : 0;

	for (; i < log->n; i++) {
		const struct vus_seen *s = &log->p[i];

		if (s->from_frontend && !s->is_reply && s->channel == VUS_FE)
			return s;
	}
	return NULL;
}

const struct vus_seen *vus_log_next(const struct vus_log *log, uint32_t id,
				    const struct vus_seen *after)
{
	do {
		after = vus_log_request(log, after);
	} while (after && after->id != id);
	return after;
}

unsigned vus_log_count(const struct vus_log *log, uint32_t id)
{
	const struct vus_seen *s = NULL;
	unsigned n = 0;

	while ((s = vus_log_next(log, id, s)))
		n++;
	return n;
}

int64_t vus_seen_ring(const struct vus_seen *seen)
{
	switch (seen->id) {
	case VUS_FE_SET_VRING_NUM:
	case VUS_FE_SET_VRING_BASE:
	case VUS_FE_GET_VRING_BASE:
	case VUS_FE_SET_VRING_ENABLE:
		return seen->body.vring_state.index;
	case VUS_FE_SET_VRING_ADDR:
		return seen->body.vring_addr.index;
	case VUS_FE_SET_VRING_KICK:
	case VUS_FE_SET_VRING_CALL:
	case VUS_FE_SET_VRING_ERR:
		return (int64_t)(seen->body.vring_fd.value &
				 VUS_VRING_IDX_MASK);
	default:
		return -1;
	}
}

const char *vus_seen_name(const struct vus_seen *seen)
{
	const struct vus_msg *msg = vus_msg_find(seen->channel, seen->id);

	return msg ? msg->name : "an unknown message";
}
