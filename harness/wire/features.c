/* SPDX-License-Identifier: BSD-3-Clause */
/* features.c — features.def as a table: names, and what needs what. */
#include "wire.h"

#include <assert.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_net.h>
#include <linux/virtio_scsi.h>
#include <linux/vhost_types.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>
#include <strings.h>

/* Where the kernel names a bit, ours is the same; its newer names are not in
 * every distribution's headers. */
static_assert(VUS_VF_LOG_ALL == VHOST_F_LOG_ALL, "");
static_assert(VUS_VF_RING_INDIRECT_DESC == VIRTIO_RING_F_INDIRECT_DESC, "");
static_assert(VUS_VF_RING_EVENT_IDX == VIRTIO_RING_F_EVENT_IDX, "");
static_assert(VUS_VF_NOTIFY_ON_EMPTY == VIRTIO_F_NOTIFY_ON_EMPTY, "");
static_assert(VUS_VF_ANY_LAYOUT == VIRTIO_F_ANY_LAYOUT, "");
static_assert(VUS_VF_VERSION_1 == VIRTIO_F_VERSION_1, "");
static_assert(VUS_VF_ACCESS_PLATFORM == VIRTIO_F_ACCESS_PLATFORM, "");
static_assert(VUS_VF_RING_PACKED == VIRTIO_F_RING_PACKED, "");
static_assert(VUS_VF_ORDER_PLATFORM == VIRTIO_F_ORDER_PLATFORM, "");
static_assert(VUS_VF_SR_IOV == VIRTIO_F_SR_IOV, "");
#ifdef VIRTIO_F_IN_ORDER
static_assert(VUS_VF_IN_ORDER == VIRTIO_F_IN_ORDER, "");
#endif
#ifdef VIRTIO_F_NOTIFICATION_DATA
static_assert(VUS_VF_NOTIFICATION_DATA == VIRTIO_F_NOTIFICATION_DATA, "");
#endif
#ifdef VIRTIO_F_NOTIF_CONFIG_DATA
static_assert(VUS_VF_NOTIF_CONFIG_DATA == VIRTIO_F_NOTIF_CONFIG_DATA, "");
#endif
#ifdef VIRTIO_F_RING_RESET
static_assert(VUS_VF_RING_RESET == VIRTIO_F_RING_RESET, "");
#endif
#ifdef VIRTIO_F_ADMIN_VQ
static_assert(VUS_VF_ADMIN_VQ == VIRTIO_F_ADMIN_VQ, "");
#endif

const struct vus_feature vus_features[] = {
#define PROTOCOL_FEATURE(fbit, fname, ...)                                     \
	{ .protocol = true, .bit = (fbit), .name = #fname, __VA_ARGS__ },
#define VIRTIO_FEATURE(fbit, fname, ...)                                       \
	{ .protocol = false, .bit = (fbit), .name = #fname, __VA_ARGS__ },
#include "features.def"
#undef PROTOCOL_FEATURE
#undef VIRTIO_FEATURE
};
const size_t vus_nfeatures = VUS_COUNT(vus_features);

/* Bits below 24 and from 50 on mean something else on each device. */
#define OF(device, prefix, name)                                               \
	{                                                                      \
#device, VIRTIO_##prefix##_F_##name, #prefix "_" #name         \
	}
static const struct {
	const char *device;
	unsigned bit;
	const char *name;
} device_features[] = {
	OF(blk, BLK, SIZE_MAX),     OF(blk, BLK, SEG_MAX),
	OF(blk, BLK, GEOMETRY),     OF(blk, BLK, RO),
	OF(blk, BLK, BLK_SIZE),     OF(blk, BLK, TOPOLOGY),
	OF(blk, BLK, MQ),           OF(blk, BLK, DISCARD),
	OF(blk, BLK, WRITE_ZEROES), OF(blk, BLK, FLUSH),
	OF(blk, BLK, CONFIG_WCE),   OF(net, NET, CSUM),
	OF(net, NET, GUEST_CSUM),   OF(net, NET, CTRL_GUEST_OFFLOADS),
	OF(net, NET, MTU),          OF(net, NET, MAC),
	OF(net, NET, GUEST_TSO4),   OF(net, NET, GUEST_TSO6),
	OF(net, NET, GUEST_ECN),    OF(net, NET, GUEST_UFO),
	OF(net, NET, HOST_TSO4),    OF(net, NET, HOST_TSO6),
	OF(net, NET, HOST_ECN),     OF(net, NET, HOST_UFO),
	OF(net, NET, MRG_RXBUF),    OF(net, NET, STATUS),
	OF(net, NET, CTRL_VQ),      OF(net, NET, CTRL_RX),
	OF(net, NET, CTRL_VLAN),    OF(net, NET, GUEST_ANNOUNCE),
	OF(net, NET, MQ),           OF(net, NET, CTRL_MAC_ADDR),
	OF(scsi, SCSI, INOUT),      OF(scsi, SCSI, HOTPLUG),
	OF(scsi, SCSI, CHANGE),     OF(scsi, SCSI, T10_PI),
	OF(gpu, GPU, VIRGL),        OF(gpu, GPU, EDID),
};
#undef OF

/* Whose bits are named: one for the whole process. */
static const char *named_device = "";

void vus_features_name_device(const char *device)
{
	named_device = device;
}

static const char *device_feature_name(unsigned bit)
{
	for (size_t i = 0; i < VUS_COUNT(device_features); i++)
		if (device_features[i].bit == bit &&
		    strcmp(device_features[i].device, named_device) == 0)
			return device_features[i].name;
	return NULL;
}

const struct vus_feature *vus_feature_find(bool protocol, unsigned bit)
{
	for (size_t i = 0; i < vus_nfeatures; i++)
		if (vus_features[i].protocol == protocol &&
		    vus_features[i].bit == bit)
			return &vus_features[i];
	return NULL;
}

const struct vus_feature *vus_feature_by_name(bool protocol, const char *name)
{
	for (size_t i = 0; i < vus_nfeatures; i++)
		if (vus_features[i].protocol == protocol &&
		    strcasecmp(vus_features[i].name, name) == 0)
			return &vus_features[i];
	return NULL;
}

uint64_t vus_features_missing(uint64_t pf)
{
	uint64_t all = pf, before;

	/* What is required may require more. */
	do {
		before = all;
		for (size_t i = 0; i < vus_nfeatures; i++)
			if (vus_features[i].protocol &&
			    (all & VUS_BIT(vus_features[i].bit)))
		all |= vus_features[i].requires;
	} while (all != before);
	return all & ~pf;
}

void vus_format_features(uint64_t mask, bool protocol, struct vus_text *ret)
{
	const char *sep = "";

	for (unsigned bit = 0; bit < 64; bit++) {
		const struct vus_feature *f;
		const char *name;

		if (!(mask & VUS_BIT(bit)))
			continue;
		f = vus_feature_find(protocol, bit);
		name = f ? f->name : protocol ? NULL : device_feature_name(bit);
		if (name)
			vus_text_add(ret, "%s%s", sep, name);
		else
			vus_text_add(ret, "%sbit%u", sep, bit);
		sep = " ";
	}
}
