/* SPDX-License-Identifier: BSD-3-Clause */
/* control.h — the program, steered word by word over a socket. */
#ifndef VUS_FAKE_FRONTEND_CONTROL_H
#define VUS_FAKE_FRONTEND_CONTROL_H

#include "device.h"

/* Connect the device and negotiate, then listen at `path` and do what is said
 * (harness/run/stimulus.h), a word and a line feed a connection, answered with
 * a status in digits: 0 done, 77 unknown here, 1 failed.  Meanwhile the
 * back-end's own requests are answered.  Returns true after "quit" and when
 * f->stop_fd becomes readable; false, kind EOF, when the back-end goes away and
 * does not come back. */
VUS_MUST_CHECK bool vus_fake_serve_control(struct vus_fake *f,
					   struct vus_guest *guest,
					   const char *path,
					   struct vus_err *err);

#endif
