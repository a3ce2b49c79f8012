/* SPDX-License-Identifier: BSD-3-Clause */
/* qemu_device.c — -device: QEMU's vhost-user supported devices.
 *
 * What a device is without further words stands in the row of its driver; the
 * generic device, which has none, stands here. */
#include "qemu_device.h"

#include "base/keyval.h"
#include "honest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bytes that a shared folder's tag has at most: virtio, "File System Device".
 */
#define TAG 36

/* QEMU's VIRTQUEUE_MAX_SIZE. */
#define MOST_DESCRIPTORS 1024

/* ---- what is decided ---- */

bool vus_fe_honest_needs_chardev(void)
{
	return true;
}

const struct vus_qemu_device *vus_fe_honest_device(const char *name, bool pci)
{
	/* The same, before and since QEMU 10.1. */
	static const struct vus_qemu_device generic[] = {
		{ .name = "vhost-user-device",
		  .queues_word = "num_vqs",
		  .size_word = "vq_size",
		  .vq_size = 64 },
		{ .name = "vhost-user-test-device",
		  .queues_word = "num_vqs",
		  .size_word = "vq_size",
		  .vq_size = 64 },
	};
	const struct vus_driver *driver = vus_driver_by_qemu_name(name);

	(void)pci;
	for (size_t i = 0; i < VUS_COUNT(generic); i++)
		if (strcmp(generic[i].name, name) == 0)
			return &generic[i];
	return driver ? &driver->qemu : NULL;
}

uint64_t vus_fe_honest_queues(const struct vus_fake_device *d, uint64_t said)
{
	(void)d;
	return said ? said : 1;
}

bool vus_fe_honest_vq_size(const char *key, const char *value, uint64_t *ret,
			   struct vus_err *err)
{
	return vus_keyval_number(key, value, 1, MOST_DESCRIPTORS, ret, err);
}

uint64_t vus_fe_honest_default_virtio_id(void)
{
	return 0;
}

bool vus_fe_honest_needs_tag(void)
{
	return true;
}

/* ---- words ---- */

struct device_words {
	const struct vus_fe_decisions *decide;
	struct vus_fake_device d;
	const struct vus_qemu_device *model;
	uint64_t queues;   /* 0: not said */
	bool pci;          /* behind that transport */
	char tag[TAG + 2]; /* fs; longer ones are cut */
};

/* "vhost-user-blk-pci" is vhost-user-blk behind another transport. */
static bool take_name(void *ctx, const char *key, const char *value,
		      struct vus_err *err)
{
	struct device_words *w = ctx;
	char *suffix;

	if (strcmp(key, "driver") != 0)
		return true;
	if (!vus_keyval_copy(key, value, w->d.name, sizeof(w->d.name), err))
		return false;
	suffix = strrchr(w->d.name, '-');
	w->pci = suffix && strcmp(suffix, "-pci") == 0;
	if (w->pci)
		*suffix = '\0';
	w->model = w->decide->device(w->d.name, w->pci);
	return true;
}

static bool without_feature(struct vus_fake_device *d, const char *key,
			    const char *value, uint64_t feature,
			    struct vus_err *err)
{
	bool on;

	if (!vus_keyval_bool(key, value, &on, err))
		return false;
	if (!on)
		d->without |= feature;
	return true;
}

static bool take_packed(const char *key, const char *value, struct vus_err *err)
{
	bool on;

	if (!vus_keyval_bool(key, value, &on, err))
		return false;
	return !on || vus_fail(err, VUS_ERR_USAGE,
			       "packed=on: only split rings are supported");
}

static bool is_word(const char *key, const char *word)
{
	return word && strcmp(key, word) == 0;
}

