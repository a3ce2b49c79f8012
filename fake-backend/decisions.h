/* SPDX-License-Identifier: BSD-3-Clause */
/* decisions.h — what a back-end decides, one function a decision.
 *
 * vus_be_honest decides everything as the specification demands.  A back-end
 * that deviates on purpose replaces some of the functions; those call the
 * honest one through vus_be_honest where they agree with it. */
#ifndef VUS_FAKE_BACKEND_DECISIONS_H
#define VUS_FAKE_BACKEND_DECISIONS_H

#include "link/link.h"
#include "mem/regions.h"
#include "ring/split_device.h"

#include <stdio.h>

struct virtio_blk_discard_write_zeroes;
struct vus_be;
struct vus_be_config;
struct vus_be_options;
struct vus_blk_request;
struct vus_net_packet;
struct vus_server;
struct vus_vq;

/* What becomes of a connection after a step. */
enum vus_be_step_result {
	VUS_BE_STEP_DONE,   /* handled something */
	VUS_BE_STEP_IDLE,   /* the deadline passed, or stop_fd is readable */
	VUS_BE_STEP_CLOSED, /* the front-end went away, or we closed it */
	VUS_BE_STEP_BROKEN, /* our own side failed: err */
	VUS_BE_STEP_EXIT,   /* the program ends; the honest one never does so */
};

/* What a handler decides; the core sends acknowledgement or reply. */
enum vus_handled {
	VUS_OK,    /* ack 0 where one is due; own reply: `reply` is sent */
	VUS_NACK,  /* ack 1 where one is due, else the connection is closed */
	VUS_EMPTY, /* own reply without payload: GET_CONFIG's "no" */
	VUS_CLOSE, /* close the connection */
	VUS_EXIT,  /* end the program; the honest back-end never does so */
};

/* All members are functions, none is NULL. */
struct vus_be_decisions {
	/* ---- the program (program.c, options.c, server.c) ---- */

	/* Does --print-capabilities let all other words be ignored?  Yes. */
	bool (*ignores_other_words)(void);
	/* What is wrong with the words about the socket: is there a path, is
	 * there a descriptor?  Honest: exactly one of them; NULL: nothing. */
	const char *(*objects_to_sockets)(bool path, bool fd);
	/* Print what vhost-user.json says; false: it could not be written. */
	bool (*print_capabilities)(FILE *out);
	/* A signal that ends the program besides SIGTERM and SIGINT; 0: none.
	 * Honest: none. */
	int (*another_end)(void);
	/* Does a signal end the program?  Yes. */
	bool (*heeds_signals)(void);
	/* Open what the words name: listen, connect, or use a descriptor. */
	bool (*open_server)(const struct vus_be_options *o,
			    struct vus_server *ret, struct vus_err *err);
	/* Remove a stale socket at the path, and nothing else. */
	bool (*make_way)(const char *path, struct vus_err *err);
	/* When to try again after there was no descriptor for a connection. */
	uint64_t (*accept_again_at)(void);

	/* ---- a back-end and its connection (connection.c) ---- */

	/* The program starts, and ends.  Honest: nothing more to do. */
	void (*opened)(struct vus_be_config *cfg);
	void (*closed)(struct vus_be_config *cfg);
	/* A connection begins, all of its state is set; and ends, before
	 * anything is released.  Honest: nothing more to do. */
	void (*connected)(struct vus_be *be);
	void (*disconnected)(struct vus_be *be);
	/* Does it go on with its connection after a step?  Yes. */
	bool (*stays_connected)(const struct vus_be *be, int listen_fd);
	/* Before it waits for a connection.  Honest: nothing more to do. */
	void (*between_connections)(const struct vus_be_config *cfg,
				    int listen_fd, int stop_fd);
	/* When the back-end wants to act next without being asked to, and what
	 * it does then; true: it did something.  Honest: never. */
	uint64_t (*next_deadline)(const struct vus_be *be);
	bool (*at_deadline)(struct vus_be *be);
	/* A device reset, of the device's own state. */
	void (*reset_state)(struct vus_be *be);

	/* ---- frames and answers (frame.c) ---- */

