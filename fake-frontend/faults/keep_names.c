/* SPDX-License-Identifier: BSD-3-Clause */
/* keep_names.c — names of shared memory that stay. */
#include "keep_names.h"

#include <stdio.h>
#include <unistd.h>

void vus_fault_shm_name(unsigned attempt, char *ret, size_t cap)
{
	(void)snprintf(ret, cap, "/vuspec-fault-%d-%u", (int)getpid(), attempt);
}

static int keep_name(const char *name)
{
	(void)name;
	return 0;
}

void vus_fault_keep_names(struct vus_fe_decisions *decide)
{
	decide->backing.shm_name = vus_fault_shm_name;
	decide->backing.shm_unlink = keep_name;
}
