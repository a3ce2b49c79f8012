/* SPDX-License-Identifier: BSD-3-Clause */
/* inet_sum.h — the checksum of IP and ICMP headers (RFC 1071). */
#ifndef VUS_BASE_INET_SUM_H
#define VUS_BASE_INET_SUM_H

#include <stddef.h>
#include <stdint.h>

/* What goes into the field, as it stands in memory, where the field is 0; over
 * data with their checksum: 0. */
uint16_t vus_inet_sum(const void *data, size_t len);

#endif
