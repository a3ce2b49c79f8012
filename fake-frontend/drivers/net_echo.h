/* SPDX-License-Identifier: BSD-3-Clause */
/* net_echo.h — an echo behind a network device: packets whose answer shows that
 * they were sent as they are, and that what comes is whole.
 *
 * The answers come on the device's first receive ring, the first of its
 * companions.  What a session needs for them is made with that ring, and is
 * gone with a reset (session.h, `prepared`). */
#ifndef VUS_FAKE_FRONTEND_NET_ECHO_H
#define VUS_FAKE_FRONTEND_NET_ECHO_H

#include "driver.h"

/* Bytes of a packet's header, by the features. */
uint32_t vus_net_header_size(const struct vus_session *s);

/* Put buffers on the receive ring. */
VUS_MUST_CHECK bool vus_net_prepare(struct vus_session *s, struct vus_err *err);
/* Who has the address?  Fills s->net.mac; REFUSED: nobody answers. */
VUS_MUST_CHECK bool vus_net_find(struct vus_session *s, struct vus_err *err);

/* An echo request of `bytes`, all of the frame.  *ret->place is 0 where no more
 * of them can be waited for. */
VUS_MUST_CHECK bool vus_net_echo_ping(struct vus_session *s, uint64_t seed,
				      uint32_t bytes, struct vus_ping *ret,
				      struct vus_err *err);
/* Its answer came, as it must be. */
VUS_MUST_CHECK bool vus_net_echo_pong(struct vus_session *s,
				      const struct vus_ping *ping,
				      struct vus_err *err);

#endif
