/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_connections.c — what a block device has stored, and other connections.
 *
 * A case reads back what it wrote itself, on sectors in the middle of the disk;
 * the old contents are not restored. */
#include "fixture/disk.h"
#include "fixture/sessions.h"

#include "base/clock.h"
#include "base/own.h"

enum { WAITING, LEFT, NEXT_SESSION };

/* The specification does not mention a second front-end: it may be refused,
 * served or kept waiting.  What the first one has written stands, while it is
 * there, when it has left, and for the next one. */
VUS_CASE(written_data_stand_beside_others,
	 .title = "data that were written stand when another front-end comes",
	 .rules = { "socket.second_connection" }, .start = VUS_START_RUNNING,
	 .needs = PF(CONFIG), .devices = "blk", .writes = true, .pings = true,
	 .rows = { "waiting", "left", "next_session" })
{
	static const char rule[] = "socket.second_connection";
	VUS_AUTO_FD other = -1;
	struct vus_blk w, r;
	struct vus_disk d;
	struct vus_err err;

	if (!vus_fe_reach(t)->socket[0])
		VUS_SKIP(t, VUS_NO_SECOND_CONNECTION);
	VUS_STEP(t, vus_disk_find_scratch(t, &d));
	VUS_STEP(t, vus_disk_prereq(t, VIRTIO_BLK_T_OUT, d.place, d.block,
				    t->seed, &w));
	other = vus_fe_connect_another(t);
	vus_note(t, "another front-end connected");
	/* By the answer behind the next one what it does to a newcomer is done.
	 */
	VUS_STEP(t, vus_step_ping(t, rule, 0, t->seed));
	VUS_CHECK(t, rule, vus_fe_barrier(vus_fe(t), &err),
		  "the session goes on when another front-end comes", "%s",
		  err.text);
	if (t->row != WAITING)
		vus_fd_close(&other);
	if (t->row == NEXT_SESSION)
		VUS_STEP(t, vus_step_reconnect(t, rule, VUS_START_RUNNING));
	VUS_STEP(t, vus_disk_request(t, rule, VIRTIO_BLK_T_IN, d.place, d.block,
				     ~t->seed, &r));
	VUS_CHECK(t, rule, vus_blk_data_is(vus_fe(t), &r, t->seed),
		  "a block that was written before another front-end came is "
		  "read back",
		  "the block at sector %llu holds other data",
		  (unsigned long long)d.place);
}
