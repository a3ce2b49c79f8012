/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz_codec.c — any bytes as any message: decode, encode, validate, format.
 *
 * Input: row of the message table, flags (16 bits), protocol features (64),
 * number of descriptors, payload.
 *
 * What decodes must encode to the same bytes; validation and formatting must
 * end for any bytes, and the formatted text must be one line. */
#include "input.h"

#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Bytes, body, bytes: the same, but for a gap that need not be sent. */
static void round_trip(const struct vus_payload *row, const uint8_t *bytes,
		       size_t len)
{
	uint8_t again[VUS_MAX_PAYLOAD];
	union vus_body body, second;
	struct vus_err err;
	size_t n;

	memset(&body, 0, sizeof(body));
	memset(&second, 0, sizeof(second));
	if (!vus_decode(row, bytes, len, &body, &err)) {
		must(err.kind == VUS_ERR_PROTOCOL && err.text[0]);
		return;
	}
	if (!row)
		return;
	must(len >= vus_payload_least(row));
	n = vus_encode(row, &body, again, sizeof(again));
	must(n == vus_encoded_size(row, &body) && n <= row->max_size);
	must(memcmp(again, bytes, VUS_MIN(n, len)) == 0);
	must(n >= len || len > row->max_size);
	must(vus_decode(row, again, n, &second, &err));
	must(memcmp(&body, &second, row->struct_size) == 0);
}

static void look_at(struct vus_frame *f, uint64_t pf)
{
	struct vus_complaints complaints;
	VUS_AUTO_TEXT line = { 0 };
	unsigned n = vus_validate(f, pf, UINT64_MAX, &complaints);

	must(complaints.n == VUS_MIN(n, VUS_COMPLAINTS_MAX));
	for (unsigned i = 0; i < complaints.n; i++)
		must(!strchr(complaints.v[i].text, '\n'));
	vus_format(f, true, true, &line);
	must(line.len > 0 && !strchr(vus_text_str(&line), '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vus_input in = { data, size };
	const struct vus_msg *msg = &vus_msgs[vus_input_u8(&in) % vus_nmsgs];
	struct vus_frame f = { .channel = msg->channel, .id = msg->id };
	uint64_t pf;
	const uint8_t *bytes;
	const struct vus_payload *row;
	struct vus_err err;

	f.flags = vus_input_u16(&in);
	f.is_reply = (f.flags & VUS_FLAG_REPLY) != 0;
	pf = vus_input_u64(&in);
	f.nfds = vus_input_u8(&in) % (VUS_MAX_FDS + 1);
	bytes = vus_input_bytes(&in, VUS_MAX_PAYLOAD, &f.payload_len);
	if (f.payload_len > 0)
		memcpy(f.payload, bytes, f.payload_len);
	f.size = (uint32_t)f.payload_len;
	row = vus_msg_layout(msg, pf, f.is_reply, f.payload_len);
	round_trip(row, f.payload, f.payload_len);
	f.decoded = vus_decode(row, f.payload, f.payload_len, &f.body, &err);
	look_at(&f, pf);
	return 0;
}
