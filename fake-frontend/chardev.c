/* SPDX-License-Identifier: BSD-3-Clause */
/* chardev.c — -chardev: how to reach a back-end. */
#include "chardev.h"

#include "base/keyval.h"
#include "honest.h"

#include <string.h>

/* ---- what is decided ---- */

void vus_fe_honest_other_chardev(const char *backend)
{
	(void)backend;
}

struct vus_fake_chardev *vus_fe_honest_chardev(struct vus_fake_options *o,
					       const char *id)
{
	return vus_fake_chardev_find(o, id);
}

/* ---- options ---- */

static bool is_ignored(const char *key)
{
	static const char *const keys[] = { "wait", "nodelay", "logfile",
					    "logappend", "mux" };

	for (size_t i = 0; i < VUS_COUNT(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

struct chardev_words {
	struct vus_fake_chardev c;
	char backend[VUS_OBJECT_ID];
};

static bool take_chardev(void *ctx, const char *key, const char *value,
			 struct vus_err *err)
{
	struct chardev_words *w = ctx;
	uint64_t n;

	if (strcmp(key, "backend") == 0)
		return vus_keyval_copy(key, value, w->backend,
				       sizeof(w->backend), err);
	if (strcmp(key, "id") == 0)
		return vus_keyval_copy(key, value, w->c.id, sizeof(w->c.id),
				       err);
	/* No back-end is reached by another kind of chardev. */
	if (strcmp(w->backend, "socket") != 0 || is_ignored(key))
		return true;
	if (strcmp(key, "path") == 0)
		return vus_keyval_copy(key, value, w->c.path, sizeof(w->c.path),
				       err);
	if (strcmp(key, "server") == 0)
		return vus_keyval_bool(key, value, &w->c.server, err);
	if (strcmp(key, "reconnect") == 0 || strcmp(key, "reconnect-ms") == 0) {
		if (!vus_keyval_number(key, value, 0, INT32_MAX, &n, err))
			return false;
		w->c.reconnects = n > 0;
		return true;
	}
	if (strcmp(key, "fd") == 0) {
		if (!vus_keyval_number(key, value, 0, INT32_MAX, &n, err))
			return false;
		w->c.fd = (int)n;
		return true;
	}
	return vus_fail(err, VUS_ERR_USAGE,
			"-chardev socket: Invalid parameter '%.80s'", key);
}

struct vus_fake_chardev *vus_fake_chardev_find(struct vus_fake_options *o,
					       const char *id)
{
	for (unsigned i = 0; i < o->nchardevs; i++)
		if (strcmp(o->chardevs[i].id, id) == 0)
			return &o->chardevs[i];
	return NULL;
}

static bool chardev_is_whole(const struct vus_fake_chardev *c,
			     struct vus_err *err)
{
	if (!c->id[0])
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev: Parameter 'id' is missing");
	if ((c->fd >= 0) == (c->path[0] != '\0'))
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev socket,id=%s: one of 'path' and 'fd' "
				"is needed",
				c->id);
	if (c->reconnects && (c->server || c->fd >= 0))
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev socket,id=%s: 'reconnect' is for a "
				"client with a path",
				c->id);
	return true;
}

bool vus_fake_chardev_read(struct vus_fake_options *o, const char *value,
			   struct vus_err *err)
{
	struct chardev_words w = { .c.fd = -1 };

	if (!vus_keyval_read(value, "backend", take_chardev, &w, err))
		return false;
	if (strcmp(w.backend, "socket") != 0) {
		o->decide.other_chardev(w.backend);
		return true;
	}
	if (!chardev_is_whole(&w.c, err))
		return false;
	if (vus_fake_chardev_find(o, w.c.id))
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev: duplicate ID '%s'", w.c.id);
	if (o->nchardevs == VUS_FAKE_MAX_DEVICES)
		return vus_fail(err, VUS_ERR_USAGE,
				"-chardev: socket %u of at most %u",
				o->nchardevs + 1, VUS_FAKE_MAX_DEVICES);
	o->chardevs[o->nchardevs++] = w.c;
	return true;
}
