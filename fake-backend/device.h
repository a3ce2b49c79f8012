/* SPDX-License-Identifier: BSD-3-Clause */
/* device.h — what a device model is.
 *
 * A device sees chains already translated and bounds-checked; it never meets
 * a message, a socket or a descriptor.  Its state is per connection, sized by
 * declaration, owned by the core. */
#ifndef VUS_FAKE_BACKEND_DEVICE_H
#define VUS_FAKE_BACKEND_DEVICE_H

#include "backend.h"

/* What becomes of requests on a ring. */
enum vus_ring_role {
	VUS_RING_SERVES, /* they are served at once */
	VUS_RING_WAITS,  /* they wait for something that never comes */
	VUS_RING_DRAIN,  /* they go out; while the ring is disabled, to nowhere
			  * ("Ring states": "process and discard any TX
			  * packets") */
};

struct vus_device {
	const char *name;
	const char *brief;
	uint32_t virtio_id;
	unsigned queues;      /* default number */
	unsigned max_queues;  /* 0: as many as the default */
	size_t state_size;    /* bytes, zeroed at connection and at reset */
	uint64_t features;    /* virtio features it offers */
	uint64_t pf;          /* protocol features of its own messages */
	uint32_t config_size; /* bytes; 0: no configuration space */
	/* What must outlive a connection (a disk's content) goes to
	 * cfg->store; made once a process, before the first connection. */
	bool (*open)(struct vus_be_config *cfg, struct vus_err *err);
	void (*close)(struct vus_be_config *cfg);
	/* Features that depend on the command line; NULL: `features`. */
	uint64_t (*offer)(const struct vus_be_config *cfg);
	/* The state of a new connection, or after a device reset; it has been
	 * zeroed. */
	void (*reset)(struct vus_be *be);
	/* NULL: all rings serve. */
	enum vus_ring_role (*role)(const struct vus_vq *vq);
	void (*kick)(struct vus_be *be, struct vus_vq *vq);
	/* Fill config bytes [offset, offset+len), which lie in config_size. */
	void (*config_read)(struct vus_be *be, uint32_t offset, void *buf,
			    uint32_t len);
	/* False, nothing written: a field that is not writable, or a bad
	 * value. */
	bool (*config_write)(struct vus_be *be, uint32_t offset,
			     const void *buf, uint32_t len);
};

#define VUS_DEVICE(dname, ...)                                                 \
	static const struct vus_device vus_device_##dname = { .name = #dname,  \
							      __VA_ARGS__ };   \
	static const struct vus_device *const vus_device_entry_##dname         \
		__attribute__((used, retain, section("vus_devices"))) =        \
			&vus_device_##dname

const struct vus_device *vus_device_by_name(const char *name);
/* "blk invert net rng", sorted. */
void vus_device_names(struct vus_text *ret);

/* Take the next request; false when there is none, when the ring is broken,
 * or when this step has done its share. */
bool vus_vq_pop(struct vus_vq *vq, struct vus_chain *ret);
void vus_vq_push(struct vus_vq *vq, const struct vus_chain *c,
		 uint32_t written);
/* Interrupt the driver if it asked for it. */
void vus_vq_notify(struct vus_vq *vq);

#endif
