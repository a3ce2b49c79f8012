/* SPDX-License-Identifier: BSD-3-Clause */
/* disk.c — where cases about block devices may write, and their requests. */
#include "disk.h"

#include <endian.h>
#include <string.h>

#define ALIGN 128 /* sectors: no block is larger */

bool vus_disk_look(struct vus_ctx *t, struct vus_disk *ret)
{
	struct vus_session *s = vus_fe(t);
	struct virtio_blk_config *c = &ret->config;
	struct vus_err err;

	*ret = (struct vus_disk){ .block = 1 };
	if (!vus_fe_get_config(s, 0, s->driver->config_size, c, &err)) {
		vus_need_failed(t, "cfg.get_reply", &err, __FILE__, __LINE__);
		return false;
	}
	ret->capacity = le64toh(c->capacity);
	if ((s->offered & VUS_BLK(BLK_SIZE)) && c->blk_size != 0)
		ret->block = VUS_MAX(le32toh(c->blk_size) / VUS_SECTOR, 1);
	if (ret->capacity >= UINT64_C(2) * ALIGN)
		ret->place = ret->capacity / 2 / ALIGN * ALIGN;
	return true;
}

bool vus_disk_place(struct vus_ctx *t, struct vus_disk *ret)
{
	if (!vus_disk_look(t, ret))
		return false;
	if (ret->place > 0 && ret->block <= VUS_DISK_SECTORS / 4)
		return true;
	vus_skip(t, "a disk of %llu sectors, in blocks of %u",
		 (unsigned long long)ret->capacity, ret->block);
	return false;
}

static bool broken_here(struct vus_ctx *t, const struct vus_err *err)
{
	return err->kind != VUS_ERR_SYSTEM || vus_step_ours(t, false, err);
}

bool vus_disk_do(struct vus_ctx *t, const char *rule, uint32_t type,
		 uint64_t sector, uint32_t n, uint64_t seed,
		 struct vus_blk *ret)
{
	struct vus_err err = { 0 };
	const bool ok = vus_blk_do(vus_fe(t), type, sector, n * VUS_SECTOR,
				   seed, ret, &err);

	return (ok || broken_here(t, &err)) &&
	       vus_check(t, rule, ok, "the request is carried out", __FILE__,
			 __LINE__, "%s", err.text);
}

bool vus_disk_need(struct vus_ctx *t, uint32_t type, uint64_t sector,
		   uint32_t n, uint64_t seed, struct vus_blk *ret)
{
	struct vus_err err = { 0 };

	if (vus_blk_do(vus_fe(t), type, sector, n * VUS_SECTOR, seed, ret,
		       &err))
		return true;
	vus_need_failed(t, type == VIRTIO_BLK_T_IN ? "blk.in" : "blk.out", &err,
			__FILE__, __LINE__);
	return false;
}

bool vus_disk_try(struct vus_ctx *t, const struct vus_blk *r,
		  struct vus_used *ret)
{
	struct vus_err err = { 0 };

	if (vus_blk_send(vus_fe(t), r->segs, r->nsegs, ret, &err))
		return true;
	vus_need_failed(t, "vstate.enabled_runs", &err, __FILE__, __LINE__);
	return false;
}
