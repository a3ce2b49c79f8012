/* SPDX-License-Identifier: BSD-3-Clause */
/* legal_values.c — each value that the specification allows in a field of a
 * request is accepted.  A row is one message; its fields and their values are
 * those of wire/legal.def. */
#include "fixture/legal_sweep.h"
#include "fixture/places.h"
#include "fixture/sessions.h"
#include "fixture/valid_request.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- memory ---- */

/* A sparse file with room for the largest offset and size. */
#define FILE_BYTES ((UINT64_C(1) << 30) + (UINT64_C(64) << 20))

static bool open_file(struct vus_ctx *t, int *ret)
{
	struct vus_err err = { 0 };

	*ret = memfd_create("regions", MFD_CLOEXEC);
	if (*ret >= 0 && ftruncate(*ret, FILE_BYTES) == 0)
		return true;
	vus_fail_sys(&err, "a memfd for regions");
	return vus_step_setup(t, false, &err);
}

/* Region `i`, somewhere else than all others. */
static struct vus_p_region region(unsigned i)
{
	return (struct vus_p_region){
		.guest_addr = UINT64_C(0x100000) * (i * 7 + 3),
		.size = UINT64_C(4096) * (i + 1),
		.user_addr = UINT64_C(0x7ead00000000) + i * UINT64_C(0x200000),
		.mmap_offset = UINT64_C(0x10000) * (i + 1),
	};
}

static struct vus_frame table_of(int fd, unsigned n)
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_MEM_TABLE);

	f.body.mem_table.nregions = n;
	f.nfds = n;
	for (unsigned i = 0; i < n; i++) {
		f.body.mem_table.regions[i] = region(i);
		f.fds[i] = fd;
	}
	return f;
}

static bool send_table(struct vus_ctx *t, const struct vus_legal *legal,
		       uint64_t value, unsigned n)
{
	VUS_AUTO_FD fd = -1;
	struct vus_frame f;

	(void)n;
	if (!open_file(t, &fd))
		return false;
	f = table_of(fd, 1);
	if (strcmp(legal->field, "nregions") == 0)
		f = table_of(fd, (unsigned)value);
	else
		vus_legal_frame_put(legal, &f, value);
	return vus_step_value(t, legal, &f, value);
}

/* "VHOST_USER_SET_MEM_TABLE": a table replaces the one before it, and each
 * of its regions is described by any addresses, size and offset. */
VUS_CASE(memory_table_takes_every_value,
	 .title = "SET_MEM_TABLE takes every legal region, and 1 to 8 of them",
	 .rules = { "mem_table.set", "mem_table.user_addr_foreign",
		    "mem_table.offset_nonzero" },
	 .start = VUS_START_NEGOTIATED, .without = PF(CONFIGURE_MEM_SLOTS),
	 .rows = { "set_mem_table" })
{
	VUS_STEP(t, vus_step_all_values(t, VUS_FE_SET_MEM_TABLE, send_table));
}

static bool send_slot(struct vus_ctx *t, const struct vus_legal *legal,
		      uint64_t value, unsigned n)
{
	const bool adds = legal->id == VUS_FE_ADD_MEM_REG;
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD fd = -1;
	struct vus_frame add, rem;
	struct vus_err err = { 0 };

	(void)n;
	if (!open_file(t, &fd))
		return false;
	for (unsigned ack = 0; ack < 2; ack++) {
		add = vus_request_frame(VUS_FE, VUS_FE_ADD_MEM_REG);
		add.body.mem_reg.region = region(0);
		vus_legal_frame_put(legal, &add, value);
		rem = add;
		rem.id = VUS_FE_REM_MEM_REG;
		add.fds[0] = fd;
		add.nfds = 1;
		if (ack && !(s->pf & PF(REPLY_ACK)))
			break;
		if (adds ? !vus_step_value_once(t, legal, &add, value, ack)
			 : !vus_step_prereq(t, "mem_slots.add",
					    vus_fe_send_acked(s, &add, &err),
					    &err))
			return false;
		if (adds ? !vus_step_prereq(t, "mem_slots.rem",
					    vus_fe_send_acked(s, &rem, &err),
					    &err)
			 : !vus_step_value_once(t, legal, &rem, value, ack))
			return false;
	}
	return true;
}

