#include "host.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "workday.h"

int64_t host_monotonic(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t host_unix(void) {
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint32_t host_now(const host_t *h) { return h->past ? h->past_ms : (uint32_t)(host_monotonic() - h->zero_ms); }

rig_weather_t host_weather(void *ctx, int64_t unix_ms) {
	const host_t *h = ctx;
	const options_t *o = h->options;
	int64_t unix_s = unix_ms / 1000;
	return (rig_weather_t){
		.heat = o->heat >= 0 ? o->heat : workday_heat(o->seed, unix_s, h->zone_s),
		.ambient = workday_ambient(o->seed, unix_s, h->zone_s),
	};
}

void host_step(host_t *h, uint32_t ms, uint32_t now, int64_t unix_ms) {
	rig_step(&h->rig, ms, unix_ms);
	pthread_mutex_lock(&h->lock);
	if (h->running) {
		const cool_senses_t *in = rig_senses(&h->rig, cool_device_settings(&h->device));
		const cool_drive_t *drives = cool_device_step(&h->device, now, in);
		rig_drive(&h->rig, cool_device_settings(&h->device), drives);
	} else {
		rig_release(&h->rig);
	}
	pthread_mutex_unlock(&h->lock);
}

/** Sleeps until a time of the monotonic clock. */
static void sleep_until(int64_t at_ms) {
	struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		continue;
}

/** Lets happen what is planned. */
static void let_happen(host_t *h, int64_t before_ms, int64_t after_ms) {
	const mishaps_t *m = &h->options->mishaps;
	rig_mishaps(&h->rig, m, after_ms);
	atomic_store(&h->wifi, !mishaps_active(m, MISHAP_WIFI_LOST, after_ms));
	if (mishaps_reboots(m, before_ms, after_ms)) atomic_store(&h->reboot, true);
}

void *host_control(void *host) {
	host_t *h = host;
	int64_t last = host_monotonic(), next = last + HOST_STEP_MS;
	while (!atomic_load(&h->quit)) {
		sleep_until(next);
		int64_t now = host_monotonic();
		int64_t passed = now - last < 60000 ? now - last : 60000; /* a process that was stopped lost that time */
		let_happen(h, last - h->started_ms, now - h->started_ms);
		host_step(h, (uint32_t)passed, host_now(h), host_unix());
		last = now;
		next = next + HOST_STEP_MS > now ? next + HOST_STEP_MS : now + HOST_STEP_MS;
		uint64_t one = 1;
		if (write(h->wake, &one, sizeof one) < 0 && errno != EAGAIN) log_line(LOG_ERROR, "control cannot wake the network thread");
	}
	return NULL;
}