	/* Receive one frame, as vus_link_recv() does. */
	bool (*receive)(struct vus_be *be, struct vus_frame *ret,
			uint64_t deadline, struct vus_err *err);
	/* Is a frame looked at?  Yes; false: it is dropped unanswered. */
	bool (*takes_frame)(struct vus_be *be, const struct vus_frame *frame);
	/* Does a complaint of the message table change nothing for a receiver?
	 * Honest: padding and need_reply; all others are refused. */
	bool (*is_tolerated)(const struct vus_be *be,
			     const struct vus_frame *req,
			     enum vus_complaint_kind kind);
	/* What becomes of a frame with any other complaint. */
	enum vus_handled (*refuse_malformed)(struct vus_be *be,
					     struct vus_frame *req,
					     enum vus_complaint_kind kind,
					     struct vus_frame *reply);
	/* Carry out a request that is as the message table has it. */
	enum vus_handled (*handle)(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply);
	/* Is an acknowledgement due, where `pf` was negotiated before? */
	bool (*is_ack_due)(const struct vus_be *be, const struct vus_frame *req,
			   uint64_t pf);
	/* The value of an acknowledgement: 0 for success, else 1. */
	uint64_t (*ack_value)(const struct vus_be *be,
			      const struct vus_frame *req, bool success);
	/* Tell that a request is refused: in an acknowledgement, or by closing
	 * the connection where none is due. */
	enum vus_be_step_result (*tell_refusal)(struct vus_be *be,
						const struct vus_frame *req,
						bool ack_due,
						struct vus_frame *reply,
						struct vus_err *err);
	/* The flags of a reply.  Honest: those of the frame. */
	uint32_t (*reply_flags)(const struct vus_be *be,
				const struct vus_frame *req, uint32_t flags);
	/* Send a reply, as vus_link_send() does; `twist` is NULL or takes the
	 * payload away (spec: VHOST_USER_GET_CONFIG, errors). */
	bool (*transmit)(struct vus_be *be, const struct vus_frame *req,
			 struct vus_frame *reply, const struct vus_twist *twist,
			 struct vus_err *err);

	/* ---- features (msg_features.c) ---- */

	/* All virtio, and all protocol features that are offered. */
	uint64_t (*offered_features)(const struct vus_be *be);
	uint64_t (*offered_pf)(const struct vus_be *be);
	/* May these virtio features be acknowledged now?  Honest: those that
	 * were offered, and while a ring runs only the same again. */
	bool (*takes_features)(struct vus_be *be, uint64_t want);
	/* What accepted virtio features do to rings.  Honest: without bit 30
	 * all are enabled, with it they stay as they are. */
	void (*apply_features)(struct vus_be *be, uint64_t features);
	/* May these protocol features be selected?  Honest: those that were
	 * offered, with what they need. */
	enum vus_handled (*judge_pf)(const struct vus_be *be, uint64_t want);

	/* ---- events (msg_events.c) ---- */

	/* Can a descriptor carry events in a direction (O_RDONLY: kicks)?
	 * Honest: eventfds and the right end of a pipe. */
	bool (*can_signal)(int fd, int mode);

	/* ---- memory (guest_memory.c, msg_memory.c, lost.c) ---- */

	/* Map all rows of a table into `fresh`, descriptor by descriptor. */
	bool (*map_table)(struct vus_be *be, struct vus_p_mem_table *table,
			  const int *fds, struct vus_regions *fresh);
	/* Map a region into `table`; false: refused, and noted. */
	bool (*add_region)(struct vus_be *be, struct vus_regions *table,
			   const struct vus_p_region *row, int fd);
	/* `fresh` becomes the memory, and the old one is unmapped. */
	void (*replace_memory)(struct vus_be *be, struct vus_regions *fresh);
	/* Where buffers are looked up by guest address. */
	const struct vus_regions *(*buffer_regions)(struct vus_be *be);
	/* Where a ring part begins, and how much of it is in one piece; NULL:
	 * not in memory.  Honest: by user address. */
	void *(*find_ring_part)(struct vus_be *be, uint64_t user,
				uint64_t bytes, uint64_t *ret_len);
	/* Put memory of our own where a file was cut under us; false: it
	 * cannot be helped.  Called by a signal handler. */
	bool (*replace_lost_page)(uintptr_t page, size_t size);

	/* ---- configuration space (msg_config.c) ---- */

	/* Read configuration space; what lies beyond it is zero. */
	void (*read_config)(struct vus_be *be, uint32_t offset, uint8_t *buf,
			    uint32_t len);

	/* ---- the block device (devices/blk.c) ---- */

	/* Take a packet that is sent, without its header; false: there is
	 * none. */
	bool (*net_take)(const struct vus_be *be, const struct vus_chain *chain,
			 struct vus_net_packet *ret);
	/* Put a packet that is received into a chain, behind a header; returns
	 * the used length. */
	uint32_t (*net_give)(const struct vus_be *be,
			     const struct vus_chain *chain,
			     const struct vus_net_packet *packet);
	/* Serve a chain; returns the used length. */
	uint32_t (*blk_request)(const struct vus_be *be,
				const struct vus_chain *chain);
	/* Carry out a request that has a header; returns its status. */
	uint8_t (*blk_serve)(const struct vus_be *be,
			     struct vus_blk_request *r);
	/* The content of `len` bytes from a sector on; NULL: not all of them
	 * lie on the disk. */
	uint8_t *(*blk_locate)(const struct vus_be *be, uint64_t sector,
			       uint64_t len);
	/* Discard or zero one range; returns the status. */
	uint8_t (*blk_wipe)(const struct vus_be *be, bool discard,
			    const struct virtio_blk_discard_write_zeroes *r);

	/* ---- rings: the step (connection.c) ---- */

