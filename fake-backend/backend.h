/* SPDX-License-Identifier: BSD-3-Clause */
/* backend.h — the fake back-end: one connection's state and its step.
 *
 * A step handles one frame or one kick and returns; nothing blocks but the
 * step's own wait.  All state is per connection: a new connection starts from
 * vus_be_init().  With no fault set it keeps every rule we know. */
#ifndef VUS_FAKE_BACKEND_BACKEND_H
#define VUS_FAKE_BACKEND_BACKEND_H

#include "link/link.h"
#include "mem/regions.h"
#include "ring/split_device.h"
#include "decisions.h"

#define VUS_BE_MAX_QUEUES 16
#define VUS_BE_MAX_SLOTS  VUS_REGIONS_MAX

struct vus_device;

/* A ring's two flags follow "Ring states": `started` and `enabled` are
 * independent, and only a ring with both, and with all its parts in memory,
 * is processed. */
struct vus_vq {
	struct vus_be *be;
	unsigned index;
	unsigned num;                 /* SET_VRING_NUM; 0: not set */
	struct vus_p_vring_addr addr; /* as sent */
	bool addr_set;
	bool started; /* kick seen (or no kick fd), not stopped */
	bool enabled;
	bool live;           /* began to run since it was started */
	bool mapped;         /* its parts lie in memory, `ring` points there */
	bool broken;         /* the driver broke it: no more processing */
	bool look;           /* something changed: look at the ring */
	int kick, call, err; /* owned, -1: none */
	bool kick_set;       /* SET_VRING_KICK came, with or without fd */
	bool call_set;       /* SET_VRING_CALL came, with or without fd */
	bool kick_dead;      /* hung up: never waited for again */
	bool owed;           /* completed something before SET_VRING_CALL */
	unsigned budget;     /* requests left in this step */
	struct vus_split_device ring; /* last_avail outlives stop and start */
};

struct vus_be_config {
	const struct vus_device *device;
	unsigned queues;   /* num_queues */
	uint64_t size;     /* blk: capacity in bytes */
	const char *file;  /* blk: what is behind it; NULL: memory */
	bool read_only;    /* blk */
	bool polls;        /* it looks without waiting */
	uint64_t features; /* virtio features offered besides the device's */
	uint64_t pf;       /* protocol features offered */
	unsigned slots;    /* of memory, told; 0: all that there are */
	struct vus_be_decisions decide;
	void *fault_memory; /* of a deviating back-end, opaque */
	void *store;        /* device->open made it; outlives connections */
};

struct vus_be {
	struct vus_be_config cfg;
	const struct vus_be_decisions *decide; /* that of cfg */
	void *fault_state;     /* of a deviating back-end, opaque */
	struct vus_link link;  /* main socket */
	struct vus_link back;  /* back-end channel, fd -1: none */
	uint64_t features, pf; /* acknowledged */
	bool features_set;
	bool features_refused; /* the last SET_FEATURES was */
	bool owned;
	uint8_t status; /* VIRTIO device status */
	struct vus_regions mem;
	struct vus_map log; /* of dirty pages, SET_LOG_BASE */
	volatile bool lost; /* some of it was cut away (lost.c) */
	struct vus_vq vqs[VUS_BE_MAX_QUEUES];
	void *state;     /* the device's, state_size bytes, zeroed */
	unsigned frames; /* handled so far */
	unsigned turn;   /* whose event was handled last */
	/* Asked about each frame before it is handled; true: it has dealt with
	 * it (a judge that answers in ways the back-end would not), and the
	 * frame's descriptors are used or closed. */
	bool (*intercept)(struct vus_be *be, struct vus_frame *frame);
	void *judge; /* for it */
};

/* The virtio and protocol features of the honest back-end with `device`. */
void vus_be_defaults(struct vus_be_config *cfg, const struct vus_device *d);
/* Make and drop what outlives connections (a disk's content). */
VUS_MUST_CHECK bool vus_be_config_open(struct vus_be_config *cfg,
				       struct vus_err *err);
void vus_be_config_close(struct vus_be_config *cfg);

