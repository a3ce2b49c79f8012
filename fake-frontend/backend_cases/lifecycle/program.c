/* SPDX-License-Identifier: BSD-3-Clause */
/* program.c — the program around a back-end: its options, its socket, its end.
 *
 * Each case starts the program once more, with the command line of the instance
 * and another socket.  The specification recommends the conventions: what they
 * say of options is judged only where the program claims to follow them, by
 * supporting --print-capabilities. */
#include "fixture/sessions.h"
#include "fixture/steps.h"

#include "base/own.h"
#include "run/case_program.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_SIZE 108 /* bytes, with the NUL (unix(7)) */
#define WORD_SIZE (PATH_SIZE + 32)

/* ---- starting it ---- */

/* Start it with one or two more options; false: the verdict is set. */
static bool start_own_program(struct vus_ctx *t, struct vus_case_program *p,
			      const char *one, const char *two, int fd)
{
	const char *words[VUS_CASE_PROGRAM_WORDS + 2];
	const struct vus_reach *reach = vus_fe_reach(t);
	size_t n = vus_case_program_words(reach, words);
	struct vus_err err;

	if (n == 0) {
		vus_skip(t, "its command line has no --socket-path");
		return false;
	}
	words[n++] = one;
	words[n] = NULL;
	if (one && two) {
		words[n++] = two;
		words[n] = NULL;
	}
	return vus_step_setup(
		t, vus_case_program_start(p, reach, words, fd, &err), &err);
}

/* Wait until it ends; false: it does not. */
static bool ends(struct vus_ctx *t, struct vus_case_program *p, int *ret_status)
{
	return vus_case_program_ended(p, vus_deadline_ms(t->request_ms),
				      ret_status);
}

/* What it prints with --print-capabilities, with or without another option;
 * heap, NULL if it fails. */
