/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz_backend.c — frames, descriptors and rings against the fake back-end's
 * step function, over a socket pair.
 *
 * It must not crash nor leak a descriptor, and must send each answer that is
 * due, once, as the tables say. */
#include "session.h"

#include "fake-backend/device.h"
#include "base/own.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define DISK_BYTES (UINT64_C(1) << 20)
#define MAX_OPS    256

static const char *const devices[] = { "blk", "invert", "rng" };

/* What outlives connections is made once. */
static const struct vus_be_config *config(unsigned which)
{
	static struct vus_be_config cfgs[VUS_COUNT(devices)];
	struct vus_be_config *cfg = &cfgs[which % VUS_COUNT(devices)];
	struct vus_err err;

	if (cfg->device)
		return cfg;
	vus_be_defaults(
		cfg, vus_device_by_name(devices[which % VUS_COUNT(devices)]));
	cfg->size = DISK_BYTES;
	if (!vus_be_config_open(cfg, &err))
		abort();
	return cfg;
}

/* The number the next descriptor will have: unchanged when none leaked. */
static int next_fd(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	(void)close(fd);
	return fd;
}

static void run(struct vus_fuzz_session *s, struct vus_input *in)
{
	for (unsigned i = 0; i < MAX_OPS && s->open && in->left > 0; i++)
		vus_fuzz_step(s, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vus_fuzz_session s;
	const struct vus_world *world = vus_world();
	struct vus_input in = { data, size };
	const struct vus_be_config *cfg = config(vus_input_u8(&in));
	int before = next_fd();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	vus_world_clean(world);
	s.world = world;
	s.open = true;
	vus_be_init(&s.be, cfg, pair[0], NULL);
	vus_link_open(&s.peer, pair[1], VUS_FE, true, NULL);
	run(&s, &in);
	vus_be_close(&s.be);
	vus_link_close(&s.peer);
	if (next_fd() != before)
		abort(); /* a descriptor was left open */
	return 0;
}
