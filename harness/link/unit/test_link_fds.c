/* SPDX-License-Identifier: BSD-3-Clause */
/* test_link_fds.c — descriptors that arrive, and the peer's death. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "link_box.h"

#include "base/clock.h"
#include "base/event.h"
#include "base/own.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST 253 /* the kernel's limit for one message */

/* A SET_VRING_NUM request, ring 3 of 256. */
static const uint32_t whole[5] = { VUS_FE_SET_VRING_NUM, VUS_VERSION, 8, 3,
				   256 };

struct files {
	int fds[MOST];
	unsigned n;
};

/* Files that their sizes tell apart. */
static void files_open(struct files *f, unsigned n)
{
	for (f->n = 0; f->n < n; f->n++) {
		f->fds[f->n] = memfd_create("file", MFD_CLOEXEC);
		assert_true(f->fds[f->n] >= 0);
		assert_int_equal(ftruncate(f->fds[f->n], 100 + f->n), 0);
	}
}

static void files_close(struct files *f)
{
	while (f->n > 0)
		vus_fd_close(&f->fds[--f->n]);
}

/* Is it file `i`, close-on-exec, and not the sender's own descriptor? */
static void check_file(int fd, unsigned i, const struct files *f)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 100 + i);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_not_equal(fd, f->fds[i]);
}

static void descriptors_come_in_order(void **state)
{
	const unsigned before = box_count_fds();
	struct files files;
	struct vus_frame f;
	struct box b;

	(void)state;
	files_open(&files, VUS_MAX_FDS);
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	box_give_fds(&b, whole, sizeof(whole), files.fds, VUS_MAX_FDS);
	box_recv(&b, &f);
	assert_true(f.decoded);
	assert_int_equal(f.nfds, VUS_MAX_FDS);
	for (unsigned i = 0; i < f.nfds; i++)
		check_file(f.fds[i], i, &files);
	assert_int_equal(b.link.fds_dropped, 0);
	assert_false(b.link.fds_truncated);
	assert_int_equal(b.frame.nfds, VUS_MAX_FDS);
	vus_frame_close(&f);
	assert_int_equal(f.nfds, 0);
	vus_frame_close(&f);
	box_close(&b);
	files_close(&files);
	assert_int_equal(box_count_fds(), before);
}

/* Bytes with descriptors are never joined by the kernel, so that each recvmsg
 * gets one byte here. */
static void each_byte_may_bring_a_descriptor(void **state)
{
	const unsigned before = box_count_fds();
	struct files files;
	struct vus_frame f;
	struct box b;

	(void)state;
	files_open(&files, sizeof(whole));
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	for (unsigned i = 0; i < sizeof(whole); i++)
		box_give_fds(&b, (const uint8_t *)whole + i, 1, &files.fds[i],
			     1);
	box_recv(&b, &f);
	assert_true(f.decoded);
	assert_int_equal(f.body.vring_state.num, 256);
	assert_int_equal(f.nfds, sizeof(whole));
	for (unsigned i = 0; i < f.nfds; i++)
		check_file(f.fds[i], i, &files);
	vus_frame_close(&f);
	box_close(&b);
	files_close(&files);
	assert_int_equal(box_count_fds(), before);
}

static void more_than_fit_are_closed_and_counted(void **state)
{
	const unsigned before = box_count_fds();
	struct files files;
	struct vus_frame f;
	struct box b;

	(void)state;
	files_open(&files, MOST);
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	box_give_fds(&b, whole, sizeof(whole), files.fds, MOST);
	files_close(&files);
	box_recv(&b, &f);
	assert_int_equal(f.nfds, VUS_MAX_FDS);
	assert_int_equal(b.link.fds_dropped, MOST - VUS_MAX_FDS);
	assert_false(b.link.fds_truncated);
	/* Two of the box, and those of the frame. */
	assert_int_equal(box_count_fds(), before + 2 + VUS_MAX_FDS);
	vus_frame_close(&f);
	box_close(&b);
	assert_int_equal(box_count_fds(), before);
}

/* Only a process without free numbers does not get all. */
static void a_full_table_of_descriptors_is_noted(void **state)
{
	const unsigned before = box_count_fds();
	struct rlimit old, low;
	struct files files;
	struct vus_frame f;
	struct box b;
	int top;

	(void)state;
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	files_open(&files, 5);
	box_give_fds(&b, whole, sizeof(whole), files.fds, 5);
	files_close(&files);
	/* The lowest free number, and one above it. */
	top = dup(b.peer);
	assert_true(top >= 0);
	close(top);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)top + 2;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	box_recv(&b, &f);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(b.link.fds_truncated);
	assert_int_equal(f.nfds, 2);
	assert_true(f.decoded);
	vus_frame_close(&f);
	box_close(&b);
	assert_int_equal(box_count_fds(), before);
}

/* At every length, whether the message is cut by its end, by the deadline or
 * by a death. */
