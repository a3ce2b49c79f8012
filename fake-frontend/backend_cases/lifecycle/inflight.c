/* SPDX-License-Identifier: BSD-3-Clause */
/* inflight.c — the buffer of requests in flight: made, handed back, used. */
#include "fixture/steps.h"
#include "fixture/valid_request.h"

#include "base/own.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many rings as the session will have. */
static uint16_t rings_of(const struct vus_session *s)
{
	unsigned last = s->queues[0].index;

	for (unsigned i = VUS_MAX_QUEUES - s->ncompanions; i < VUS_MAX_QUEUES;
	     i++)
		last = VUS_MAX(last, s->queues[i].index);
	return (uint16_t)(last + 1);
}

/* Is any byte of a buffer set?  One that is not as long as it says, or cannot
 * be read, has none. */
static bool is_written(int fd, const struct vus_p_inflight *buffer)
{
	uint64_t at = buffer->mmap_offset, left = buffer->mmap_size;
	uint8_t bytes[512];
	ssize_t n;

	while (left > 0 && (n = pread(fd, bytes, VUS_MIN(left, sizeof(bytes)),
				      (off_t)at)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] != 0)
				return true;
		}
		at += (uint64_t)n;
		left -= (uint64_t)n;
	}
	return false;
}

/* "Inflight I/O tracking": the front-end hands the buffer back before rings
 * start, and the back-end tracks there what it does.  A buffer that was used is
 * not all zero: its rings have a version. */
VUS_CASE(buffer_is_taken_back,
	 .title = "a buffer that the back-end made is taken back, and used",
	 .rules = { "inflight.set.use", "inflight.get.reply" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(INFLIGHT_SHMFD),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame ask = vus_valid_request(s, VUS_FE_GET_INFLIGHT_FD);
	struct vus_frame set =
		vus_request_frame(VUS_FE, VUS_FE_SET_INFLIGHT_FD);
	VUS_AUTO_FRAME got = { 0 };
	struct vus_err err;

	ask.body.inflight.num_queues = rings_of(s);
	VUS_CHECK(t, "inflight.get.reply", vus_fe_request(s, &ask, &got, &err),
		  "GET_INFLIGHT_FD is answered", "%s", err.text);
	if (got.nfds != 1 || got.body.inflight.mmap_size == 0)
		VUS_SKIP(t, "the back-end gives no buffer");
	set.body.inflight = got.body.inflight;
	set.fds[0] = got.fds[0];
	set.nfds = 1;
	VUS_EXPECT(t, "inflight.set.use", vus_step_classify(t, &set, NULL),
		   VUS_ACCEPTED | VUS_SILENT,
		   "SET_INFLIGHT_FD with the buffer of GET_INFLIGHT_FD");
	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, vus_step_ping(t, "inflight.set.use", 0, t->seed));
	VUS_CHECK(t, "inflight.set.use",
		  is_written(got.fds[0], &got.body.inflight),
		  "the back-end writes into the buffer that it was given",
		  "a request was served, and all bytes of the buffer are zero");
}

/* virtio's split ring needs a header of 16 bytes, and 16 for each descriptor.
 */
static uint64_t least_bytes(unsigned rings, unsigned num)
{
	return (uint64_t)rings * (16 + UINT64_C(16) * num);
}

/* The same heading: each ring has a region, with an entry for each descriptor.
 * What the front-end asks for is no offer: any size may come later. */
VUS_CASE(buffer_has_room_for_each_ring,
	 .title = "an in-flight buffer has an entry for each descriptor",
	 .rules = { "inflight.get.size_min", "inflight.get.reply" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(INFLIGHT_SHMFD))
{
	static const uint16_t sizes[] = { 2, 128, 1024 };
	struct vus_session *s = vus_fe(t);
	struct vus_frame ask = vus_valid_request(s, VUS_FE_GET_INFLIGHT_FD);

	ask.body.inflight.num_queues = rings_of(s);
	for (size_t i = 0; i < VUS_COUNT(sizes); i++) {
		const uint64_t least = least_bytes(rings_of(s), sizes[i]);
		const struct vus_p_inflight *buffer;
		VUS_AUTO_FRAME got = { 0 };
		struct vus_err err;
		struct stat st;

		ask.body.inflight.queue_size = sizes[i];
		VUS_CHECK(t, "inflight.get.reply",
			  vus_fe_request(s, &ask, &got, &err),
			  "GET_INFLIGHT_FD is answered", "%s", err.text);
		buffer = &got.body.inflight;
		if (got.nfds != 1 || buffer->mmap_size == 0)
			VUS_SKIP(t, "the back-end gives no buffer");
		VUS_CHECK(t, "inflight.get.size_min",
			  buffer->mmap_size >= least,
			  "a buffer has 16 bytes for each ring, and for each "
			  "descriptor",
			  "a buffer for %u rings of %u has %" PRIu64
			  " bytes, not %" PRIu64,
			  rings_of(s), sizes[i], buffer->mmap_size, least);
		VUS_CHECK(t, "inflight.get.size_min",
			  fstat(got.fds[0], &st) == 0 &&
				  (uint64_t)st.st_size >=
					  buffer->mmap_offset +
						  buffer->mmap_size,
			  "its file is as long as the reply says",
			  "its file has %lld bytes, and %" PRIu64
			  " were told from %" PRIu64 " on",
			  (long long)st.st_size, buffer->mmap_size,
			  buffer->mmap_offset);
	}
}