/* No back-end can notice them. */
static bool is_ignored(const char *key)
{
	static const char *const keys[] = {
		"driver",
		"id",
		"bus",
		"addr",
		"bootindex",
		"config-wce",
		"ats",
		"iommu_platform",
		"disable-legacy",
		"disable-modern",
	};

	for (size_t i = 0; i < VUS_COUNT(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* Has the device this tag= that a guest mounts it by? */
static bool is_tagged(const struct vus_fake_device *d)
{
	const struct vus_driver *driver = vus_driver_by_id(d->virtio_id);

	return driver && driver->qemu.tagged;
}

/* Words that the generic device alone has. */
static bool take_generic(struct vus_fake_device *d, const char *key,
			 const char *value, bool *ret_known,
			 struct vus_err *err)
{
	*ret_known = true;
	if (d->generic && is_word(key, "virtio-id"))
		return vus_keyval_number(key, value, 1, UINT16_MAX,
					 &d->virtio_id, err);
	if (d->generic && is_word(key, "config_size"))
		return vus_keyval_number(key, value, 0, VUS_CONFIG_MAX,
					 &d->config_size, err);
	*ret_known = false;
	return true;
}

static bool take_device(void *ctx, const char *key, const char *value,
			struct vus_err *err)
{
	struct device_words *w = ctx;
	struct vus_fake_device *d = &w->d;
	bool known;

	if (is_ignored(key))
		return true;
	if (is_word(key, "chardev"))
		return vus_keyval_copy(key, value, d->chardev_id,
				       sizeof(d->chardev_id), err);
	if (is_word(key, w->model->queues_word))
		return vus_keyval_number(key, value, 1, VUS_MAX_QUEUES,
					 &w->queues, err);
	if (is_word(key, w->model->size_word))
		return w->decide->vq_size(key, value, &d->vq_size, err);
	if (is_tagged(d) && is_word(key, "tag")) {
		(void)snprintf(w->tag, sizeof(w->tag), "%s", value);
		return true;
	}
	if (is_word(key, "event_idx"))
		return without_feature(d, key, value, VF(RING_EVENT_IDX), err);
	if (is_word(key, "indirect_desc"))
		return without_feature(d, key, value, VF(RING_INDIRECT_DESC),
				       err);
	if (is_word(key, "packed"))
		return take_packed(key, value, err);
	if (!take_generic(d, key, value, &known, err))
		return false;
	return known || vus_fail(err, VUS_ERR_USAGE,
				 "property '%s.%.80s' not found", d->name, key);
}

static bool tag_fits(const struct device_words *w, struct vus_err *err)
{
	if (!is_tagged(&w->d) ||
	    (w->tag[0] ? !w->tag[TAG] : !w->decide->needs_tag()))
		return true;
	return vus_fail(err, VUS_ERR_USAGE,
			w->tag[0] ? "%s: tag property must be %d bytes or less"
				  : "%s: missing tag property",
			w->d.name, TAG);
}

static bool device_is_whole(struct vus_fake_device *d,
			    const struct vus_fe_decisions *decide,
			    struct vus_err *err)
{
	if (!d->chardev_id[0] && decide->needs_chardev())
		return vus_fail(err, VUS_ERR_USAGE, "%s: chardev is mandatory",
				d->name);
	if (d->virtio_id == 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s: virtio-id is mandatory", d->name);
	if (d->vq_size & (d->vq_size - 1))
		return vus_fail(err, VUS_ERR_USAGE,
				"%s: a queue of %" PRIu64
				" descriptors: the size must be a power of 2, "
				"at most %d",
				d->name, d->vq_size, MOST_DESCRIPTORS);
	return true;
}

static bool find_chardev(struct vus_fake_options *o, struct vus_fake_device *d,
			 struct vus_err *err)
{
	d->chardev = o->decide.chardev(o, d->chardev_id);
	if (!d->chardev)
		return vus_fail(err, VUS_ERR_USAGE,
				"property '%s.chardev' can't find value '%s'",
				d->name, d->chardev_id);
	if (d->chardev->taken)
		return vus_fail(err, VUS_ERR_USAGE,
				"property '%s.chardev' can't take value '%s', "
				"it's in use",
				d->name, d->chardev_id);
	return true;
}

/* With the driver come the rings that the device has at least, and the
 * configuration that is read. */
static void use_driver(struct vus_fake_device *d)
{
	const struct vus_driver *driver = vus_driver_by_id(d->virtio_id);

	d->driver = driver;
	if (!driver)
		return;
	d->nqueues += driver->qemu.more_queues;
	if (!driver->qemu.tagged && d->config_size == 0)
		d->config_size = driver->config_size;
	d->nqueues = VUS_MAX(d->nqueues, driver->min_queues);
}

static bool read_words(struct device_words *w, const char *value,
		       struct vus_err *err)
{
	struct vus_fake_device *d = &w->d;
	const struct vus_driver *driver = vus_driver_by_qemu_name(d->name);

	d->virtio_id = driver ? driver->virtio_id : 0;
	d->generic = !driver;
	d->vq_size = w->model->vq_size;
	if (!vus_keyval_read(value, "driver", take_device, w, err))
		return false;
	if (d->virtio_id == 0)
		d->virtio_id = w->decide->default_virtio_id();
	d->nqueues = w->decide->queues(d, w->queues);
	return tag_fits(w, err) && device_is_whole(d, w->decide, err);
}

bool vus_fake_device_read(struct vus_fake_options *o, const char *value,
			  struct vus_err *err)
{
	struct device_words w = { .decide = &o->decide };
	struct vus_fake_device *d = &w.d;

	if (!vus_keyval_read(value, "driver", take_name, &w, err))
		return false;
	/* Others have no back-end. */
	if (strncmp(d->name, "vhost-user-", 11) != 0)
		return true;
	if (!w.model)
		return vus_fail(err, VUS_ERR_USAGE,
				"-device: '%s%s' is not a valid device model "
				"name here: vhost-user-test-device,virtio-id=N "
				"stands for any",
				d->name, w.pci ? "-pci" : "");
	if (!read_words(&w, value, err) || !find_chardev(o, d, err))
		return false;
	if (o->ndevices == VUS_FAKE_MAX_DEVICES)
		return vus_fail(err, VUS_ERR_USAGE,
				"-device: device %u of at most %u",
				o->ndevices + 1, VUS_FAKE_MAX_DEVICES);
	use_driver(d);
	d->chardev->taken = true;
	o->devices[o->ndevices++] = *d;
	return true;
}