static void a_cut_message_leaks_no_descriptor(void **state)
{
	VUS_AUTO_EVENT dead = VUS_EVENT_NONE;
	const enum { END, DEADLINE, DEATH } cuts[] = { END, DEADLINE, DEATH };
	struct files files;
	unsigned before;

	(void)state;
	assert_true(vus_event_open(VUS_EVENTFD, &dead, NULL));
	assert_true(vus_event_signal(dead.wr, 1, NULL));
	files_open(&files, 3);
	before = box_count_fds();
	for (size_t len = 1; len < sizeof(whole); len++)
		for (size_t i = 0; i < VUS_COUNT(cuts); i++) {
			struct vus_frame f;
			struct box b;

			box_open(&b, SOCK_STREAM, VUS_FE, false);
			box_give_fds(&b, whole, len, files.fds, 3);
			if (cuts[i] == END)
				vus_fd_close(&b.peer);
			if (cuts[i] == DEATH)
				b.link.watch_fd = dead.rd;
			assert_false(vus_link_recv(
				&b.link, &f,
				vus_deadline_ms(
					cuts[i] == DEADLINE ? 1 : UNIT_LONG_MS),
				NULL));
			box_close(&b);
			assert_int_equal(box_count_fds(), before);
		}
	files_close(&files);
}

static void an_oversized_message_leaks_no_descriptor(void **state)
{
	static const uint32_t head[3] = { 1, VUS_VERSION, UINT32_MAX };
	const unsigned before = box_count_fds();
	struct vus_err err = { 0 };
	struct files files;
	struct vus_frame f;
	struct box b;

	(void)state;
	files_open(&files, 3);
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	box_give_fds(&b, head, sizeof(head), files.fds, 3);
	files_close(&files);
	assert_false(vus_link_recv(&b.link, &f, VUS_NEVER, &err));
	assert_int_equal(err.kind, VUS_ERR_PROTOCOL);
	box_close(&b);
	assert_int_equal(box_count_fds(), before);
}

/* A taken descriptor is marked by -1, and is not closed with its frame. */
static void taken_descriptors_live_on(void **state)
{
	VUS_AUTO_FD taken = -1;
	struct files files;
	struct box b;

	(void)state;
	files_open(&files, 2);
	box_open(&b, SOCK_STREAM, VUS_FE, false);
	box_give_fds(&b, whole, sizeof(whole), files.fds, 2);
	{
		VUS_AUTO_FRAME f = { 0 };

		box_recv(&b, &f);
		taken = vus_fd_take(&f.fds[1]);
	}
	check_file(taken, 1, &files);
	box_close(&b);
	files_close(&files);
}

static void death_ends_a_wait_at_once(void **state)
{
	static const struct {
		size_t len;
		const char *text;
	} rows[] = {
		{ 0, "the peer's process ended" },
		{ 5, "the peer's process ended inside a header" },
		{ 12, "the peer's process ended inside a payload" },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		VUS_AUTO_EVENT dead = VUS_EVENT_NONE;
		struct vus_err err = { 0 };
		struct vus_frame f;
		struct box b;

		box_open(&b, SOCK_STREAM, VUS_FE, false);
		assert_true(vus_event_open(VUS_EVENTFD, &dead, NULL));
		b.link.watch_fd = dead.rd;
		box_give(&b, whole, rows[i].len);
		assert_true(vus_event_signal(dead.wr, 1, NULL));
		/* The socket stays open: a child of the dead has it. */
		assert_false(vus_link_recv(&b.link, &f, VUS_NEVER, &err));
		assert_int_equal(err.kind, VUS_ERR_EOF);
		assert_string_equal(err.text, rows[i].text);
		box_close(&b);
	}
}

/* A real process, whose last words are heard. */
static void what_the_dead_wrote_is_received(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		VUS_AUTO_FD pidfd = -1;
		struct vus_err err = { 0 };
		struct vus_frame f;
		struct box b;
		pid_t pid;

		box_open(&b, SOCK_STREAM, VUS_FE, false);
		pid = box_fork();
		if (pid == 0)
			_exit(send(b.peer, whole, sizeof(whole), 0) !=
			      sizeof(whole));
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		assert_true(pidfd >= 0);
		b.link.watch_fd = pidfd;
		box_recv(&b, &f);
		assert_true(f.decoded);
		assert_false(vus_link_recv(&b.link, &f, VUS_NEVER, &err));
		assert_int_equal(err.kind, VUS_ERR_EOF);
		assert_string_equal(err.text, "the peer's process ended");
		assert_int_equal(box_wait(pid), 0);
		box_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_come_in_order),
		cmocka_unit_test(each_byte_may_bring_a_descriptor),
		cmocka_unit_test(more_than_fit_are_closed_and_counted),
		cmocka_unit_test(a_full_table_of_descriptors_is_noted),
		cmocka_unit_test(a_cut_message_leaks_no_descriptor),
		cmocka_unit_test(an_oversized_message_leaks_no_descriptor),
		cmocka_unit_test(taken_descriptors_live_on),
		cmocka_unit_test(death_ends_a_wait_at_once),
		cmocka_unit_test(what_the_dead_wrote_is_received),
	};

	alarm(200);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
