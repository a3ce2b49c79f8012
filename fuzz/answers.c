/* SPDX-License-Identifier: BSD-3-Clause */
/* answers.c — the answers that an honest back-end gives to a frame. */
#include "session.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void broken(const struct vus_frame *asked, const char *what,
			     const char *detail)
{
	VUS_AUTO_TEXT line = { 0 };

	vus_format(asked, true, false, &line);
	(void)fprintf(stderr, "%s\n  %s\n  %s\n", vus_text_str(&line), what,
		      detail);
	abort();
}

/* For an id without a row only the size can be checked. */
static void judge(const struct vus_fuzz_session *s,
		  const struct vus_frame *asked, const struct vus_frame *got,
		  uint64_t before)
{
	struct vus_complaints all;

	if (got->id != asked->id)
		broken(asked, "answered with another id", "");
	if (!vus_msg_find(VUS_FE, asked->id)) {
		if (got->payload_len != 8)
			broken(asked, "a wrong answer to an unknown id", "");
		return;
	}
	/* A feature that the frame itself changed may or may not count. */
	if (vus_validate(got, before | s->be.pf, UINT64_MAX, &all) > 0)
		broken(asked, "the answer does not match its row",
		       all.v[0].text);
}

/* How many answers are due; -1: one or none, as SET_PROTOCOL_FEATURES may
 * switch REPLY_ACK. */
static int due(const struct vus_frame *asked, uint64_t before, uint64_t after)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, asked->id);

	if (msg && vus_msg_answer(msg, before) == VUS_ANSWER_OWN)
		return 1;
	if (!(asked->flags & VUS_FLAG_NEED_REPLY))
		return 0;
	if ((before ^ after) & PF(REPLY_ACK))
		return -1;
	return (before & PF(REPLY_ACK)) ? 1 : 0;
}

void vus_fuzz_answers(struct vus_fuzz_session *s, const struct vus_frame *asked,
		      uint64_t pf_before)
{
	const int want = due(asked, pf_before, s->be.pf);
	int n = 0;

	s->peer.pf = s->be.pf;
	for (;;) {
		VUS_AUTO_FRAME got = { 0 };
		struct vus_err err = { 0 };

		if (!vus_link_recv(&s->peer, &got, vus_now(), &err)) {
			if (err.kind == VUS_ERR_EOF)
				s->open = false;
			else if (err.kind != VUS_ERR_TIMEOUT)
				broken(asked, "a frame that is not an answer",
				       err.text);
			break;
		}
		n++;
		judge(s, asked, &got, pf_before);
	}
	if (!s->open)
		return; /* closing is an answer */
	if (want >= 0 && n != want)
		broken(asked,
		       want ? "not answered, and not closed" : "answered", "");
	if (want < 0 && n > 1)
		broken(asked, "answered twice", "");
}
