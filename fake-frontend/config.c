/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c — reading the device's configuration space. */
#include "session.h"

#include <inttypes.h>
#include <string.h>

bool vus_fe_get_config(struct vus_session *s, uint32_t offset, uint32_t size,
		       void *ret, struct vus_err *err)
{
	struct vus_frame ask = vus_request_frame(VUS_FE, VUS_FE_GET_CONFIG);
	struct vus_p_config *config = &ask.body.config;
	VUS_AUTO_FRAME got = { 0 };

	*config = (struct vus_p_config){ .offset = offset, .size = size };
	if (!vus_fe_request(s, &ask, &got, err))
		return false;
	if (got.body.config.size != size)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"GET_CONFIG of %" PRIu32
				" bytes was answered with %" PRIu32,
				size, got.body.config.size);
	memcpy(ret, got.body.config.data, size);
	return true;
}
