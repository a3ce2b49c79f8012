/* SPDX-License-Identifier: BSD-3-Clause */
/* state.c — what faults remember, of a connection and beyond. */
#include "fault.h"

#include <stdalign.h>
#include <stdlib.h>

struct block {
	struct block *next;
	const void *owner;
	alignas(max_align_t) unsigned char bytes[];
};

/* `fault_state` of a connection and `fault_memory` of a configuration. */
struct vus_fault_blocks {
	struct block *first;
};

static struct vus_fault_blocks *make(void)
{
	struct vus_fault_blocks *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	return b;
}

static void drop(struct vus_fault_blocks *b)
{
	while (b && b->first) {
		struct block *next = b->first->next;

		free(b->first);
		b->first = next;
	}
	free(b);
}

static void *find(struct vus_fault_blocks *b, const void *owner, size_t size)
{
	struct block *block = b->first;

	while (block && block->owner != owner)
		block = block->next;
	if (block)
		return block->bytes;
	block = calloc(1, sizeof(*block) + size);
	if (!block)
		abort();
	block->owner = owner;
	block->next = b->first;
	b->first = block;
	return block->bytes;
}

static void memory_open(struct vus_be_config *cfg)
{
	cfg->fault_memory = make();
}

void vus_fault_memory_close(struct vus_be_config *cfg)
{
	drop(cfg->fault_memory);
	cfg->fault_memory = NULL;
}

void vus_fault_state_open(struct vus_be *be)
{
	be->fault_state = make();
}

void vus_fault_state_close(struct vus_be *be)
{
	drop(be->fault_state);
	be->fault_state = NULL;
}

void vus_fault_remembers(struct vus_be_decisions *decide)
{
	decide->opened = memory_open;
	decide->closed = vus_fault_memory_close;
	decide->connected = vus_fault_state_open;
	decide->disconnected = vus_fault_state_close;
}

void *vus_fault_state(const struct vus_be *be, const void *owner, size_t size)
{
	return find(be->fault_state, owner, size);
}

void *vus_fault_memory(const struct vus_be_config *cfg, const void *owner,
		       size_t size)
{
	return find(cfg->fault_memory, owner, size);
}

void vus_die(void)
{
	abort();
}
