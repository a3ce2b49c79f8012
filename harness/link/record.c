/* SPDX-License-Identifier: BSD-3-Clause */
/* record.c — a session as JSON lines, a message a line. */
#include "record.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static double now_ms(const struct vus_recorder *r)
{
	return (double)(vus_now() - r->began) / (double)VUS_MS;
}

/* A line at a time, so that a reader of the growing file sees whole messages.
 */
static void write_line(struct vus_recorder *r, json_t *line)
{
	if (!line ||
	    json_dumpf(line, r->to, JSON_COMPACT | JSON_REAL_PRECISION(9)) !=
		    0 ||
	    fputc('\n', r->to) == EOF || fflush(r->to) != 0)
		r->failed = true;
	json_decref(line);
}

static const char *access_of(int fd)
{
	switch (fcntl(fd, F_GETFL) & O_ACCMODE) {
	case O_RDONLY:
		return "r";
	case O_WRONLY:
		return "w";
	default:
		return "rw";
	}
}

/* The target of the link in /proc, if it is text; otherwise NULL. */
static json_t *path_of(int fd)
{
	char link[64], path[512];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	return n > 0 ? json_stringn(path, (size_t)n) : NULL;
}

static json_t *descriptor(int fd)
{
	const int seals = fcntl(fd, F_GET_SEALS);
	char mode[16];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return json_object();
	(void)snprintf(mode, sizeof(mode), "%07o", st.st_mode);
	return json_pack("{s:I,s:I,s:s,s:I,s:I,s:I,s:I,s:s,s:o,s:o*}", "dev",
			 (json_int_t)st.st_dev, "ino", (json_int_t)st.st_ino,
			 "mode", mode, "nlink", (json_int_t)st.st_nlink, "size",
			 (json_int_t)st.st_size, "blocks",
			 (json_int_t)st.st_blocks, "blksize",
			 (json_int_t)st.st_blksize, "access", access_of(fd),
			 "seals", seals < 0 ? json_null() : json_integer(seals),
			 "path", path_of(fd));
}

static json_t *payload_hex(const struct vus_frame *f)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = malloc(2 * f->payload_len + 1);
	json_t *text;

	if (!hex)
		abort();
	for (size_t i = 0; i < f->payload_len; i++) {
		hex[2 * i] = digits[f->payload[i] >> 4];
		hex[2 * i + 1] = digits[f->payload[i] & 15];
	}
	text = json_stringn(hex, 2 * f->payload_len);
	free(hex);
	return text;
}

/* Front-end to back-end?  Also for the channels of the back-end's requests. */
static bool goes_to_backend(const struct vus_recorder *r, bool to_peer)
{
	return to_peer == r->asks;
}

static void record_frame(void *ctx, const struct vus_frame *f, bool to_peer)
{
	static const char *const channels[] = { "main", "backend", "gpu" };
	struct vus_recorder *r = ctx;
	const struct vus_msg *msg = vus_msg_find(f->channel, f->id);
	json_t *line, *fds = json_array();

	for (unsigned i = 0; i < f->nfds; i++)
		json_array_append_new(fds, descriptor(f->fds[i]));
	line = json_pack("{s:f,s:s,s:s,s:s,s:I,s:I,s:I,s:o,s:i,s:o}", "t",
			 now_ms(r), "chan", channels[f->channel], "dir",
			 goes_to_backend(r, to_peer) ? "fe->be" : "be->fe",
			 "name", msg ? msg->name : "?", "req",
			 (json_int_t)f->id, "flags", (json_int_t)f->flags,
			 "size", (json_int_t)f->size, "payload_hex",
			 payload_hex(f), "nfds", (int)f->nfds, "fds", fds);
	write_line(r, line);
	if (r->next && r->next->frame)
		r->next->frame(r->next->ctx, f, to_peer);
}

static void record_note(void *ctx, const char *text)
{
	struct vus_recorder *r = ctx;

	write_line(r, json_pack("{s:f,s:s}", "t", now_ms(r), "event", text));
	if (r->next && r->next->note)
		r->next->note(r->next->ctx, text);
}

static void record_trouble(void *ctx, const struct vus_err *err)
{
	const struct vus_recorder *r = ctx;

	if (r->next && r->next->trouble)
		r->next->trouble(r->next->ctx, err);
}

bool vus_recorder_open(struct vus_recorder *r, const char *path, bool asks,
		       const struct vus_trace *next, struct vus_err *err)
{
	int fd;

	*r = (struct vus_recorder){
		.path = path,
		.began = vus_now(),
		.asks = asks,
		.next = next,
		.trace = { .ctx = r,
			   .frame = record_frame,
			   .note = record_note,
			   .trouble = record_trouble },
	};
	if (!path)
		return true;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0)
		r->to = fdopen(fd, "w");
	if (r->to)
		return true;
	(void)vus_fail_sys(err, "%s", path);
	if (fd >= 0)
		(void)close(fd);
	return false;
}

const struct vus_trace *vus_recorder_trace(const struct vus_recorder *r)
{
	return r->to ? &r->trace : r->next;
}

bool vus_recorder_close(struct vus_recorder *r, bool ok, struct vus_err *err)
{
	if (r->to && fclose(r->to) != 0)
		r->failed = true;
	r->to = NULL;
	if (!ok || !r->failed)
		return ok;
	return vus_fail(err, VUS_ERR_SYSTEM,
			"%.80s: the record could not be written completely",
			r->path);
}
