/* SPDX-License-Identifier: BSD-3-Clause */
/* failed_start.c — what a start that fails must not change. */
#include "fixture/watch.h"

#include "base/clock.h"
#include "proc/proc.h"

/* The message at which our back-end gives up: it refuses it where need_reply is
 * set, else it closes the connection. */
static const uint32_t steps[] = {
	VUS_FE_GET_FEATURES,   VUS_FE_GET_QUEUE_NUM,  VUS_FE_ADD_MEM_REG,
	VUS_FE_SET_VRING_ADDR, VUS_FE_SET_VRING_KICK, VUS_FE_SET_VRING_ENABLE,
};

struct refusal {
	uint32_t id;
	bool done;
};

static bool give_up_at_step(struct vus_be *be, struct vus_frame *frame)
{
	struct refusal *refusal = vus_watch_of_be(be)->judge;
	struct vus_frame answer = vus_reply_frame(frame);
	struct vus_err err;

	if (frame->id != refusal->id)
		return false;
	refusal->done = true;
	vus_frame_close(frame);
	answer.body.u64.value = 1;
	if (!(frame->flags & VUS_FLAG_NEED_REPLY) ||
	    !vus_link_send(&be->link, &answer, NULL, vus_deadline_ms(5000),
			   &err))
		vus_link_close(&be->link);
	return true;
}

static bool are_same_files(const struct vus_stdio_files *a,
			   const struct vus_stdio_files *b)
{
	for (unsigned i = 0; i < VUS_COUNT(a->file); i++)
		if (a->file[i].dev != b->file[i].dev ||
		    a->file[i].ino != b->file[i].ino)
			return false;
	return true;
}

/* Make the start fail; false: the verdict is set. */
static bool make_start_fail(struct vus_ctx *t, struct refusal *refusal)
{
	struct vus_watch *w = vus_watch(t);
	struct vus_err err;
	bool ok;

	refusal->id = steps[t->row];
	w->judge = refusal;
	w->intercept = w->be.intercept = give_up_at_step;
	(void)!vus_watch_serve(t, vus_until_negotiated, NULL,
			       vus_deadline_ms(t->request_ms), &err);
	/* One that could not even negotiate is not told to start. */
	if (w->open && !vus_stimulate_try_start(t, &ok))
		return false;
	if (!refusal->done)
		vus_skip(t, "the front-end never sent %s",
			 vus_msg_find(VUS_FE, refusal->id)->name);
	return refusal->done;
}

/* A front-end whose start fails closes the descriptors that it has opened: 0 is
 * a descriptor, and does not mean "none". */
VUS_CASE(a_failed_start_leaves_standard_descriptors, .party = "frontend",
	 .title = "a start that fails does not close descriptors 0, 1 and 2",
	 .rules = { "socket.frontend_init_error_fds" },
	 .rows = { "features", "queue_num", "memory", "address", "kick",
		   "enable" })
{
	struct vus_watch *w = vus_watch(t);
	struct vus_stdio_files before, after;
	bool looked, same, ended;
	struct refusal refusal = { 0 };
	struct vus_err err;
	pid_t pid;

	if (vus_peer_pid(t) == 0)
		VUS_SKIP(t, "its process is not ours to see");
	if (!vus_proc_of_socket(w->be.link.fd, &pid, &err) ||
	    !vus_proc_stdio_files(pid, &before, &err))
		VUS_UNOBSERVABLE(t, &err);
	VUS_STEP(t, make_start_fail(t, &refusal));
	looked = vus_proc_stdio_files(pid, &after, &err);
	same = looked && are_same_files(&before, &after);
	/* One that ends has closed them all. */
	ended = !same && vus_watch_wait_end(t, vus_deadline_ms(t->request_ms));
	if (!looked && !ended)
		VUS_UNOBSERVABLE(t, &err);
	VUS_CHECK(t, "socket.frontend_init_error_fds", ended || same,
		  "the front-end ends, or descriptors 0, 1 and 2 are not "
		  "closed",
		  "one of descriptors 0, 1 and 2 was closed");
}