static char *capabilities(struct vus_ctx *t, const char *other)
{
	const struct vus_reach *reach = vus_fe_reach(t);
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	const char *words[VUS_CASE_PROGRAM_WORDS + 2];
	size_t n = vus_case_program_words(reach, words);
	struct vus_err err;
	int status;

	if (n == 0)
		return NULL;
	/* Only the fake needs its other options: they may select a fault. */
	if (!reach->embedded)
		n = 1;
	words[n++] = other ? other : "--print-capabilities";
	words[n++] = other ? "--print-capabilities" : NULL;
	words[n] = NULL;
	if (!vus_step_setup(t,
			    vus_case_program_start(&p, reach, words, -1, &err),
			    &err) ||
	    !ends(t, &p, &status) || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		return NULL;
	return vus_case_program_output(&p);
}

/* Does it claim to follow the conventions?  Its capabilities, heap; NULL: the
 * case is skipped. */
static char *claims(struct vus_ctx *t)
{
	const char *words[VUS_CASE_PROGRAM_WORDS];
	char *text = capabilities(t, NULL);

	if (text && text[0])
		return text;
	free(text);
	if (vus_case_program_words(vus_fe_reach(t), words) == 0)
		vus_skip(t, "its command line has no --socket-path");
	else
		vus_skip(t, "the program has no --print-capabilities, so it "
			    "does not claim to keep the conventions");
	return NULL;
}

/* A path for its socket, beside the instance's own. */
static void make_path(const struct vus_ctx *t, char ret_path[PATH_SIZE],
		      char ret_word[WORD_SIZE])
{
	(void)snprintf(ret_path, PATH_SIZE, "%.90s/prog",
		       vus_fe_reach(t)->folder);
	(void)snprintf(ret_word, WORD_SIZE, "--socket-path=%s", ret_path);
	(void)unlink(ret_path);
}

/* Start it at another socket and begin a session there. */
static bool open_program(struct vus_ctx *t, struct vus_case_program *p,
			 enum vus_start upto)
{
	char path[PATH_SIZE], word[WORD_SIZE];

	make_path(t, path, word);
	return start_own_program(t, p, word, NULL, -1) &&
	       vus_fe_open_session_at(t, path, p->child.pidfd, upto);
}

/* ---- its end ---- */

/* Half a header, which the program has begun to read. */
static bool send_half(struct vus_ctx *t)
{
	const struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	const struct vus_twist half = {
		.ncuts = 1, .cut = { 5 }, .stop_after = 6, .settle_ms = 20
	};
	struct vus_err err;
	const bool ok = vus_link_send(&vus_fe(t)->link, &f, &half,
				      vus_deadline_ms(t->request_ms), &err);

	if (ok || err.kind != VUS_ERR_EOF)
		return vus_step_setup(t, ok, &err);
	vus_prereq_failed(t, "header.partial_header", &err);
	return false;
}

static const enum vus_start states[] = { VUS_START_CONNECTED,
					 VUS_START_NEGOTIATED,
					 VUS_START_RUNNING,
					 VUS_START_NEGOTIATED };

/* "Backend program conventions": the program must end as quickly and cleanly
 * as possible when it gets SIGTERM; management software waits for it.  To end
 * by that signal is clean, a crash is not. */
VUS_CASE(sigterm_ends_the_program,
	 .title = "SIGTERM ends the program in whatever state it is",
	 .rules = { "program.sigterm" },
	 .rows = { "listening", "negotiated", "running", "half_a_message" })
{
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	int status;

	if (!open_program(t, &p, states[t->row]) ||
	    (t->row == 3 && !send_half(t)))
		return;
	if (t->row == 0)
		vus_link_close(&vus_fe(t)->link);
	vus_child_signal(&p.child, SIGTERM);
	VUS_CHECK(t, "program.sigterm", ends(t, &p, &status),
		  "the program ends after SIGTERM",
		  "the program still runs %u ms after SIGTERM", t->request_ms);
	VUS_CHECK(t, "program.sigterm",
		  WIFEXITED(status) || WTERMSIG(status) == SIGTERM,
		  "the program exits, or ends by SIGTERM",
		  "the program ended by signal %d (%s)", WTERMSIG(status),
		  strsignal(WTERMSIG(status)));
}

/* ---- its capabilities ---- */

static json_t *parse_object(const char *text, json_error_t *error)
{
	json_t *root = json_loads(text, 0, error);

	if (root && !json_is_object(root)) {
		json_decref(root);
		return NULL;
	}
	return root;
}

/* "Backend program conventions": --print-capabilities prints the capabilities
 * in JSON on standard output, and nothing else. */
VUS_CASE(capabilities_are_one_object,
	 .title = "--print-capabilities prints one JSON object and no more",
	 .rules = { "program.capabilities.print" })
{
	VUS_AUTO_FREE char *text = claims(t);
	json_error_t error = { 0 };
	bool object;
	json_t *root;

	if (!text)
		return;
	root = parse_object(text, &error);
	object = root != NULL;
	json_decref(root);
	VUS_CHECK(t, "program.capabilities.print", object,
		  "--print-capabilities prints one JSON object",
		  "what was printed is no JSON object: %s: %.100s", error.text,
		  text);
}

/* vhost-user.json, "VHostUserBackendType"; and devices that it does not have.
 */
static const char types[] = "9p balloon block caif console crypto gpu input "
			    "net rng rpmsg rproc-serial scsi vsock fs";
static const char unlisted[] = "can gpio i2c scmi snd sound spi";

static bool is_word_of(const char *words, const char *word)
{
	char one[32];

	for (size_t i = 0; word && vus_word(words, ' ', i, one, sizeof(one));
	     i++)
		if (strcmp(one, word) == 0)
			return true;
	return false;
}

VUS_CASE(capabilities_name_a_type,
	 .title = "the capabilities name a device type of vhost-user.json",
	 .rules = { "program.capabilities.type" })
{
	VUS_AUTO_FREE char *text = claims(t);
	char type[32] = "";
	json_t *root;

	if (!text)
		return;
	root = parse_object(text, NULL);
	if (json_is_string(json_object_get(root, "type")))
		(void)snprintf(
			type, sizeof(type), "%s",
			json_string_value(json_object_get(root, "type")));
	json_decref(root);
	if (is_word_of(unlisted, type))
		VUS_SKIP(t, "there is no type for %s in vhost-user.json", type);
	VUS_CHECK(t, "program.capabilities.type", is_word_of(types, type),
		  "the type is one of those of vhost-user.json",
		  "the type is '%s', which is not one of %s", type, types);
}

/* The same place: other options and arguments are ignored with it. */
VUS_CASE(capabilities_ignore_other_options,
	 .title = "--print-capabilities prints the same beside other options",
	 .rules = { "program.capabilities.others_ignored" },
	 .rows = { "no_such_option", "no_such_folder" })
{
	static const char *const others[] = {
		"--vuspec-knows-no-such-option",
		"--socket-path=/vuspec-knows-no-such-folder/s"
	};
	VUS_AUTO_FREE char *alone = claims(t), *beside = NULL;

	if (!alone)
		return;
	beside = capabilities(t, others[t->row]);
	VUS_CHECK(t, "program.capabilities.others_ignored",
		  beside && strcmp(alone, beside) == 0,
		  "--print-capabilities prints the same beside other options",
		  "beside %s --print-capabilities %s", others[t->row],
		  beside ? "prints something else" : "fails");
}

/* ---- its socket ---- */

/* Judge that it ends with a status other than 0. */
static bool program_refuses(struct vus_ctx *t, const char *rule,
			    const char *one, const char *two, int fd)
{
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	bool ended;
	int status = 0;

	if (!start_own_program(t, &p, one, two, fd))
		return false;
	ended = ends(t, &p, &status);
	return vus_check(t, rule, ended && status != 0,
			 "the program ends with an error",
			 "the program %s with %s %s",
			 ended ? "ended with status 0" : "continues",
			 one ? one : "no socket", two ? two : "");
}

/* "Backend program conventions": --fd and --socket-path are incompatible. */
VUS_CASE(two_sockets_are_refused,
	 .title = "--socket-path and --fd together are refused",
	 .rules = { "program.exclusive" })
{
	char path[PATH_SIZE], word[WORD_SIZE];
	VUS_AUTO_FREE char *text = claims(t);
	VUS_AUTO_FD ours = -1, theirs = -1;
	int pair[2];

	if (!text)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		VUS_SKIP(t, "env: no pair of sockets");
	ours = pair[0];
	theirs = pair[1];
	make_path(t, path, word);
	VUS_STEP(t, program_refuses(t, "program.exclusive", word, "--fd=3",
				    theirs));
}

/* "derived": a program without a socket can serve nothing. */
VUS_CASE(no_socket_is_refused,
	 .title = "without a socket the program ends with an error",
	 .rules = { "program.neither" })
{
	VUS_AUTO_FREE char *text = claims(t);

	if (text)
		(void)program_refuses(t, "program.neither", NULL, NULL, -1);
}

static const char *const useless[] = { "--fd=77", "--fd=3", "--fd=abc",
				       "--fd=-1" };

/* "derived": a number that is not a socket's is an error in the command line,
 * which is reported at once. */
VUS_CASE(useless_descriptors_are_refused,
	 .title = "--fd with something other than a socket ends with an error",
	 .rules = { "program.fd_invalid" },
	 .rows = { "closed", "dev_null", "no_number", "negative" })
{
	VUS_AUTO_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);
	VUS_AUTO_FREE char *text = claims(t);

	if (text)
		(void)program_refuses(t, "program.fd_invalid", useless[t->row],
				      NULL, t->row == 1 ? null : -1);
}

