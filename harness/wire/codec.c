/* SPDX-License-Identifier: BSD-3-Clause */
/* codec.c — bodies to bytes and back, field by field, so that no padding of a
 * C structure reaches the wire. */
#include "wire.h"

#include <assert.h>
#include <string.h>

#ifdef NDEBUG
#error "assertions are part of the program"
#endif

/* The integer at `p`, of `width` bytes in host order. */
static uint64_t get_int(const void *p, unsigned width)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (width) {
	case 1:
		memcpy(&v8, p, 1);
		return v8;
	case 2:
		memcpy(&v16, p, 2);
		return v16;
	case 4:
		memcpy(&v32, p, 4);
		return v32;
	default:
		assert(width == 8);
		memcpy(&v64, p, 8);
		return v64;
	}
}

/* What field `item->count` of the structure at `base` says; "rest" is not in
 * it. */
static uint64_t counted(const struct vus_payload *payload,
			const struct vus_item *item, const uint8_t *base)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *c = &payload->items[i];

		if (c->kind == VUS_ITEM_INT &&
		    strcmp(c->name, item->count) == 0)
			return get_int(base + c->struct_off, c->width);
	}
	return 0;
}

/* A cursor over bytes to be written or read. */
struct span {
	uint8_t *to;         /* writing */
	const uint8_t *from; /* reading */
	size_t left;
	size_t done;
};

static void put(struct span *s, const void *bytes, size_t len)
{
	const size_t n = VUS_MIN(len, s->left);

	if (s->to && n > 0) {
		memcpy(s->to, bytes, n);
		s->to += n;
	}
	s->left -= n;
	s->done += n;
}

static void encode_items(const struct vus_payload *payload, const uint8_t *base,
			 struct span *s)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		const uint8_t *at = base + item->struct_off;
		const uint64_t n =
			item->count ? counted(payload, item, base) : 1;

		if (item->kind == VUS_ITEM_NEST || item->kind == VUS_ITEM_LIST)
			for (uint64_t e = 0;
			     e < n && (!item->max || e < item->max); e++)
				encode_items(item->elem,
					     at + e * item->elem->struct_size,
					     s);
		else if (item->kind == VUS_ITEM_TAIL)
			put(s, at, (size_t)VUS_MIN(n, item->max));
		else
			put(s, at, item->width);
	}
}

size_t vus_encoded_size(const struct vus_payload *payload,
			const union vus_body *body)
{
	struct span s = { .left = SIZE_MAX };

	if (payload)
		encode_items(payload, (const uint8_t *)body, &s);
	return s.done;
}

size_t vus_encode(const struct vus_payload *payload, const union vus_body *body,
		  void *buf, size_t cap)
{
	struct span s = { .to = buf, .left = cap };

	if (payload)
		encode_items(payload, (const uint8_t *)body, &s);
	return s.done;
}

static bool take(struct span *s, void *to, size_t len, const char *field,
		 struct vus_err *err)
{
	if (s->left < len)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"%s wants %zu bytes at offset %zu, %zu are "
				"there",
				field, len, s->done, s->left);
	memcpy(to, s->from, len);
	s->from += len;
	s->left -= len;
	s->done += len;
	return true;
}

static bool decode_items(const struct vus_payload *payload, uint8_t *base,
			 struct span *s, struct vus_err *err);

static bool decode_many(const struct vus_payload *payload,
			const struct vus_item *item, uint8_t *base,
			struct span *s, struct vus_err *err)
{
	uint8_t *at = base + item->struct_off;
	uint64_t n = 1;

	if (item->count && strcmp(item->count, "rest") == 0) {
		/* What does not fit is passed over. */
		n = VUS_MIN(s->left, item->max);
		if (!take(s, at, (size_t)n, item->name, err))
			return false;
		s->done += s->left;
		s->left = 0;
		return true;
	}
	if (item->count) {
		n = counted(payload, item, base);
		if (n > item->max)
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"%s is %llu, at most %u may follow",
					item->count, (unsigned long long)n,
					item->max);
	}
	if (item->kind == VUS_ITEM_TAIL)
		return take(s, at, (size_t)n, item->name, err);
	for (uint64_t e = 0; e < n; e++)
		if (!decode_items(item->elem, at + e * item->elem->struct_size,
				  s, err))
			return false;
	return true;
}

static bool decode_items(const struct vus_payload *payload, uint8_t *base,
			 struct span *s, struct vus_err *err)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		const bool plain = item->kind == VUS_ITEM_INT ||
				   item->kind == VUS_ITEM_PAD ||
				   item->kind == VUS_ITEM_BLOB;

		if (plain ? !take(s, base + item->struct_off, item->width,
				  item->name, err)
			  : !decode_many(payload, item, base, s, err))
			return false;
	}
	return true;
}

bool vus_decode(const struct vus_payload *payload, const void *buf, size_t size,
		union vus_body *ret_body, struct vus_err *err)
{
	struct span s = { .from = buf, .left = size };
	union vus_body body;

	memset(&body, 0, payload ? payload->struct_size : 0);
	if (payload && !decode_items(payload, (uint8_t *)&body, &s, err))
		return false;
	if (s.left > 0)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"%zu bytes of payload, %zu more than %s has",
				size, s.left, payload ? payload->name : "none");
	if (payload)
		memcpy(ret_body, &body, payload->struct_size);
	return true;
}
