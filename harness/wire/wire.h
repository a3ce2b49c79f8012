/* SPDX-License-Identifier: BSD-3-Clause */
/* wire.h — every vhost-user message as data, and the loops over it.
 *
 * messages.def, payloads.def and features.def describe the protocol once;
 * encode, decode, validate and format know no message by name.  Integers are
 * in host byte order (spec: "Message Specification").  Nothing here opens,
 * sends or judges: the encoder also writes wrong messages. */
#ifndef VUS_WIRE_WIRE_H
#define VUS_WIRE_WIRE_H

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VUS_HEADER_SIZE 12 /* bytes: request, flags, size */
/* Bytes kept of a payload.  The largest of the two vhost-user channels is 2056;
 * pictures on the GPU socket are cut. */
#define VUS_MAX_PAYLOAD 4096
#define VUS_MAX_FDS     32  /* descriptors taken with one frame */
#define VUS_MAX_REGIONS 8   /* rows of a memory table */
#define VUS_CONFIG_MAX  256 /* bytes of device configuration in one message */
#define VUS_SHMEM_MAX   256 /* shared memory regions of a device */

/* Flag word (spec: "Header"). */
#define VUS_VERSION_MASK    0x3u
#define VUS_VERSION         0x1u
#define VUS_FLAG_REPLY      0x4u
#define VUS_FLAG_NEED_REPLY 0x8u

/* Ring index in the u64 of SET_VRING_KICK, CALL and ERR, and of the host
 * notifier area; bit 8 says that no descriptor comes with it. */
#define VUS_VRING_IDX_MASK UINT64_C(0xff)
#define VUS_VRING_NOFD     UINT64_C(0x100)

enum vus_channel {
	VUS_FE,  /* asked by the front-end, on the main socket */
	VUS_BE,  /* asked by the back-end, on its own channel */
	VUS_GPU, /* asked by a GPU back-end, on the GPU socket */
};

/* VUS_FE_GET_FEATURES = 1, ... VUS_BE_IOTLB_MSG = 1, ... */
enum vus_msg_id {
#define MSG(channel, name, id, ...) VUS_##channel##_##name = (id),
#include "messages.def"
#undef MSG
};

/* Bit numbers; use PF() and VF() wherever a mask is wanted. */
enum vus_feature_bit {
#define PROTOCOL_FEATURE(bit, name, ...) VUS_PF_##name = (bit),
#define VIRTIO_FEATURE(bit, name, ...)   VUS_VF_##name = (bit),
#include "features.def"
#undef PROTOCOL_FEATURE
#undef VIRTIO_FEATURE
};
#define PF(name) (UINT64_C(1) << VUS_PF_##name)
#define VF(name) (UINT64_C(1) << VUS_VF_##name)

/* struct vus_p_<payload>, one a payload, and their union. */
#define PAYLOAD_BEGIN(payload, doc)          struct vus_p_##payload {
#define FIELD(payload, type, name, fmt, doc) VUS_CTYPE_##type name;
#define PAD(payload, bytes, name, doc)       uint8_t name[bytes];
/* What a C compiler leaves at a structure's end; the text does not have it. */
#define GAP(payload, bytes, name, doc)  uint8_t name[bytes];
#define BLOB(payload, bytes, name, doc) uint8_t name[bytes];
/* One other payload; `n` of them. */
#define NEST(payload, elem, name, doc)     struct vus_p_##elem name;
#define ARRAY(payload, elem, name, n, doc) struct vus_p_##elem name[n];
/* `max` elements of another payload; as many as field `count` says are on the
 * wire. */
#define LIST(payload, elem, name, count, max, doc)                             \
	struct vus_p_##elem name[max];
/* Bytes; field `count` says how many. */
#define TAIL(payload, name, count, max, doc) uint8_t name[max];
/* Bytes to the end of the message; what is beyond `max` is not kept. */
#define REST(payload, name, max, doc)                                          \
	uint32_t name##_len;                                                   \
	uint8_t name[max];
#define PAYLOAD_END(payload)                                                   \
	}                                                                      \
	;
#define VUS_CTYPE_u8  uint8_t
#define VUS_CTYPE_u16 uint16_t
#define VUS_CTYPE_u32 uint32_t
#define VUS_CTYPE_u64 uint64_t
#define VUS_CTYPE_s64 int64_t
#include "payloads.def"

