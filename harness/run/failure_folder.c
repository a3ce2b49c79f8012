/* SPDX-License-Identifier: BSD-3-Clause */
/* failure_folder.c — a folder for each variant that did not pass. */
#include "failure_folder.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MAX ((off_t)16 << 20) /* the last bytes of a target's log */

static bool make_failure_folder(const char *path, struct vus_err *err)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return true;
	if (errno != EEXIST)
		return vus_fail_sys(err, "%s", path);
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return vus_fail(err, VUS_ERR_SYSTEM, "%s: not a folder", path);
	return access(path, W_OK | X_OK) == 0 || vus_fail_sys(err, "%s", path);
}

bool vus_failure_folder_open(const char *folder, struct vus_err *err)
{
	struct vus_err why = { 0 };

	return make_failure_folder(folder, &why) ||
	       vus_fail(err, VUS_ERR_USAGE, "--keep %s", why.text);
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static int create_file(const struct vus_text *folder, const char *name,
		       struct vus_err *err)
{
	VUS_AUTO_TEXT path = { 0 };
	int fd;

	vus_text_add(&path, "%s/%s", vus_text_str(folder), name);
	fd = open(vus_text_str(&path),
		  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		(void)vus_fail_sys(err, "%s", vus_text_str(&path));
	return fd;
}

static bool put_file(const struct vus_text *folder, const char *name,
		     const char *text, size_t len, struct vus_err *err)
{
	VUS_AUTO_FD fd = create_file(folder, name, err);

	return fd >= 0 &&
	       (write_all(fd, text, len) ||
		vus_fail_sys(err, "%s/%s", vus_text_str(folder), name));
}

/* As the terminal shows it, without its limit of lines. */
static void add_report(struct vus_text *ret, const struct vus_report *r,
		       const struct vus_variant *v)
{
	VUS_AUTO_DETAILS d = { 0 };

	vus_report_details(r, v, false, UINT_MAX, &d);
	vus_text_add(ret, "%s  %s\n", vus_verdict_name(v->verdict), v->id);
	for (unsigned i = 0; i < d.n; i++)
		vus_text_add(ret, "\n%s:\n%s\n", d.item[i].label,
			     vus_text_str(&d.item[i].text));
}

static bool copy_log(const struct vus_text *folder, int from,
		     struct vus_err *err)
{
	VUS_AUTO_FD fd = create_file(folder, "target.log", err);
	char buf[65536];
	struct stat st;
	off_t at = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	if (fstat(from, &st) == 0 && st.st_size > LOG_MAX)
		at = st.st_size - LOG_MAX;
	while ((n = pread(from, buf, sizeof(buf), at)) > 0) {
		if (!write_all(fd, buf, (size_t)n))
			return vus_fail_sys(err, "%s/target.log",
					    vus_text_str(folder));
		at += n;
	}
	return true;
}

bool vus_failure_folder_add(const char *folder, const struct vus_report *r,
			    const struct vus_variant *v, int target,
			    struct vus_err *err)
{
	VUS_AUTO_TEXT own = { 0 }, report = { 0 };
	const struct vus_result *res = v->result;

	vus_text_add(&own, "%s/%s", folder, v->id);
	if (v->repeat > 0)
		vus_text_add(&own, ".repeat-%u", v->repeat + 1);
	add_report(&report, r, v);
	return make_failure_folder(vus_text_str(&own), err) &&
	       put_file(&own, "report.txt", report.p, report.len, err) &&
	       (!res ||
		put_file(&own, "exchange.txt", res->exchange,
			 strnlen(res->exchange, sizeof(res->exchange)), err)) &&
	       (target < 0 || copy_log(&own, target, err));
}
