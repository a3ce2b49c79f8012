/* SPDX-License-Identifier: BSD-3-Clause */
/* postcopy.c — the destination of a postcopy migration: memory is announced
 * while pages are still elsewhere.
 *
 * Spec: "Migration", "Page fault support".  No page is fetched here: all of
 * them are there from the beginning. */
#include "device.h"

#include "base/own.h"

bool vus_fake_postcopy_listen(struct vus_fake *f, struct vus_err *err)
{
	const struct vus_frame advise =
		vus_request_frame(VUS_FE, VUS_FE_POSTCOPY_ADVISE);
	const struct vus_frame listen =
		vus_request_frame(VUS_FE, VUS_FE_POSTCOPY_LISTEN);
	VUS_AUTO_FRAME got = { 0 };

	if (!vus_fe_request(&f->s, &advise, &got, err))
		return false;
	if (got.nfds != 1)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"POSTCOPY_ADVISE was answered with %u "
				"descriptors",
				got.nfds);
	f->listens = vus_fe_send_acked(&f->s, &listen, err);
	return f->listens;
}

/* Spec: VHOST_USER_SET_MEM_TABLE: the table is answered with where the back-end
 * has mapped it, and a second message without regions tells it to go on. */
bool vus_fake_postcopy_announce(struct vus_fake *f, struct vus_err *err)
{
	struct vus_frame table = vus_fe_mem_table_frame(&f->s);
	const struct vus_frame go_on =
		vus_request_frame(VUS_FE, VUS_FE_SET_MEM_TABLE);
	VUS_AUTO_FRAME got = { 0 };

	if (VUS_FE_FAULTY(&f->s, postcopy, asks_for_acknowledgement))
		table.flags |= VUS_FLAG_NEED_REPLY;
	if (!vus_fe_request(&f->s, &table, &got, err))
		return false;
	if (got.body.mem_table.nregions != table.nfds)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"%u regions were answered with %u", table.nfds,
				got.body.mem_table.nregions);
	return VUS_FE_FAULTY(&f->s, postcopy, keeps_quiet) ||
	       vus_fe_send_noack(&f->s, &go_on, err);
}

bool vus_fake_postcopy_end(struct vus_fake *f, struct vus_err *err)
{
	uint64_t value;

	f->listens = false;
	if (!vus_fe_get_u64(&f->s, VUS_FE_POSTCOPY_END, &value, err))
		return false;
	return value == 0 ||
	       vus_fail(err, VUS_ERR_REFUSED, "POSTCOPY_END failed");
}
