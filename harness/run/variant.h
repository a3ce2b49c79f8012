/* SPDX-License-Identifier: BSD-3-Clause */
/* variant.h — what a variant came to: its reason, its result, nothing yet. */
#ifndef VUS_RUN_VARIANT_H
#define VUS_RUN_VARIANT_H

#include "result.h"

#include "base/text.h"

void vus_variant_reason(struct vus_variant *v, const char *fmt, ...)
	VUS_PRINTF(2, 3);
/* Forget what a run of it came to; or only the exchange. */
void vus_variant_clear(struct vus_variant *v);
void vus_variant_drop_exchange(struct vus_variant *v);

/* Free what vus_run() has put into the variants (not the array). */
void vus_variants_drop(struct vus_variant *variants, size_t n);

#endif
