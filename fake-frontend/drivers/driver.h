/* SPDX-License-Identifier: BSD-3-Clause */
/* driver.h — what the front-end knows about a device: one harmless request.
 *
 * A device's driver file declares its `ping`: the buffers, when it is
 * completed, and what must be true then.  Cases about rings use only pings. */
#ifndef VUS_FAKE_FRONTEND_DRIVER_H
#define VUS_FAKE_FRONTEND_DRIVER_H

#include "fake-frontend/session.h"

#define VUS_PING_SEGS 8

/* A ping laid out in guest memory. */
struct vus_ping {
	struct vus_seg segs[VUS_PING_SEGS]; /* readable ones first */
	unsigned nsegs;
	uint64_t seed;
	uint32_t min_used, max_used; /* bounds of the used length */
	uint64_t tag, place;         /* the driver's own */
};

/* A device of QEMU's command line. */
struct vus_qemu_device {
	const char *name;        /* "vhost-user-blk"; NULL: there is none */
	const char *queues_word; /* "num-queues"; NULL: the number is fixed */
	const char *size_word;   /* "queue-size"; NULL: the size is fixed */
	uint64_t vq_size;        /* descriptors of a ring by default */
	unsigned more_queues;    /* rings that queues_word does not count */
	/* It has tag=, which is its whole configuration space: nothing is read
	 * from the back-end. */
	bool tagged;
};

/* What the result of a ping shows of the device, in guest memory.  A used entry
 * alone says that the ring was run, and nothing of the buffers. */
enum vus_shows {
	VUS_SHOWS_READ = 1,    /* that readable buffers were read, and where */
	VUS_SHOWS_WRITTEN = 2, /* that writable ones were written */
};

struct vus_driver {
	const char *name;
	uint32_t virtio_id;
	uint64_t features;   /* virtio features to acknowledge when offered */
	unsigned min_queues; /* rings that the device has without MQ */
	unsigned queue;      /* the device's first ring that takes pings, */
	unsigned queue_step; /* and the distance to the next one */
	/* Rings that a device wants set up beside them, e.g. receive rings. */
	unsigned companions[2];
	unsigned ncompanions;
	unsigned vq_size;
	uint32_t config_size; /* bytes a driver reads; 0: none */
	struct vus_qemu_device qemu;
	unsigned shows; /* what a pong finds out: enum vus_shows */
	/* Allocate and fill the buffers; `bytes` is a hint for their size (0:
	 * the default), `seed` determines their content. */
	bool (*ping)(struct vus_session *s, uint64_t seed, uint32_t bytes,
		     struct vus_ping *ret, struct vus_err *err);
	/* Did the device execute it?  False: err (PROTOCOL) says what is wrong.
	 */
	bool (*pong)(struct vus_session *s, const struct vus_ping *ping,
		     uint32_t used_len, struct vus_err *err);
	/* Write data through the device and read it back; NULL when it stores
	 * nothing.  *ret_stored is false where the device discards data. */
	bool (*keeps)(struct vus_session *s, uint64_t seed, bool *ret_stored,
		      struct vus_err *err);
	/* Where a session may store what its pings then read, which is
	 * compared; 0: nowhere.  NULL: nothing is stored. */
	bool (*place)(struct vus_session *s, uint64_t *ret,
		      struct vus_err *err);
	/* Store it, on the first ring.  `unmark` puts back what was there
	 * before, where `remember` was true. */
	bool (*mark)(struct vus_session *s, uint64_t place, bool remember,
		     struct vus_err *err);
	bool (*unmark)(struct vus_session *s, struct vus_err *err);
	/* Make what answers on companions need, when these are set up: then
	 * s->prepared is true, and a pong shows shows_prepared, too. */
	bool (*prepare)(struct vus_session *s, struct vus_err *err);
	/* Is anything there that answers?  Asked once, by the probe. */
	bool (*find)(struct vus_session *s, struct vus_err *err);
	unsigned shows_prepared;
	/* Rules that a device breaks which reads, or stores, other bytes. */
	const char *read_rule, *store_rule;
};

/* Defining a driver registers it. */
#define VUS_DRIVER(dname, ...)                                                 \
	static const struct vus_driver vus_driver_##dname = { .name = #dname,  \
							      __VA_ARGS__ };   \
	static const struct vus_driver *const vus_driver_entry_##dname         \
		__attribute__((used, retain, section("vus_drivers"))) =        \
			&vus_driver_##dname

/* Kind PROTOCOL, of a pong: a request brought other bytes than the device
 * stores.  Other codes of this kind are enum vus_used_failure. */
#define VUS_CONTENT_DIFFERS 2
/* The same of a header that the device puts before it. */
#define VUS_HEADER_DIFFERS 3

/* "blk", "fs", ...; NULL for unknown and "generic". */
const struct vus_driver *vus_driver_by_name(const char *name);

/* The same by its virtio device id, and by its name in QEMU. */
const struct vus_driver *vus_driver_by_id(uint64_t virtio_id);
const struct vus_driver *vus_driver_by_qemu_name(const char *name);

/* "blk fs input ...", sorted */
void vus_driver_names(struct vus_text *ret);

/* For drivers that show nothing: a ping of `len` bytes that the device only
 * reads, and a pong without anything to check. */
VUS_MUST_CHECK bool vus_ping_readonly(struct vus_session *s, const void *bytes,
				      uint32_t len, uint64_t seed,
				      struct vus_ping *ret,
				      struct vus_err *err);
bool vus_pong_unverified(struct vus_session *s, const struct vus_ping *ping,
			 uint32_t used_len, struct vus_err *err);

/* Set the session's driver (NULL: generic), and with it which of the device's
 * rings queues[] are, and how large. */
void vus_fe_set_driver(struct vus_session *s, const struct vus_driver *driver);
/* How many rings of the device take pings, of the `n` that it has. */
unsigned vus_driver_rings(const struct vus_driver *driver, unsigned n);

/* What a pong finds out in this session: enum vus_shows. */
unsigned vus_fe_shows(const struct vus_session *s);

/* One whole ping on s->queues[queue]: add, publish, kick, wait, check. */
VUS_MUST_CHECK bool vus_fe_ping(struct vus_session *s, unsigned queue,
				uint64_t seed, struct vus_err *err);

#endif
