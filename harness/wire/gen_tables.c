/* SPDX-License-Identifier: BSD-3-Clause */
/* gen_tables.c — docs/messages.md from the tables.
 *
 * gen-tables               print it
 * gen-tables --check FILE  exit 1, and say where, if FILE differs from it */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages ---- */

static const char *sender_name(enum vus_channel channel)
{
	switch (channel) {
	case VUS_FE:
		return "front-end";
	case VUS_BE:
		return "back-end";
	case VUS_GPU:
		return "GPU back-end";
	}
	return "?";
}

static const char *answer_name(enum vus_answer answer)
{
	switch (answer) {
	case VUS_ANSWER_ACK:
		return "ack";
	case VUS_ANSWER_OWN:
		return "own";
	case VUS_ANSWER_POSTCOPY:
		return "ack; own in postcopy";
	case VUS_ANSWER_NONE:
		return "none";
	}
	return "?";
}

static void add_layout(const struct vus_payload *p, struct vus_text *t)
{
	const size_t least = p ? vus_payload_least(p) : 0;

	if (!p)
		vus_text_add(t, "-");
	else if (p->items[p->nitems - 1].kind == VUS_ITEM_REST)
		vus_text_add(t, "[%s](#%s) %zu and more", p->name, p->name,
			     least);
	else if (least == p->max_size)
		vus_text_add(t, "[%s](#%s) %zu", p->name, p->name, least);
	else
		vus_text_add(t, "[%s](#%s) %zu..%u", p->name, p->name, least,
			     p->max_size);
}

static void add_fds(struct vus_fd_range fds, struct vus_text *t)
{
	if (fds.min == fds.max)
		vus_text_add(t, "%u", fds.min);
	else
		vus_text_add(t, "%u..%u", fds.min, fds.max);
}

/* "; with XEN_MMAP ", before what holds then. */
static void add_with(const struct vus_msg *m, struct vus_text *t)
{
	vus_text_add(t, "; with ");
	vus_format_features(m->alt_if, true, t);
	vus_text_add(t, " ");
}

static void add_request(const struct vus_msg *m, struct vus_text *t)
{
	add_layout(m->request, t);
	if (m->request_open)
		vus_text_add(t, " or other");
	if (m->alt_request != m->request && m->alt_if) {
		add_with(m, t);
		add_layout(m->alt_request, t);
	}
}

static void add_reply(const struct vus_msg *m, struct vus_text *t)
{
	add_layout(m->reply, t);
	if (m->alt_reply != m->reply && m->alt_if) {
		add_with(m, t);
		add_layout(m->alt_reply, t);
	}
	if (m->reply_open)
		vus_text_add(t, " or other");
	if (m->empty_reply_fails)
		vus_text_add(t, ", empty on failure");
}

static void add_all_fds(const struct vus_msg *m, struct vus_text *t)
{
	add_fds(m->fds, t);
	if (m->fds_match)
		vus_text_add(t, ", as %s says", m->fds_match);
	if (m->alt_if &&
	    (m->alt_fds.min != m->fds.min || m->alt_fds.max != m->fds.max)) {
		add_with(m, t);
		add_fds(m->alt_fds, t);
	}
	if (m->reply_fds.max > 0) {
		vus_text_add(t, "; reply ");
		add_fds(m->reply_fds, t);
	}
}

static void add_answer(const struct vus_msg *m, struct vus_text *t)
{
	vus_text_add(t, "%s", answer_name(m->answer));
	if (m->alt_if && m->alt_answer != m->answer) {
		add_with(m, t);
		vus_text_add(t, "%s", answer_name(m->alt_answer));
	}
}

static void add_gate(const struct vus_msg *m, struct vus_text *t)
{
	const bool gated = m->needs || m->needs_vf;

	if (!gated && !m->device)
		vus_text_add(t, "-");
	vus_format_features(m->needs, true, t);
	if (m->needs_vf) {
		vus_text_add(t, "%svirtio ", m->needs ? "; " : "");
		vus_format_features(m->needs_vf, false, t);
		if (m->vf_offered)
			vus_text_add(t, " (offered)");
	}
	if (m->device)
		vus_text_add(t, "%s%s devices", gated ? "; " : "", m->device);
}

static void add_message(const struct vus_msg *m, struct vus_text *t)
{
	static void (*const cells[])(const struct vus_msg *,
				     struct vus_text *) = {
		add_request, add_reply, add_all_fds, add_answer, add_gate,
	};

	vus_text_add(t, "| %u | %s | %s |", m->id, m->name,
		     sender_name(m->channel));
	for (size_t i = 0; i < VUS_COUNT(cells); i++) {
		vus_text_add(t, " ");
		cells[i](m, t);
		vus_text_add(t, " |");
	}
	vus_text_add(t, " %s | %s | %s%s |\n", m->since ? m->since : "-",
		     m->heading, m->deprecated ? "deprecated: " : "",
		     m->note ? m->note : "-");
}

