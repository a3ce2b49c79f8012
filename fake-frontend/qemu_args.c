/* SPDX-License-Identifier: BSD-3-Clause */
/* qemu_args.c — what QEMU's words say of chardevs, devices and their memory. */
#include "options.h"

#include "base/keyval.h"
#include "fault.h"
#include "misread.h"

#include <inttypes.h>
#include <linux/virtio_ids.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that a shared folder's tag has at most: virtio, "File System Device".
 */
#define TAG 36

/* QEMU's VIRTQUEUE_MAX_SIZE. */
#define MOST_DESCRIPTORS 1024

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* ---- -chardev ---- */

struct chardev_words {
	struct vus_fake_chardev c;
	char backend[VUS_OBJECT_ID];
};

static bool take_chardev(void *ctx, const char *key, const char *value,
			 struct vus_err *err)
{
	static const char *const ignored[] = { "wait", "nodelay", "logfile",
					       "logappend", "mux" };
	struct chardev_words *w = ctx;
	uint64_t n;

	if (strcmp(key, "backend") == 0)
		return vus_keyval_copy(key, value, w->backend,
				       sizeof(w->backend), err);
	if (strcmp(key, "id") == 0)
		return vus_keyval_copy(key, value, w->c.id, sizeof(w->c.id),
				       err);
	/* Another kind of chardev is nobody's back-end. */
	if (strcmp(w->backend, "socket") != 0 ||
	    is_one_of(key, ignored, VUS_COUNT(ignored)))
		return true;
	if (strcmp(key, "path") == 0)
		return vus_keyval_copy(key, value, w->c.path, sizeof(w->c.path),
				       err);
	if (strcmp(key, "server") == 0)
		return vus_keyval_bool(key, value, &w->c.server, err);
	if (strcmp(key, "reconnect") == 0 || strcmp(key, "reconnect-ms") == 0) {
		if (!vus_keyval_number(key, value, 0, INT32_MAX, &n, err))
			return false;
		w->c.reconnects = n > 0;
		return true;
	}
	if (strcmp(key, "fd") == 0) {
		if (!vus_keyval_number(key, value, 0, INT32_MAX, &n, err))
			return false;
		w->c.fd = (int)n;
		return true;
	}
	return vus_fail(err, VUS_ERR_USAGE,
			"-chardev socket: Invalid parameter '%.80s'", key);
}

static struct vus_fake_chardev *find_chardev(struct vus_fake_options *o,
					     const char *id)
{
	for (unsigned i = 0; i < o->nchardevs; i++)
		if (strcmp(o->chardevs[i].id, id) == 0)
			return &o->chardevs[i];
	return NULL;
}

static bool chardev_is_whole(const struct vus_fake_chardev *c,
			     struct vus_err *err)
{
	if (!c->id[0])
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev: Parameter 'id' is missing");
	if ((c->fd >= 0) == (c->path[0] != '\0'))
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev socket,id=%s: one of 'path' and 'fd' "
				"is needed",
				c->id);
	if (c->reconnects && (c->server || c->fd >= 0))
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev socket,id=%s: 'reconnect' is for a "
				"client with a path",
				c->id);
	return true;
}

static bool read_chardev(struct vus_fake_options *o, const char *value,
			 struct vus_err *err)
{
	struct chardev_words w = { .c.fd = -1 };

	if (!vus_keyval_read(value, "backend", take_chardev, &w, err))
		return false;
	if (strcmp(w.backend, "socket") != 0) {
		if (VUS_FE_FAULTY(o, qemu_device, aborts_on_other_chardev))
			abort();
		return true;
	}
	if (!chardev_is_whole(&w.c, err))
		return false;
	if (find_chardev(o, w.c.id))
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev: duplicate ID '%s'", w.c.id);
	if (o->nchardevs == VUS_FAKE_MAX_DEVICES)
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev: socket %u of at most %u",
				o->nchardevs + 1, VUS_FAKE_MAX_DEVICES);
	o->chardevs[o->nchardevs++] = w.c;
	return true;
}

/* ---- -device ---- */

