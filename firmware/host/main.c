/*
 * firmware-host: the firmware of a device as a Linux program on a simulated loop. See firmware/README.md.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>

#include "host.h"
#include "log.h"

static host_t host;
static options_t options;

/** Takes the signals that ask for an end out of a descriptor, and ignores a broken pipe: a write says so. */
static bool prepare(host_t *h) {
	sigset_t ending;
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ending, NULL);
	signal(SIGPIPE, SIG_IGN);
	h->signals = signalfd(-1, &ending, SFD_CLOEXEC);
	h->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	time_t now = time(NULL);
	struct tm local;
	h->zone_s = localtime_r(&now, &local) ? (int32_t)local.tm_gmtoff : 0;
	h->options = &options;
	atomic_store(&h->wifi, true);
	return h->signals >= 0 && h->wake >= 0 && pthread_mutex_init(&h->lock, NULL) == 0;
}

int main(int argc, char **argv) {
	char why[512];
	switch (options_parse(&options, argc, argv, why, sizeof why)) {
	case OPTIONS_DONE: return 0;
	case OPTIONS_WRONG: fprintf(stderr, "firmware-host: %s\n", why); return 2;
	case OPTIONS_RUN: break;
	}
	if (!prepare(&host)) {
		fprintf(stderr, "firmware-host: prepare: %s\n", strerror(errno));
		return 1;
	}
	if (!statedir_open(&host.state, options.state, why, sizeof why)) {
		fprintf(stderr, "firmware-host: %s\n", why);
		return 1;
	}
	mosquitto_lib_init();
	int code = host_run(&host);
	mosquitto_lib_cleanup();
	return code;
}