/* Is GET_FEATURES answered there?  Takes `fd` over. */
static bool program_answers(struct vus_ctx *t, int fd)
{
	struct vus_session s;
	uint64_t features;
	struct vus_err err;
	bool ok;

	vus_fe_init(&s, fd, t->request_ms, vus_ctx_connection(t, NULL));
	ok = vus_fe_get_u64(&s, VUS_FE_GET_FEATURES, &features, &err);
	vus_fe_close(&s);
	return ok;
}

static bool serves_connected(struct vus_ctx *t)
{
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	VUS_AUTO_FD ours = -1, theirs = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	ours = pair[0];
	theirs = pair[1];
	if (!start_own_program(t, &p, "--fd=3", NULL, theirs))
		return false;
	/* Its end shows as end of file only without our copy. */
	vus_fd_close(&theirs);
	return program_answers(t, vus_fd_take(&ours));
}

static bool serves_listening(struct vus_ctx *t)
{
	char path[PATH_SIZE], word[WORD_SIZE];
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	VUS_AUTO_FD listening = -1;
	struct vus_err err;
	int fd;

	make_path(t, path, word);
	if (!vus_link_listen(path, &listening, &err) ||
	    !start_own_program(t, &p, "--fd=3", NULL, listening))
		return false;
	vus_fd_close(&listening);
	return vus_link_connect(path, p.child.pidfd,
				vus_deadline_ms(t->request_ms), &fd, &err) &&
	       program_answers(t, fd);
}

