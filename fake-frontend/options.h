/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h — the fake front-end's command line: QEMU's words, and a few of its
 * own. */
#ifndef VUS_FAKE_FRONTEND_OPTIONS_H
#define VUS_FAKE_FRONTEND_OPTIONS_H

#include "base/text.h"
#include "mem/object.h"
#include "decisions.h"
#include "fake-frontend/drivers/driver.h"

#define VUS_FAKE_MAX_GIVEN   64 /* QEMU's words that matter */
#define VUS_FAKE_MAX_FAULTS  32
#define VUS_FAKE_MAX_DEVICES 4

enum vus_fake_mode {
	VUS_FAKE_RUN,
	VUS_FAKE_HELP,
	VUS_FAKE_VERSION,
	VUS_FAKE_LIST_FAULTS,
	VUS_FAKE_LIST_VALUE_FAULTS,
};

/* QEMU's words that matter, as they came. */
enum vus_fake_word {
	VUS_WORD_M,
	VUS_WORD_OBJECT,
	VUS_WORD_MACHINE,
	VUS_WORD_NUMA,
	VUS_WORD_CHARDEV,
	VUS_WORD_DEVICE,
	VUS_WORD_MEM_PATH,
};

/* -chardev socket: how to reach a back-end. */
struct vus_fake_chardev {
	char id[VUS_OBJECT_ID];
	char path[VUS_OBJECT_PATH];
	int fd;          /* an inherited, connected socket instead, or -1 */
	bool server;     /* listen at the path */
	bool reconnects; /* wait for the back-end, and come again */
	bool taken;      /* a device has it */
};

/* -device vhost-user-*. */
struct vus_fake_device {
	char name[VUS_OBJECT_ID];
	char chardev_id[VUS_OBJECT_ID];
	struct vus_fake_chardev *chardev;
	uint64_t virtio_id;
	bool generic;                    /* any virtio device */
	const struct vus_driver *driver; /* NULL: set up and stopped only */
	uint64_t nqueues;                /* that the device has in all */
	uint64_t vq_size;                /* descriptors */
	uint64_t config_size;            /* bytes to read of it */
	uint64_t without;                /* virtio features not acknowledged */
};

struct vus_fake_options {
	enum vus_fake_mode mode;
	struct {
		enum vus_fake_word word;
		const char *value;
	} said[VUS_FAKE_MAX_GIVEN];
	unsigned nsaid;
	enum vus_event_kind notify; /* --notify */
	bool slots;                 /* --slots: where the back-end can */
	bool allow_writes;          /* --allow-writes */
	bool stay;                  /* --stay: until a signal comes */
	bool verbose;               /* --verbose */
	uint64_t timeout;           /* --timeout: of one answer, s */
	uint64_t requests;          /* --requests: of each device */
	const char *control;        /* --control: a socket's path, or NULL */
	const char *faults[VUS_FAKE_MAX_FAULTS]; /* --fault */
	unsigned nfaults;
	struct vus_fe_decisions decide; /* honest but for these faults */
	const char *record;             /* --record: a file, or NULL */
	/* What QEMU's words mean, after vus_fake_parse_values(). */
	struct vus_machine machine;
	unsigned memory[VUS_MAX_OBJECTS]; /* objects, by guest address */
	unsigned nmemory;
	struct vus_fake_chardev chardevs[VUS_FAKE_MAX_DEVICES];
	unsigned nchardevs;
	struct vus_fake_device devices[VUS_FAKE_MAX_DEVICES];
	unsigned ndevices;
};

/* Append what --help prints. */
void vus_fake_usage(struct vus_text *ret);

/* --list-faults, --list-value-faults; false when not everything could be
 * written. */
VUS_MUST_CHECK bool vus_fake_list_faults(void);
VUS_MUST_CHECK bool vus_fake_list_value_faults(void);

/* Take the command line apart (options.c).  Kind USAGE: an unknown option, one
 * that lacks its value, an unknown fault or two that exclude each other, no
 * device. */
VUS_MUST_CHECK bool vus_fake_parse_argv(int argc, char **argv,
					struct vus_fake_options *ret,
					struct vus_err *err);

/* Read what QEMU's words say (qemu_args.c); *o must stay where it is from now
 * on.  Kind USAGE: what QEMU refuses, and memory that no back-end would see. */
VUS_MUST_CHECK bool vus_fake_parse_values(struct vus_fake_options *o,
					  struct vus_err *err);

#endif
