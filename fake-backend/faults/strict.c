/* SPDX-License-Identifier: BSD-3-Clause */
/* strict.c — faults that refuse one legal value each, made from wire/legal.def:
 * strict.MESSAGE.FIELD.VALUE. */
#include "fault.h"

#include "fake-backend/device.h"
#include "fake-backend/honest.h"
#include "wire/legal.h"

#include <linux/virtio_blk.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "strict."

/* As far as a driver of block devices reads its configuration. */
#define READ_OF_BLK                                                            \
	(offsetof(struct virtio_blk_config, write_zeroes_may_unmap) + 1)

/* A fault has no argument: what is refused is kept here. */
#define REFUSED_MAX 16

static struct {
	const struct vus_legal *legal;
	uint64_t value;
} refused[REFUSED_MAX];
static unsigned nrefused;

static bool is_refused(const struct vus_be *be, const struct vus_frame *req)
{
	const struct vus_payload *payload =
		vus_msg_request(vus_msg_find(VUS_FE, req->id), be->pf);

	for (unsigned i = 0; i < nrefused; i++)
		if (refused[i].legal->id == req->id &&
		    vus_legal_has(refused[i].legal, payload, &req->body,
				  refused[i].value))
			return true;
	return false;
}

static enum vus_handled refuse_value(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply)
{
	if (is_refused(be, req))
		return req->id == VUS_FE_GET_CONFIG ? VUS_EMPTY : VUS_NACK;
	return vus_be_honest.handle(be, req, reply);
}

/* Faults are installed more than once: for a trial first. */
static bool keep(const struct vus_legal *legal, uint64_t value)
{
	for (unsigned i = 0; i < nrefused; i++)
		if (refused[i].legal == legal && refused[i].value == value)
			return true;
	if (nrefused == REFUSED_MAX)
		return false;
	refused[nrefused].legal = legal;
	refused[nrefused++].value = value;
	return true;
}

static uint64_t offer_pf(const struct vus_be *be)
{
	uint64_t pf = vus_be_honest.offered_pf(be);

	for (unsigned i = 0; i < nrefused; i++)
		pf |= refused[i].legal->pf;
	return pf;
}

static uint64_t offer_features(const struct vus_be *be)
{
	uint64_t vf = vus_be_honest.offered_features(be);

	for (unsigned i = 0; i < nrefused; i++)
		vf |= refused[i].legal->vf;
	return vf;
}

static bool make(const char *name, void *decide)
{
	struct vus_be_decisions *table = decide;

	const struct vus_legal *legal;
	uint64_t value;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	legal = vus_legal_by_name(name + strlen(PREFIX), &value);
	if (!legal || !keep(legal, value))
		return false;
	table->handle = refuse_value;
	table->offered_pf = offer_pf;
	table->offered_features = offer_features;
	return true;
}

/* Of the device that rows are tried with that are for any. */
#define DEVICE "blk"

static struct vus_legal_limits limits(void)
{
	const struct vus_device *device = vus_device_by_name(DEVICE);
	struct vus_be_config cfg;
	struct vus_be be;

	vus_be_defaults(&cfg, device);
	cfg.decide = vus_be_honest;
	be = (struct vus_be){ .cfg = cfg, .decide = &vus_be_honest };
	return (struct vus_legal_limits){
		.rings = cfg.queues,
		.config = READ_OF_BLK,
		.vf = vus_be_honest.offered_features(&be),
		.pf = vus_be_honest.offered_pf(&be),
	};
}

static bool list(void)
{
	const struct vus_legal_limits have = limits();
	uint64_t values[VUS_LEGAL_SAMPLES];

	for (size_t i = 0; i < vus_nlegals; i++) {
		const struct vus_legal *legal = &vus_legals[i];
		const size_t n = vus_legal_samples(legal, &have, values);

		for (size_t k = 0; k < n; k++) {
			VUS_AUTO_TEXT name = { 0 };

			vus_legal_name(legal, values[k], &name);
			if (printf(PREFIX "%s\t%s\t%s\n", vus_text_str(&name),
				   legal->rule,
				   legal->device ? legal->device : DEVICE) < 0)
				return false;
		}
	}
	return true;
}

VUS_BE_FAULT_MAKER(strict) = { .make = make, .list = list };
