/* SPDX-License-Identifier: BSD-3-Clause */
/* protocol_features.c — faults of protocol features. */
#include "fault.h"

static uint64_t and_mq(const struct vus_session *s, uint64_t wanted)
{
	return vus_fe_honest.protocol_features(s, wanted) | PF(MQ);
}

VUS_FE_FAULT(protocol_features, selects_more,
	     .rule = "protocol_features.set_subset",
	     .says = "selects MQ, offered or not")
{
	decide->protocol_features = and_mq;
}

static uint64_t and_more_again(const struct vus_session *s, uint64_t wanted)
{
	static unsigned connections;

	return vus_fe_honest.protocol_features(s, wanted) |
	       (connections++ > 0 ? PF(RARP) : 0);
}

VUS_FE_FAULT(protocol_features, selects_more_again,
	     .rule = "protocol_features.set_subset",
	     .says = "selects RARP once it has connected again")
{
	decide->protocol_features = and_more_again;
}

static uint64_t all_offered(const struct vus_session *s, uint64_t wanted)
{
	(void)wanted;
	return s->pf_offered;
}

VUS_FE_FAULT(protocol_features, selects_all,
	     .rule = "protocol_features.set_understood",
	     .says = "selects every protocol feature that is offered")
{
	decide->protocol_features = all_offered;
}

static bool no_unknown_bits(const struct vus_session *s, struct vus_err *err)
{
	for (unsigned bit = 0; bit < 64; bit++)
		if ((s->pf_offered & VUS_BIT(bit)) &&
		    !vus_feature_find(true, bit))
			return vus_fail(err, VUS_ERR_REFUSED,
					"unknown protocol feature %u", bit);
	return true;
}

VUS_FE_FAULT(protocol_features, gives_up_on_unknown_bits,
	     .rule = "protocol_features.unknown_offer_ok",
	     .also = "protocol_features.set_understood",
	     .says = "gives up when an unknown bit is offered")
{
	decide->accepts_offer = no_unknown_bits;
}

static bool start_with_known_bits(struct vus_fake *f, struct vus_err *err)
{
	return no_unknown_bits(&f->s, err);
}

VUS_FE_FAULT(protocol_features, starts_without_unknown_bits,
	     .rule = "protocol_features.unknown_offer_ok",
	     .says = "negotiates when an unknown bit is offered, and does not "
		     "start")
{
	decide->starting = start_with_known_bits;
}

static uint64_t and_inband(const struct vus_session *s, uint64_t wanted)
{
	return vus_fe_honest.protocol_features(
		s, wanted | PF(INBAND_NOTIFICATIONS));
}

VUS_FE_FAULT(protocol_features, selects_inband,
	     .rule = "protocol_features.inband_deps_frontend",
	     .says = "selects INBAND_NOTIFICATIONS wherever it is offered")
{
	decide->protocol_features = and_inband;
}

static uint64_t and_base_inflight(const struct vus_session *s, uint64_t wanted)
{
	return vus_fe_honest.protocol_features(
		s, wanted | PF(GET_VRING_BASE_INFLIGHT));
}

VUS_FE_FAULT(protocol_features, selects_base_inflight,
	     .rule = "ring_base_inflight.needs_shmfd",
	     .says = "selects GET_VRING_BASE_INFLIGHT wherever it is offered")
{
	decide->protocol_features = and_base_inflight;
}

static bool always(const struct vus_session *s, uint64_t wanted)
{
	(void)s, (void)wanted;
	return true;
}

VUS_FE_FAULT(protocol_features, asks_without_bit_30,
	     .rule = "protocol_features.gated_by_bit30",
	     .says = "asks for protocol features that bit 30 does not announce")
{
	decide->asks_protocol_features = always;
}

static bool wherever_there_is_some(const struct vus_fake *f)
{
	return f->d->config_size > 0;
}

VUS_FE_FAULT(protocol_features, reads_config_ungated,
	     .rule = "protocol_features.gated_messages",
	     .says = "sends GET_CONFIG without CONFIG")
{
	decide->reads_config = wherever_there_is_some;
}
