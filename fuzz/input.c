/* SPDX-License-Identifier: BSD-3-Clause */
/* input.c — a fuzzer's bytes as numbers. */
#include "input.h"

const uint8_t *vus_input_bytes(struct vus_input *in, size_t len,
			       size_t *ret_len)
{
	const uint8_t *p = in->p;

	if (len > in->left)
		len = in->left;
	in->p += len;
	in->left -= len;
	*ret_len = len;
	return p;
}

static uint64_t take(struct vus_input *in, unsigned width)
{
	size_t len;
	const uint8_t *p = vus_input_bytes(in, width, &len);
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n |= (uint64_t)p[i] << (8 * i);
	return n;
}

uint8_t vus_input_u8(struct vus_input *in)
{
	return (uint8_t)take(in, 1);
}

uint16_t vus_input_u16(struct vus_input *in)
{
	return (uint16_t)take(in, 2);
}

uint32_t vus_input_u32(struct vus_input *in)
{
	return (uint32_t)take(in, 4);
}

uint64_t vus_input_u64(struct vus_input *in)
{
	return take(in, 8);
}