union vus_body {
#define PAYLOAD_BEGIN(payload, doc) struct vus_p_##payload payload;
#include "payloads.def"
};

enum vus_item_kind {
	VUS_ITEM_INT,
	VUS_ITEM_PAD,   /* sent as zero */
	VUS_ITEM_GAP,   /* outside the text; of any value, and may be absent */
	VUS_ITEM_BLOB,  /* bytes, a fixed number */
	VUS_ITEM_NEST,  /* another payload */
	VUS_ITEM_ARRAY, /* another payload, a fixed number of times */
	VUS_ITEM_LIST,  /* another payload, as often as a field says */
	VUS_ITEM_TAIL,  /* bytes, as many as a field says */
	VUS_ITEM_REST,  /* bytes, to the end of the message */
};

enum vus_format_as {
	VUS_AS_DEC,
	VUS_AS_HEX,
	VUS_AS_BYTES,
	VUS_AS_FEATURES,
	VUS_AS_PROTOCOL_FEATURES,
	VUS_AS_RING,  /* a ring's index, the whole field */
	VUS_AS_VRING, /* a ring's index in bits 0-7, bit 8: no descriptor */
};

struct vus_payload;

/* One field of a payload, in wire order. */
struct vus_item {
	enum vus_item_kind kind;
	const char *name;
	uint16_t width;        /* bytes; TAIL, REST: 1; NEST, ARRAY, LIST: 0 */
	uint16_t struct_off;   /* bytes, in struct vus_p_* */
	uint16_t max;          /* ARRAY: elements; LIST, TAIL, REST: at most */
	const char *count;     /* LIST, TAIL: name of the field that counts */
	uint16_t count_off;    /* LIST, TAIL, REST: where the number is kept */
	uint16_t count_width;  /* its bytes; 0: the number is fixed */
	enum vus_format_as as; /* INT */
	bool is_signed;        /* INT */
	const struct vus_payload *elem; /* NEST, ARRAY, LIST */
	const char *doc;
};

struct vus_payload {
	const char *name;
	const char *doc;
	const struct vus_item *items;
	uint16_t nitems;
	uint16_t min_size;    /* bytes on the wire with empty lists and tails */
	uint16_t max_size;    /* bytes with full ones */
	uint16_t struct_size; /* sizeof struct vus_p_* */
};

/* Every payload layout, by name: vus_payload_region, ... */
#define PAYLOAD_BEGIN(payload, doc)                                            \
	extern const struct vus_payload vus_payload_##payload;
#include "payloads.def"

extern const struct vus_payload *const vus_payloads[];
extern const size_t vus_npayloads;

/* The fewest bytes that decode: min_size without a GAP at the end. */
size_t vus_payload_least(const struct vus_payload *payload);
/* The integer at `at`, of 1, 2, 4 or 8 bytes in host order. */
uint64_t vus_int_read(const void *at, unsigned width);
void vus_int_write(void *at, unsigned width, uint64_t value);
/* How many elements (or bytes) of `item` the structure `base` says it has; a
 * lie may be above item->max. */
uint64_t vus_item_count(const struct vus_item *item, const void *base);

/* The first number of this name in the structure `base` of `payload` (NULL: it
 * has none), also in what is nested and in the elements that a list has, with
 * its bytes; NULL: there is none. */
void *vus_payload_field(const struct vus_payload *payload, void *base,
			const char *name, unsigned *ret_width);

/* The field that names a ring; NULL: the payload is about none. */
const struct vus_item *vus_payload_ring(const struct vus_payload *payload);

/* How the receiver answers. */
enum vus_answer {
	VUS_ANSWER_ACK,      /* u64, only with REPLY_ACK and need_reply */
	VUS_ANSWER_OWN,      /* always, with the row's reply payload */
	VUS_ANSWER_POSTCOPY, /* OWN while postcopy listens, else ACK */
	VUS_ANSWER_NONE,     /* never (GPU socket) */
};

/* Which event descriptor of a ring a request carries. */
enum vus_ring_fd {
	VUS_RING_FD_NONE,
	VUS_RING_FD_KICK,
	VUS_RING_FD_CALL,
	VUS_RING_FD_ERR,
};

