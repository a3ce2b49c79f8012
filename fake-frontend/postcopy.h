/* SPDX-License-Identifier: BSD-3-Clause */
/* postcopy.h — the destination of a postcopy migration, as verbs of a session.
 *
 * Between the first and the last of them memory is announced by the second. */
#ifndef VUS_FAKE_FRONTEND_POSTCOPY_H
#define VUS_FAKE_FRONTEND_POSTCOPY_H

#include "session.h"

VUS_MUST_CHECK bool vus_fe_postcopy_listen(struct vus_session *s,
					   struct vus_err *err);
VUS_MUST_CHECK bool vus_fe_postcopy_announce(struct vus_session *s,
					     struct vus_err *err);
VUS_MUST_CHECK bool vus_fe_postcopy_end(struct vus_session *s,
					struct vus_err *err);

#endif