static void add_messages(struct vus_text *t)
{
	vus_text_add(t, "| id | name | sender | request | reply | fds | "
			"answer | gate | since | heading | note |\n"
			"| --- | --- | --- | --- | --- | --- | --- | --- | "
			"--- | --- | --- |\n");
	for (size_t i = 0; i < vus_nmsgs; i++)
		add_message(&vus_msgs[i], t);
}

/* ---- payloads ---- */

static void add_item_size(const struct vus_item *item, struct vus_text *t)
{
	switch (item->kind) {
	case VUS_ITEM_INT:
	case VUS_ITEM_PAD:
	case VUS_ITEM_BLOB:
		vus_text_add(t, "%u", item->width);
		break;
	case VUS_ITEM_GAP:
		vus_text_add(t, "%u, or absent", item->width);
		break;
	case VUS_ITEM_NEST:
		add_layout(item->elem, t);
		break;
	case VUS_ITEM_ARRAY:
		vus_text_add(t, "%u x ", item->max);
		add_layout(item->elem, t);
		break;
	case VUS_ITEM_LIST:
		vus_text_add(t, "%s x ", item->count);
		add_layout(item->elem, t);
		vus_text_add(t, ", at most %u", item->max);
		break;
	case VUS_ITEM_TAIL:
		vus_text_add(t, "%s, at most %u", item->count, item->max);
		break;
	case VUS_ITEM_REST:
		vus_text_add(t, "the rest");
		break;
	}
}

/* Bytes before the next item; only the last one may vary. */
static size_t item_bytes(const struct vus_item *item)
{
	if (!item->elem)
		return item->width;
	return (size_t)item->elem->min_size * VUS_MAX(item->max, 1);
}

static void add_payload(const struct vus_payload *p, struct vus_text *t)
{
	size_t at = 0;

	vus_text_add(t,
		     "\n### %s\n\n%s.\n\n| offset | bytes | name | what |\n"
		     "| --- | --- | --- | --- |\n",
		     p->name, p->doc);
	for (unsigned i = 0; i < p->nitems; i++) {
		const struct vus_item *item = &p->items[i];

		vus_text_add(t, "| %zu | ", at);
		add_item_size(item, t);
		vus_text_add(t, " | %s | %s |\n", item->name, item->doc);
		at += item_bytes(item);
	}
}

/* ---- features ---- */

static void add_features(bool protocol, struct vus_text *t)
{
	vus_text_add(t, "| bit | name | needs | since | heading |\n"
			"| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < vus_nfeatures; i++) {
		const struct vus_feature *f = &vus_features[i];

		if (f->protocol != protocol)
			continue;
		vus_text_add(t, "| %u | %s | %s", f->bit, f->name,
			     f->requires ? "" : "-");
		vus_format_features(f->requires, true, t);
		vus_text_add(t, " | %s | %s |\n", f->since ? f->since : "-",
			     f->heading);
	}
}

static void add_document(struct vus_text *t)
{
	vus_text_add(
		t, "# Messages\n\n"
		   "Made by `gen-tables` from `harness/wire/*.def`; do not "
		   "edit.  Headings are those of `vhost-user.rst` and "
		   "`vhost-user-gpu.rst`, sizes are bytes of payload.\n\n"
		   "Answers: *own* is always sent, with the reply named; *ack* "
		   "is a u64, sent only when REPLY_ACK was negotiated and the "
		   "request asks for it; *none* is never sent.  A size \"or "
		   "other\" is one that the text leaves open.\n\n");
	add_messages(t);
	vus_text_add(t, "\n## Payloads\n");
	for (size_t i = 0; i < vus_npayloads; i++)
		add_payload(vus_payloads[i], t);
	vus_text_add(t, "\n## Protocol features\n\n");
	add_features(true, t);
	vus_text_add(t, "\n## Virtio features\n\n"
			"Only those that change what is sent, or how rings are "
			"read.\n\n");
	add_features(false, t);
}

/* ---- the program ---- */

static bool read_file(const char *path, struct vus_text *ret)
{
	FILE *in = fopen(path, "re");
	char buf[4096];
	size_t n;
	bool good;

	if (!in)
		return false;
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		vus_text_add_bytes(ret, buf, n);
	good = !ferror(in);
	fclose(in);
	return good;
}

static int check_tables(const char *path, const char *want)
{
	VUS_AUTO_TEXT text = { 0 };
	const char *have;
	size_t at = 0;
	unsigned line = 1;

	if (!read_file(path, &text)) {
		perror(path);
		return 2;
	}
	have = vus_text_str(&text);
	if (strcmp(have, want) == 0)
		return 0;
	for (; have[at] && have[at] == want[at]; at++)
		line += have[at] == '\n';
	fprintf(stderr, "%s:%u: differs from the tables; run ci/record\n", path,
		line);
	return 1;
}

int main(int argc, char **argv)
{
	VUS_AUTO_TEXT text = { 0 };

	add_document(&text);
	if (argc == 3 && strcmp(argv[1], "--check") == 0)
		return check_tables(argv[2], vus_text_str(&text));
	if (argc != 1) {
		fprintf(stderr, "usage: gen-tables [--check FILE]\n");
		return 2;
	}
	fputs(vus_text_str(&text), stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
