/* SPDX-License-Identifier: BSD-3-Clause */
/* input.h — a fuzzer's bytes as numbers, taken one after the other.
 *
 * Reading past the end gives zeros, so that every prefix of an input is an
 * input and nothing has to be checked by the reader. */
#ifndef VUS_FUZZ_INPUT_H
#define VUS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct vus_input {
	const uint8_t *p;
	size_t left; /* bytes */
};

uint8_t vus_input_u8(struct vus_input *in);
/* Little-endian. */
uint16_t vus_input_u16(struct vus_input *in);
uint32_t vus_input_u32(struct vus_input *in);
uint64_t vus_input_u64(struct vus_input *in);
/* At most `len` bytes; *ret_len is how many there are. */
const uint8_t *vus_input_bytes(struct vus_input *in, size_t len,
			       size_t *ret_len);

/* What libFuzzer and AFL++ call, and the replayer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
