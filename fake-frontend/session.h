/* SPDX-License-Identifier: BSD-3-Clause */
/* session.h — a front-end's session with a back-end, as verbs.
 *
 * Used by the fake-frontend program and by every case that tests a back-end.
 * Verbs are honest; a case that lies builds its own frame and uses
 * vus_fe_classify().  A verb that returns false says in err what the peer did
 * (kinds TIMEOUT, EOF, PROTOCOL, REFUSED) or what broke here (SYSTEM). */
#ifndef VUS_FAKE_FRONTEND_SESSION_H
#define VUS_FAKE_FRONTEND_SESSION_H

#include "base/event.h"
#include "link/link.h"
#include "mem/guest.h"
#include "ring/split_driver.h"
#include "link/outcome.h"
#include "decisions.h"

#include <poll.h>

#define VUS_MAX_QUEUES 16

/* What is acknowledged where it is offered, if nothing else is asked for:
 * features that a front-end need not serve in any special way. */
#define VUS_FE_FEATURES                                                        \
	(VF(VERSION_1) | VF(PROTOCOL_FEATURES) | VF(RING_EVENT_IDX) |          \
	 VF(RING_INDIRECT_DESC))
#define VUS_FE_PF                                                              \
	(PF(MQ) | PF(LOG_SHMFD) | PF(REPLY_ACK) | PF(CONFIG) |                 \
	 PF(RESET_DEVICE) | PF(CONFIGURE_MEM_SLOTS))

struct vus_driver; /* drivers/driver.h */

struct vus_queue {
	unsigned index;             /* the back-end's number for it */
	unsigned num;               /* descriptors */
	uint64_t desc, avail, used; /* guest physical */
	uint64_t log;               /* SET_VRING_ADDR log address */
	uint16_t base;              /* SET_VRING_BASE */
	struct vus_event kick, call, err;
	struct vus_split_driver *ring; /* owned, heap */
	struct vus_split_watch *watch; /* owned: of the ring; NULL: none */
	bool set_up, enabled;
	bool served;    /* a request came back, since it was allocated */
	unsigned calls; /* call events seen so far */
};

/* Who answers behind a network device (--net-echo). */
struct vus_net_peer {
	uint32_t address; /* IPv4, 0: nobody */
	uint8_t mac[6];
	bool judges_header; /* of what comes; else its packet alone counts */
};

struct vus_session {
	struct vus_link link;       /* main socket */
	struct vus_link back;       /* back-end channel, fd -1: none */
	unsigned request_ms;        /* deadline of one request */
	uint64_t offered, features; /* virtio features: offered, acknowledged */
	uint64_t pf_offered, pf;    /* protocol features */
	unsigned nqueues;           /* what the back-end has */
	struct vus_guest guest;
	bool memory_announced;
	enum vus_event_kind notify; /* eventfds or pipes */
	/* queues[0] takes the driver's pings, and so on; where the device has
	 * its other rings first, `index` differs from the place here. */
	struct vus_queue queues[VUS_MAX_QUEUES];
	unsigned ncompanions; /* rings at the end of queues[], see driver.h */
	const struct vus_driver *driver; /* NULL: generic */
	void *driver_state;              /* the driver's own, heap */
	/* The driver has made what answers need, and nothing that was sent
	 * since has ended it. */
	bool prepared;
	struct vus_net_peer net;
	uint64_t known_at; /* what the driver's `mark` has stored, 0: nothing */
	unsigned vq_size;  /* default descriptors of a ring */
	uint64_t slots;    /* GET_MAX_MEM_SLOTS, 0: not asked */
	/* Message that was sent last, other than a barrier; 0: none. */
	uint32_t last_id;
	/* Of a suite: where a message that sets up is not acknowledged, a
	 * barrier shows whether it was taken, before the next one. */
	bool careful;
	bool strict; /* of the program: answers as QEMU wants them, flags too */
	unsigned connection; /* of its device, from 1 on */
	/* Of the program, which may deviate; else the honest ones. */
	const struct vus_fe_decisions *decide;
};