/* "VHOST_USER_ADD_MEM_REG", "VHOST_USER_REM_MEM_REG": any region, one after the
 * other. */
VUS_CASE(memory_slots_take_every_value,
	 .title = "ADD_MEM_REG and REM_MEM_REG take every legal region",
	 .rules = { "mem_slots.add", "mem_slots.rem" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(CONFIGURE_MEM_SLOTS),
	 .rows = { "add_mem_reg", "rem_mem_reg" })
{
	VUS_STEP(t, vus_step_all_values(t,
					t->row == 0 ? VUS_FE_ADD_MEM_REG
						    : VUS_FE_REM_MEM_REG,
					send_slot));
}

static bool send_log(struct vus_ctx *t, const struct vus_legal *legal,
		     uint64_t value, unsigned n)
{
	struct vus_frame f = vus_request_frame(VUS_FE, legal->id);
	VUS_AUTO_FD fd = -1;

	(void)n;
	if (!open_file(t, &fd))
		return false;
	f.body.log.size = vus_place_log_bytes(&vus_fe(t)->guest);
	f.fds[0] = fd;
	f.nfds = 1;
	vus_legal_frame_put(legal, &f, value);
	if (f.body.log.size < vus_place_log_bytes(&vus_fe(t)->guest))
		return true;
	return vus_step_value(t, legal, &f, value);
}

/* "VHOST_USER_SET_LOG_BASE", "Log description": a log of any size that has room
 * for all memory, anywhere in its file; one replaces the other. */
VUS_CASE(log_takes_every_place,
	 .title = "SET_LOG_BASE takes logs of any size at any offset",
	 .rules = { "dirty_log.base.reply" }, .start = VUS_START_MEMORY,
	 .needs = PF(LOG_SHMFD), .rows = { "set_log_base" })
{
	VUS_STEP(t, vus_step_all_values(t, VUS_FE_SET_LOG_BASE, send_log));
}

/* ---- features, status, configuration ---- */

static bool send_plain(struct vus_ctx *t, const struct vus_legal *legal,
		       uint64_t value, unsigned n)
{
	struct vus_frame f = vus_request_frame(VUS_FE, legal->id);

	(void)n;
	vus_legal_frame_put(legal, &f, value);
	return vus_step_value(t, legal, &f, value);
}

/* "VHOST_USER_SET_FEATURES": a driver acknowledges what it knows of the offer,
 * and the next one that starts the device something else.  What a network
 * device offers depends on each other. */
VUS_CASE(features_are_taken_in_any_combination,
	 .title = "SET_FEATURES takes each offered feature alone, and all but "
		  "each",
	 .rules = { "features.set_activates" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "set_features" })
{
	struct vus_session *s = vus_fe(t);

	if (s->driver && strcmp(s->driver->name, "net") == 0)
		s->offered &= ~(VUS_BIT(24) - 1) & (VUS_BIT(50) - 1);
	VUS_STEP(t, vus_step_all_values(t, VUS_FE_SET_FEATURES, send_plain));
}

static bool send_protocol_features(struct vus_ctx *t,
				   const struct vus_legal *legal,
				   uint64_t value, unsigned n)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_request_frame(VUS_FE, legal->id);
	struct vus_err err = { 0 };
	uint64_t ignored;

	if (n > 0 && !vus_step_reconnect(t, "socket.backend_reaccepts",
					 VUS_START_CONNECTED))
		return false;
	vus_legal_frame_put(legal, &f, value);
	return vus_step_prereq(
		       t, "protocol_features.get_reply",
		       vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &ignored, &err) &&
			       vus_fe_get_u64(s, VUS_FE_GET_PROTOCOL_FEATURES,
					      &ignored, &err),
		       &err) &&
	       vus_step_value_once(t, legal, &f, value, false);
}

/* "VHOST_USER_SET_PROTOCOL_FEATURES": each one that is offered may be left
 * out, unless another one needs it. */
