/* SPDX-License-Identifier: BSD-3-Clause */
/* honest.h — a good message of any type, for cases that go through the message
 * table. */
#ifndef VUS_CASES_HONEST_H
#define VUS_CASES_HONEST_H

#include "../session.h"

/* One that every back-end takes after the negotiation and before rings are set
 * up; it changes nothing that later steps need.  Types that are not known here
 * get an empty body, and no descriptors. */
struct vus_frame vus_honest_request(const struct vus_session *s, uint32_t id);

/* May it be asked now: has it a reply of its own, with nothing but what was
 * negotiated, without a descriptor and without a ring?  GET_VRING_BASE is asked
 * of a ring that runs (vus_step_stoppable() in steps.h): what it does to others
 * is for cases of its own. */
bool vus_is_question(const struct vus_session *s, const struct vus_msg *msg);

#endif
