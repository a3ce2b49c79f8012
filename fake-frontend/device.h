/* SPDX-License-Identifier: BSD-3-Clause */
/* device.h — one device of the program: from its connection to its stop. */
#ifndef VUS_FAKE_FRONTEND_DEVICE_H
#define VUS_FAKE_FRONTEND_DEVICE_H

#include "options.h"

struct vus_fake {
	const struct vus_fake_options *o;
	const struct vus_fake_device *d;
	const struct vus_trace *trace; /* may be NULL */
	int stop_fd;                   /* readable: give up (kind EOF) */
	bool connected;
	unsigned connections; /* so far */
	/* Its guest is a copy: all devices share one memory, which none of them
	 * owns. */
	struct vus_session s;
	/* While `keeps`, between two connections: its rings, and the guest's
	 * cursor. */
	struct vus_queue kept[VUS_MAX_QUEUES];
	uint64_t cursor;
	bool keeps;
	bool incoming;   /* it starts as the destination of a migration */
	unsigned nrings; /* rings that take requests, from queues[0] on */
	uint64_t done;   /* requests that were verified */
};

/* Connect, or be connected to (connection.c). */
VUS_MUST_CHECK bool vus_fake_connect(struct vus_fake *f,
				     const struct vus_guest *guest,
				     struct vus_err *err);
/* Close the connection, or release rings that were kept; may be repeated. */
void vus_fake_close(struct vus_fake *f);
/* The connection is lost while rings run: they are kept for the next one. */
void vus_fake_lose_connection(struct vus_fake *f);

/* Negotiate, and check that the back-end has what the command line asks for. */
VUS_MUST_CHECK bool vus_fake_negotiate(struct vus_fake *f, struct vus_err *err);
/* Configuration, memory and rings, as QEMU sets them up until a guest's driver
 * is ready.  Rings are allocated at the guest's cursor, which advances. */
VUS_MUST_CHECK bool vus_fake_start(struct vus_fake *f, struct vus_err *err);
/* The same as the destination of a postcopy migration. */
VUS_MUST_CHECK bool vus_fake_start_incoming(struct vus_fake *f,
					    struct vus_err *err);
/* Requests on every ring, with buffers in every region. */
VUS_MUST_CHECK bool vus_fake_do_io(struct vus_fake *f, struct vus_err *err);
/* Disable and stop each ring: its base must be its driver's index, since no
 * request is pending. */
VUS_MUST_CHECK bool vus_fake_stop(struct vus_fake *f, struct vus_err *err);
/* After a stop: the rings go on where they stopped. */
VUS_MUST_CHECK bool vus_fake_cont(struct vus_fake *f, struct vus_err *err);
/* On the connection after a lost one, negotiated: the rings go on, and requests
 * that were not completed are waited for. */
VUS_MUST_CHECK bool vus_fake_resume(struct vus_fake *f, struct vus_err *err);
/* After a stop: the device is reset where RESET_DEVICE was negotiated, and its
 * rings start from 0. */
VUS_MUST_CHECK bool vus_fake_reset(struct vus_fake *f, struct vus_err *err);
/* Announce the last region of guest memory, which is new. */
VUS_MUST_CHECK bool vus_fake_plug_memory(struct vus_fake *f,
					 struct vus_err *err);
/* Remove the last region of guest memory. */
VUS_MUST_CHECK bool vus_fake_unplug_memory(struct vus_fake *f,
					   struct vus_err *err);
/* The driver writes a byte of configuration space that it may write. */
VUS_MUST_CHECK bool vus_fake_config_write(struct vus_fake *f,
					  struct vus_err *err);

#endif