VUS_CASE(protocol_features_are_taken_in_any_combination,
	 .title = "SET_PROTOCOL_FEATURES takes each offered feature alone, and "
		  "all but each",
	 .rules = { "protocol_features.set_early", "socket.backend_reaccepts" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES),
	 .rows = { "set_protocol_features" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "protocol_features.get_reply",
		   vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &s->offered, &err) &&
			   vus_fe_get_u64(s, VUS_FE_GET_PROTOCOL_FEATURES,
					  &s->pf_offered, &err),
		   &err);
	VUS_STEP(t, vus_step_all_values(t, VUS_FE_SET_PROTOCOL_FEATURES,
					send_protocol_features));
}

/* "VHOST_USER_SET_STATUS": the steps of a driver. */
VUS_CASE(status_takes_every_step,
	 .title = "SET_STATUS takes every step of a driver",
	 .rules = { "status.set" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(STATUS), .rows = { "set_status" })
{
	VUS_STEP(t, vus_step_all_values(t, VUS_FE_SET_STATUS, send_plain));
}

static bool send_get_config(struct vus_ctx *t, const struct vus_legal *legal,
			    uint64_t value, unsigned n)
{
	struct vus_frame f = vus_request_frame(VUS_FE, legal->id);

	(void)n;
	if (strcmp(legal->field, "offset") == 0)
		f.body.config.size =
			vus_config_size(vus_fe(t)) - (uint32_t)value;
	vus_legal_frame_put(legal, &f, value);
	return vus_step_value(t, legal, &f, value);
}

/* "VHOST_USER_GET_CONFIG": any part of configuration space. */
VUS_CASE(configuration_is_read_in_any_part,
	 .title = "GET_CONFIG takes every offset and size of what there is",
	 .rules = { "config.get_reply", "config.get_offset" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(CONFIG),
	 .rows = { "get_config" })
{
	if (vus_config_size(vus_fe(t)) == 0)
		VUS_SKIP(t, "how much this device has is not known");
	VUS_STEP(t, vus_step_all_values(t, VUS_FE_GET_CONFIG, send_get_config));
}

/* ---- requests in flight ---- */

/* The buffer that is asked for, handed back as it came; a back-end that needs
 * none says so by its size. */
static bool send_inflight(struct vus_ctx *t, const struct vus_legal *legal,
			  uint64_t value, unsigned n)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame ask =
		vus_request_frame(VUS_FE, VUS_FE_GET_INFLIGHT_FD);
	struct vus_frame set =
		vus_request_frame(VUS_FE, VUS_FE_SET_INFLIGHT_FD);
	VUS_AUTO_FRAME got = { 0 };
	struct vus_err err = { 0 };

	(void)n;
	ask.body.inflight.num_queues = 1;
	ask.body.inflight.queue_size = (uint16_t)s->vq_size;
	vus_legal_frame_put(legal, &ask, value);
	if (legal->id == ask.id)
		return vus_step_value(t, legal, &ask, value);
	if (!vus_step_prereq(t, "inflight.get.reply",
			     vus_fe_request(s, &ask, &got, &err), &err))
		return false;
	if (got.body.inflight.mmap_size == 0) {
		vus_skip(t, "the back-end needs no buffer");
		return false;
	}
	if (got.nfds == 0)
		(void)vus_fail(&err, VUS_ERR_PROTOCOL,
			       "a buffer came without a descriptor");
	if (!vus_step_prereq(t, "inflight.get.reply", got.nfds > 0, &err))
		return false;
	set.body.inflight = ask.body.inflight;
	set.body.inflight.mmap_size = got.body.inflight.mmap_size;
	set.body.inflight.mmap_offset = got.body.inflight.mmap_offset;
	set.fds[0] = got.fds[0];
	set.nfds = 1;
	return vus_step_value(t, legal, &set, value);
}

/* "VHOST_USER_GET_INFLIGHT_FD", "VHOST_USER_SET_INFLIGHT_FD": a buffer for any
 * of the rings, of any size. */
VUS_CASE(inflight_buffers_are_for_any_rings,
	 .title = "GET_INFLIGHT_FD and SET_INFLIGHT_FD take any number and "
		  "size of rings",
	 .rules = { "inflight.get.reply", "inflight.set.use" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(INFLIGHT_SHMFD),
	 .rows = { "get_inflight_fd", "set_inflight_fd" })
{
	VUS_STEP(t, vus_step_all_values(t,
					t->row == 0 ? VUS_FE_GET_INFLIGHT_FD
						    : VUS_FE_SET_INFLIGHT_FD,
					send_inflight));
}
