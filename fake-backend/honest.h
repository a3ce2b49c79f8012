/* SPDX-License-Identifier: BSD-3-Clause */
/* honest.h — the functions of vus_be_honest.
 *
 * A decision `foo` of struct vus_be_decisions is vus_honest_foo() here; what
 * it decides stands there.  Call it as be->decide->foo(). */
#ifndef VUS_FAKE_BACKEND_HONEST_H
#define VUS_FAKE_BACKEND_HONEST_H

#include "decisions.h"

/* ---- the program (program.c, options.c, server.c) ---- */

bool vus_honest_ignores_other_words(void);
const char *vus_honest_objects_to_sockets(bool path, bool fd);
bool vus_honest_print_capabilities(FILE *out);
int vus_honest_another_end(void);
bool vus_honest_heeds_signals(void);
bool vus_honest_open_server(const struct vus_be_options *o,
			    struct vus_server *ret, struct vus_err *err);
bool vus_honest_make_way(const char *path, struct vus_err *err);
uint64_t vus_honest_accept_again_at(void);

/* ---- a back-end and its connection (connection.c) ---- */

void vus_honest_opened(struct vus_be_config *cfg);
void vus_honest_closed(struct vus_be_config *cfg);
void vus_honest_connected(struct vus_be *be);
void vus_honest_disconnected(struct vus_be *be);
bool vus_honest_stays_connected(const struct vus_be *be, int listen_fd);
void vus_honest_between_connections(const struct vus_be_config *cfg,
				    int listen_fd, int stop_fd);
uint64_t vus_honest_next_deadline(const struct vus_be *be);
bool vus_honest_at_deadline(struct vus_be *be);
void vus_honest_reset_state(struct vus_be *be);

/* ---- frames and answers (frame.c) ---- */

bool vus_honest_receive(struct vus_be *be, struct vus_frame *ret,
			uint64_t deadline, struct vus_err *err);
bool vus_honest_takes_frame(struct vus_be *be, const struct vus_frame *frame);
bool vus_honest_is_tolerated(const struct vus_be *be,
			     const struct vus_frame *req,
			     enum vus_complaint_kind kind);
enum vus_handled vus_honest_refuse_malformed(struct vus_be *be,
					     struct vus_frame *req,
					     enum vus_complaint_kind kind,
					     struct vus_frame *reply);
enum vus_handled vus_honest_handle(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply);
bool vus_honest_is_ack_due(const struct vus_be *be, const struct vus_frame *req,
			   uint64_t pf);
uint64_t vus_honest_ack_value(const struct vus_be *be,
			      const struct vus_frame *req, bool success);
enum vus_be_step_result vus_honest_tell_refusal(struct vus_be *be,
						const struct vus_frame *req,
						bool ack_due,
						struct vus_frame *reply,
						struct vus_err *err);
uint32_t vus_honest_reply_flags(const struct vus_be *be,
				const struct vus_frame *req, uint32_t flags);
bool vus_honest_transmit(struct vus_be *be, const struct vus_frame *req,
			 struct vus_frame *reply, const struct vus_twist *twist,
			 struct vus_err *err);

/* ---- features (msg_features.c) ---- */

uint64_t vus_honest_offered_features(const struct vus_be *be);
uint64_t vus_honest_offered_pf(const struct vus_be *be);
bool vus_honest_takes_features(struct vus_be *be, uint64_t want);
void vus_honest_apply_features(struct vus_be *be, uint64_t features);
enum vus_handled vus_honest_judge_pf(const struct vus_be *be, uint64_t want);

/* ---- events (msg_events.c) ---- */

bool vus_honest_can_signal(int fd, int mode);

/* ---- memory (guest_memory.c, msg_memory.c, lost.c) ---- */

bool vus_honest_map_table(struct vus_be *be, struct vus_p_mem_table *table,
			  const int *fds, struct vus_regions *fresh);
bool vus_honest_add_region(struct vus_be *be, struct vus_regions *table,
			   const struct vus_p_region *row, int fd);