/* Take over a connected socket. */
void vus_fe_init(struct vus_session *s, int fd, unsigned request_ms,
		 const struct vus_trace *trace);
void vus_fe_close(struct vus_session *s);

/* ---- negotiation (session_send.c, negotiate.c) ---- */

/* A request with its own u64 reply. */
VUS_MUST_CHECK bool vus_fe_get_u64(struct vus_session *s, uint32_t id,
				   uint64_t *ret, struct vus_err *err);
/* A request of a u64 without a reply of its own: success is an ack of 0 under
 * REPLY_ACK, else being sent. */
VUS_MUST_CHECK bool vus_fe_set_u64(struct vus_session *s, uint32_t id,
				   uint64_t value, struct vus_err *err);
/* A request of a vring state. */
VUS_MUST_CHECK bool vus_fe_set_state(struct vus_session *s, uint32_t id,
				     uint32_t index, uint32_t num,
				     struct vus_err *err);
/* A request is about to be sent. */
void vus_fe_note_request(struct vus_session *s, uint32_t id);
/* Send any honest request and take its acknowledgement, if one is due: under
 * REPLY_ACK one is asked for. */
VUS_MUST_CHECK bool vus_fe_send_acked(struct vus_session *s,
				      const struct vus_frame *request,
				      struct vus_err *err);
/* Send an honest request as it stands, asking for no acknowledgement. */
VUS_MUST_CHECK bool vus_fe_send_noack(struct vus_session *s,
				      const struct vus_frame *request,
				      struct vus_err *err);
/* Send any honest request and take its own reply. */
VUS_MUST_CHECK bool vus_fe_request(struct vus_session *s,
				   const struct vus_frame *request,
				   struct vus_frame *ret, struct vus_err *err);

/* Send a frame, lie or not, and find out what the peer made of it: takes the
 * acknowledgement or reply that is due (and one that is not), then a barrier
 * (GET_FEATURES, or another question where that is the frame itself) shows
 * whether the session lives.  An ack of 0 followed by a closed socket is
 * CLOSED.  *ret_ack (may be NULL) is the u64 of an acknowledgement, untouched
 * where none came. */
enum vus_outcome vus_fe_classify(struct vus_session *s,
				 const struct vus_frame *frame,
				 const struct vus_twist *twist,
				 uint64_t *ret_ack);

/* The session is alive: GET_FEATURES is answered. */
VUS_MUST_CHECK bool vus_fe_barrier(struct vus_session *s, struct vus_err *err);

/* GET_FEATURES .. SET_FEATURES in QEMU's order; acknowledges what is offered
 * and in the masks.  PROTOCOL_FEATURES (30) is acknowledged when offered and
 * in `features`.  As QEMU does, it asks for no acknowledgement here; a last
 * question shows that all was taken.  With BACKEND_REQ it opens s->back. */
VUS_MUST_CHECK bool vus_fe_negotiate(struct vus_session *s, uint64_t features,
				     uint64_t pf, struct vus_err *err);
/* Only the beginning of it: GET_FEATURES, GET_PROTOCOL_FEATURES and
 * SET_PROTOCOL_FEATURES. */
VUS_MUST_CHECK bool vus_fe_select_protocol_features(struct vus_session *s,
						    uint64_t pf,
						    struct vus_err *err);

/* The same without what protocol features open: no limit is asked for, no
 * channel is set up. */
VUS_MUST_CHECK bool vus_fe_negotiate_features(struct vus_session *s,
					      uint64_t features, uint64_t pf,
					      struct vus_err *err);

/* ---- back-end channel and configuration space (channel.c, config.c) ---- */

/* SET_BACKEND_REQ_FD: one end of a new socket pair goes to the back-end, the
 * other becomes s->back (which is closed first). */
VUS_MUST_CHECK bool vus_fe_open_channel(struct vus_session *s,
					struct vus_err *err);
/* Take one request of the back-end from s->back, and answer it. */
void vus_fe_answer_channel(struct vus_session *s);
/* GET_CONFIG: `size` bytes of configuration space from `offset` on (at most
 * VUS_CONFIG_MAX); an empty reply is REFUSED. */
