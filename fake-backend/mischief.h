/* SPDX-License-Identifier: BSD-3-Clause */
/* mischief.h — what faults remember, and what they do later.
 *
 * Nothing here is used without a fault.  A fault whose rule says what must not
 * happen any more acts late, so that a watch that is too short shows. */
#ifndef VUS_FAKE_BACKEND_MISCHIEF_H
#define VUS_FAKE_BACKEND_MISCHIEF_H

#include "link/link.h"
#include "mem/regions.h"
#include "ring/split_device.h"

/* How late, ms. */
#define VUS_LATE_MS 30

enum vus_late {
	VUS_LATE_NONE,
	VUS_LATE_RUN,     /* look at the ring again and again */
	VUS_LATE_PUSH,    /* give back the request in hand */
	VUS_LATE_WRITE,   /* write into the used ring, not its index */
	VUS_LATE_CALL,    /* signal `fd` */
	VUS_LATE_SWAP,    /* use `fd` for calls from now on */
	VUS_LATE_REQUEST, /* send CONFIG_CHANGE_MSG */
	VUS_LATE_LOOK,    /* look at a ring that must not run */
};

/* A ring's. */
struct vus_vq_mischief {
	enum vus_late late;
	uint64_t at; /* monotonic ns; 0: nothing is planned */
	int fd;      /* owned, -1: none */
	uint16_t head;
	unsigned runs;  /* how often it went live */
	unsigned bases; /* SET_VRING_BASE seen */
	uint16_t began; /* where it went live */
	bool stopped;   /* by GET_VRING_BASE, not started since */
	bool was_stopped;
	bool kicked;
	bool served; /* took a request */
	bool event_idx_at_base;
	bool lost; /* a table left it out */
	bool mute; /* signals nothing any more */
};

/* A connection's. */
struct vus_be_mischief {
	bool deaf;               /* frames are read and not answered */
	uint32_t last_id;        /* of the frame before */
	bool needs_owner;        /* since RESET_DEVICE */
	uint64_t kicked;         /* when the last kick came, monotonic ns */
	unsigned owners;         /* SET_OWNER seen */
	unsigned gets;           /* GET_FEATURES seen */
	unsigned pf_gets;        /* GET_PROTOCOL_FEATURES seen */
	unsigned pf_sets;        /* SET_PROTOCOL_FEATURES seen */
	uint64_t status;         /* all bits */
	bool config_written;     /* what must not be, by a refused write */
	uint64_t first_file;     /* inode behind region 0 */
	struct vus_regions old;  /* replaced or removed, and still mapped */
	struct vus_regions view; /* where buffers are looked up */
	uint8_t *pages;          /* a very long list, owned */
};

struct vus_be;
struct vus_vq;

/* Plan something for VUS_LATE_MS from now. */
void vus_late_plan(struct vus_vq *vq, enum vus_late late, int fd);
void vus_late_cancel(struct vus_vq *vq);
/* What the faults set plan at a stop; before anything is closed. */
void vus_late_at_stop(struct vus_vq *vq);
/* The next instant at which something is planned, VUS_NEVER: nothing. */
uint64_t vus_late_next(const struct vus_be *be);
/* Do what is due; true: something was. */
bool vus_late_strike(struct vus_be *be);

/* Make a good reply bad.  `ret_payload` takes the bytes that replace its
 * payload. */
void vus_lie_in_reply(const struct vus_be *be, const struct vus_frame *req,
		      struct vus_frame *reply, struct vus_twist *ret_twist,
		      uint8_t ret_payload[VUS_MAX_PAYLOAD]);
/* Look at what waits on the socket before it is received: true when the
 * connection is to be treated as broken. */
bool vus_lie_about_arrival(struct vus_be *be);
/* Features that faults offer and do not serve, and those whose messages they
 * refuse where nothing else was selected beside REPLY_ACK. */
uint64_t vus_lie_in_pf_offer(const struct vus_be *be);
struct vus_msg;
bool vus_lie_about_lonely(const struct vus_be *be, const struct vus_msg *msg);
/* Before a frame is handled: what faults make of what came before it. */
void vus_lie_about_order(struct vus_be *be, const struct vus_frame *frame);

/* A call as faults make it; false: it is to be made as it should be. */
bool vus_lie_about_call(const struct vus_vq *vq);
/* A connection ends: faults that this brings out. */
void vus_lie_at_the_end(const struct vus_be *be);

/* Between connections; returns when another one waits, or none may come. */
struct vus_be_config;
void vus_lie_between(const struct vus_be_config *cfg, int listen_fd,
		     int stop_fd);
/* Another connection waits, for which a fault drops this one. */
bool vus_lie_for_newcomers(const struct vus_be *be, int listen_fd);
/* Keep what a fault wants to listen to when the connection is over. */
void vus_lie_afterwards(const struct vus_be *be, struct vus_be_config *cfg);

/* Is the socket left alone, readable or not? */
bool vus_lie_about_the_socket(const struct vus_be *be);

/* Where a ring finds no request, before it arms its kicks, before it looks at
 * one, where it finds one that it refuses, where one is taken, and before
 * (true: it is back already) and after it is given back. */
void vus_lie_about_nothing(struct vus_vq *vq);
void vus_lie_before_arming(const struct vus_vq *vq);
void vus_lie_before_pop(struct vus_vq *vq);
void vus_lie_about_bad(const struct vus_vq *vq, const char *why);
void vus_lie_at_pop(struct vus_vq *vq, const struct vus_chain *c);
bool vus_lie_at_push(const struct vus_vq *vq);
void vus_lie_after_push(const struct vus_vq *vq);

/* A fault that kills: SIGABRT. */
_Noreturn void vus_die(void);

#endif
