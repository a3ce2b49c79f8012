/* SPDX-License-Identifier: BSD-3-Clause */
/* option_values.c — options of test-backend whose values need a parser of their
 * own: --memory, --device, --shuffle, -m, --control ... */
#include "result_file.h"
#include "test_options.h"

#include "fake-backend/frontend_cases/refused_start.h"
#include "base/size.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

bool vus_parse_memory(void *into, const char *text, struct vus_err *err)
{
	struct vus_test_options *o = into;
	enum vus_backing_kind kind;
	struct stat st;

	if (strcmp(text, "all") == 0) {
		o->sel.memories = VUS_BIT(VUS_NBACKINGS) - 1;
		return true;
	}
	if (strncmp(text, "file=", 5) == 0) {
		o->run.memory_path = text + 5;
		if (stat(text + 5, &st) < 0)
			return vus_fail(err, VUS_ERR_USAGE, "--memory %s: %s",
					text, strerror(errno));
		if (!S_ISDIR(st.st_mode))
			return vus_fail(err, VUS_ERR_USAGE,
					"--memory %s: not a folder", text);
		o->sel.memories = VUS_BIT(VUS_FILE);
		return true;
	}
	if (!vus_backing_by_name(text, &kind))
		return vus_fail(err, VUS_ERR_USAGE,
				"--memory '%s': not one of shm, memfd, "
				"file[=DIR], all",
				text);
	o->sel.memories = VUS_BIT(kind);
	return true;
}

/* NAME[,KEY=NUMBER...] */
bool vus_parse_device(void *into, const char *text, struct vus_err *err)
{
	struct vus_test_options *o = into;
	static const char *const keys[] = { "num_vqs", "vq_size", "config_size",
					    "virtio-id", "null" };
	const char *comma = strchr(text, ',');
	char one[64], *value;
	unsigned n;
	size_t k;

	if (!vus_word(text, ',', 0, o->device, sizeof(o->device)) ||
	    !o->device[0])
		return vus_fail(err, VUS_ERR_USAGE,
				"--device '%s': the name is missing", text);
	o->run.device_options = comma ? comma + 1 : NULL;
	for (size_t i = 1; comma && vus_word(text, ',', i, one, sizeof(one));
	     i++) {
		value = strchr(one, '=');
		if (value)
			*value++ = '\0';
		for (k = 0; k < VUS_COUNT(keys); k++)
			if (strcmp(keys[k], one) == 0)
				break;
		if (k == VUS_COUNT(keys) || !value)
			return vus_fail(err, VUS_ERR_USAGE,
					"--device %s: '%s' is not one of "
					"num_vqs=N, vq_size=N, config_size=N, "
					"virtio-id=N, null=1",
					text, one);
		if (!vus_option_number(one, value, 0, 65535, &n, err))
			return false;
	}
	return true;
}

bool vus_parse_net_echo(void *into, const char *text, struct vus_err *err)
{
	struct vus_test_options *o = into;
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1 || address.s_addr == 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"--net-echo '%s': not an IPv4 address", text);
	o->run.net_echo = ntohl(address.s_addr);
	return true;
}

bool vus_parse_shuffle(void *into, const char *text, struct vus_err *err)
{
	struct vus_test_options *o = into;
	unsigned seed = 0;

	o->sel.shuffle = true;
	if (text &&
	    !vus_option_number("--shuffle", text, 0, UINT32_MAX, &seed, err))
		return false;
	o->sel.seed = text ? seed : (uint64_t)getpid();
	return true;
}

bool vus_parse_size(void *into, const char *text, struct vus_err *err)
{
	struct vus_test_options *o = into;
	struct vus_err why = { 0 };

	if (!vus_size_parse(text, UINT64_C(1) << 20, &o->run.memory_size, &why))
		return vus_fail(err, VUS_ERR_USAGE, "-m '%s': %s", text,
				why.text);
	if (o->run.memory_size == 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"-m '%s': guest memory cannot be empty", text);
	return true;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

/* Where execvp() would look for it. */
static bool can_be_run(const char *program)
{
	const char *path = getenv("PATH");
	char one[PATH_MAX], at[2 * PATH_MAX];

	if (strchr(program, '/'))
		return is_program(program);
	for (size_t i = 0; path && vus_word(path, ':', i, one, sizeof(one));
	     i++) {
		(void)snprintf(at, sizeof(at), "%s/%s", one[0] ? one : ".",
			       program);
		if (is_program(at))
			return true;
	}
	return false;
}

bool vus_parse_control(void *into, const char *text, struct vus_err *err)
{
	struct vus_test_options *o = into;

	if (!can_be_run(text))
		return vus_fail(err, VUS_ERR_USAGE,
				"--control '%s': not an executable program",
				text);
	o->run.control = text;
	return true;
}

bool vus_parse_refusal(void *into, const char *text, struct vus_err *err)
{
	struct vus_test_options *o = into;
	regex_t regex;

	if (!vus_refusal_regex(text, &regex, err))
		return false;
	regfree(&regex);
	o->run.refusal = text;
	o->sel.only = &vus_refusal_case;
	return true;
}

bool vus_parse_rerun(void *into, const char *text, struct vus_err *err)
{
	struct vus_test_options *o = into;
	json_t *root, *result;
	const char *id;
	void *next;

	if (!vus_result_file_read(text, &root, err))
		return false;
	json_decref(o->again);
	o->again = vus_results_by_id(root);
	json_decref(root);
	json_object_foreach_safe(o->again, next, id, result)
	{
		if (!vus_result_is_bad(result))
			(void)json_object_del(o->again, id);
	}
	return json_object_size(o->again) > 0 ||
	       vus_fail(err, VUS_ERR_USAGE,
			"--rerun %s: nothing in it has to be run again", text);
}

bool vus_parse_socket(void *into, const char *text, struct vus_err *err)
{
	struct vus_test_options *o = into;
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (strlen(text) > max)
		return vus_fail(err, VUS_ERR_USAGE,
				"--socket: a path of %zu bytes; a Unix "
				"socket's has at most %zu",
				strlen(text), max);
	o->run.socket = text;
	return true;
}
