/* SPDX-License-Identifier: BSD-3-Clause */
/* case_process.c — the process in which a case (or the probe) runs. */
#include "case_process.h"
#include "case.h"
#include "deadlines.h"
#include "monitoring.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct vus_case no_case = { .name = "probe" };

static struct vus_ctx make_ctx(const struct vus_run_options *opt,
			       const struct vus_variant *v)
{
	struct vus_ctx t = {
		.c = v ? v->c : &no_case,
		.memory = v ? v->memory : VUS_MEMFD,
		.memory_size = opt->memory_size,
		.seed = opt->seed + (v ? v->repeat : 0),
		.row = v ? v->row : 0,
		.quiet_ms = opt->quiet_ms,
		.request_ms = vus_request_ms(opt),
		.deadline = vus_deadline_ms((uint64_t)opt->timeout_s * 1000),
		.rounds = opt->rounds,
		.spec = opt->spec,
	};

	if (t.memory == VUS_FILE)
		t.memory_path = opt->memory_path;
	if (t.memory_size < t.c->min_memory)
		t.memory_size = t.c->min_memory;
	return t;
}

static struct vus_reach make_reach(const struct vus_run *run,
				   struct vus_worker *w,
				   uint64_t connect_deadline)
{
	const struct vus_run_options *opt = run->target.opt;
	struct vus_reach reach = {
		.fd = w->inst.case_fd,
		.listen_fd =
			opt->socket ? run->target.listen_fd : w->inst.listen_fd,
		.pidfd = w->inst.child.pidfd,
		.pid = w->inst.child.pid,
		.control = opt->control,
		.refusal = opt->refusal,
		.connect_deadline = connect_deadline,
		.device = opt->device,
		.device_options = opt->device_options,
		.allow_writes = opt->allow_writes,
		.net_echo = opt->net_echo,
		.probe = &w->slot->probe,
		.polls = run->probe.polls,
		.polls_rings = run->probe.polls_rings,
		.no_polling = opt->no_polling,
		.unserved = run->probe.unserved,
		.has_served = w->inst.served > 0,
		.refuses_second = vus_run_policy(run)->refuses_second,
		.folder = w->inst.folder,
		.words = w->inst.words,
		.embedded = opt->command ? NULL : opt->party->embedded,
	};

	/* The session owns it from now on. */
	w->inst.case_fd = -1;
	if (reach.fd < 0 && reach.listen_fd < 0)
		(void)snprintf(reach.socket, sizeof(reach.socket), "%s",
			       opt->socket ? opt->socket : w->inst.socket);
	return reach;
}

static void do_work(struct vus_ctx *t, const struct vus_party *party,
		    const struct vus_reach *reach, enum vus_case_work work,
		    struct vus_case_shared *slot)
{
	switch (work) {
	case VUS_WORK_PROBE:
		party->probe(t, reach);
		break;
	case VUS_WORK_REACCEPT:
		slot->reaccepts = party->check_reaccepts(t, reach);
		break;
	default:
		if (!party->open(t, reach)) {
			vus_monitoring_judge(t);
			break;
		}
		t->c->run(t);
		vus_monitoring_judge(t);
		party->close(t);
		vus_monitoring_judge(t);
	}
}

/* All that the process does. */
static int case_process(struct vus_run *run, struct vus_worker *w,
			enum vus_case_work work, const struct vus_variant *v,
			uint64_t connect_deadline)
{
	struct vus_host *host = calloc(1, sizeof(*host));
	struct vus_ctx t = make_ctx(run->target.opt, v);
	struct vus_reach reach = make_reach(run, w, connect_deadline);
	struct vus_err err = { 0 };

	vus_guardian_leave(&run->target.guardian);
	if (!host || !vus_child_stdio(w->log, &err))
		return 1;
	/* The fault handler keeps the host: it outlives this function. */
	if (!vus_host_enter(host, w->slot, w->inst.child.pid,
			    w->inst.child.pidfd, &t, &err)) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (w->inst.served > 0)
		host->output = w->inst.output;
	do_work(&t, run->target.opt->party, &reach, work, w->slot);
	vus_host_leave(host);
	return 0;
}

/* All but the exchange's bytes, which are untouched pages mostly. */
static void reset_slot(struct vus_case_shared *slot,
		       const struct vus_probe *probe)
{
	memset(&slot->r, 0, offsetof(struct vus_result, exchange));
	slot->r.exchange[0] = '\0';
	slot->frames_in = 0;
	slot->server = 0;
	slot->said = 0;
	slot->reaccepts = slot->unreachable = false;
	slot->no_control[0] = '\0';
	slot->probe = *probe;
}

enum vus_fork vus_case_process_start(struct vus_run *run, struct vus_worker *w,
				     enum vus_case_work work,
				     const struct vus_variant *v,
				     uint64_t connect_deadline,
				     struct vus_err *err)
{
	enum vus_fork who;

	reset_slot(w->slot, &run->probe);
	if (ftruncate(w->log, 0) < 0) {
		(void)vus_fail_sys(err, "the log of a case");
		return VUS_NO_FORK;
	}
	w->case_began = vus_now();
	who = vus_child_fork(&w->proc, &run->target.mask, &run->target.guardian,
			     err);
	if (who == VUS_IN_CHILD) {
		run->target.child_status =
			case_process(run, w, work, v, connect_deadline);
		return who;
	}
	/* Only the case's process keeps the session's end of {fd}. */
	if (w->inst.case_fd >= 0)
		(void)close(w->inst.case_fd);
	w->inst.case_fd = -1;
	return who;
}
