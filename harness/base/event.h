/* SPDX-License-Identifier: BSD-3-Clause */
/* event.h — kick, call and error notifiers: an eventfd, or a pipe.
 *
 * Spec: "Support for platforms other than Linux": an event is one 8-byte
 * value written, and read; its content means nothing. */
#ifndef VUS_BASE_EVENT_H
#define VUS_BASE_EVENT_H

#include "err.h"

#include <stdint.h>

enum vus_event_kind { VUS_EVENTFD, VUS_PIPE };

/* Both descriptors are close-on-exec and non-blocking.  An eventfd has the
 * same number in `rd` and `wr`; a destructor closes it once. */
struct vus_event {
	int rd; /* the end that is waited on, -1: none */
	int wr; /* the end that is signalled, -1: none */
};

#define VUS_EVENT_NONE ((struct vus_event){ .rd = -1, .wr = -1 })

VUS_MUST_CHECK bool vus_event_open(enum vus_event_kind kind,
				   struct vus_event *ret, struct vus_err *err);
void vus_event_close(struct vus_event *ev);
#define VUS_AUTO_EVENT                                                         \
	__attribute__((cleanup(vus_event_close))) struct vus_event

/* Write one event of `value` (not 0) to a descriptor, without waiting and
 * without SIGPIPE, blocking or not; true also where an event is pending that
 * leaves no room.  Kind EOF: a pipe whose reader is gone. */
VUS_MUST_CHECK bool vus_event_signal(int wr, uint64_t value,
				     struct vus_err *err);

/* Take all pending events without waiting, blocking or not: returns how many
 * 8-byte reads succeeded (an eventfd gives at most one, whatever was added up),
 * and adds their values to *ret_sum, which may be NULL. */
unsigned vus_event_drain(int rd, uint64_t *ret_sum);

#endif
