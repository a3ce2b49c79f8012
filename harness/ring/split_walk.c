/* SPDX-License-Identifier: BSD-3-Clause */
/* split_walk.c — requests as an honest device takes them. */
#include "split_walk.h"

/* Constant, and within sight of the template: the compiler makes direct, and
 * mostly inlined, calls of it. */
static const struct vus_split_choices honest = VUS_SPLIT_HONEST;

enum vus_pop vus_split_pop(struct vus_split_device *r,
			   const struct vus_regions *mem, struct vus_chain *ret,
			   struct vus_err *err)
{
	return vus_split_pop_by(&honest, r, mem, ret, err);
}
