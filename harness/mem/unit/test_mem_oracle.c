/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_oracle.c — the table of regions against one that is too simple to
 * be wrong: random regions added, removed, looked up.
 *
 * The world is small, so that regions often meet, adjoin and overlap; some rows
 * are put at its far end, where sums wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rand.h"
#include "mem/regions.h"
#include "mem_box.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORLD  4096u /* guest addresses, and user addresses at USER */
#define USER   UINT64_C(0x7f0000000000)
#define NFILES 3
#define ROUNDS 20000

static const uint64_t file_sizes[NFILES] = { 1, 1000, 9000 };

struct known {
	struct vus_p_region row;
	unsigned file;
};

struct world {
	struct vus_regions t;
	struct known known[VUS_REGIONS_MAX];
	unsigned n;
	int fds[NFILES];
	uint8_t *content[NFILES];
	struct vus_rand rand;
	unsigned added, refused, removed, found, full;
};

static bool covers(uint64_t start, uint64_t size, uint64_t at)
{
	return at >= start && at - start < size;
}

/* Should this region be taken?  One byte at a time where that can be. */
static bool is_good(const struct world *w, const struct known *k)
{
	const struct vus_p_region *r = &k->row;

	if (w->n == VUS_REGIONS_MAX || r->size == 0 ||
	    r->size > file_sizes[k->file] ||
	    r->mmap_offset > file_sizes[k->file] - r->size ||
	    r->guest_addr + r->size - 1 < r->guest_addr ||
	    r->user_addr + r->size - 1 < r->user_addr)
		return false;
	for (unsigned i = 0; i < w->n; i++)
		for (uint64_t b = 0; b < r->size; b++)
			if (covers(w->known[i].row.guest_addr,
				   w->known[i].row.size, r->guest_addr + b))
				return false;
	return true;
}

/* A number below `bound`, or one around it, or near the end of all numbers. */
static uint64_t some_number(struct world *w, uint64_t bound)
{
	switch (vus_rand_below(&w->rand, 20)) {
	case 0:
		return UINT64_MAX - vus_rand_below(&w->rand, bound);
	case 1:
		return bound - 1 + vus_rand_below(&w->rand, 3);
	case 2:
		return 0;
	default:
		return vus_rand_below(&w->rand, bound);
	}
}

static struct known some_region(struct world *w)
{
	const unsigned file = (unsigned)vus_rand_below(&w->rand, NFILES);
	struct known k = { .file = file };

	k.row.guest_addr = some_number(w, WORLD);
	k.row.user_addr = USER + some_number(w, WORLD);
	if (vus_rand_below(&w->rand, 50) == 0)
		k.row.user_addr = UINT64_MAX - vus_rand_below(&w->rand, 99);
	k.row.size = some_number(w, vus_rand_below(&w->rand, 8) ? 90 : WORLD);
	k.row.mmap_offset = some_number(w, file_sizes[file]);
	return k;
}

static void try_add(struct world *w)
{
	struct known k = some_region(w);
	const bool good = is_good(w, &k);
	struct vus_err err = { 0 };

	w->full += w->n == VUS_REGIONS_MAX;
	assert_int_equal(vus_regions_add(&w->t, &k.row, w->fds[k.file], &err),
			 good);
	if (good) {
		w->known[w->n++] = k;
		w->added++;
	} else {
		assert_int_equal(err.kind, VUS_ERR_REFUSED);
		w->refused++;
	}
	assert_int_equal(w->t.n, w->n);
}

static void try_remove(struct world *w)
{
	struct vus_p_region row = some_region(w).row;
	struct vus_err err = { 0 };
	unsigned i = 0;

	if (w->n > 0 && vus_rand_below(&w->rand, 4))
		row = w->known[vus_rand_below(&w->rand, w->n)].row;
	row.mmap_offset = vus_rand_next(&w->rand);
	if (vus_rand_below(&w->rand, 4) == 0)
		row.size++;
	while (i < w->n && (w->known[i].row.guest_addr != row.guest_addr ||
			    w->known[i].row.user_addr != row.user_addr ||
			    w->known[i].row.size != row.size))
		i++;
	assert_int_equal(vus_regions_remove(&w->t, &row, &err), i < w->n);
	if (i == w->n)
		return;
	w->known[i] = w->known[--w->n];
	w->removed++;
	assert_int_equal(w->t.n, w->n);
}

/* Are these the bytes from `at` on of region `k`, as many as there are? */
static bool is_its(const struct world *w, const struct known *k, uint64_t at,
		   uint64_t wish, const uint8_t *host, uint64_t len)
{
	return len == VUS_MIN(wish, k->row.size - at) &&
	       memcmp(host, w->content[k->file] + k->row.mmap_offset + at,
		      (size_t)len) == 0;
}

/* One address by guest and by user.  User addresses may be those of several
 * regions: each of them will do. */
static void look_up(struct world *w)
{
	const bool by_user = vus_rand_below(&w->rand, 2);
	const uint64_t at = some_number(w, WORLD) + (by_user ? USER : 0);
	const uint64_t wish = some_number(w, 200);
	unsigned candidates = 0, matches = 0;
	uint64_t len = 0;
	const uint8_t *host = by_user ? vus_regions_user(&w->t, at, wish, &len)
				      : vus_regions_gpa(&w->t, at, wish, &len);

	for (unsigned i = 0; i < w->n; i++) {
		const struct vus_p_region *r = &w->known[i].row;
		const uint64_t start = by_user ? r->user_addr : r->guest_addr;

		if (!covers(start, r->size, at))
			continue;
		candidates++;
		matches += host &&
			   is_its(w, &w->known[i], at - start, wish, host, len);
	}
	assert_int_equal(host != NULL, candidates > 0);
	assert_int_equal(matches > 0, candidates > 0);
	w->found += candidates > 0;
}

static void make_files(struct world *w)
{
	for (unsigned f = 0; f < NFILES; f++) {
		const uint64_t size = file_sizes[f];

		w->fds[f] = memfd_create("vuspec-unit", MFD_CLOEXEC);
		w->content[f] = test_malloc(size);
		vus_rand_fill(f, w->content[f], size);
		assert_int_equal(write(w->fds[f], w->content[f], size), size);
	}
}

static void random_tables_are_as_the_simple_one(void **state)
{
	static struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		memset(&w, 0, sizeof(w));
		w.rand.state = seed;
		make_files(&w);
		for (unsigned i = 0; i < ROUNDS; i++) {
			const uint64_t what = vus_rand_below(&w.rand, 16);

			if (what < 6)
				try_add(&w);
			else if (what == 6)
				try_remove(&w);
			else
				look_up(&w);
			if (vus_rand_below(&w.rand, 2000) == 0) {
				vus_regions_clear(&w.t);
				w.n = 0;
			}
		}
		/* Was everything tried? */
		assert_true(w.added > 500 && w.refused > 500);
		assert_true(w.removed > 100 && w.found > 500 && w.full > 100);
		assert_true(mem_count_mappings() <= w.n);
		vus_regions_clear(&w.t);
		assert_int_equal(mem_count_mappings(), 0);
		for (unsigned f = 0; f < NFILES; f++) {
			test_free(w.content[f]);
			close(w.fds[f]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_tables_are_as_the_simple_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
