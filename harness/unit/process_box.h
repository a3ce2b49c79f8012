/* SPDX-License-Identifier: BSD-3-Clause */
/* process_box.h — processes and descriptors, for unit tests. */
#ifndef VUS_UNIT_PROCESS_BOX_H
#define VUS_UNIT_PROCESS_BOX_H

#include <sys/types.h>

/* Descriptors that this process has open. */
unsigned box_count_fds(void);

/* A process that ends by itself: fork() whose child is killed with us. */
pid_t box_fork(void);
/* Wait for its exit status (-1: a signal). */
int box_wait(pid_t pid);

#endif
