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
	uint32_t from;

	if (!d->config_read || want->size == 0 || want->size > VUS_CONFIG_MAX ||
	    want->offset > VUS_CONFIG_MAX - want->size)
		return VUS_EMPTY;
	*got = (struct vus_p_config){
		.offset = want->offset,
		.size = want->size,
		.flags = want->flags,
	};
	if (VUS_FAULTY(be, config, get_answers_all)) {
		got->offset = 0;
		got->size = d->config_size;
	}
	if (VUS_FAULTY(be, config, noise_beyond_the_end))
		memset(got->data, 0xa5, sizeof(got->data));
	from = VUS_FAULTY(be, config, get_ignores_offset) ? 0 : got->offset;
	if (from < d->config_size)
		d->config_read(be, from, got->data,
			       VUS_MIN(got->size, d->config_size - from));
	return VUS_OK;
}

/* Refused writes that faults pretend to carry out, or do. */
static bool pretends(struct vus_be *be, const struct vus_p_config *want,
		     bool inside)
{
	bool driver = want->flags == CONFIG_WRITE;

	if (!inside)
		return VUS_FAULTY(be, config, accepts_any_range);
	if ((driver && VUS_FAULTY(be, config, migration_is_a_write)) ||
	    (want->flags > 1 &&
	     VUS_FAULTY(be, config, unknown_flags_write_all)))
		be->bad.config_written = true;
	return be->bad.config_written ||
	       (driver && VUS_FAULTY(be, config, accepts_read_only_fields));
}

VUS_BE_HANDLER(SET_CONFIG)
{
	const struct vus_device *d = be->cfg.device;
	const struct vus_p_config *want = &req->body.config;
	bool inside = want->size > 0 && want->offset < d->config_size &&
		      want->size <= d->config_size - want->offset;

	if (VUS_FAULTY(be, config, set_is_forgotten) && inside &&
	    want->size == 1)
		return VUS_OK;
	if (inside && want->flags == CONFIG_WRITE && d->config_write &&
	    d->config_write(be, want->offset, want->data, want->size))
		return VUS_OK;
	return pretends(be, want, inside) ? VUS_OK : VUS_NACK;
}
