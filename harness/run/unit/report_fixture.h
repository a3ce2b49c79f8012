/* SPDX-License-Identifier: BSD-3-Clause */
/* report_fixture.h — a made-up run with every verdict and hostile words. */
#ifndef VUS_UNIT_REPORT_FIXTURE_H
#define VUS_UNIT_REPORT_FIXTURE_H

#include "run/runner.h"

/* Escape sequences, a lone continuation byte, an overlong slash, a cut
 * character, a surrogate, a C1 control, text that turns round, and what
 * means something to XML and JSON. */
#define HOSTILE                                                                \
	"\033[2Jred\a\r\n\x80 \xc0\xaf \xed\xa0\x80 \xc2\x9b"                  \
	"31m "                                                                 \
	"\xe2\x80\xae]]> </failure> \"&amp;\\ \xef\xbf\xbf \xe2\x82"
#define CLEANED                                                                \
	"\\x1b[2Jred\\x07\\x0d\n\\x80 \\xc0\\xaf \\xed\\xa0\\x80 "             \
	"\\xc2\\x9b31m \\xe2\\x80\\xae]]> </failure> \"&amp;\\ "               \
	"\\xef\\xbf\\xbf \\xe2\\x82"

enum { PASSED, FAILED, WARNED, SKIPPED, BROKE, CRASHED, NEVER_RAN, NVARIANTS };

struct fixture {
	struct vus_variant v[NVARIANTS];
	struct vus_result failed, passed;
	struct vus_run_options opt;
	struct vus_summary summary;
	struct vus_report report;
	char *out;
	size_t len;
};

int vus_fixture_set_up(void **state);
int vus_fixture_tear_down(void **state);
/* A test of cmocka with a fixture of its own. */
#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, vus_fixture_set_up,              \
					vus_fixture_tear_down)

/* Play the run; f->out is then what the reporter wrote. */
void vus_fixture_play(struct fixture *f, const char *format);

void vus_assert_says(const struct fixture *f, const char *text);
void vus_assert_silent(const struct fixture *f, const char *text);

#endif
