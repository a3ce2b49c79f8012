/* SPDX-License-Identifier: BSD-3-Clause */
/* program.c — faults of the program: its words, its socket, its end. */
#include "fake-backend/server.h"
#include "fault.h"

#include <sys/stat.h>
#include <unistd.h>

static bool never(void)
{
	return false;
}

VUS_BE_FAULT(program, ignores_sigterm, .rule = "program.sigterm",
	     .says = "does not end on SIGTERM")
{
	decide->heeds_signals = never;
}

static void die_at_the_end(__attribute__((unused)) struct vus_be_config *cfg)
{
	vus_die();
}

VUS_BE_FAULT(program, aborts_at_its_end, .rule = "program.sigterm",
	     .also = "reply_ack.alive_after_refusal",
	     .says = "aborts when it ends")
{
	decide->closed = die_at_the_end;
}

static bool print_banner(FILE *out)
{
	return fputs("fake-backend\n", out) >= 0 &&
	       vus_be_honest.print_capabilities(out);
}

VUS_BE_FAULT(program, prints_a_banner, .rule = "program.capabilities.print",
	     .also = "program.capabilities.type",
	     .says = "prints its name in front of its capabilities")
{
	decide->print_capabilities = print_banner;
}

static bool print_own_type(FILE *out)
{
	return fputs("{\n  \"type\": \"virtio-blk\",\n  \"features\": []\n}\n",
		     out) >= 0;
}

VUS_BE_FAULT(program, unknown_type, .rule = "program.capabilities.type",
	     .says = "calls its type virtio-blk")
{
	decide->print_capabilities = print_own_type;
}
VUS_BE_FAULT(program, capabilities_refuse_options,
	     .rule = "program.capabilities.others_ignored",
	     .says = "refuses unknown words beside --print-capabilities")
{
	decide->ignores_other_words = never;
}

/* ---- where connections come from ---- */

static const char *path_before_fd(bool path, bool fd)
{
	return vus_be_honest.objects_to_sockets(path, fd && !path);
}

VUS_BE_FAULT(program, takes_two_sockets, .rule = "program.exclusive",
	     .says = "ignores --fd beside --socket-path")
{
	decide->objects_to_sockets = path_before_fd;
}

static const char *nothing_is_enough(bool path, bool fd)
{
	return path || fd ? vus_be_honest.objects_to_sockets(path, fd) : NULL;
}

static bool open_nothing(const struct vus_be_options *o, struct vus_server *ret,
			 struct vus_err *err)
{
	if (o->socket_path || o->fd >= 0)
		return vus_be_honest.open_server(o, ret, err);
	*ret = VUS_SERVER_NONE;
	return true;
}

VUS_BE_FAULT(program, no_socket_is_success, .rule = "program.neither",
	     .says = "ends with status 0 without a socket")
{
	decide->objects_to_sockets = nothing_is_enough;
	decide->open_server = open_nothing;
}

static bool open_anything(const struct vus_be_options *o,
			  struct vus_server *ret, struct vus_err *err)
{
	if (vus_be_honest.open_server(o, ret, err))
		return true;
	*ret = VUS_SERVER_NONE;
	return !o->socket_path;
}

VUS_BE_FAULT(program, bad_descriptor_is_success, .rule = "program.fd_invalid",
	     .says = "ends with status 0 when --fd is no socket")
{
	decide->open_server = open_anything;
}

static bool lose_fd(const struct vus_be_options *o, struct vus_server *ret,
		    struct vus_err *err)
{
	if (!vus_be_honest.open_server(o, ret, err))
		return false;
	if (!o->socket_path)
		vus_server_close(ret);
	return true;
}

VUS_BE_FAULT(program, loses_its_descriptor, .rule = "program.fd",
	     .says = "closes the socket that it is given by --fd")
{
	decide->open_server = lose_fd;
}

static bool open_cut_path(const struct vus_be_options *o,
			  struct vus_server *ret, struct vus_err *err)
{
	struct vus_be_options cut = *o;
	static char path[64];

	if (o->socket_path) {
		(void)snprintf(path, sizeof(path), "%s", o->socket_path);
		cut.socket_path = path;
	}
	return vus_be_honest.open_server(&cut, ret, err);
}

VUS_BE_FAULT(program, cuts_its_path, .rule = "program.socket_path",
	     .says = "listens at the first 63 bytes of its path")
{
	decide->open_server = open_cut_path;
}

static bool delete_file(const char *path, struct vus_err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		(void)unlink(path);
	return vus_be_honest.make_way(path, err);
}

VUS_BE_FAULT(program, deletes_files, .rule = "program.path_in_use",
	     .says = "removes whatever is where its socket should be")
{
	decide->make_way = delete_file;
}

static bool leave_socket(const char *path, struct vus_err *err)
{
	(void)path;
	(void)err;
	return true;
}

VUS_BE_FAULT(program, refuses_stale_socket, .rule = "program.restart_same_path",
	     .says = "does not start where a socket was left behind")
{
	decide->make_way = leave_socket;
}
