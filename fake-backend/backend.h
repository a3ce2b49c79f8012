/* SPDX-License-Identifier: BSD-3-Clause */
/* backend.h — the fake back-end: one connection's state and its step.
 *
 * A step handles one frame or one kick and returns; nothing blocks but the
 * step's own wait.  All state is per connection: a new connection starts from
 * vus_be_init().  With no fault set it keeps every rule we know. */
#ifndef VUS_FAKE_BACKEND_BACKEND_H
#define VUS_FAKE_BACKEND_BACKEND_H

#include "../harness/link/link.h"
#include "../harness/mem/regions.h"
#include "../harness/ring/split_device.h"
#include "fault.h"

#define VUS_BE_MAX_QUEUES 16
#define VUS_BE_MAX_SLOTS  VUS_REGIONS_MAX

struct vus_device;

/* A ring's two flags follow "Ring states". */
struct vus_vq {
	struct vus_be *be;
	unsigned index;
	unsigned num;             /* SET_VRING_NUM; 0: not set */
	struct vus_p_vring_addr addr; /* as sent */
	bool addr_set;
	bool started;             /* kick seen (or no kick fd), not stopped */
	bool enabled;
	bool broken;              /* the driver broke it: no more processing */
	int kick, call, err;      /* owned, -1: none */
	bool kick_set;            /* SET_VRING_KICK came, with or without fd */
	struct vus_split_device ring;
};

struct vus_be_config {
	const struct vus_device *device;
	unsigned queues;     /* num_queues */
	uint64_t size;       /* blk: capacity in bytes */
	uint64_t features;   /* virtio features offered besides the device's */
	uint64_t pf;         /* protocol features offered */
	struct vus_faults faults;
};

struct vus_be {
	struct vus_be_config cfg;
	struct vus_link link;     /* main socket */
	struct vus_link back;     /* back-end channel, fd -1: none */
	uint64_t features, pf;    /* acknowledged */
	bool features_set, owned;
	struct vus_regions mem;
	struct vus_vq vqs[VUS_BE_MAX_QUEUES];
	void *state;              /* the device's, state_size bytes, zeroed */
	unsigned frames;          /* handled so far */
	bool fd_kept[1];          /* fault bookkeeping lives in faults.c */
};

enum vus_step {
	VUS_STEP_DONE,    /* handled something */
	VUS_STEP_IDLE,    /* the deadline passed */
	VUS_STEP_CLOSED,  /* the front-end went away, or we closed it */
	VUS_STEP_BROKEN,  /* our own side failed: err */
};

/* The virtio and protocol features of the honest back-end with `device`. */
void vus_be_defaults(struct vus_be_config *cfg, const struct vus_device *d);

void vus_be_init(struct vus_be *be, const struct vus_be_config *cfg,
		 int fd, const struct vus_trace *trace);
void vus_be_close(struct vus_be *be);

/* Wait until `deadline` for a frame or a kick, and handle exactly one.
 * `stop_fd` (or -1) becoming readable ends the wait as IDLE. */
enum vus_step vus_be_step(struct vus_be *be, int stop_fd, uint64_t deadline,
			  struct vus_err *err);

/* The two halves, without waiting (fuzzers call them). */
enum vus_step vus_be_frame(struct vus_be *be, struct vus_frame *frame,
			   struct vus_err *err);
void vus_be_kick(struct vus_be *be, unsigned queue);

/* ---- for message handlers ---- */

/* What a handler decides; the core sends acknowledgement or reply. */
enum vus_handled {
	VUS_OK,    /* ack 0 where one is due; own reply: `reply` is sent */
	VUS_NACK,  /* ack 1 where one is due, else the connection is closed */
	VUS_CLOSE, /* close the connection */
};

typedef enum vus_handled vus_handler(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply);

struct vus_be_handler {
	uint32_t id;
	vus_handler *handle;
};

/* Defining a handler registers it:  VUS_BE_HANDLER(SET_OWNER) { ... }
 * Arguments: be, req (decoded, of the row's size and descriptor count, gated
 * as the row says), reply (own replies: id and flags filled; set body, fds). */
#define VUS_BE_HANDLER(mname)                                                \
	static enum vus_handled be_##mname(struct vus_be *be,                \
					   struct vus_frame *req,            \
					   struct vus_frame *reply);         \
	static const struct vus_be_handler vus_be_handler_##mname = {        \
		.id = VUS_FE_##mname, .handle = be_##mname                   \
	};                                                                   \
	static const struct vus_be_handler *const vus_be_entry_##mname       \
		__attribute__((used, retain, section("vus_be_handlers"))) =  \
			&vus_be_handler_##mname;                             \
	static enum vus_handled be_##mname(                                  \
		__attribute__((unused)) struct vus_be *be,                   \
		__attribute__((unused)) struct vus_frame *req,               \
		__attribute__((unused)) struct vus_frame *reply)

/* Start, stop and run rings (vring.c). */
void vus_vq_reset(struct vus_vq *vq);
/* Map its addresses; false when one is not in memory. */
bool vus_vq_map(struct vus_vq *vq);
bool vus_vq_running(const struct vus_vq *vq);

#endif