/* What the number in a request means, where its payload serves several
 * messages: a vring state's `num`, and a u64. */
enum vus_value {
	VUS_VALUE_NONE, /* nothing: it is ignored, or any is valid */
	VUS_VALUE_RING_SIZE,
	VUS_VALUE_RING_BASE,
	VUS_VALUE_ON, /* 1: on, 0: off */
	VUS_VALUE_STATUS,
	VUS_VALUE_MAC,
	VUS_VALUE_MTU,
};

struct vus_fd_range {
	uint8_t min, max;
};

struct vus_msg {
	enum vus_channel channel;
	uint32_t id;
	const char *name;
	const struct vus_payload *request; /* NULL: no payload */
	const struct vus_payload *reply;   /* OWN: NULL is an empty reply */
	/* With protocol feature `alt_if` negotiated these layouts, answer and
	 * descriptors hold instead (SET_LOG_BASE, XEN_MMAP tables). */
	uint64_t alt_if;
	const struct vus_payload *alt_request;
	const struct vus_payload *alt_reply;
	struct vus_fd_range alt_fds;
	enum vus_answer alt_answer;
	struct vus_fd_range fds;       /* with the request */
	struct vus_fd_range reply_fds; /* with the reply */
	const char *fds_match;         /* request field that counts them */
	enum vus_answer answer;
	uint64_t needs;    /* protocol features that gate it, PF() */
	uint64_t needs_vf; /* virtio features that gate it, VF() */
	bool vf_offered;   /* needs_vf: offered is enough */
	bool deprecated;
	/* Where the text leaves a payload open, no size of it is wrong.  What
	 * does not decode by the row is then merely not decoded. */
	bool request_open; /* `request`, not `alt_request` */
	bool reply_open;
	bool empty_reply_fails; /* a reply without payload reports failure */
	const char *device;     /* the only kind of device with it; NULL: any */
	enum vus_ring_fd ring_fd; /* what its descriptor is to the ring */
	enum vus_value value;     /* what the request's number means */
	/* Place in a session in which each message is legal and succeeds; 0: no
	 * message of such a session.  Places are counted from 1 on. */
	uint8_t turn;
	const char *since;   /* first version of the text; NULL: old */
	const char *heading; /* of the specification */
	const char *note;    /* where text, implementations or we differ */
};

extern const struct vus_msg vus_msgs[];
extern const size_t vus_nmsgs;

/* NULL for an unassigned id. */
const struct vus_msg *vus_msg_find(enum vus_channel channel, uint32_t id);
/* `name` in upper or lower case. */
const struct vus_msg *vus_msg_by_name(enum vus_channel channel,
				      const char *name);
/* The front-end's request with this place in a session; NULL: behind the last.
 */
const struct vus_msg *vus_msg_of_turn(unsigned turn);
/* The ring that a request's `body` names; -1: none. */
int64_t vus_msg_ring(const struct vus_msg *msg, const union vus_body *body);

/* The layouts of `msg` under these negotiated protocol features. */
const struct vus_payload *vus_msg_request(const struct vus_msg *msg,
					  uint64_t pf);
const struct vus_payload *vus_msg_reply(const struct vus_msg *msg, uint64_t pf);
struct vus_fd_range vus_msg_fds(const struct vus_msg *msg, uint64_t pf);
enum vus_answer vus_msg_answer(const struct vus_msg *msg, uint64_t pf);
/* The virtio features that count for the gate of `msg` (NULL: no row): those
 * acknowledged, and where offered is enough the offered ones too. */
uint64_t vus_msg_vf(const struct vus_msg *msg, uint64_t acked,
		    uint64_t offered);
/* The layout of a request or of a reply with `size` bytes of payload, an
 * acknowledgement's u64 included (the size tells it from the own reply that a
 * POSTCOPY row may have); NULL: no payload. */
const struct vus_payload *vus_msg_layout(const struct vus_msg *msg, uint64_t pf,
					 bool is_reply, size_t size);

struct vus_feature {
	bool protocol; /* else a virtio feature */
	uint8_t bit;
	const char *name;
	const char *since;
	const char *heading;
	uint64_t requires; /* protocol features without which it is not legal */
	/* A front-end's request that is served once the feature (and what it
	 * requires) is selected, before rings are set up; 0: none. */
	uint32_t shown_by;
};
extern const struct vus_feature vus_features[];
extern const size_t vus_nfeatures;

