/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_config.c — the device's configuration space. */
#include "device.h"
#include "honest.h"

#include <string.h>

/* Values of the flags word of SET_CONFIG. */
#define CONFIG_WRITE 0 /* by the driver; 1 is a migration's */

void vus_honest_read_config(struct vus_be *be, uint32_t offset, uint8_t *buf,
			    uint32_t len)
{
	const struct vus_device *d = be->cfg.device;

	memset(buf, 0, len);
	if (offset < d->config_size)
		d->config_read(be, offset, buf,
			       VUS_MIN(len, d->config_size - offset));
}

/* Spec: VHOST_USER_GET_CONFIG: an error is a reply without payload. */
VUS_BE_HANDLER(GET_CONFIG)
{
	const struct vus_p_config *want = &req->body.config;
	struct vus_p_config *got = &reply->body.config;

	if (!be->cfg.device->config_read || want->size == 0 ||
	    want->size > VUS_CONFIG_MAX ||
	    want->offset > VUS_CONFIG_MAX - want->size)
		return VUS_EMPTY;
	*got = (struct vus_p_config){
		.offset = want->offset,
		.size = want->size,
		.flags = want->flags,
	};
	be->decide->read_config(be, got->offset, got->data, got->size);
	return VUS_OK;
}

VUS_BE_HANDLER(SET_CONFIG)
{
	const struct vus_device *d = be->cfg.device;
	const struct vus_p_config *want = &req->body.config;
	bool inside = want->size > 0 && want->offset < d->config_size &&
		      want->size <= d->config_size - want->offset;

	if (inside && want->flags == CONFIG_WRITE && d->config_write &&
	    d->config_write(be, want->offset, want->data, want->size))
		return VUS_OK;
	return VUS_NACK;
}