/* QEMU's vhost-user devices that are taken, and what they are without further
 * words. */
static const struct row {
	const char *name;
	uint64_t virtio_id; /* 0: said by virtio-id= */
	const char *queues_word, *size_word;
	uint64_t vq_size;
} rows[] = {
	{ "vhost-user-blk", VIRTIO_ID_BLOCK, "num-queues", "queue-size", 128 },
	{ "vhost-user-rng", VIRTIO_ID_RNG, NULL, NULL, 4 },
	{ "vhost-user-fs", VIRTIO_ID_FS, "num-request-queues", "queue-size",
	  128 },
	/* The same, before and since QEMU 10.1. */
	{ "vhost-user-device", 0, "num_vqs", "vq_size", 64 },
	{ "vhost-user-test-device", 0, "num_vqs", "vq_size", 64 },
};

struct device_words {
	struct vus_fake_device d;
	const struct row *row;
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
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		if (strcmp(rows[i].name, w->d.name) == 0)
			w->row = &rows[i];
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
	return !on ||
	       vus_fail(err, VUS_ERR_USAGE, "packed=on: rings are split here");
}

static bool is_word(const char *key, const char *word)
{
	return word && strcmp(key, word) == 0;
}

/* No back-end ever notices them. */
static const char *const unnoticed[] = {
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

static bool take_device(void *ctx, const char *key, const char *value,
			struct vus_err *err)
{
	struct device_words *w = ctx;
	struct vus_fake_device *d = &w->d;

	if (is_one_of(key, unnoticed, VUS_COUNT(unnoticed)))
		return true;
	if (is_word(key, "chardev"))
		return vus_keyval_copy(key, value, d->chardev_id,
				       sizeof(d->chardev_id), err);
	if (is_word(key, w->row->queues_word))
		return vus_keyval_number(key, value, 1, VUS_MAX_QUEUES,
					 &d->nqueues, err);
	if (is_word(key, w->row->size_word))
		return vus_keyval_number(key, value, 1, MOST_DESCRIPTORS,
					 &d->vq_size, err);
	if (d->virtio_id == VIRTIO_ID_FS && is_word(key, "tag")) {
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
	if (w->row->virtio_id == 0 && is_word(key, "virtio-id"))
		return vus_keyval_number(key, value, 1, UINT16_MAX,
					 &d->virtio_id, err);
	if (w->row->virtio_id == 0 && is_word(key, "config_size"))
		return vus_keyval_number(key, value, 0, VUS_CONFIG_MAX,
					 &d->config_size, err);
	return vus_fail(err, VUS_ERR_USAGE, "property '%s.%.80s' not found",
			d->name, key);
}

/* The device of another back-end than a disk's: what a guest mounts it by. */
static bool tag_is_whole(const struct device_words *w, struct vus_err *err)
{
	if (w->d.virtio_id != VIRTIO_ID_FS || (w->tag[0] && !w->tag[TAG]))
		return true;
	return vus_fail(err, VUS_ERR_USAGE,
			w->tag[0] ? "%s: tag property must be %d bytes or less"
				  : "%s: missing tag property",
			w->d.name, TAG);
}

static bool device_is_whole(struct vus_fake_options *o,
			    struct vus_fake_device *d, struct vus_err *err)
{
	if (!d->chardev_id[0])
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
	d->chardev = find_chardev(o, d->chardev_id);
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
	/* Said are the rings that take requests, and it has one before them;
	 * its configuration is the tag, which the back-end does not know. */
	if (d->virtio_id == VIRTIO_ID_FS)
		d->nqueues++;
	else if (d->config_size == 0)
		d->config_size = driver->config_size;
	d->nqueues = VUS_MAX(d->nqueues, driver->min_queues);
}

static bool read_device(struct vus_fake_options *o, const char *value,
			struct vus_err *err)
{
	struct device_words w = { .d.nqueues = 1 };
	struct vus_fake_device *d = &w.d;

	if (!vus_keyval_read(value, "driver", take_name, &w, err))
		return false;
	/* Others have no back-end. */
	if (strncmp(d->name, "vhost-user-", 11) != 0)
		return true;
	if (!w.row)
		return vus_fail(err, VUS_ERR_USAGE,
				"-device: '%s%s' is not a valid device model "
				"name here: vhost-user-test-device,virtio-id=N "
				"stands for any",
				d->name, w.pci ? "-pci" : "");
	d->virtio_id = w.row->virtio_id;
	d->vq_size = w.row->vq_size;
	if (!vus_keyval_read(value, "driver", take_device, &w, err) ||
	    !tag_is_whole(&w, err) || !device_is_whole(o, d, err))
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

/* ---- all of them ---- */

static bool read_option_value(struct vus_fake_options *o,
			      enum vus_fake_word word, const char *value,
			      struct vus_err *err)
{
	switch (word) {
	case VUS_WORD_M:
		return vus_machine_m(&o->machine, value, err);
	case VUS_WORD_OBJECT:
		/* Other objects are about other things. */
		return !vus_machine_is_memory(value) ||
		       vus_machine_object(&o->machine, value, err);
	case VUS_WORD_MACHINE:
		return vus_machine_machine(&o->machine, value, err);
	case VUS_WORD_NUMA:
		return vus_machine_numa(&o->machine, value, err);
	case VUS_WORD_CHARDEV:
		return read_chardev(o, value, err);
	default:
		return true; /* devices come last: they name the others */
	}
}

static bool is_shared(const struct vus_object *obj)
{
	return obj->opts.share == VUS_ON ||
	       (obj->opts.share == VUS_DEFAULT && obj->opts.kind != VUS_FILE);
}

/* QEMU starts with memory that is private, and its vhost-user devices then
 * fail one way or another; here it is said.  Plain RAM is left out beside
 * memory that is shared, as QEMU does it. */
static bool memory_is_shared(const struct vus_fake_options *o,
			     struct vus_err *err)
{
	const struct vus_object *lonely = NULL;
	unsigned shared = 0;

	for (unsigned i = 0; i < o->nmemory; i++) {
		const struct vus_object *obj =
			&o->machine.objects[o->memory[i]];

		shared += is_shared(obj);
		if (!is_shared(obj) && (!lonely || lonely->ram))
			lonely = obj;
	}
	if (!lonely || (lonely->ram && shared > 0))
		return true;
	return vus_fail(err, VUS_ERR_USAGE,
			"memory backend '%s' is private, no back-end would see "
			"it: memory-backend-%s needs share=on",
			lonely->id,
			lonely->ram ? "ram"
				    : vus_backing_name(lonely->opts.kind));
}

/* QEMU's system/vl.c. */
static bool mem_path_fits(const struct vus_fake_options *o, struct vus_err *err)
{
	if (!o->machine.memory_backend[0] ||
	    VUS_FE_FAULTY(o, qemu_memory_size, takes_mem_path))
		return true;
	for (unsigned i = 0; i < o->nsaid; i++)
		if (o->said[i].word == VUS_WORD_MEM_PATH)
			return vus_fail(err, VUS_ERR_USAGE,
					"'-mem-path' can't be used together "
					"with '-machine memory-backend'");
	return true;
}

bool vus_fake_parse_values(struct vus_fake_options *o, struct vus_err *err)
{
	char buf[VUS_FAKE_MISREAD];

	for (unsigned i = 0; i < o->nsaid; i++)
		if (!vus_fake_overlooks(o, i) &&
		    !read_option_value(o, o->said[i].word,
				       vus_fake_misread(o, o->said[i].word,
							o->said[i].value, buf),
				       err))
			return false;
	for (unsigned i = 0; i < o->nsaid; i++)
		if (o->said[i].word == VUS_WORD_DEVICE &&
		    !read_device(o,
				 vus_fake_misread(o, VUS_WORD_DEVICE,
						  o->said[i].value, buf),
				 err))
			return false;
	vus_fake_misjudge(o);
	if (o->ndevices == 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"none of the devices is a vhost-user device");
	if (!mem_path_fits(o, err) ||
	    !vus_machine_check(&o->machine, o->memory, &o->nmemory, err))
		return false;
	vus_fake_misname(o);
	return memory_is_shared(o, err);
}
