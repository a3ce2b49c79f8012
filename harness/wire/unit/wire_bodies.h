/* SPDX-License-Identifier: BSD-3-Clause */
/* wire_bodies.h — bodies of any payload, out of random bytes. */
#ifndef VUS_UNIT_WIRE_BODIES_H
#define VUS_UNIT_WIRE_BODIES_H

#include "base/rand.h"
#include "wire/wire.h"

/* Any values; what counts elements is at most their maximum, so that it
 * encodes and decodes.  `padded`: padding and gaps are random too. */
void random_body(struct vus_rand *r, const struct vus_payload *payload,
		 bool padded, union vus_body *ret);

/* Call `each` for every layout of every row: request and reply, with and
 * without the row's `alt_if`.  `pf` is what the layout holds under. */
void each_layout(void (*each)(const struct vus_msg *msg, uint64_t pf,
			      bool is_reply,
			      const struct vus_payload *payload));

#endif
