/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_shm.c — POSIX shared memory: names, and what is seen of them.
 *
 * The folder is watched: its events tell in which order the name came, went,
 * and the size was set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem_box.h"

#include "base/own.h"
#include "unit/process_box.h"
#include "unit/test_if.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#define FOLDER "/dev/shm"

static int watch(void)
{
	const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	assert_true(fd >= 0);
	assert_true(inotify_add_watch(fd, FOLDER,
				      IN_CREATE | IN_DELETE | IN_MODIFY |
					      IN_MOVE) >= 0);
	return fd;
}

/* The events so far of names that begin with `prefix`: "c" created, "d"
 * deleted, "m" written or sized, "?" else. */
static void seen(int fd, const char *prefix, char *ret, size_t cap)
{
	char buf[16384] __attribute__((aligned(8)));
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		const struct inotify_event *e;

		for (char *p = buf; p < buf + got; p += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(const void *)p;
			if (e->len == 0 ||
			    strncmp(e->name, prefix, strlen(prefix)) != 0)
				continue;
			assert_true(n + 1 < cap);
			ret[n++] = e->mask & IN_CREATE   ? 'c'
				   : e->mask & IN_DELETE ? 'd'
				   : e->mask & IN_MODIFY ? 'm'
							 : '?';
		}
	}
	assert_int_equal(errno, EAGAIN);
	ret[n] = '\0';
}

/* The beginning of the names made by this process. */
static const char *our_names(void)
{
	static char prefix[32];

	snprintf(prefix, sizeof(prefix), "vuspec-%d-", (int)getpid());
	return prefix;
}

static void the_name_is_gone_before_there_is_a_size(void **state)
{
	const struct vus_backing_opts opts = { .kind = VUS_SHM,
					       .size = MEM_MIB };
	VUS_AUTO_FD events = watch();
	struct vus_backing b;
	char order[64];

	(void)state;
	mem_open(&opts, &b);
	seen(events, our_names(), order, sizeof(order));
	/* Of a size set later, not every kernel tells under the name that was.
	 */
	if (strcmp(order, "cdm") != 0 && strcmp(order, "cd") != 0)
		fail_msg("created, deleted, sized came as '%s'", order);
	vus_backing_close(&b);
	seen(events, our_names(), order, sizeof(order));
	assert_string_equal(order, "");
}

static void nobody_else_may_open_it(void **state)
{
	const struct vus_backing_opts opts = { .kind = VUS_SHM,
					       .size = MEM_MIB };
	const mode_t mask = umask(0);
	struct vus_backing b;
	struct stat st;

	(void)state;
	mem_open(&opts, &b);
	umask(mask);
	st = mem_stat(b.fd);
	assert_int_equal(st.st_mode & 07777, 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_size, MEM_MIB);
	assert_int_equal(fcntl(b.fd, F_GETFL) & O_ACCMODE, O_RDWR);
	vus_backing_close(&b);
}

/* What somebody else has there: 1000 bytes, mode 0640. */
static void make_theirs(const char *name)
{
	VUS_AUTO_FD fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0640), 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(write(fd, &"theirs"[i % 6], 1), 1);
}

static void check_theirs(const char *name)
{
	VUS_AUTO_FD fd = shm_open(name, O_RDONLY, 0);
	struct stat st;
	char c;

	assert_true(fd >= 0);
	st = mem_stat(fd);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_size, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(pread(fd, &c, 1, i), 1);
		assert_int_equal(c, "theirs"[i % 6]);
	}
}

/* A name of nobody's choice but this process's. */
static const char *chosen_name(void)
{
	static char name[40];

	snprintf(name, sizeof(name), "/vuspec-unit-%d-", (int)getpid());
	return name;
}

static void a_name_that_exists_is_left_alone(void **state)
{
	const struct vus_backing_opts opts = {
		.kind = VUS_SHM,
		.size = MEM_MIB,
		.shm_name = chosen_name(),
	};
	VUS_AUTO_FD events = -1;
	char order[64];

	(void)state;
	shm_unlink(opts.shm_name);
	make_theirs(opts.shm_name);
	events = watch();
	MEM_REFUSED(&opts, VUS_ERR_SYSTEM, opts.shm_name, FOLDER,
		    "File exists");
	seen(events, chosen_name() + 1, order, sizeof(order));
	assert_string_equal(order, "");
	check_theirs(opts.shm_name);
	assert_int_equal(shm_unlink(opts.shm_name), 0);
}

static void a_name_of_ones_choice(void **state)
{
	const struct vus_backing_opts opts = {
		.kind = VUS_SHM,
		.size = MEM_MIB,
		.shm_name = chosen_name(),
	};
	VUS_AUTO_FD events = -1;
	struct vus_backing b;
	char order[64];

	(void)state;
	shm_unlink(opts.shm_name);
	events = watch();
	mem_open(&opts, &b);
	seen(events, chosen_name() + 1, order, sizeof(order));
	assert_int_equal(order[0], 'c');
	assert_int_equal(order[1], 'd');
	assert_int_equal(shm_unlink(opts.shm_name), -1);
	assert_int_equal(errno, ENOENT);
	vus_backing_close(&b);
}

