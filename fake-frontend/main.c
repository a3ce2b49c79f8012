/* SPDX-License-Identifier: BSD-3-Clause */
/* main.c — the program fake-frontend. */
#include "program.h"

int main(int argc, char **argv)
{
	return vus_fake_frontend_main(argc, argv);
}
