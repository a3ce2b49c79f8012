/* SPDX-License-Identifier: BSD-3-Clause */
/* honest.h — what vus_fe_honest consists of, by the files that define it.
 *
 * These are not called by name: honest code asks the decisions of its session
 * or of its options, and a fault that replaces one calls it through
 * vus_fe_honest. */
#ifndef VUS_FAKE_FRONTEND_HONEST_H
#define VUS_FAKE_FRONTEND_HONEST_H

#include "decisions.h"

/* ---- frames and answers (session_send.c) ---- */

bool vus_fe_honest_send(struct vus_session *s, const struct vus_frame *f,
			struct vus_err *err);
bool vus_fe_honest_receive(struct vus_session *s, struct vus_frame *ret,
			   struct vus_err *err);
bool vus_fe_honest_is_answer(const struct vus_session *s,
			     const struct vus_frame *request,
			     const struct vus_frame *reply,
			     struct vus_err *err);
bool vus_fe_honest_reply_decodes(const struct vus_frame *reply);
bool vus_fe_honest_request_ack(struct vus_session *s,
			       const struct vus_frame *request,
			       struct vus_err *err);
bool vus_fe_honest_ack_is_success(uint64_t value);

/* ---- negotiation (negotiate.c) ---- */

bool vus_fe_honest_accepts_offer(const struct vus_session *s,
				 struct vus_err *err);
bool vus_fe_honest_asks_protocol_features(const struct vus_session *s,
					  uint64_t wanted);
uint64_t vus_fe_honest_protocol_features(const struct vus_session *s,
					 uint64_t wanted);
uint32_t vus_fe_honest_protocol_features_flags(uint32_t flags);
bool vus_fe_honest_asks_queue_num(const struct vus_session *s);
bool vus_fe_honest_before_features(struct vus_session *s, struct vus_err *err);
uint64_t vus_fe_honest_features(const struct vus_session *s, uint64_t wanted);
bool vus_fe_honest_sends_owner(const struct vus_session *s);
uint32_t vus_fe_honest_owner_flags(uint32_t flags);

/* ---- memory (announce_memory.c) ---- */

bool vus_fe_honest_uses_slots(const struct vus_session *s);
void vus_fe_honest_describe_region(const struct vus_session *s, uint32_t id,
				   unsigned region, struct vus_p_region *ret);
void vus_fe_honest_attach_table(struct vus_frame *table);
void vus_fe_honest_attach_region(const struct vus_session *s, uint32_t id,
				 unsigned region, struct vus_frame *f);

/* ---- rings (queue.c) ---- */

uint64_t vus_fe_honest_vring_fd_payload(const struct vus_queue *q, uint32_t id);
void vus_fe_honest_place_ring(const struct vus_session *s,
			      const struct vus_queue *q,
			      struct vus_p_vring_addr *ret);
uint32_t vus_fe_honest_ring_size(const struct vus_queue *q);
bool vus_fe_honest_enable_ring(struct vus_session *s, unsigned index, bool on,
			       struct vus_err *err);
uint32_t vus_fe_honest_stop_num(const struct vus_queue *q);
bool vus_fe_honest_add_request(struct vus_session *s, struct vus_queue *q,
			       const struct vus_seg *segs, unsigned nsegs,
			       uint16_t *ret_head, struct vus_err *err);
void vus_fe_honest_offer_request(struct vus_queue *q, uint16_t head);

/* ---- the back-end channel (channel.c) ---- */

bool vus_fe_honest_answers_backend(const struct vus_session *s,
				   const struct vus_frame *request);
uint32_t vus_fe_honest_answer_flags(uint32_t flags);
uint32_t vus_fe_honest_answer_size(void);

/* ---- postcopy (postcopy.c) ---- */

uint32_t vus_fe_honest_postcopy_table_flags(uint32_t flags);
bool vus_fe_honest_confirms_postcopy_table(void);

/* ---- a device (device.c) ---- */

bool vus_fe_honest_queues_suffice(const struct vus_fake *f, uint64_t queues,
				  struct vus_err *err);
bool vus_fe_honest_regions_suffice(const struct vus_fake *f, uint64_t slots);
bool vus_fe_honest_slot_is_free(const struct vus_session *s);
bool vus_fe_honest_table_has_room(const struct vus_session *s);
bool vus_fe_honest_reads_config(const struct vus_fake *f);
bool vus_fe_honest_starting(struct vus_fake *f, struct vus_err *err);
uint64_t vus_fe_honest_next_status(uint64_t was, uint64_t bits);
bool vus_fe_honest_announce_memory(struct vus_fake *f, struct vus_err *err);
bool vus_fe_honest_enables_rings(const struct vus_session *s);
bool vus_fe_honest_kicks_restarted_rings(void);
uint16_t vus_fe_honest_resume_base(const struct vus_split_driver *ring);
bool vus_fe_honest_awaits_lost_requests(void);
bool vus_fe_honest_resetting(struct vus_fake *f, struct vus_err *err);
bool vus_fe_honest_sends_reset_device(const struct vus_session *s);

/* ---- the program, steered (control.c) ---- */

enum vus_fe_obeys vus_fe_honest_obeys(enum vus_stimulus s);
void vus_fe_honest_start_failed(struct vus_fake *f);
void vus_fe_honest_connection_lost(struct vus_fake *f);
bool vus_fe_honest_stops_before_reset(void);
bool vus_fe_honest_clears_status_first(void);

/* ---- the program (program.c) ---- */

bool vus_fe_honest_takes_readonly(const struct vus_object *o);
bool vus_fe_honest_hides(const struct vus_object *o);
bool vus_fe_honest_memory_made(struct vus_guest *guest, struct vus_err *err);
void vus_fe_honest_memory_shared(const struct vus_guest *guest);
void vus_fe_honest_memory_ends(const struct vus_guest *guest);
bool vus_fe_honest_survives_failure(void);
int vus_fe_honest_refusal_status(void);

/* ---- QEMU's words (chardev.c, qemu_device.c, qemu_args.c) ---- */

void vus_fe_honest_other_chardev(const char *backend);
bool vus_fe_honest_needs_chardev(void);
struct vus_fake_chardev *vus_fe_honest_chardev(struct vus_fake_options *o,
					       const char *id);
const struct vus_qemu_device *vus_fe_honest_device(const char *name, bool pci);
uint64_t vus_fe_honest_queues(const struct vus_fake_device *d, uint64_t said);
bool vus_fe_honest_vq_size(const char *key, const char *value, uint64_t *ret,
			   struct vus_err *err);
uint64_t vus_fe_honest_default_virtio_id(void);
bool vus_fe_honest_needs_tag(void);
bool vus_fe_honest_is_shared(const struct vus_object *o);
bool vus_fe_honest_takes_mem_path(void);

#endif