/* `fd`, a connected stream socket, becomes the connection's. */
void vus_be_init(struct vus_be *be, const struct vus_be_config *cfg, int fd,
		 const struct vus_trace *trace);
void vus_be_close(struct vus_be *be);

/* Wait until `deadline` for a frame or a kick, and handle exactly one.
 * `stop_fd` (or -1) becoming readable ends the wait as IDLE. */
enum vus_be_step_result vus_be_step(struct vus_be *be, int stop_fd,
				    uint64_t deadline, struct vus_err *err);

/* The two halves, without waiting (fuzzers call them).  The frame's
 * descriptors are used or closed. */
enum vus_be_step_result vus_be_frame(struct vus_be *be, struct vus_frame *frame,
				     struct vus_err *err);
void vus_be_kick(struct vus_be *be, unsigned queue);

/* Look at every ring for which something changed; true: more is to be done. */
bool vus_be_run_rings(struct vus_be *be);

/* ---- for message handlers ---- */

typedef enum vus_handled vus_handler(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply);

struct vus_be_handler {
	uint32_t id;
	vus_handler *handle;
};

/* NULL: nothing here handles this id. */
const struct vus_be_handler *vus_be_handler_find(uint32_t id);

/* Defining a handler registers it:  VUS_BE_HANDLER(SET_OWNER) { ... }
 * Arguments: be, req (decoded, of the row's size and descriptor count, gated
 * as the row says), reply (own replies: id and flags filled; set body, fds). */
#define VUS_BE_HANDLER(mname)                                                  \
	static enum vus_handled be_##mname(struct vus_be *be,                  \
					   struct vus_frame *req,              \
					   struct vus_frame *reply);           \
	static const struct vus_be_handler vus_be_handler_##mname = {          \
		.id = VUS_FE_##mname, .handle = be_##mname                     \
	};                                                                     \
	static const struct vus_be_handler *const vus_be_entry_##mname         \
		__attribute__((used, retain, section("vus_be_handlers"))) =    \
			&vus_be_handler_##mname;                               \
	static enum vus_handled be_##mname(                                    \
		__attribute__((unused)) struct vus_be *be,                     \
		__attribute__((unused)) struct vus_frame *req,                 \
		__attribute__((unused)) struct vus_frame *reply)

/* Send the acknowledgement of `req`. */
enum vus_be_step_result vus_be_acknowledge(struct vus_be *be,
					   const struct vus_frame *req,
					   struct vus_frame *reply,
					   uint64_t value, struct vus_err *err);
/* Close the connection. */
enum vus_be_step_result vus_be_hang_up(struct vus_be *be);
/* From now on these protocol features are selected. */
void vus_be_select_pf(struct vus_be *be, uint64_t pf);
/* Has a ring begun to run, and not been stopped? */
bool vus_be_any_live(const struct vus_be *be);

/* The ring a message names; NULL at or beyond the number of queues. */
struct vus_vq *vus_be_vq(struct vus_be *be, uint64_t index);

/* Start, stop and run rings (vring.c). */

/* As on a new connection: stopped, disabled, nothing set. */
void vus_vq_init(struct vus_vq *vq, struct vus_be *be, unsigned index);
/* The same, and its descriptors closed. */
void vus_vq_reset(struct vus_vq *vq);
/* Map its addresses; false when one is not in memory (it stays unmapped). */
bool vus_vq_map(struct vus_vq *vq);
bool vus_vq_running(const struct vus_vq *vq);
/* Enter the started state, and leave it (closing kick and call). */
void vus_vq_start(struct vus_vq *vq);
void vus_vq_stop(struct vus_vq *vq);
/* The driver broke the ring: remember, and signal the error descriptor. */
void vus_vq_mark_broken(struct vus_vq *vq, const char *why);
/* A ring without kick descriptor is looked at on each step. */
bool vus_vq_polled(const struct vus_vq *vq);

/* The memory view changed: find every ring again. */
void vus_be_remap(struct vus_be *be);
/* All rings and the device as on a new connection; memory, features and
 * channel stay. */
void vus_be_reset_device(struct vus_be *be);

/* A note for the trace. */
void vus_be_note(struct vus_be *be, const char *fmt, ...) VUS_PRINTF(2, 3);

#endif
