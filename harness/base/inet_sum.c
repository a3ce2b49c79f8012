/* SPDX-License-Identifier: BSD-3-Clause */
/* inet_sum.c — the checksum of IP and ICMP headers (RFC 1071). */
#include "inet_sum.h"

#include <endian.h>

uint16_t vus_inet_sum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htobe16((uint16_t)~sum);
}
