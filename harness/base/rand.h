/* SPDX-License-Identifier: BSD-3-Clause */
/* rand.h — repeatable pseudo-random numbers (splitmix64). */
#ifndef VUS_BASE_RAND_H
#define VUS_BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

struct vus_rand {
	uint64_t state;
};

uint64_t vus_rand_next(struct vus_rand *r);
/* Uniform in 0..bound-1; bound is not 0. */
uint64_t vus_rand_below(struct vus_rand *r, uint64_t bound);
/* Fill bytes that depend on `seed` and on their position only. */
void vus_rand_fill(uint64_t seed, void *buf, size_t len);

#endif
