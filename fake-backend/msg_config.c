/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_config.c — the device's configuration space. */
#include "device.h"

#include <string.h>

/* Values of the flags word of SET_CONFIG. */
#define CONFIG_WRITE 0 /* by the driver; 1 is a migration's */

/* Spec: VHOST_USER_GET_CONFIG: an error is a reply without payload.  What lies
 * beyond the device's own bytes reads as zero. */
VUS_BE_HANDLER(GET_CONFIG)
{
	const struct vus_device *d = be->cfg.device;
	const struct vus_p_config *want = &req->body.config;
	struct vus_p_config *got = &reply->body.config;

	if (!d->config_read || want->size == 0 || want->size > VUS_CONFIG_MAX ||
	    want->offset > VUS_CONFIG_MAX - want->size)
		return VUS_EMPTY;
	got->offset = want->offset;
	got->size = want->size;
	got->flags = want->flags;
	memset(got->data, 0, want->size);
	if (want->offset < d->config_size)
		d->config_read(
			be, want->offset, got->data,
			VUS_MIN(want->size, d->config_size - want->offset));
	return VUS_OK;
}

VUS_BE_HANDLER(SET_CONFIG)
{
	const struct vus_device *d = be->cfg.device;
	const struct vus_p_config *want = &req->body.config;

	if (want->flags != CONFIG_WRITE || want->size == 0 ||
	    want->offset >= d->config_size ||
	    want->size > d->config_size - want->offset)
		return VUS_NACK;
	if (!d->config_write ||
	    !d->config_write(be, want->offset, want->data, want->size))
		return VUS_NACK;
	return VUS_OK;
}
