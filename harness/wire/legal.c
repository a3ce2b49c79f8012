/* SPDX-License-Identifier: BSD-3-Clause */
/* legal.c — legal.def as a table, and samples of what it allows. */
#include "legal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct vus_legal vus_legals[] = {
#define LEGAL(msg, fname, frule, ...)                                          \
	{ .id = VUS_FE_##msg,                                                  \
	  .message = #msg,                                                     \
	  .field = #fname,                                                     \
	  .rule = (frule),                                                     \
	  __VA_ARGS__ },
#include "legal.def"
#undef LEGAL
};
const size_t vus_nlegals = VUS_COUNT(vus_legals);

/* ---- samples ---- */

struct samples {
	uint64_t *v;
	size_t n;
};

static void add(struct samples *to, uint64_t value)
{
	for (size_t i = 0; i < to->n; i++)
		if (to->v[i] == value)
			return;
	if (to->n < VUS_LEGAL_SAMPLES)
		to->v[to->n++] = value;
}

/* So many values lie between the bounds and their neighbours. */
#define SPREAD 15
/* Of larger ranges, powers of 2 have no neighbours. */
#define NEIGHBOURS 65536

static void add_range(struct samples *to, uint64_t min, uint64_t max,
		      uint64_t step)
{
	const uint64_t n = (max - min) / step;
	const uint64_t near = n < NEIGHBOURS ? 1 : 0;

	add(to, min);
	add(to, max);
	for (uint64_t i = 0; n <= 2 * SPREAD && i < n; i++)
		add(to, min + i * step);
	for (uint64_t p = 1; n > 2 * SPREAD && p <= n; p *= 2)
		for (uint64_t i = p - near; i <= VUS_MIN(p + near, n); i++)
			add(to, min + i * step);
	/* Unlike powers of 2, these have bits all over. */
	for (uint64_t i = 1; n > 2 * SPREAD && i <= SPREAD; i++)
		add(to, min + VUS_MIN((n * i / (SPREAD + 1)) ^ i, n) * step);
	if (n > 0)
		add(to, max - step);
}

/* Each free bit beside `base`, and each missing in all of them. */
static void add_bits(struct samples *to, uint64_t base, uint64_t all)
{
	add(to, base);
	add(to, all);
	for (unsigned bit = 0; bit < 64; bit++) {
		const uint64_t one = VUS_BIT(bit);

		if (!(all & ~base & one))
			continue;
		add(to, base | one);
		add(to, all & ~one);
	}
}

/* Less those that need others that are not in it. */
static uint64_t usable_pf(uint64_t pf)
{
	uint64_t before;

	do {
		before = pf;
		for (size_t i = 0; i < vus_nfeatures; i++)
			if (vus_features[i].protocol &&
			    (vus_features[i].requires & ~pf))
				pf &= ~VUS_BIT(vus_features[i].bit);
	} while (pf != before);
	return pf;
}

static void add_protocol_features(struct samples *to, uint64_t offered)
{
	/* Regions have another layout under it, on Xen. */
	const uint64_t all = usable_pf(offered & ~PF(XEN_MMAP));

	add(to, 0);
	add(to, all);
	for (unsigned bit = 0; bit < 64; bit++) {
		const uint64_t one = VUS_BIT(bit);

		if (!(all & one))
			continue;
		add(to, one | vus_features_missing(one));
		add(to, usable_pf(all & ~one));
	}
}