	/* Where to begin to look for what is ready: 0 is the socket, 1 + i the
	 * kick of ring i.  Honest: behind what was served last. */
	unsigned (*first_event)(const struct vus_be *be);
	/* Is a readable socket read?  Honest: yes. */
	bool (*reads_socket)(const struct vus_be *be);
	/* The ring of this index; NULL: there is none.  Honest: below the
	 * number of queues. */
	struct vus_vq *(*ring_of)(struct vus_be *be, uint64_t index);
	/* A device reset reaches a ring.  Honest: it becomes as on a new
	 * connection. */
	void (*ring_reset)(struct vus_vq *vq);

	/* ---- rings: their states (vring.c) ---- */

	/* A ring became as on a new connection.  Honest: nothing more to do. */
	void (*ring_cleared)(struct vus_vq *vq);
	/* Find the parts of a ring in memory; false: they are not all there.
	 * Honest: at the addresses sent, `num` descriptors. */
	bool (*ring_map)(struct vus_vq *vq);
	/* Where a part of a ring lies; NULL: it is not in memory.  Honest:
	 * whole, in one piece and aligned. */
	void *(*ring_part)(const struct vus_vq *vq, uint64_t user,
			   uint64_t bytes, size_t align);
	/* The memory changed.  Honest: the ring is found again. */
	void (*ring_remap)(struct vus_vq *vq);
	/* May a ring be processed?  Honest: if it is started, and enabled or
	 * processed while disabled. */
	bool (*ring_may_run)(const struct vus_vq *vq);
	/* Is a disabled ring processed?  Honest: one that drains. */
	bool (*ring_runs_disabled)(const struct vus_vq *vq);
	/* Is a ring looked at without a kick?  Honest: without a kick
	 * descriptor. */
	bool (*ring_is_polled)(const struct vus_vq *vq);
	/* Take the events of a readable kick descriptor; false: there was none.
	 * Honest: all of them, *ret_sum is the sum of their values. */
	bool (*take_kicks)(struct vus_vq *vq, uint64_t *ret_sum);
	/* A kick came; `value` is what was read.  Honest: the ring is started
	 * and served. */
	void (*ring_kicked)(struct vus_vq *vq, uint64_t value);
	/* A started ring runs for the first time.  Honest: with the features
	 * negotiated, at its base, and at the used index in memory. */
	void (*ring_begin)(struct vus_vq *vq);
	/* Serve a ring that runs.  Honest: requests, then kicks are armed, then
	 * another look. */
	void (*ring_run)(struct vus_vq *vq);
	/* Leave the started state.  Honest: kick and call are closed. */
	void (*ring_stop)(struct vus_vq *vq);
	/* The driver broke a ring.  Honest: it stops, and its error
	 * descriptor is signalled. */
	void (*ring_break)(struct vus_vq *vq, const char *why);

	/* ---- rings: requests (vring.c) ---- */

	/* Take a request, give one back, ask whether the driver wants a signal,
	 * and tell it whether kicks are wanted.  Honest: as split_device.h has
	 * it. */
	enum vus_pop (*ring_pop)(struct vus_vq *vq, struct vus_chain *ret,
				 struct vus_err *err);
	void (*ring_push)(struct vus_vq *vq, const struct vus_chain *c,
			  uint32_t written);
	bool (*ring_wants_call)(struct vus_vq *vq);
	void (*ring_want_kicks)(struct vus_vq *vq, bool want);
	/* Signal completions.  Honest: on the call descriptor, or when the
	 * first one comes. */
	void (*ring_call)(struct vus_vq *vq);

	/* ---- rings: messages (msg_vring.c, msg_events.c) ---- */

	/* Is this size taken?  What it leaves in *num is.  Honest: a power of
	 * 2 up to 32768, as it is. */
	bool (*takes_ring_size)(struct vus_vq *vq, uint32_t *num);
	/* SET_VRING_ADDR, _BASE and _ENABLE for a ring that there is. */
	enum vus_handled (*set_ring_addr)(struct vus_vq *vq,
					  const struct vus_p_vring_addr *addr);
	enum vus_handled (*set_ring_base)(struct vus_vq *vq, uint32_t base);
	enum vus_handled (*set_ring_enable)(struct vus_vq *vq, uint32_t value);
	/* The answer to GET_VRING_BASE, when the ring is stopped.  Honest: its
	 * index, and the next available entry. */
	void (*tell_ring_base)(struct vus_vq *vq,
			       struct vus_p_vring_state *ret);
	/* The word of SET_VRING_KICK, _CALL or _ERR.  Honest: as sent. */
	uint64_t (*ring_event_word)(struct vus_be *be, struct vus_frame *req);
	/* Their descriptor, or -1, which belongs to the ring from now on.
	 * Honest: it takes the place of the one before, which is closed. */
	void (*set_kick)(struct vus_vq *vq, int fd);
	void (*set_call)(struct vus_vq *vq, int fd);
	void (*set_err)(struct vus_vq *vq, int fd);
};

extern const struct vus_be_decisions vus_be_honest;

#endif
