/* SPDX-License-Identifier: BSD-3-Clause */
/* net_packet.c — the frames of an echo: ARP and ICMP, made and checked. */
#include "net_packet.h"
#include "driver.h"

#include "base/inet_sum.h"
#include "base/rand.h"

#include <linux/if_ether.h>
#include <string.h>

/* Where fields lie in a frame. */
enum {
	ETH_SOURCE = 6,
	ETH_TYPE = 12,
	ARP = 14, /* and, in its 28 bytes: */
	ARP_SENDER = ARP + 8,
	ARP_TARGET = ARP + 18,
	IP = 14,
	IP_LEN = IP + 2,
	IP_TTL = IP + 8,
	IP_PROTOCOL = IP + 9,
	IP_SUM = IP + 10,
	IP_SOURCE = IP + 12,
	IP_DESTINATION = IP + 16,
	ICMP = IP + 20, /* without options */
	ICMP_SUM = ICMP + 2,
	ICMP_ID = ICMP + 4,
	ICMP_NUMBER = ICMP + 6,
	PAYLOAD = ICMP + 8,
};

#define ECHO_ID 0x7675 /* ours */

/* Locally administered. */
static const uint8_t our_mac[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 1 };

static void put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void put_address(uint8_t *p, uint32_t address)
{
	put16(p, address >> 16);
	put16(p + 2, address & 0xffff);
}

static bool is_address(const uint8_t *p, uint32_t address)
{
	return get16(p) == address >> 16 && get16(p + 2) == (address & 0xffff);
}

/* A neighbour of the other end. */
static uint32_t our_address(const struct vus_net_peer *net)
{
	return (net->address & 0xff) < 254 ? net->address + 1
					   : net->address - 1;
}

static void put_sum(uint8_t *at, const uint8_t *from, size_t len)
{
	uint16_t sum = 0;

	memcpy(at, &sum, sizeof(sum));
	sum = vus_inet_sum(from, len);
	memcpy(at, &sum, sizeof(sum));
}

void vus_net_put_arp_request(const struct vus_net_peer *net, uint8_t *f)
{
	static const uint8_t ask[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(f, 0, VUS_NET_LEAST);
	memset(f, 0xff, ETH_ALEN);
	memcpy(f + ETH_SOURCE, our_mac, ETH_ALEN);
	put16(f + ETH_TYPE, ETH_P_ARP);
	memcpy(f + ARP, ask, sizeof(ask));
	memcpy(f + ARP_SENDER, our_mac, ETH_ALEN);
	put_address(f + ARP_SENDER + ETH_ALEN, our_address(net));
	put_address(f + ARP_TARGET + ETH_ALEN, net->address);
}

bool vus_net_is_arp_reply(const struct vus_net_peer *net, const uint8_t *f,
			  uint8_t ret_mac[6])
{
	static const uint8_t answer[] = { 0, 1, 8, 0, 6, 4, 0, 2 };

	if (get16(f + ETH_TYPE) != ETH_P_ARP ||
	    memcmp(f + ARP, answer, sizeof(answer)) != 0 ||
	    !is_address(f + ARP_SENDER + ETH_ALEN, net->address))
		return false;
	memcpy(ret_mac, f + ARP_SENDER, ETH_ALEN);
	return true;
}

void vus_net_put_echo_request(const struct vus_net_peer *net, uint8_t *f,
			      uint32_t len, uint16_t number, uint64_t seed)
{
	memset(f, 0, PAYLOAD);
	memcpy(f, net->mac, ETH_ALEN);
	memcpy(f + ETH_SOURCE, our_mac, ETH_ALEN);
	put16(f + ETH_TYPE, ETH_P_IP);
	f[IP] = 0x45; /* version 4, 20 bytes */
	put16(f + IP_LEN, len - IP);
	f[IP_TTL] = 64;
	f[IP_PROTOCOL] = 1;
	put_address(f + IP_SOURCE, our_address(net));
	put_address(f + IP_DESTINATION, net->address);
	put_sum(f + IP_SUM, f + IP, ICMP - IP);
	f[ICMP] = 8; /* echo */
	put16(f + ICMP_ID, ECHO_ID);
	put16(f + ICMP_NUMBER, number);
	vus_rand_fill(seed, f + PAYLOAD, len - PAYLOAD);
	put_sum(f + ICMP_SUM, f + ICMP, len - ICMP);
}

uint16_t vus_net_echo_number(const struct vus_net_peer *net, const uint8_t *f,
			     uint32_t room)
{
	if (room < PAYLOAD || get16(f + ETH_TYPE) != ETH_P_IP ||
	    f[IP] != 0x45 || f[IP_PROTOCOL] != 1 || f[ICMP] != 0 ||
	    !is_address(f + IP_SOURCE, net->address) ||
	    get16(f + ICMP_ID) != ECHO_ID)
		return 0;
	return (uint16_t)get16(f + ICMP_NUMBER);
}

static bool differs(struct vus_err *err, uint32_t len, const char *what)
{
	return vus_fail_code(err, VUS_ERR_PROTOCOL, VUS_CONTENT_DIFFERS,
			     "the echo of a packet of %u bytes has %s", len,
			     what);
}

bool vus_net_echo_check(const struct vus_net_peer *net, const uint8_t *f,
			uint32_t len, uint64_t seed, struct vus_err *err)
{
	uint8_t want[VUS_NET_MOST];

	vus_rand_fill(seed, want, len - PAYLOAD);
	if (memcmp(f, our_mac, ETH_ALEN) != 0 ||
	    !is_address(f + IP_DESTINATION, our_address(net)))
		return differs(err, len, "another destination");
	if (get16(f + IP_LEN) != len - IP)
		return differs(err, len, "another length in its IP header");
	if (vus_inet_sum(f + IP, ICMP - IP) != 0)
		return differs(err, len, "a wrong checksum of its IP header");
	if (memcmp(f + PAYLOAD, want, len - PAYLOAD) != 0)
		return differs(err, len, "another payload");
	if (vus_inet_sum(f + ICMP, len - ICMP) != 0)
		return differs(err, len, "a wrong ICMP checksum");
	return true;
}
