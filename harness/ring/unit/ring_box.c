/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_box.c — a driver and a device on one split ring, in one process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ring_box.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void add_region(struct ring_box *b, int fd, uint64_t gpa,
		       uint64_t offset)
{
	const struct vus_p_region row = {
		.guest_addr = gpa,
		.size = BOX_REGION,
		.user_addr = UINT64_C(0x7f0000000000) + offset,
		.mmap_offset = offset,
	};

	assert_true(vus_regions_add(&b->mem, &row, fd, &b->err));
}

void box_open(struct ring_box *b, unsigned num, uint16_t base)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);

	memset(b, 0, sizeof(*b));
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(4 * BOX_REGION)), 0);
	add_region(b, fd, BOX_LOW, 2 * BOX_REGION);
	add_region(b, fd, BOX_HIGH, 0);
	add_region(b, fd, BOX_FAR, BOX_REGION);
	add_region(b, fd, BOX_TOP, 3 * BOX_REGION);
	close(fd);
	b->drv = malloc(sizeof(*b->drv));
	b->desc = malloc((size_t)vus_split_desc_bytes(num));
	b->avail = malloc((size_t)vus_split_avail_bytes(num));
	b->used = malloc((size_t)vus_split_used_bytes(num));
	assert_true(b->drv && b->desc && b->avail && b->used);
	vus_split_driver_init(b->drv, num, b->desc, b->avail, b->used, base);
	vus_split_device_lay(&b->dev, num, b->desc, b->avail, b->used);
	vus_split_device_begin(&b->dev, base);
	b->dev.indirect = true;
}

void box_close(struct ring_box *b)
{
	vus_regions_clear(&b->mem);
	free(b->drv);
	free(b->desc);
	free(b->avail);
	free(b->used);
}

uint8_t *box_at(const struct ring_box *b, uint64_t gpa)
{
	uint64_t there;
	uint8_t *p = vus_regions_gpa(&b->mem, gpa, 1, &there);

	assert_non_null(p);
	return p;
}

static uint16_t publish(struct ring_box *b, uint16_t head)
{
	vus_split_put(b->drv, head);
	vus_split_publish(b->drv);
	return head;
}

uint16_t box_offer(struct ring_box *b, const struct vus_seg *segs, unsigned n)
{
	uint16_t head = 0;

	assert_true(vus_split_add(b->drv, segs, n, &head, &b->err));
	return publish(b, head);
}

uint16_t box_offer_table(struct ring_box *b, const struct vus_seg *segs,
			 unsigned n, uint64_t table)
{
	struct vring_desc *copy = calloc(n, sizeof(*copy));
	uint16_t head = 0;

	/* At any address: built aligned, and copied there. */
	assert_non_null(copy);
	assert_true(vus_split_add_indirect(b->drv, segs, n, copy, table, &head,
					   &b->err));
	memcpy(box_at(b, table), copy, n * sizeof(*copy));
	free(copy);
	return publish(b, head);
}

enum vus_pop box_pop(struct ring_box *b)
{
	return vus_split_pop(&b->dev, &b->mem, &b->chain, &b->err);
}

void box_serve(struct ring_box *b, uint16_t head, uint32_t written)
{
	assert_int_equal(box_pop(b), VUS_POP_CHAIN);
	assert_int_equal(b->chain.head, head);
	vus_split_push(&b->dev, head, written);
}

void box_reap(struct ring_box *b, uint32_t id, uint32_t len)
{
	struct vus_used used = { 0 };

	assert_true(vus_split_reap(b->drv, &used));
	assert_int_equal(used.id, id);
	assert_int_equal(used.len, len);
}

void box_desc(struct vring_desc *at, uint64_t addr, uint32_t len,
	      uint16_t flags, uint16_t next)
{
	const struct vring_desc d = {
		.addr = htole64(addr),
		.len = htole32(len),
		.flags = htole16(flags),
		.next = htole16(next),
	};

	memcpy(at, &d, sizeof(d));
}

void box_put_raw(struct ring_box *b, uint16_t head)
{
	(void)publish(b, head);
}
