/* SPDX-License-Identifier: BSD-3-Clause */
/* codec.c — bodies to bytes and back, field by field, so that no padding of a
 * C structure reaches the wire. */
#include "wire.h"

#include <assert.h>
#include <string.h>

#ifdef NDEBUG
#error "assertions are part of the program"
#endif

uint64_t vus_int_read(const void *at, unsigned width)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (width) {
	case 1:
		memcpy(&v8, at, 1);
		return v8;
	case 2:
		memcpy(&v16, at, 2);
		return v16;
	case 4:
		memcpy(&v32, at, 4);
		return v32;
	default:
		assert(width == 8);
		memcpy(&v64, at, 8);
		return v64;
	}
}

void vus_int_write(void *at, unsigned width, uint64_t value)
{
	const uint8_t v8 = (uint8_t)value;
	const uint16_t v16 = (uint16_t)value;
	const uint32_t v32 = (uint32_t)value;

	memcpy(at,
	       width == 1   ? (const void *)&v8
	       : width == 2 ? (const void *)&v16
	       : width == 4 ? (const void *)&v32
			    : (const void *)&value,
	       width);
}

uint64_t vus_item_count(const struct vus_item *item, const void *base)
{
	if (item->count_width > 0)
		return vus_int_read((const uint8_t *)base + item->count_off,
				    item->count_width);
	return item->kind == VUS_ITEM_ARRAY ? item->max : 1;
}

/* ---- to bytes ---- */

struct sink {
	uint8_t *to; /* NULL: only count */
	size_t left;
	size_t done;
};

static void put_int(struct sink *s, const uint8_t *bytes, size_t len)
{
	const size_t n = VUS_MIN(len, s->left);

	if (s->to && n > 0)
		memcpy(s->to + s->done, bytes, n);
	s->left -= n;
	s->done += n;
}

static void encode_items(const struct vus_payload *payload, const uint8_t *base,
			 struct sink *s)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		const uint8_t *at = base + item->struct_off;
		size_t n = (size_t)vus_item_count(item, base);

		/* A count may be wrong; the array has only this much room. */
		if (item->max > 0)
			n = VUS_MIN(n, item->max);
		if (!item->elem)
			put_int(s, at, n * item->width);
		else
			for (size_t e = 0; e < n; e++)
				encode_items(item->elem,
					     at + e * item->elem->struct_size,
					     s);
	}
}

size_t vus_encoded_size(const struct vus_payload *payload,
			const union vus_body *body)
{
	struct sink s = { .left = SIZE_MAX };

	if (payload)
		encode_items(payload, (const uint8_t *)body, &s);
	return s.done;
}

size_t vus_encode(const struct vus_payload *payload, const union vus_body *body,
		  void *buf, size_t cap)
{
	struct sink s = { .to = buf, .left = cap };

	if (payload)
		encode_items(payload, (const uint8_t *)body, &s);
	return s.done;
}

/* ---- from bytes ---- */

struct source {
	const uint8_t *from;
	size_t left;
	size_t done;
};

static bool take_int(struct source *s, uint8_t *to, size_t len,
		     const char *field, struct vus_err *err)
{
	if (s->left < len)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"%s wants %zu bytes at offset %zu, %zu are "
				"there",
				field, len, s->done, s->left);
	if (len > 0)
		memcpy(to, s->from + s->done, len);
	s->left -= len;
	s->done += len;
	return true;
}

/* All that is left; what does not fit is skipped. */
static void take_rest_of_message(struct source *s, const struct vus_item *item,
				 uint8_t *base)
{
	const uint32_t n = (uint32_t)VUS_MIN(s->left, item->max);

	assert(item->count_width == sizeof(n));
	memcpy(base + item->count_off, &n, sizeof(n));
	if (n > 0)
		memcpy(base + item->struct_off, s->from + s->done, n);
	s->done += s->left;
	s->left = 0;
}

static bool decode_items(const struct vus_payload *payload, uint8_t *base,
			 struct source *s, struct vus_err *err);

static bool decode_item(const struct vus_item *item, uint8_t *base,
			struct source *s, struct vus_err *err)
{
	uint8_t *at = base + item->struct_off;
	uint64_t n;

	if (item->kind == VUS_ITEM_REST) {
		take_rest_of_message(s, item, base);
		return true;
	}
	/* Not in the specification, so it may be absent. */
	if (item->kind == VUS_ITEM_GAP)
		return take_int(s, at, VUS_MIN(s->left, item->width),
				item->name, err);
	n = vus_item_count(item, base);
	if (item->max > 0 && n > item->max)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"%s is %llu, at most %u may follow",
				item->count, (unsigned long long)n, item->max);
	if (!item->elem)
		return take_int(s, at, (size_t)n * item->width, item->name,
				err);
	for (size_t e = 0; e < n; e++)
		if (!decode_items(item->elem, at + e * item->elem->struct_size,
				  s, err))
			return false;
	return true;
}

static bool decode_items(const struct vus_payload *payload, uint8_t *base,
			 struct source *s, struct vus_err *err)
{
	for (unsigned i = 0; i < payload->nitems; i++)
		if (!decode_item(&payload->items[i], base, s, err))
			return false;
	return true;
}

bool vus_decode(const struct vus_payload *payload, const void *buf, size_t size,
		union vus_body *ret_body, struct vus_err *err)
{
	struct source s = { .from = buf, .left = size };
	union vus_body body;

	if (payload) {
		memset(&body, 0, payload->struct_size);
		if (!decode_items(payload, (uint8_t *)&body, &s, err))
			return false;
	}
	if (s.left > 0)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"the payload has %zu bytes, %zu more than %s",
				size, s.left, payload ? payload->name : "none");
	if (payload)
		memcpy(ret_body, &body, payload->struct_size);
	return true;
}
