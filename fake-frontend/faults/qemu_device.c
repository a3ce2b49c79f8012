/* SPDX-License-Identifier: BSD-3-Clause */
/* qemu_device.c — faults of -chardev and -device. */
#include "fault.h"

#include "base/keyval.h"

#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

/* ---- names of devices ---- */

static const struct vus_qemu_device *pci_only(const char *name, bool pci)
{
	return pci ? vus_fe_honest.device(name, pci) : NULL;
}

VUS_FE_FAULT(qemu_device, no_plain_variant, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.variants",
	     .says = "knows devices with -pci only")
{
	decide->device = pci_only;
}

static const struct vus_qemu_device *and_scmi(const char *name, bool pci)
{
	static const struct vus_qemu_device scmi = {
		.name = "vhost-user-scmi",
		.vq_size = 256,
	};

	return strcmp(name, scmi.name) == 0 ? &scmi
					    : vus_fe_honest.device(name, pci);
}

static uint64_t id_of_scmi(void)
{
	return VIRTIO_ID_SCMI;
}

VUS_FE_FAULT(qemu_device, knows_scmi, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.scmi_arm",
	     .says = "knows the device of another target")
{
	decide->device = and_scmi;
	decide->default_virtio_id = id_of_scmi;
}

static bool no(void)
{
	return false;
}

VUS_FE_FAULT(qemu_device, makes_up_a_tag, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.fs_tag", .says = "needs no tag")
{
	decide->needs_tag = no;
}

static uint64_t id_of_blk(void)
{
	return VIRTIO_ID_BLOCK;
}

VUS_FE_FAULT(qemu_device, makes_up_an_id, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.generic_id",
	     .says = "takes a block device without virtio-id")
{
	decide->default_virtio_id = id_of_blk;
}

/* ---- chardevs ---- */

static struct vus_fake_chardev *named_or_first(struct vus_fake_options *o,
					       const char *id)
{
	struct vus_fake_chardev *c = vus_fe_honest.chardev(o, id);

	return !c && o->nchardevs > 0 ? &o->chardevs[0] : c;
}

VUS_FE_FAULT(qemu_device, guesses_chardevs, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.chardev_unknown",
	     .says = "takes the first chardev for one that is not there")
{
	decide->chardev = named_or_first;
}

VUS_FE_FAULT(qemu_device, needs_no_chardev, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.chardev",
	     .says = "takes the first chardev where none is said")
{
	decide->needs_chardev = no;
	decide->chardev = named_or_first;
}

static void die(const char *backend)
{
	(void)backend;
	abort();
}

VUS_FE_FAULT(qemu_device, aborts_on_other_chardev,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.chardev_kind",
	     .says = "aborts when a chardev is no socket")
{
	decide->other_chardev = die;
}

static bool yes(void)
{
	return true;
}

VUS_FE_FAULT(qemu_device, accepts_dead_chardev,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.chardev_dead",
	     .says = "stays up where nobody listens")
{
	decide->survives_failure = yes;
}

static int success(void)
{
	return 0;
}

VUS_FE_FAULT(qemu_device, refuses_with_success,
	     .proved_by = VUS_PROVED_BY_PYTEST, .rule = "qemu_device.refusal",
	     .says = "says why it does not start, and ends with status 0")
{
	decide->refusal_status = success;
}

/* ---- rings and configuration ---- */

static uint64_t one(const struct vus_fake_device *d, uint64_t said)
{
	(void)d, (void)said;
	return 1;
}

VUS_FE_FAULT(qemu_device, one_queue, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.queues", .also = "qemu_device.generic_queues",
	     .says = "takes one queue whatever is asked")
{
	decide->queues = one;
}

static uint64_t one_of_generic(const struct vus_fake_device *d, uint64_t said)
{
	return d->generic ? 1 : vus_fe_honest.queues(d, said);
}

VUS_FE_FAULT(qemu_device, three_queues_are_one,
	     .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.generic_queues",
	     .says = "ignores num_vqs= of a generic device")
{
	decide->queues = one_of_generic;
}

static uint64_t two_by_default(const struct vus_fake_device *d, uint64_t said)
{
	return d->generic && said == 0 ? 2 : vus_fe_honest.queues(d, said);
}

VUS_FE_FAULT(qemu_device, has_two_queues, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.generic_defaults",
	     .says = "has two queues where none are asked")
{
	decide->queues = two_by_default;
}

static bool at_most_1024(const char *key, const char *value, uint64_t *ret,
			 struct vus_err *err)
{
	if (!vus_keyval_number(key, value, 1, UINT32_MAX, ret, err))
		return false;
	*ret = VUS_MIN(*ret, 1024);
	return true;
}

VUS_FE_FAULT(qemu_device, cuts_excess, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.generic_limits",
	     .says = "takes 1024 for more descriptors than there can be")
{
	decide->vq_size = at_most_1024;
}

static bool never(const struct vus_fake *f)
{
	(void)f;
	return false;
}

VUS_FE_FAULT(qemu_device, reads_no_config, .proved_by = VUS_PROVED_BY_PYTEST,
	     .rule = "qemu_device.generic_config",
	     .says = "reads no configuration, whatever its size")
{
	decide->reads_config = never;
}
