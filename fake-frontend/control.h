/* SPDX-License-Identifier: BSD-3-Clause */
/* control.h — the program, steered word by word over a socket. */
#ifndef VUS_FAKE_FRONTEND_CONTROL_H
#define VUS_FAKE_FRONTEND_CONTROL_H

#include "device.h"

/* Connect the device and negotiate, then listen at `path` for commands
 * (spec/stimulus.h): one connection brings one word and a line feed, and is
 * answered with a status in digits: 0 done, 77 not known here, 1 failed.
 * Meanwhile requests of the back-end are answered.  Returns true after "quit"
 * and when f->stop_fd becomes readable; false, kind EOF, when the back-end
 * closes the connection and cannot be reached again. */
VUS_MUST_CHECK bool vus_fake_serve_control(struct vus_fake *f,
					   struct vus_guest *guest,
					   const char *path,
					   struct vus_err *err);

#endif
