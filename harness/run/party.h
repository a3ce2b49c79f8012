/* SPDX-License-Identifier: BSD-3-Clause */
/* party.h — what the runner needs to know of the side that does the testing.
 *
 * The runner knows processes, deadlines and verdicts; the party knows
 * vhost-user.  cli hands one of these to the runner. */
#ifndef VUS_RUN_PARTY_H
#define VUS_RUN_PARTY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct vus_ctx;

/* What the probe found out about a target; plain data, lives in memory shared
 * by the processes of a run. */
struct vus_probe {
	bool spoke;        /* it answered GET_FEATURES, or sent it wrong */
	uint64_t features; /* virtio features offered */
	uint64_t pf;       /* protocol features offered */
	unsigned queues;   /* GET_QUEUE_NUM, 1 without MQ */
	bool discards;     /* what was written does not read back, */
	bool is_null;      /* as --device NAME,null=1 has said */
	uint64_t known_at; /* where sessions store what they read; 0: nowhere */
	bool echoes;       /* --net-echo answers ARP, from this address, */
	uint8_t mac[6];
	bool echoes_plainly; /* and a plain packet, as it must */
	bool polls;          /* burns a processor also while nothing happens */
	bool polls_rings;    /* the same while a ring runs */
	bool unserved; /* a plain request on a plain ring was not served */
	char why[200]; /* when it did not speak: what happened */
};

/* How to reach the instance; filled by the runner. */
struct vus_reach {
	char socket[PATH_MAX]; /* "" when `fd` is given */
	int fd;                /* connected already, or -1 */
	int listen_fd;         /* the target connects here, or -1 */
	int pidfd;             /* or -1 */
	int pid;               /* or 0 */
	const char *control;   /* --control PROGRAM, or NULL */
	const char *refusal;   /* --expect-refusal REGEX, or NULL */
	uint64_t connect_deadline;
	uint64_t stimulus_deadline; /* a stimulus must have been carried out */
	const char *device;         /* --device NAME */
	const char *device_options;
	bool allow_writes;
	uint32_t net_echo; /* --net-echo, IPv4; 0: not given */
	struct vus_probe *probe;
	bool polls;       /* the probe has seen it use a processor idly, */
	bool polls_rings; /* or while a ring was running, */
	bool no_polling;  /* which it must not (--no-polling), */
	bool unserved;    /* and leave a plain request where it was */
	bool has_served;  /* a connection before this one */
	/* It was seen to serve no second connection, and never to serve one. */
	bool refuses_second;
	/* Of an instance that was started for this run: its private folder,
	 * and the arguments that started it (NULL, "": none was).  They are a
	 * command's unless the party's own peer is embedded. */
	const char *folder;
	char *const *words;
	int (*embedded)(int argc, char **argv);
};

struct vus_party {
	const char *name; /* "backend": the party under test */
	/* All in the case's process.  `open` connects and brings the session
	 * to c->start; false: it has set the verdict (skip, broken, fail). */
	bool (*open)(struct vus_ctx *t, const struct vus_reach *reach);
	/* After c->run, whatever the verdict: still alive, or closed cleanly?
	 * Then everything is closed. */
	void (*close)(struct vus_ctx *t);
	/* The first session of a run; fills reach->probe. */
	void (*probe)(struct vus_ctx *t, const struct vus_reach *reach);
	/* The reaccept check: is a new connection served?  NULL: there is no
	 * way to find out. */
	bool (*check_reaccepts)(struct vus_ctx *t,
				const struct vus_reach *reach);
	/* Embedded peer: its main (argv as on a command line). */
	int (*embedded)(int argc, char **argv);
	const char *embedded_name; /* argv[0] */
	/* Its arguments, the name first, in front of those of the run; NULL:
	 * NAME --socket-path {socket}. */
	const char *const *embedded_words;
};

#endif
