/* SPDX-License-Identifier: BSD-3-Clause */
/* fs.c — virtio-fs: the ping is FUSE_INIT, which changes no file. */
#include "driver.h"

#include <inttypes.h>
#include <linux/fuse.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ids.h>
#include <string.h>

struct request {
	struct fuse_in_header head;
	struct fuse_init_in init;
};

struct reply {
	struct fuse_out_header head;
	struct fuse_init_out init;
};

static bool fs_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		    struct vus_ping *ret, struct vus_err *err)
{
	struct request *r;
	uint64_t out, in;

	(void)bytes; /* the request is as long as it is */
	if (!vus_guest_alloc(&s->guest, sizeof(*r), 16, &out, err) ||
	    !vus_guest_alloc(&s->guest, sizeof(struct reply), 16, &in, err))
		return false;
	r = vus_guest_host(&s->guest, out, sizeof(*r));
	*r = (struct request){
		.head = { .len = sizeof(*r),
			  .opcode = FUSE_INIT,
			  .unique = seed | 1,
			  .nodeid = FUSE_ROOT_ID },
		.init = { .major = FUSE_KERNEL_VERSION,
			  .minor = FUSE_KERNEL_MINOR_VERSION,
			  .max_readahead = 128 << 10 },
	};
	*ret = (struct vus_ping){
		.segs = { { out, sizeof(r->head), false },
			  { out + sizeof(r->head), sizeof(r->init), false },
			  { in, sizeof(struct fuse_out_header), true },
			  { in + sizeof(struct fuse_out_header),
			    sizeof(struct fuse_init_out), true } },
		.nsegs = 4,
		.seed = seed,
		.min_used = sizeof(struct fuse_out_header),
		.max_used = sizeof(struct reply),
	};
	return true;
}

static bool fs_pong(struct vus_session *s, const struct vus_ping *p,
		    uint32_t used_len, struct vus_err *err)
{
	const struct fuse_out_header *head =
		vus_guest_host(&s->guest, p->segs[2].gpa, sizeof(*head));

	(void)used_len; /* judged in cases of its own */
	if (head->unique != (p->seed | 1))
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"FUSE_INIT %" PRIu64
				" was answered for request %" PRIu64,
				(uint64_t)(p->seed | 1),
				(uint64_t)head->unique);
	if (head->error != 0)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"FUSE_INIT failed with error %d", head->error);
	return true;
}

VUS_DRIVER(fs, .virtio_id = VIRTIO_ID_FS,
	   .qemu = { .name = "vhost-user-fs",
		     .queues_word = "num-request-queues",
		     .size_word = "queue-size",
		     .vq_size = 128,
		     .more_queues = 1,
		     .tagged = true },
	   .min_queues = 2, .queue = 1, .companions = { 0 }, .ncompanions = 1,
	   .vq_size = 128, .config_size = sizeof(struct virtio_fs_config),
	   .shows = VUS_SHOWS_READ | VUS_SHOWS_WRITTEN, .ping = fs_ping,
	   .pong = fs_pong);
