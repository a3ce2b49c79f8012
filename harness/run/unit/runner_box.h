/* SPDX-License-Identifier: BSD-3-Clause */
/* runner_box.h — a run of toy cases in a temporary folder of its own, and what
 * the runner told its report about it. */
#ifndef VUS_UNIT_RUNNER_BOX_H
#define VUS_UNIT_RUNNER_BOX_H

#include "run/runner.h"
#include "toy_cases.h"
#include "toy_party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct runner_box {
	char tmp[64];
	struct vus_run_options opt;
	struct vus_variant v[16];
	unsigned reported[16]; /* by variant */
	unsigned begun, ended;
	char no_target[1200];
	bool one_shot;
	struct vus_summary summary;
	size_t n;
	int interrupt; /* signal to send to ourselves at the first result */
	struct vus_output out;
	struct vus_output *outs[2];
};

/* Makes one, and sees at the end that the run left nothing in its folder. */
int runner_set_up(void **state);
int runner_tear_down(void **state);

#define RUNNER_TEST(name)                                                      \
	cmocka_unit_test_setup_teardown(name, runner_set_up, runner_tear_down)

void runner_add(struct runner_box *f, const struct vus_case *c);

/* Run them; each is reported exactly once, and no child is left.  Returns the
 * exit status. */
int runner_go(struct runner_box *f);

/* Between two runs of the same cases. */
void runner_again(struct runner_box *f);

void assert_has(const char *text, const char *part);

#endif