void vus_honest_replace_memory(struct vus_be *be, struct vus_regions *fresh);
const struct vus_regions *vus_honest_buffer_regions(struct vus_be *be);
void *vus_honest_find_ring_part(struct vus_be *be, uint64_t user,
				uint64_t bytes, uint64_t *ret_len);
bool vus_honest_replace_lost_page(uintptr_t page, size_t size);

/* ---- configuration space (msg_config.c) ---- */

void vus_honest_read_config(struct vus_be *be, uint32_t offset, uint8_t *buf,
			    uint32_t len);

/* ---- the block device (devices/blk.c) ---- */

bool vus_honest_net_take(const struct vus_be *be, const struct vus_chain *chain,
			 struct vus_net_packet *ret);
uint32_t vus_honest_net_give(const struct vus_be *be,
			     const struct vus_chain *chain,
			     const struct vus_net_packet *packet);
uint32_t vus_honest_blk_request(const struct vus_be *be,
				const struct vus_chain *chain);
uint8_t vus_honest_blk_serve(const struct vus_be *be,
			     struct vus_blk_request *r);
uint8_t *vus_honest_blk_locate(const struct vus_be *be, uint64_t sector,
			       uint64_t len);
uint8_t vus_honest_blk_wipe(const struct vus_be *be, bool discard,
			    const struct virtio_blk_discard_write_zeroes *r);

/* ---- rings (connection.c, vring.c, msg_vring.c, msg_events.c) ---- */

unsigned vus_honest_first_event(const struct vus_be *be);
bool vus_honest_reads_socket(const struct vus_be *be);
struct vus_vq *vus_honest_ring_of(struct vus_be *be, uint64_t index);
void vus_honest_ring_reset(struct vus_vq *vq);
void vus_honest_ring_cleared(struct vus_vq *vq);
bool vus_honest_ring_map(struct vus_vq *vq);
void *vus_honest_ring_part(const struct vus_vq *vq, uint64_t user,
			   uint64_t bytes, size_t align);
void vus_honest_ring_remap(struct vus_vq *vq);
bool vus_honest_ring_may_run(const struct vus_vq *vq);
bool vus_honest_ring_runs_disabled(const struct vus_vq *vq);
bool vus_honest_ring_is_polled(const struct vus_vq *vq);
bool vus_honest_take_kicks(struct vus_vq *vq, uint64_t *ret_sum);
void vus_honest_ring_kicked(struct vus_vq *vq, uint64_t value);
void vus_honest_ring_begin(struct vus_vq *vq);
void vus_honest_ring_run(struct vus_vq *vq);
void vus_honest_ring_stop(struct vus_vq *vq);
void vus_honest_ring_break(struct vus_vq *vq, const char *why);
enum vus_pop vus_honest_ring_pop(struct vus_vq *vq, struct vus_chain *ret,
				 struct vus_err *err);
void vus_honest_ring_push(struct vus_vq *vq, const struct vus_chain *c,
			  uint32_t written);
bool vus_honest_ring_wants_call(struct vus_vq *vq);
void vus_honest_ring_want_kicks(struct vus_vq *vq, bool want);
void vus_honest_ring_call(struct vus_vq *vq);
bool vus_honest_takes_ring_size(struct vus_vq *vq, uint32_t *num);
enum vus_handled vus_honest_set_ring_addr(struct vus_vq *vq,
					  const struct vus_p_vring_addr *addr);
enum vus_handled vus_honest_set_ring_base(struct vus_vq *vq, uint32_t base);
enum vus_handled vus_honest_set_ring_enable(struct vus_vq *vq, uint32_t value);
void vus_honest_tell_ring_base(struct vus_vq *vq,
			       struct vus_p_vring_state *ret);
uint64_t vus_honest_ring_event_word(struct vus_be *be, struct vus_frame *req);
void vus_honest_set_kick(struct vus_vq *vq, int fd);
void vus_honest_set_call(struct vus_vq *vq, int fd);
void vus_honest_set_err(struct vus_vq *vq, int fd);

#endif
