/* SPDX-License-Identifier: BSD-3-Clause */
/* variant.c — what a variant came to: its reason, its result, nothing yet. */
#include "variant.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void vus_variant_reason(struct vus_variant *v, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	free(v->reason);
	v->reason = text;
}

void vus_variant_clear(struct vus_variant *v)
{
	free(v->reason);
	free(v->peer_stderr);
	free((void *)(uintptr_t)v->result);
	if (v->other) {
		free(v->other->reason);
		free((void *)(uintptr_t)v->other->result);
		free(v->other);
	}
	v->other = NULL;
	v->reason = v->peer_stderr = NULL;
	v->result = NULL;
	v->rule = NULL;
	v->known = NULL;
	v->done = v->crashed = false;
	v->peer_end[0] = v->cause[0] = '\0';
	v->verdict = VUS_PASS;
	v->seconds = 0;
}

void vus_variants_drop(struct vus_variant *variants, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vus_variant_clear(&variants[i]);
}

void vus_variant_drop_exchange(struct vus_variant *v)
{
	size_t len = offsetof(struct vus_result, exchange) + 1;
	struct vus_result *r = (void *)(uintptr_t)v->result, *shorter;

	if (!r)
		return;
	r->exchange[0] = '\0';
	r->exchange_len = 0;
	shorter = realloc(r, len);
	v->result = shorter ? shorter : r;
}
