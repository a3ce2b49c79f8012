/* SPDX-License-Identifier: BSD-3-Clause */
/* chardev.h — -chardev: how to reach a back-end. */
#ifndef VUS_FAKE_FRONTEND_CHARDEV_H
#define VUS_FAKE_FRONTEND_CHARDEV_H

#include "options.h"

/* Read one option's value.  Chardevs other than sockets are ignored. */
VUS_MUST_CHECK bool vus_fake_chardev_read(struct vus_fake_options *o,
					  const char *value,
					  struct vus_err *err);

/* The socket of this id, NULL: none. */
struct vus_fake_chardev *vus_fake_chardev_find(struct vus_fake_options *o,
					       const char *id);

#endif