/* "Backend program conventions": --fd names the socket that is used.  It
 * does not say whether that is a connected or a listening one; both exist. */
VUS_CASE(given_descriptor_is_served,
	 .title = "a socket given by --fd is served, connected or listening",
	 .rules = { "program.fd" })
{
	VUS_AUTO_FREE char *text = claims(t);
	bool connected;

	if (!text)
		return;
	connected = serves_connected(t);
	VUS_CHECK(t, "program.fd", connected || serves_listening(t),
		  "a socket that --fd names is served",
		  "neither a connected nor a listening socket is served");
	vus_note(t, "--fd takes a %s socket",
		 connected ? "connected" : "listening");
}

/* ---- a path that exists ---- */

static bool is_still(const char *path, const struct stat *before)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == before->st_dev &&
	       st.st_ino == before->st_ino && st.st_size == before->st_size;
}

/* "Backend program conventions": the socket is where --socket-path says, as
 * long as it fits. */
VUS_CASE(long_path_is_served,
	 .title = "the program serves at a path of 100 bytes",
	 .rules = { "program.socket_path" })
{
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	char path[PATH_SIZE], word[WORD_SIZE];
	struct vus_err err;
	size_t len;

	make_path(t, path, word);
	len = strlen(path);
	if (len >= 100)
		VUS_SKIP(t, "env: the folder of temporary files has a long "
			    "name; TMPDIR names another");
	memset(path + len, 'p', 100 - len);
	path[100] = '\0';
	(void)snprintf(word, sizeof(word), "--socket-path=%s", path);
	VUS_STEP(t, start_own_program(t, &p, word, NULL, -1));
	VUS_STEP(t, vus_fe_open_session_at(t, path, p.child.pidfd,
					   VUS_START_CONNECTED));
	VUS_CHECK(t, "program.socket_path", vus_fe_barrier(vus_fe(t), &err),
		  "a session at that path is answered", "%s", err.text);
}

/* A regular file is no socket that was left over, and must not be lost. */
VUS_CASE(existing_file_is_not_deleted,
	 .title = "a file where the socket should be is not deleted",
	 .rules = { "program.path_in_use" })
{
	const uint64_t deadline = vus_deadline_ms(t->request_ms);
	char path[PATH_SIZE], word[WORD_SIZE];
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	VUS_AUTO_FD fd = -1;
	struct stat st;
	int status;

	make_path(t, path, word);
	/* Held open, so that no other file gets its number. */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "content", 7) != 7 || fstat(fd, &st) < 0)
		VUS_SKIP(t, "env: no file can be made beside the socket");
	VUS_STEP(t, start_own_program(t, &p, word, NULL, -1));
	while (is_still(path, &st) && vus_remaining_ms(deadline) > 0 &&
	       !vus_case_program_ended(&p, vus_deadline_ms(1), &status))
		continue;
	VUS_CHECK(t, "program.path_in_use", is_still(path, &st),
		  "the file is not changed", "the file is gone, or changed");
	(void)unlink(path);
}

/* "derived": a program that was killed leaves its socket behind. */
VUS_CASE(
	killed_program_starts_again,
	.title = "after SIGKILL the same command line starts the program again",
	.rules = { "program.restart_same_path" })
{
	static const char rule[] = "program.restart_same_path";
	VUS_AUTO_CASE_PROGRAM first = VUS_CASE_PROGRAM_NONE,
			      next = VUS_CASE_PROGRAM_NONE;
	char path[PATH_SIZE], word[WORD_SIZE];

	make_path(t, path, word);
	VUS_STEP(t, start_own_program(t, &first, word, NULL, -1));
	VUS_STEP(t, vus_fe_open_session_at(t, path, first.child.pidfd,
					   VUS_START_NEGOTIATED));
	vus_case_program_stop(&first);
	VUS_STEP(t, start_own_program(t, &next, word, NULL, -1));
	VUS_CHECK(t, rule,
		  vus_fe_open_session_at(t, path, next.child.pidfd,
					 VUS_START_NEGOTIATED),
		  "the program serves again at the path of a socket that was "
		  "left over",
		  "the program does not serve at that path");
}
