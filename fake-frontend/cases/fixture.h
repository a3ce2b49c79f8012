/* SPDX-License-Identifier: BSD-3-Clause */
/* fixture.h — the session that a case is handed, and the party that makes it.
 *
 * A case says with `.start` how far the session is brought; what fails on the
 * way, and another case judges, makes it "skip: needs RULE". */
#ifndef VUS_CASES_FIXTURE_H
#define VUS_CASES_FIXTURE_H

#include "../../harness/run/party.h"
#include "../drivers/driver.h"
#include "../session.h"

/* Who tests back-ends; cli adds the embedded peer. */
extern const struct vus_party vus_backend_party;

/* The session of a case. */
struct vus_session *vus_fe(const struct vus_ctx *t);

/* Why a case that needs another connection is skipped ({fd}, --reverse). */
#define VUS_ONE_WAY                                                            \
	"no second connection can be made: the back-end has one descriptor, "  \
	"or connects by itself"

/* How the back-end is reached; the case's for a second connection. */
const struct vus_reach *vus_fe_reach(const struct vus_ctx *t);

/* Connect once more; nothing is sent.  vus_fe_close() ends it. */
VUS_MUST_CHECK bool vus_fe_connect(struct vus_ctx *t, struct vus_session *ret,
				   struct vus_err *err);

/* Close the case's session and bring another one to `start`, as far as the
 * case has seen one come before; `rule` judges that it is served. */
enum vus_sequel {
	VUS_SEQUEL_SERVED, /* vus_fe(t) is a new session */
	VUS_SEQUEL_LEFT,   /* the process ended, as those do that serve one
			    * connection: `rule` is kept */
	VUS_SEQUEL_FAILED, /* `rule` has failed, or there is no way: return */
};
enum vus_sequel vus_fe_sequel(struct vus_ctx *t, const char *rule,
			      enum vus_start start);

/* Close the case's session and begin one with another process, which listens
 * at `socket` or will (`pidfd`: it lives), up to `start`.  False: the verdict
 * is "skip: needs RULE". */
VUS_MUST_CHECK bool vus_fe_visit(struct vus_ctx *t, const char *socket,
				 int pidfd, enum vus_start start);

/* Only the connection of it: nothing is sent, and the session has no memory.
 * The verdict is the case's. */
VUS_MUST_CHECK bool vus_fe_turn_to(struct vus_ctx *t, const char *socket,
				   int pidfd, struct vus_err *err);

/* What the case acknowledges where it is offered. */
uint64_t vus_fe_wants(const struct vus_ctx *t);
uint64_t vus_fe_wants_pf(const struct vus_ctx *t);

#endif
