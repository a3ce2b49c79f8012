/* SPDX-License-Identifier: BSD-3-Clause */
/* runner_box.c — a run of toy cases in a temporary folder of its own. */
#include "runner_box.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_begin(struct vus_output *o, const struct vus_report *r)
{
	struct runner_box *f = o->state;

	(void)r;
	f->begun++;
}

static void on_result(struct vus_output *o, const struct vus_report *r,
		      const struct vus_variant *v)
{
	struct runner_box *f = o->state;

	(void)r;
	f->reported[v - f->v]++;
	if (f->interrupt)
		(void)kill(getpid(), f->interrupt);
	f->interrupt = 0;
}

static void on_end(struct vus_output *o, const struct vus_report *r)
{
	struct runner_box *f = o->state;

	f->ended++;
	f->one_shot = r->one_shot;
	f->summary = *r->summary;
	if (r->no_target)
		(void)snprintf(f->no_target, sizeof(f->no_target), "%s",
			       r->no_target->text);
}

int runner_set_up(void **state)
{
	struct runner_box *f = calloc(1, sizeof(*f));

	(void)snprintf(f->tmp, sizeof(f->tmp), "/tmp/vus-unit-XXXXXX");
	assert_non_null(mkdtemp(f->tmp));
	(void)setenv("TMPDIR", f->tmp, 1);
	f->out = (struct vus_output){ .format = "test",
				      .state = f,
				      .begin = on_begin,
				      .result = on_result,
				      .end = on_end };
	f->outs[0] = &f->out;
	f->opt = (struct vus_run_options){
		.party = &toy_party,
		.memory_size = 1 << 20,
		.workers = 1,
		.timeout_s = 30, /* a reaccept check has a part of it */
		.start_timeout_s = 60,
		.outputs = f->outs,
	};
	*state = f;
	return 0;
}

int runner_tear_down(void **state)
{
	struct runner_box *f = *state;

	/* Not even an empty folder of a run is left. */
	assert_int_equal(rmdir(f->tmp), 0);
	vus_variants_drop(f->v, f->n);
	free(f);
	return 0;
}

void runner_add(struct runner_box *f, const struct vus_case *c)
{
	f->v[f->n++] = (struct vus_variant){ .c = c, .memory = VUS_MEMFD };
}

/* A child of the run must not go on with cmocka's work. */
int runner_go(struct runner_box *f)
{
	int status = vus_run(&f->opt, f->v, f->n);

	if (status >= VUS_EXIT_CHILD)
		_exit(status - VUS_EXIT_CHILD);
	assert_int_equal(f->begun, 1);
	assert_int_equal(f->ended, 1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	if (!f->no_target[0])
		for (size_t i = 0; i < f->n; i++)
			assert_int_equal(f->reported[i], 1);
	return status;
}

void runner_again(struct runner_box *f)
{
	f->begun = f->ended = 0;
	memset(f->reported, 0, sizeof(f->reported));
}

void assert_has(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("'%s' does not say '%s'", text ? text : "(null)",
			 part);
}