size_t vus_legal_samples(const struct vus_legal *legal,
			 const struct vus_legal_limits *limits,
			 uint64_t ret[VUS_LEGAL_SAMPLES])
{
	/* What a driver may leave out only by being a legacy one; what changes
	 * the meaning of addresses; what is for migrations. */
	const uint64_t kept = VF(VERSION_1) | VF(PROTOCOL_FEATURES);
	const uint64_t left = VF(ACCESS_PLATFORM) | VF(LOG_ALL);
	struct samples to = { .v = ret };

	switch (legal->kind) {
	case VUS_LEGAL_RANGE:
		add_range(&to, legal->min, legal->max,
			  VUS_MAX(legal->step, 1u));
		break;
	case VUS_LEGAL_DOUBLES:
		for (uint64_t v = legal->min; v <= legal->max; v *= 2)
			add(&to, v);
		break;
	case VUS_LEGAL_LIST:
		for (unsigned i = 0; i < legal->nvalues; i++)
			add(&to, legal->values[i]);
		break;
	case VUS_LEGAL_RINGS:
		for (uint64_t i = 0; i < limits->rings; i++)
			add(&to, i | legal->plus);
		break;
	case VUS_LEGAL_NRINGS:
		for (uint64_t n = 1; n <= limits->rings; n++)
			add(&to, n);
		break;
	case VUS_LEGAL_CONFIG:
		for (uint64_t v = legal->min;
		     v + legal->below <= limits->config; v++)
			add(&to, v);
		break;
	case VUS_LEGAL_VF:
		add_bits(&to, limits->vf & kept, limits->vf & ~left);
		break;
	case VUS_LEGAL_PF:
		add_protocol_features(&to, limits->pf);
		break;
	}
	return to.n;
}

/* ---- fields ---- */

/* Called with each field of a name; true ends the search. */
typedef bool visit(void *at, unsigned width, const struct vus_legal *legal,
		   uint64_t value);

/* Only numbers, and those in lists and in what is nested. */
static bool each_field(const struct vus_legal *legal,
		       const struct vus_payload *payload, void *base,
		       uint64_t value, visit *call)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		uint8_t *at = (uint8_t *)base + item->struct_off;
		const uint64_t n = item->elem
					   ? VUS_MIN(vus_item_count(item, base),
						     item->kind == VUS_ITEM_NEST
							     ? 1u
							     : item->max)
					   : 0;

		if (item->kind == VUS_ITEM_INT &&
		    strcmp(item->name, legal->field) == 0 &&
		    call(at, item->width, legal, value))
			return true;
		for (uint64_t e = 0; e < n; e++)
			if (each_field(legal, item->elem,
				       at + e * item->elem->struct_size, value,
				       call))
				return true;
	}
	return false;
}

const struct vus_payload *vus_legal_payload(const struct vus_legal *legal)
{
	return vus_msg_request(vus_msg_find(VUS_FE, legal->id), legal->pf);
}

bool vus_legal_put(const struct vus_legal *legal,
		   const struct vus_payload *payload, union vus_body *body,
		   uint64_t value)
{
	unsigned width;
	void *at = vus_payload_field(payload, body, legal->field, &width);

	if (!at)
		return false;
	vus_int_write(at, width,
		      (legal->modulo ? vus_int_read(at, width) : 0) + value);
	return true;
}

static bool is_value(void *at, unsigned width, const struct vus_legal *legal,
		     uint64_t value)
{
	const uint64_t got = vus_int_read(at, width);

	return (legal->modulo ? got % legal->modulo : got) == value;
}

bool vus_legal_has(const struct vus_legal *legal,
		   const struct vus_payload *payload,
		   const union vus_body *body, uint64_t value)
{
	union vus_body copy = *body;

	return payload && each_field(legal, payload, &copy, value, is_value);
}

/* ---- names ---- */

void vus_legal_name(const struct vus_legal *legal, uint64_t value,
		    struct vus_text *ret)
{
	const bool mask =
		legal->kind == VUS_LEGAL_VF || legal->kind == VUS_LEGAL_PF;

	vus_text_add(ret, "%s.%s.", legal->message, legal->field);
	vus_text_add(ret, mask ? "0x%" PRIx64 : "%" PRIu64, value);
}

const struct vus_legal *vus_legal_by_name(const char *name, uint64_t *ret_value)
{
	for (size_t i = 0; i < vus_nlegals; i++) {
		const struct vus_legal *legal = &vus_legals[i];
		VUS_AUTO_TEXT front = { 0 };
		const char *digits;
		char *end;

		vus_text_add(&front, "%s.%s.", legal->message, legal->field);
		if (strncmp(name, vus_text_str(&front),
			    strlen(vus_text_str(&front))) != 0)
			continue;
		digits = name + strlen(vus_text_str(&front));
		*ret_value = strtoull(digits, &end, 0);
		if (digits[0] >= '0' && digits[0] <= '9' && !*end)
			return legal;
	}
	return NULL;
}
