/* SPDX-License-Identifier: BSD-3-Clause */
/* net_host.c — the host behind the network device: 10.0.0.1, which answers ARP
 * and ICMP echo, and takes no packet with a wrong checksum. */
#include "net_host.h"

#include "base/inet_sum.h"

#include <linux/if_ether.h>
#include <string.h>

/* Where fields lie in a frame. */
enum {
	ETH_TYPE = 12,
	ARP = 14, /* and, in its 28 bytes: */
	ARP_OP = ARP + 6,
	ARP_SENDER = ARP + 8, /* MAC and IP address */
	ARP_TARGET = ARP + 18,
	ARP_END = ARP + 28,
	IP = 14,
	IP_LEN = IP + 2,
	IP_PROTOCOL = IP + 9,
	IP_SOURCE = IP + 12,
	IP_DESTINATION = IP + 16,
	ICMP = IP + 20, /* without options */
	ICMP_SUM = ICMP + 2,
	ICMP_END = ICMP + 8,
};

static const uint8_t host_mac[ETH_ALEN] = { 0x02, 'h', 'o', 's', 't', 1 };
static const uint8_t host_ip[4] = { 10, 0, 0, 1 };

static unsigned number(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* An answer goes where the frame came from. */
static void turn_round(struct vus_net_packet *p)
{
	memcpy(p->frame, p->frame + ETH_ALEN, ETH_ALEN);
	memcpy(p->frame + ETH_ALEN, host_mac, ETH_ALEN);
}

static bool answer_arp(struct vus_net_packet *p)
{
	static const uint8_t ask[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	const size_t address = ETH_ALEN + sizeof(host_ip);
	uint8_t *f = p->frame;

	if (p->len < ARP_END || memcmp(f + ARP, ask, sizeof(ask)) != 0 ||
	    memcmp(f + ARP_TARGET + ETH_ALEN, host_ip, sizeof(host_ip)) != 0)
		return false;
	turn_round(p);
	f[ARP_OP + 1] = 2;
	memcpy(f + ARP_TARGET, f + ARP_SENDER, address);
	memcpy(f + ARP_SENDER, host_mac, ETH_ALEN);
	memcpy(f + ARP_SENDER + ETH_ALEN, host_ip, sizeof(host_ip));
	return true;
}

static bool answer_echo(struct vus_net_packet *p)
{
	uint8_t *f = p->frame;
	unsigned len;
	uint16_t sum;

	if (p->len < ICMP_END || f[IP] != 0x45 || f[IP_PROTOCOL] != 1 ||
	    memcmp(f, host_mac, ETH_ALEN) != 0 ||
	    memcmp(f + IP_DESTINATION, host_ip, sizeof(host_ip)) != 0 ||
	    vus_inet_sum(f + IP, ICMP - IP) != 0)
		return false;
	len = number(f + IP_LEN);
	if (len < ICMP_END - IP || len > p->len - IP || f[ICMP] != 8 ||
	    vus_inet_sum(f + ICMP, len - (ICMP - IP)) != 0)
		return false;
	turn_round(p);
	memcpy(f + IP_DESTINATION, f + IP_SOURCE, sizeof(host_ip));
	memcpy(f + IP_SOURCE, host_ip, sizeof(host_ip));
	f[ICMP] = 0;
	memset(f + ICMP_SUM, 0, sizeof(sum));
	sum = vus_inet_sum(f + ICMP, len - (ICMP - IP));
	memcpy(f + ICMP_SUM, &sum, sizeof(sum));
	return true;
}

bool vus_net_host_answers(const struct vus_net_packet *sent,
			  struct vus_net_packet *ret)
{
	*ret = *sent;
	if (sent->len < ETH_HLEN)
		return false;
	switch (number(sent->frame + ETH_TYPE)) {
	case ETH_P_ARP:
		return answer_arp(ret);
	case ETH_P_IP:
		return answer_echo(ret);
	default:
		return false;
	}
}