/* "/vuspec-PID-N" is what would be taken next. */
static const char *own_name(unsigned n)
{
	static char name[40];

	snprintf(name, sizeof(name), "/%s%u", our_names(), n);
	return name;
}

static void taken_names_are_passed_over(void **state)
{
	const struct vus_backing_opts opts = { .kind = VUS_SHM,
					       .size = MEM_MIB };
	struct vus_backing b;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		make_theirs(own_name(i));
	mem_open(&opts, &b);
	vus_backing_close(&b);
	for (unsigned i = 0; i < 3; i++) {
		check_theirs(own_name(i));
		assert_int_equal(shm_unlink(own_name(i)), 0);
	}
}

static void where_all_names_are_taken_we_give_up(void **state)
{
	const struct vus_backing_opts opts = { .kind = VUS_SHM,
					       .size = MEM_MIB };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		make_theirs(own_name(i));
	MEM_REFUSED(&opts, VUS_ERR_SYSTEM, "File exists");
	for (unsigned i = 0; i < 100; i++) {
		check_theirs(own_name(i));
		assert_int_equal(shm_unlink(own_name(i)), 0);
	}
}

static void a_refused_size_leaves_no_name(void **state)
{
	const struct vus_backing_opts opts = { .kind = VUS_SHM,
					       .size = MEM_PAGE + 1 };
	VUS_AUTO_FD events = watch();
	char order[64];

	(void)state;
	MEM_REFUSED(&opts, VUS_ERR_USAGE, "4097", "4096");
	seen(events, our_names(), order, sizeof(order));
	assert_string_equal(order, "cd");
}

/* ---- a /dev/shm of our own, in a process of its own ---- */

#define NO_NAMESPACE 77

static bool put(const char *path, const char *text)
{
	VUS_AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

	return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Not as root: as root of users of one's own.  Who has no number there makes no
 * file. */
static bool own_users(void)
{
	char uids[40], gids[40];

	snprintf(uids, sizeof(uids), "0 %u 1", (unsigned)getuid());
	snprintf(gids, sizeof(gids), "0 %u 1", (unsigned)getgid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       put("/proc/self/setgroups", "deny") &&
	       put("/proc/self/uid_map", uids) &&
	       put("/proc/self/gid_map", gids);
}

/* In a child: false where this machine does not let us. */
static bool private_shm(unsigned long flags, const char *data)
{
	if (unshare(CLONE_NEWNS) < 0 && !own_users())
		return false;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("vuspec", FOLDER, "tmpfs", flags, data) == 0;
}

/* Status 0 when opening fails with an error whose line holds `says`. */
static int refused_there(unsigned long flags, const char *data,
			 const char *const says[3])
{
	const struct vus_backing_opts opts = {
		.kind = VUS_SHM,
		.size = 8 * MEM_MIB,
		.prealloc = true,
	};
	struct vus_backing b = { .fd = -77 };
	struct vus_err err = { 0 };

	if (!private_shm(flags, data))
		return NO_NAMESPACE;
	if (vus_backing_open(&opts, &b, &err) || err.kind != VUS_ERR_SYSTEM)
		return 1;
	for (unsigned i = 0; i < 3 && says[i]; i++) {
		if (!strstr(err.text, says[i])) {
			print_error("without '%s': %s\n", says[i], err.text);
			return 2;
		}
	}
	return mem_count_names(FOLDER) == 0 ? 0 : 3;
}

static void in_a_shm_like_this(unsigned long flags, const char *data,
			       const char *const says[3])
{
	const pid_t pid = box_fork();

	if (pid == 0)
		_exit(refused_there(flags, data, says));
	assert_int_equal(box_wait(pid), 0);
}

static bool can_have_own_shm(void)
{
	const pid_t pid = box_fork();

	if (pid == 0)
		_exit(private_shm(0, NULL) ? 0 : NO_NAMESPACE);
	return box_wait(pid) == 0;
}

static void a_full_dev_shm_is_said(void **state)
{
	(void)state;
	in_a_shm_like_this(0, "size=1048576",
			   (const char *const[3]){ "8388608 bytes of shm",
						   "bytes are free" });
}

static void a_read_only_dev_shm_is_said(void **state)
{
	(void)state;
	in_a_shm_like_this(
		MS_RDONLY, NULL,
		(const char *const[3]){ FOLDER, "Read-only file system" });
}

int main(void)
{
	const bool own_shm = can_have_own_shm();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_is_gone_before_there_is_a_size),
		cmocka_unit_test(nobody_else_may_open_it),
		cmocka_unit_test(a_name_that_exists_is_left_alone),
		cmocka_unit_test(a_name_of_ones_choice),
		cmocka_unit_test(taken_names_are_passed_over),
		cmocka_unit_test(where_all_names_are_taken_we_give_up),
		cmocka_unit_test(a_refused_size_leaves_no_name),
		UNIT_TEST_IF(own_shm, a_full_dev_shm_is_said,
			     "no mount namespace (run as root)"),
		UNIT_TEST_IF(own_shm, a_read_only_dev_shm_is_said,
			     "no mount namespace (run as root)"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
