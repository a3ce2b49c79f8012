/* SPDX-License-Identifier: BSD-3-Clause */
/* decisions.h — what a front-end decides, one function a decision.
 *
 * vus_fe_honest decides everything as the specification demands and as QEMU
 * does.  A front-end that deviates on purpose replaces some of the functions;
 * those call the honest one through vus_fe_honest where they agree with it. */
#ifndef VUS_FAKE_FRONTEND_DECISIONS_H
#define VUS_FAKE_FRONTEND_DECISIONS_H

#include "mem/backing_rules.h"
#include "mem/object_rules.h"
#include "spec/stimulus.h"

struct vus_fake;
struct vus_fake_chardev;
struct vus_fake_device;
struct vus_fake_options;
struct vus_frame;
struct vus_guest;
struct vus_p_region;
struct vus_p_vring_addr;
struct vus_qemu_device;
struct vus_queue;
struct vus_seg;
struct vus_session;
struct vus_split_driver;

/* Told to do something: it does, it reports an error, or it says that it did.
 */
enum vus_fe_obeys { VUS_FE_OBEYS, VUS_FE_REFUSES, VUS_FE_IGNORES };

/* All members are functions, none is NULL. */
struct vus_fe_decisions {
	/* ---- frames and answers (session_send.c) ---- */

	bool (*send)(struct vus_session *s, const struct vus_frame *f,
		     struct vus_err *err);
	bool (*receive)(struct vus_session *s, struct vus_frame *ret,
			struct vus_err *err);
	/* Is it the answer to this request, before its content counts? */
	bool (*is_answer)(const struct vus_session *s,
			  const struct vus_frame *request,
			  const struct vus_frame *reply, struct vus_err *err);
	bool (*reply_decodes)(const struct vus_frame *reply);
	/* Send a request with need_reply set, and see it acknowledged. */
	bool (*request_ack)(struct vus_session *s,
			    const struct vus_frame *request,
			    struct vus_err *err);
	bool (*ack_is_success)(uint64_t value);

	/* ---- negotiation (negotiate.c) ---- */

	/* Are the offered protocol features (s->pf_offered) acceptable? */
	bool (*accepts_offer)(const struct vus_session *s, struct vus_err *err);
	/* Are protocol features asked for, where these features are wanted? */
	bool (*asks_protocol_features)(const struct vus_session *s,
				       uint64_t wanted);
	uint64_t (*protocol_features)(const struct vus_session *s,
				      uint64_t wanted);
	uint32_t (*protocol_features_flags)(uint32_t flags);
	bool (*asks_queue_num)(const struct vus_session *s);
	/* Protocol features are selected, features are not.  Honest: nothing
	 * to do. */
	bool (*before_features)(struct vus_session *s, struct vus_err *err);
	uint64_t (*features)(const struct vus_session *s, uint64_t wanted);
	bool (*sends_owner)(const struct vus_session *s);
	uint32_t (*owner_flags)(uint32_t flags);

	/* ---- memory (announce_memory.c) ---- */

	bool (*uses_slots)(const struct vus_session *s);
	/* What message `id` says of a region. */
	void (*describe_region)(const struct vus_session *s, uint32_t id,
				unsigned region, struct vus_p_region *ret);
	/* The descriptors of a whole table.  Honest: as they are. */
	void (*attach_table)(struct vus_frame *table);
	/* And of one region in message `id`. */
	void (*attach_region)(const struct vus_session *s, uint32_t id,
			      unsigned region, struct vus_frame *f);

	/* ---- rings (queue.c) ---- */

	/* The number in a message that carries a ring's descriptor. */
	uint64_t (*vring_fd_payload)(const struct vus_queue *q, uint32_t id);
	/* Where SET_VRING_ADDR says that the parts of a ring are. */
	void (*place_ring)(const struct vus_session *s,
			   const struct vus_queue *q,
			   struct vus_p_vring_addr *ret);
	/* SET_VRING_NUM. */
	uint32_t (*ring_size)(const struct vus_queue *q);
	bool (*enable_ring)(struct vus_session *s, unsigned index, bool on,
			    struct vus_err *err);
	/* The reserved word of GET_VRING_BASE. */
	uint32_t (*stop_num)(const struct vus_queue *q);
	/* Write a request into free descriptors, and make it available. */
	bool (*add_request)(struct vus_session *s, struct vus_queue *q,
			    const struct vus_seg *segs, unsigned nsegs,
			    uint16_t *ret_head, struct vus_err *err);
	void (*offer_request)(struct vus_queue *q, uint16_t head);

