/* SPDX-License-Identifier: BSD-3-Clause */
/* toy_party.c — a party and a peer of one-byte messages.
 *
 *	p  answered P                     x  the peer aborts
 *	c  closes the connection          s  P, and a sanitizer's words
 *	d  P; aborts at disconnect        r  P on the first connection, else R
 *	e  exits with status 7            b  P; spins once it is disconnected
 *	n  P; serves nobody any more      g  P; nor listens
 *	q  panics as Rust does, status 101
 */
#include "toy_party.h"
#include "unit/waits.h"

#include "base/clock.h"
#include "base/own.h"
#include "proc/idle.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DEAF_MS 5000 /* for one that some peers do not give */

struct toy {
	int fd;
};

static int connect_to(const struct vus_reach *reach)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (reach->fd >= 0)
		return reach->fd;
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%.107s",
		       reach->socket);
	for (;;) {
		struct pollfd p = { .fd = reach->pidfd, .events = POLLIN };

		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
			return fd;
		(void)close(fd);
		if (vus_poll(&p, 1,
			     VUS_MIN(vus_deadline_ms(1),
				     reach->connect_deadline)) > 0 ||
		    vus_now() >= reach->connect_deadline)
			return -1;
	}
}

static char ask(struct vus_ctx *t, int fd, char word, uint64_t deadline)
{
	struct vus_frame got = { .channel = VUS_FE, .id = 1, .flags = 5 };
	const struct vus_trace *trace = vus_ctx_trace(t);
	char answer;

	if (send(fd, &word, 1, MSG_NOSIGNAL) != 1 ||
	    vus_poll_one(fd, POLLIN, deadline) != 1 ||
	    recv(fd, &answer, 1, 0) != 1)
		return 0;
	trace->frame(trace->ctx, &got, false);
	return answer;
}

char toy_ask(struct vus_ctx *t, char word)
{
	const struct toy *toy = t->session;

	return ask(t, toy->fd, word, vus_deadline_ms(UNIT_LONG_MS));
}

static bool toy_open(struct vus_ctx *t, const struct vus_reach *reach)
{
	struct toy *toy = calloc(1, sizeof(*toy));

	toy->fd = connect_to(reach);
	t->session = toy;
	if (toy->fd < 0)
		vus_peer_note_unreachable(t);
	if (toy->fd < 0 ||
	    ask(t, toy->fd, 'p', vus_deadline_ms(DEAF_MS)) != 'P') {
		vus_skip(t, "no connection");
		vus_fd_close(&toy->fd);
		free(toy);
		return false;
	}
	return true;
}

static void toy_close(struct vus_ctx *t)
{
	struct toy *toy = t->session;

	vus_fd_close(&toy->fd);
	free(toy);
}

static void toy_probe(struct vus_ctx *t, const struct vus_reach *reach)
{
	VUS_AUTO_FD fd = connect_to(reach);

	if (fd < 0) {
		(void)snprintf(reach->probe->why, sizeof(reach->probe->why),
			       "nobody listens");
		return;
	}
	reach->probe->spoke = ask(t, fd, 'p', reach->connect_deadline) == 'P';
	reach->probe->polls = vus_idle_is_polling(vus_peer_server(t, fd));
	reach->probe->queues = 2;
	reach->probe->pf = 1;
}

static bool toy_check_reaccepts(struct vus_ctx *t,
				const struct vus_reach *reach)
{
	VUS_AUTO_FD fd = connect_to(reach);

	return fd >= 0 && ask(t, fd, 'p', reach->connect_deadline) == 'P';
}

/* ---- the peer ---- */

struct peer {
	unsigned connections;
	bool dies_at_disconnect, unreachable, away, busy;
};

static void be_dead(void)
{
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGABRT, SIG_DFL);
	(void)raise(SIGABRT);
}

/* Returns the exit status, or -1 to go on. */
static int answer(struct peer *peer, int fd, char word)
{
	char out = 'P';

	switch (word) {
	case 'x':
		be_dead();
		break;
	case 'c':
		(void)shutdown(fd, SHUT_RDWR);
		return -1;
	case 'e':
		return 7;
	case 'q':
		(void)fprintf(stderr, "thread 'main' panicked at toy.rs:7\n");
		return 101;
	case 's':
		(void)fprintf(stderr, "==1==ERROR: AddressSanitizer: toy\n");
		break;
	case 'd':
		peer->dies_at_disconnect = true;
		break;
	case 'n':
		peer->unreachable = true;
		break;
	case 'g':
		peer->unreachable = peer->away = true;
		break;
	case 'b':
		peer->busy = true;
		break;
	case 'r':
		out = peer->connections > 1 ? 'R' : 'P';
		break;
	default:
		break;
	}
	(void)send(fd, &out, 1, MSG_NOSIGNAL);
	return -1;
}

static volatile sig_atomic_t stopped;

/* Wait for input, one way or the other. */
static void wait_for(int fd, bool spin)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (!stopped && poll(&p, 1, spin ? 0 : 10000) == 0)
		continue;
}

/* One connection to its end. */
static int serve(struct peer *peer, int fd, bool polls)
{
	int status = -1;
	char word;

	peer->connections++;
	do {
		wait_for(fd, polls);
		if (stopped || recv(fd, &word, 1, 0) != 1)
			break;
		status = answer(peer, fd, word);
	} while (status < 0);
	if (peer->dies_at_disconnect)
		be_dead();
	return status;
}

static void on_term(int signum)
{
	(void)signum;
	stopped = 1;
}

static bool has(int argc, char **argv, const char *word)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

int toy_peer(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct sigaction act = { .sa_handler = on_term };
	const bool polls = has(argc, argv, "--polls");
	struct peer peer = { 0 };
	VUS_AUTO_FD listener = -1;
	int status = -1;

	if (has(argc, argv, "--refuse")) {
		(void)fprintf(stderr, "cannot open the disk\n");
		return 3;
	}
	if (has(argc, argv, "--ignores-sigterm"))
		act.sa_handler = SIG_IGN;
	(void)sigaction(SIGTERM, &act, NULL);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%.107s", argv[2]);
	if (!has(argc, argv, "--mute") &&
	    (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	     listen(listener, 8) < 0))
		return 1;
	while (!stopped && status < 0) {
		int fd;

		if (has(argc, argv, "--mute") || peer.unreachable) {
			(void)poll(NULL, 0, 10000);
			continue;
		}
		wait_for(listener, polls || peer.busy);
		if (stopped)
			break;
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		status = serve(&peer, fd, polls);
		(void)close(fd);
		if (peer.away)
			vus_fd_close(&listener);
		peer.unreachable |= has(argc, argv, "--first-only");
		if (status < 0 && has(argc, argv, "--once"))
			status = 0;
	}
	return status < 0 ? 0 : status;
}

const struct vus_party toy_party = {
	.name = "backend",
	.open = toy_open,
	.close = toy_close,
	.probe = toy_probe,
	.check_reaccepts = toy_check_reaccepts,
	.embedded = toy_peer,
	.embedded_name = "toy",
};