/* NULL for a bit without a name. */
const struct vus_feature *vus_feature_find(bool protocol, unsigned bit);
/* `name` in upper or lower case. */
const struct vus_feature *vus_feature_by_name(bool protocol, const char *name);
/* All protocol features without which those of `pf` are not legal, less those
 * that are in it. */
uint64_t vus_features_missing(uint64_t pf);

/* Bytes of `body` on the wire under `payload` (NULL: 0); lists and tails as
 * long as their counts say, at most their `max`.  Gaps are always sent. */
size_t vus_encoded_size(const struct vus_payload *payload,
			const union vus_body *body);

/* Write it; returns the bytes written, at most `cap` (a shorter `cap` cuts). */
size_t vus_encode(const struct vus_payload *payload, const union vus_body *body,
		  void *buf, size_t cap);

/* Read `size` bytes.  False, kind PROTOCOL, output untouched, when they are
 * too short, when bytes are left over, or when a count exceeds its maximum;
 * the text says which field and both numbers.  A gap at the end may be absent
 * (the text ends an inflight description at 20 bytes, implementations send
 * 24). */
VUS_MUST_CHECK bool vus_decode(const struct vus_payload *payload,
			       const void *buf, size_t size,
			       union vus_body *ret_body, struct vus_err *err);

/* A received or to-be-sent message.  Descriptors belong to whoever holds the
 * frame: see link.h. */
struct vus_frame {
	enum vus_channel channel;
	uint32_t id;
	uint32_t flags;
	uint32_t size;       /* the header's size word */
	union vus_body body; /* decoded, when `decoded` */
	bool decoded;
	bool is_reply; /* which of the row's layouts `body` has */
	uint8_t payload[VUS_MAX_PAYLOAD]; /* as received */
	size_t payload_len;
	int fds[VUS_MAX_FDS];
	unsigned nfds;
	unsigned late_fds; /* of them, behind the first byte: see link.h */
};

enum vus_complaint_kind {
	VUS_COMPLAINT_VERSION,    /* flag bits 0-1 */
	VUS_COMPLAINT_REPLY,      /* the reply bit, or a reply not due */
	VUS_COMPLAINT_NEED_REPLY, /* in a reply, or before REPLY_ACK */
	VUS_COMPLAINT_RESERVED,   /* other flag bits */
	VUS_COMPLAINT_UNKNOWN,    /* an id without a row */
	VUS_COMPLAINT_SIZE,       /* size word, payload length, counts: it does
				   * not decode */
	VUS_COMPLAINT_PADDING,    /* not zero */
	VUS_COMPLAINT_FDS,        /* the number of descriptors, or not as many
				   * as `fds_match` */
	VUS_COMPLAINT_GATE,       /* requests: features not negotiated */
};

/* "version", "reply", ...: for people. */
const char *vus_complaint_name(enum vus_complaint_kind kind);

#define VUS_COMPLAINTS_MAX 16

struct vus_complaint {
	enum vus_complaint_kind kind;
	char text[320]; /* a sentence, one line */
};

struct vus_complaints {
	unsigned n; /* entries of `v` */
	struct vus_complaint v[VUS_COMPLAINTS_MAX];
};

/* Everything a row says about a frame, checked under `pf` and `vf`, the
 * negotiated features (`vf` by vus_msg_vf()).
 * Returns the number of complaints; `ret` (may be NULL) has the first of
 * them. */
unsigned vus_validate(const struct vus_frame *frame, uint64_t pf, uint64_t vf,
		      struct vus_complaints *ret);

/* One line: direction arrow, name, flags by name, fields, the size word where
 * the fields do not have that size, "+n fd".  `data` prints blobs and tails
 * too; else only their length. */
void vus_format(const struct vus_frame *frame, bool to_peer, bool data,
		struct vus_text *ret);

/* "MQ LOG_SHMFD bit50": names of the bits of a mask; "" for 0. */
void vus_format_features(uint64_t mask, bool protocol, struct vus_text *ret);
/* From now on this process formats the bits of this device by name ("blk"); the
 * name is kept by reference. */
void vus_features_name_device(const char *device);

#endif