VUS_MUST_CHECK bool vus_fe_get_config(struct vus_session *s, uint32_t offset,
				      uint32_t size, void *ret,
				      struct vus_err *err);

/* ---- memory (announce_memory.c) ---- */

/* Announce all regions of s->guest: SET_MEM_TABLE, or one ADD_MEM_REG each
 * where CONFIGURE_MEM_SLOTS is negotiated. */
VUS_MUST_CHECK bool vus_fe_announce_memory(struct vus_session *s,
					   struct vus_err *err);
/* The frame of either message, descriptors filled in (they stay the guest's).
 */
struct vus_frame vus_fe_mem_table_frame(const struct vus_session *s);
struct vus_frame vus_fe_mem_reg_frame(const struct vus_session *s, uint32_t id,
				      unsigned region);

/* ---- rings (queue.c) ---- */

/* Allocate a ring in guest memory (num 0: s->vq_size) and send SET_VRING_NUM,
 * BASE, ADDR, KICK, CALL, ERR, in QEMU's order. */
VUS_MUST_CHECK bool vus_fe_queue_setup(struct vus_session *s, unsigned index,
				       unsigned num, uint16_t base,
				       struct vus_err *err);
/* The steps of the above, for cases that set rings up in another order. */
VUS_MUST_CHECK bool vus_fe_queue_alloc(struct vus_session *s, unsigned index,
				       unsigned num, uint16_t base,
				       struct vus_err *err);
/* Empty ring memory where it lies, and begin at `base`: as a driver resets a
 * ring. */
void vus_fe_queue_reset(struct vus_session *s, unsigned index, uint16_t base);
/* Have a ring watched that was just initialised, where the trace wants it. */
void vus_fe_queue_watch(struct vus_session *s, unsigned index);
/* Is it watched, and still where it lay? */
bool vus_fe_queue_is_watched(const struct vus_session *s, unsigned index);
/* The back-end's ring `number` goes on at available index `base`. */
void vus_fe_queue_rebase(struct vus_session *s, unsigned number, uint16_t base);
/* The frame of SET_VRING_ADDR for a ring as it lies. */
struct vus_frame vus_fe_vring_addr_frame(const struct vus_session *s,
					 unsigned index);
VUS_MUST_CHECK bool vus_fe_queue_send_addr(struct vus_session *s,
					   unsigned index, struct vus_err *err);
VUS_MUST_CHECK bool vus_fe_queue_send_fds(struct vus_session *s, unsigned index,
					  struct vus_err *err);
/* The ring is enabled, or disabled, when it returns. */
VUS_MUST_CHECK bool vus_fe_queue_enable(struct vus_session *s, unsigned index,
					bool on, struct vus_err *err);
/* GET_VRING_BASE; *ret_base (may be NULL) is the answered num. */
VUS_MUST_CHECK bool vus_fe_queue_stop(struct vus_session *s, unsigned index,
				      uint32_t *ret_base, struct vus_err *err);

VUS_MUST_CHECK bool vus_fe_kick(struct vus_session *s, unsigned index,
				struct vus_err *err);
/* Wait for a used entry, by call event and by polling, and take it. */
enum vus_used_failure {
	/* Kind PROTOCOL: used.idx began at 0, whatever stood in memory. */
	VUS_USED_IDX_UNREAD = 1,
};
bool vus_fe_used_idx_is_unread(const struct vus_split_driver *ring,
			       struct vus_err *err);
VUS_MUST_CHECK bool vus_fe_wait_used(struct vus_session *s, unsigned index,
				     uint64_t deadline, struct vus_used *ret,
				     struct vus_err *err);
/* True when no used entry appears on this ring for `ms`, and while the back-end
 * is seen to be busy. */
bool vus_fe_ring_is_quiet(struct vus_session *s, unsigned index, unsigned ms);
/* The same for descriptors: none becomes ready. */
bool vus_fe_fds_are_quiet(const struct vus_session *s, struct pollfd *fds,
			  unsigned n, unsigned ms);

#endif
