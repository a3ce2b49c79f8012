/* SPDX-License-Identifier: BSD-3-Clause */
/* rand.c — repeatable pseudo-random numbers (splitmix64). */
#include "rand.h"

#include <string.h>

uint64_t vus_rand_next(struct vus_rand *r)
{
	uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t vus_rand_below(struct vus_rand *r, uint64_t bound)
{
	/* Numbers below this would favour small results. */
	const uint64_t reject = (UINT64_MAX - bound + 1) % bound;
	uint64_t n;

	do
		n = vus_rand_next(r);
	while (n < reject);
	return n % bound;
}

void vus_rand_fill(uint64_t seed, void *buf, size_t len)
{
	struct vus_rand r = { .state = seed };
	unsigned char *to = buf;

	while (len > 0) {
		const uint64_t word = vus_rand_next(&r);
		const size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(to, &word, n);
		to += n;
		len -= n;
	}
}
