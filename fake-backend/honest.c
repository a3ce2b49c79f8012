/* SPDX-License-Identifier: BSD-3-Clause */
/* honest.c — every decision as the specification demands it. */
#include "honest.h"

const struct vus_be_decisions vus_be_honest = {
	/* the program (program.c, options.c, server.c) */
	.ignores_other_words = vus_honest_ignores_other_words,
	.objects_to_sockets = vus_honest_objects_to_sockets,
	.print_capabilities = vus_honest_print_capabilities,
	.another_end = vus_honest_another_end,
	.heeds_signals = vus_honest_heeds_signals,
	.open_server = vus_honest_open_server,
	.make_way = vus_honest_make_way,
	.accept_again_at = vus_honest_accept_again_at,

	/* a back-end and its connection (connection.c) */
	.opened = vus_honest_opened,
	.closed = vus_honest_closed,
	.connected = vus_honest_connected,
	.disconnected = vus_honest_disconnected,
	.stays_connected = vus_honest_stays_connected,
	.between_connections = vus_honest_between_connections,
	.next_deadline = vus_honest_next_deadline,
	.at_deadline = vus_honest_at_deadline,
	.reset_state = vus_honest_reset_state,

	/* frames and answers (frame.c) */
	.receive = vus_honest_receive,
	.takes_frame = vus_honest_takes_frame,
	.is_tolerated = vus_honest_is_tolerated,
	.refuse_malformed = vus_honest_refuse_malformed,
	.handle = vus_honest_handle,
	.is_ack_due = vus_honest_is_ack_due,
	.ack_value = vus_honest_ack_value,
	.tell_refusal = vus_honest_tell_refusal,
	.reply_flags = vus_honest_reply_flags,
	.transmit = vus_honest_transmit,

	/* features (msg_features.c) */
	.offered_features = vus_honest_offered_features,
	.offered_pf = vus_honest_offered_pf,
	.takes_features = vus_honest_takes_features,
	.apply_features = vus_honest_apply_features,
	.judge_pf = vus_honest_judge_pf,

	/* events (msg_events.c) */
	.can_signal = vus_honest_can_signal,

	/* memory (guest_memory.c, msg_memory.c, lost.c) */
	.map_table = vus_honest_map_table,
	.add_region = vus_honest_add_region,
	.replace_memory = vus_honest_replace_memory,
	.buffer_regions = vus_honest_buffer_regions,
	.find_ring_part = vus_honest_find_ring_part,
	.replace_lost_page = vus_honest_replace_lost_page,

	/* configuration space (msg_config.c) */
	.read_config = vus_honest_read_config,

	/* the block device (devices/blk.c) */
	.net_take = vus_honest_net_take,
	.net_give = vus_honest_net_give,
	.blk_request = vus_honest_blk_request,
	.blk_serve = vus_honest_blk_serve,
	.blk_locate = vus_honest_blk_locate,
	.blk_wipe = vus_honest_blk_wipe,

	/* rings (connection.c, vring.c, msg_vring.c, msg_events.c) */
	.first_event = vus_honest_first_event,
	.reads_socket = vus_honest_reads_socket,
	.ring_of = vus_honest_ring_of,
	.ring_reset = vus_honest_ring_reset,
	.ring_cleared = vus_honest_ring_cleared,
	.ring_map = vus_honest_ring_map,
	.ring_part = vus_honest_ring_part,
	.ring_remap = vus_honest_ring_remap,
	.ring_may_run = vus_honest_ring_may_run,
	.ring_runs_disabled = vus_honest_ring_runs_disabled,
	.ring_is_polled = vus_honest_ring_is_polled,
	.take_kicks = vus_honest_take_kicks,
	.ring_kicked = vus_honest_ring_kicked,
	.ring_begin = vus_honest_ring_begin,
	.ring_run = vus_honest_ring_run,
	.ring_stop = vus_honest_ring_stop,
	.ring_break = vus_honest_ring_break,
	.ring_pop = vus_honest_ring_pop,
	.ring_push = vus_honest_ring_push,
	.ring_wants_call = vus_honest_ring_wants_call,
	.ring_want_kicks = vus_honest_ring_want_kicks,
	.ring_call = vus_honest_ring_call,
	.takes_ring_size = vus_honest_takes_ring_size,
	.set_ring_addr = vus_honest_set_ring_addr,
	.set_ring_base = vus_honest_set_ring_base,
	.set_ring_enable = vus_honest_set_ring_enable,
	.tell_ring_base = vus_honest_tell_ring_base,
	.ring_event_word = vus_honest_ring_event_word,
	.set_kick = vus_honest_set_kick,
	.set_call = vus_honest_set_call,
	.set_err = vus_honest_set_err,
};
