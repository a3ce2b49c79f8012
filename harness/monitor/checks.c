/* SPDX-License-Identifier: BSD-3-Clause */
/* checks.c — checks of the frames of either side, and what all checks use. */
#include "checks.h"

#include <stdarg.h>
#include <stdio.h>

bool vus_seen_breach(struct vus_seen *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(v->text, sizeof(v->text), fmt, ap);
	va_end(ap);
	return false;
}

const char *vus_seen_name(const struct vus_seen *v)
{
	return v->msg ? v->msg->name : "a message without a name";
}

bool vus_seen_is_request(const struct vus_seen *v)
{
	return v->f->channel == VUS_FE && !v->f->is_reply;
}

bool vus_seen_is(const struct vus_seen *v, uint32_t id)
{
	return vus_seen_is_request(v) && v->f->id == id;
}

bool vus_seen_says(const struct vus_seen *v, uint32_t id)
{
	return vus_seen_is(v, id) && v->f->decoded;
}

bool vus_seen_memory_is_known(const struct vus_seen *v)
{
	return !v->s->listens && !v->s->memory_unknown &&
	       !(v->s->pf & PF(XEN_MMAP));
}

bool vus_seen_is_packed(const struct vus_seen *v)
{
	return v->s->features & VF(RING_PACKED);
}

bool vus_seen_free_of(struct vus_seen *v, enum vus_complaint_kind kind)
{
	for (unsigned i = 0; i < v->all.n; i++)
		if (v->all.v[i].kind == kind)
			return vus_seen_breach(v, "%s%s: %.200s",
					       vus_seen_name(v),
					       v->f->is_reply ? " reply" : "",
					       v->all.v[i].text);
	return true;
}

/* Memory messages of a postcopy migration have other sizes and descriptors:
 * they also carry and confirm addresses. */
static bool is_of_postcopy(const struct vus_seen *v)
{
	return v->s->listens && (v->f->id == VUS_FE_SET_MEM_TABLE ||
				 v->f->id == VUS_FE_ADD_MEM_REG ||
				 v->f->id == VUS_FE_REM_MEM_REG);
}

/* "Header": bits 0-1 are the version, 01. */
bool vus_monitor_version(struct vus_seen *v)
{
	return vus_seen_free_of(v, VUS_COMPLAINT_VERSION);
}

/* "Header" gives bits 0 to 3 a meaning, and none to the others. */
bool vus_monitor_reserved_flags(struct vus_seen *v)
{
	return vus_seen_free_of(v, VUS_COMPLAINT_RESERVED);
}

bool vus_monitor_size(struct vus_seen *v)
{
	return is_of_postcopy(v) || vus_seen_free_of(v, VUS_COMPLAINT_SIZE);
}

/* A reply that reports a failure may come without its descriptor. */
bool vus_monitor_fds(struct vus_seen *v)
{
	if (is_of_postcopy(v) || (v->f->is_reply && v->f->nfds == 0))
		return true;
	return vus_seen_free_of(v, VUS_COMPLAINT_FDS);
}

bool vus_monitor_padding(struct vus_seen *v)
{
	return vus_seen_free_of(v, VUS_COMPLAINT_PADDING);
}