	/* ---- the back-end channel (channel.c) ---- */

	bool (*answers_backend)(const struct vus_session *s,
				const struct vus_frame *request);
	uint32_t (*answer_flags)(uint32_t flags);
	/* Bytes of an answer.  Honest: those of a u64. */
	uint32_t (*answer_size)(void);

	/* ---- postcopy (postcopy.c) ---- */

	uint32_t (*postcopy_table_flags)(uint32_t flags);
	/* Is a back-end that has mapped the table told to go on? */
	bool (*confirms_postcopy_table)(void);

	/* ---- a device (device.c) ---- */

	/* Does the back-end have enough rings, and memory slots? */
	bool (*queues_suffice)(const struct vus_fake *f, uint64_t queues,
			       struct vus_err *err);
	bool (*regions_suffice)(const struct vus_fake *f, uint64_t slots);
	/* And for a region that was added? */
	bool (*slot_is_free)(const struct vus_session *s);
	bool (*table_has_room)(const struct vus_session *s);
	bool (*reads_config)(const struct vus_fake *f);
	/* A device starts.  Honest: nothing to do first. */
	bool (*starting)(struct vus_fake *f, struct vus_err *err);
	/* The value of SET_STATUS, where the device answered `was` and `bits`
	 * are to be set. */
	uint64_t (*next_status)(uint64_t was, uint64_t bits);
	bool (*announce_memory)(struct vus_fake *f, struct vus_err *err);
	bool (*enables_rings)(const struct vus_session *s);
	bool (*kicks_restarted_rings)(void);
	/* After a lost connection: where does a ring go on, and is what the
	 * lost back-end had not completed waited for? */
	uint16_t (*resume_base)(const struct vus_split_driver *ring);
	bool (*awaits_lost_requests)(void);
	/* The device is reset.  Honest: nothing to do first. */
	bool (*resetting)(struct vus_fake *f, struct vus_err *err);
	bool (*sends_reset_device)(const struct vus_session *s);

	/* ---- the program, steered (control.c) ---- */

	/* What becomes of something that it is told to do. */
	enum vus_fe_obeys (*obeys)(enum vus_stimulus s);
	/* Honest: nothing to do. */
	void (*start_failed)(struct vus_fake *f);
	void (*connection_lost)(struct vus_fake *f);
	bool (*stops_before_reset)(void);
	bool (*clears_status_first)(void);

	/* ---- the program (program.c) ---- */

	bool (*takes_readonly)(const struct vus_object *o);
	/* Is this memory private to the guest? */
	bool (*hides)(const struct vus_object *o);
	/* Memory is there and nobody has it yet; all back-ends have it; it is
	 * given back next.  Honest: nothing to do. */
	bool (*memory_made)(struct vus_guest *guest, struct vus_err *err);
	void (*memory_shared)(const struct vus_guest *guest);
	void (*memory_ends)(const struct vus_guest *guest);
	/* Does the program stay up where no device came up? */
	bool (*survives_failure)(void);
	/* The exit status of a refusal. */
	int (*refusal_status)(void);

	/* ---- QEMU's words (chardev.c, qemu_device.c, qemu_args.c) ---- */

	/* A chardev that is no socket.  Honest: nothing to do. */
	void (*other_chardev)(const char *backend);
	bool (*needs_chardev)(void);
	/* The chardev that a device names, NULL: none. */
	struct vus_fake_chardev *(*chardev)(struct vus_fake_options *o,
					    const char *id);
	/* A device by QEMU's name; `pci`: behind that transport. */
	const struct vus_qemu_device *(*device)(const char *name, bool pci);
	/* Rings, where so many were asked for (0: nothing said). */
	uint64_t (*queues)(const struct vus_fake_device *d, uint64_t said);
	bool (*vq_size)(const char *key, const char *value, uint64_t *ret,
			struct vus_err *err);
	/* Of a generic device, where virtio-id was not said; 0: none. */
	uint64_t (*default_virtio_id)(void);
	bool (*needs_tag)(void);
	/* Is this memory shared with a back-end? */
	bool (*is_shared)(const struct vus_object *o);
	/* May -mem-path stand beside -machine memory-backend=? */
	bool (*takes_mem_path)(void);

	/* ---- guest memory: what is read, and how it is made ---- */

	struct vus_object_rules object;
	struct vus_backing_rules backing;
};

extern const struct vus_fe_decisions vus_fe_honest;

#endif
