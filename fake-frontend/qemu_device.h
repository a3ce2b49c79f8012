/* SPDX-License-Identifier: BSD-3-Clause */
/* qemu_device.h — -device: QEMU's vhost-user devices that are taken. */
#ifndef VUS_FAKE_FRONTEND_QEMU_DEVICE_H
#define VUS_FAKE_FRONTEND_QEMU_DEVICE_H

#include "options.h"

/* Read one option's value, after all chardevs.  Devices other than vhost-user
 * ones are ignored. */
VUS_MUST_CHECK bool vus_fake_device_read(struct vus_fake_options *o,
					 const char *value,
					 struct vus_err *err);

#endif
