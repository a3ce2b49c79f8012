/* SPDX-License-Identifier: BSD-3-Clause */
/* postcopy.c — the destination of a postcopy migration: memory is announced
 * while its pages are still at the source.
 *
 * Spec: "Migration", "Page fault support".  No page is fetched here: all of
 * them are present from the beginning. */
#include "postcopy.h"

#include "base/own.h"
#include "honest.h"

uint32_t vus_fe_honest_postcopy_table_flags(uint32_t flags)
{
	return flags;
}

bool vus_fe_honest_confirms_postcopy_table(void)
{
	return true;
}

bool vus_fe_postcopy_listen(struct vus_session *s, struct vus_err *err)
{
	const struct vus_frame advise =
		vus_request_frame(VUS_FE, VUS_FE_POSTCOPY_ADVISE);
	const struct vus_frame listen =
		vus_request_frame(VUS_FE, VUS_FE_POSTCOPY_LISTEN);
	VUS_AUTO_FRAME got = { 0 };

	if (!vus_fe_request(s, &advise, &got, err))
		return false;
	if (got.nfds != 1)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"POSTCOPY_ADVISE was answered with %u "
				"descriptors",
				got.nfds);
	return vus_fe_send_acked(s, &listen, err);
}

/* Spec: VHOST_USER_SET_MEM_TABLE: the table is answered with where the back-end
 * has mapped it, and a second message without regions tells it to go on. */
bool vus_fe_postcopy_announce(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame table = vus_fe_mem_table_frame(s);
	const struct vus_frame go_on =
		vus_request_frame(VUS_FE, VUS_FE_SET_MEM_TABLE);
	VUS_AUTO_FRAME got = { 0 };

	table.flags = s->decide->postcopy_table_flags(table.flags);
	if (!vus_fe_request(s, &table, &got, err))
		return false;
	if (got.body.mem_table.nregions != table.nfds)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"%u regions were answered with %u", table.nfds,
				got.body.mem_table.nregions);
	return !s->decide->confirms_postcopy_table() ||
	       vus_fe_send_noack(s, &go_on, err);
}

bool vus_fe_postcopy_end(struct vus_session *s, struct vus_err *err)
{
	uint64_t value;

	if (!vus_fe_get_u64(s, VUS_FE_POSTCOPY_END, &value, err))
		return false;
	return value == 0 ||
	       vus_fail(err, VUS_ERR_REFUSED, "POSTCOPY_END failed");
}
