#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "log.h"
#include "trust.h"

enum {
	REBOOT_MS = 2000,  /* from the loss of power to the first step, as in the simulator */
	GOODBYE_MS = 5000, /* for saying goodbye */
	MINUTE_MS = 60 * 1000,
	CATCH_UP_MS = 1000,
};

/** Why a boot ended. */
typedef enum { END_RESTART, END_POWER, END_QUIT } end_t;

static uint64_t random_boot(void) {
	uint64_t boot = 0;
	while (boot == 0)
		if (getrandom(&boot, sizeof boot, 0) != (ssize_t)sizeof boot) boot = 0;
	return boot;
}

/** Puts the file with the authorities to trust where the device looks for them, or takes away what was there. */
static bool provision_ca(host_t *h) {
	size_t len = 0;
	if (h->options->ca_file) {
		int fd = open(h->options->ca_file, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : read(fd, h->pem, sizeof h->pem);
		int error = errno;
		if (fd >= 0) close(fd);
		if (n <= 0 || n >= COOL_CA_SIZE) {
			log_line(LOG_ERROR, "--ca %s: %s", h->options->ca_file, n < 0 ? strerror(error) : "PEM of 1 to 16384 bytes is expected");
			return false;
		}
		len = (size_t)n;
		trust_t trial; /* what no connection could ever use is said now, and not at each attempt */
		bool good = trust_init(&trial, h->pem, len, "localhost");
		if (!good) log_line(LOG_ERROR, "--ca %s: %s", h->options->ca_file, trial.why);
		trust_free(&trial);
		if (!good) return false;
	}
	if (statedir_save(&h->state, COOL_BLOB_CA_PROVISIONED, h->pem, len)) return true;
	log_line(LOG_ERROR, "cannot write into the state directory %s", h->options->state);
	return false;
}

/** Begins a boot. Control does not step the device meanwhile. */
static void begin(host_t *h, const char *reason, uint32_t now, int64_t unix_ms) {
	static const char *const capabilities[] = {NULL};
	uint32_t jitter = (uint32_t)random_boot();
	h->cfg = (cool_device_cfg_t){
		.id = h->options->id,
		.name = h->options->name,
		.firmware = FIRMWARE_VERSION,
		.chip = "linux",
		.reset_reason = reason,
		.capabilities = capabilities,
		.board = rig_board(),
		.provisioned = h->options->broker,
		.provisioned_ca = h->options->ca_file != NULL,
		.boot = random_boot(),
		.seed = jitter,
	};
	rig_settings(&h->rig, h->options->interval_ms, &h->cfg.defaults);
	cool_device_init(&h->device, &h->cfg, statedir_load, &h->state, now);
	cool_device_clock(&h->device, now, unix_ms);
	log_line(LOG_INFO, "device %s is up (%s), boot %016llx", h->cfg.id, reason, (unsigned long long)h->cfg.boot);
	pthread_mutex_lock(&h->lock);
	h->running = true;
	pthread_mutex_unlock(&h->lock);
}

/** Ends a boot: control lets go of the pins, which is full cooling by wiring. */
static void end(host_t *h) {
	pthread_mutex_lock(&h->lock);
	h->running = false;
	pthread_mutex_unlock(&h->lock);
	client_drop(&h->client);
}

/**
 * Lives through the past, before the first connection: the device and the rig, step by step, in a time that ends now. Control
 * does not run yet.
 */
static void live_through(host_t *h, int64_t first_unix, int64_t whole) {
	h->past = true;
	for (int64_t t = 0; t < whole;) {
		uint32_t ms = (uint32_t)(whole - t < HOST_STEP_MS ? whole - t : HOST_STEP_MS);
		t += ms;
		h->past_ms = (uint32_t)t;
		host_step(h, ms, h->past_ms, first_unix + t);
		if (t % MINUTE_MS == 0 && host_carry_out(h)) break; /* nobody can ask for a restart here */
	}
	h->past = false;
}

/** Tells the device of a network that came or went, and cuts a connection that has none. */
static void follow_network(host_t *h) {
	bool cut = !atomic_load(&h->wifi);
	if (cut == h->cut) return;
	h->cut = cut;
	log_line(cut ? LOG_WARN : LOG_INFO, cut ? "the network is lost" : "the network is back");
	if (cut && h->client.mosq) {
		client_drop(&h->client);
		host_lost(h, "the network is lost");
	}
	pthread_mutex_lock(&h->lock);
	cool_device_network(&h->device, host_now(h), !cut, NULL, 0);
	pthread_mutex_unlock(&h->lock);
}

/** Waits for something to happen and moves the connection. True: somebody asks the program to end. */
static bool wait_and_move(host_t *h) {
	pthread_mutex_lock(&h->lock);
	uint32_t wait = cool_device_wait(&h->device, host_now(h));
	pthread_mutex_unlock(&h->lock);
	bool writing = false;
	int fd = client_socket(&h->client, &writing);
	struct pollfd polled[] = {
		{.fd = h->wake, .events = POLLIN},
		{.fd = h->signals, .events = POLLIN},
		{.fd = fd, .events = (short)(POLLIN | (writing ? POLLOUT : 0))},
	};
	if (poll(polled, 3, (int)(wait < CATCH_UP_MS ? wait : CATCH_UP_MS)) < 0) memset(polled, 0, sizeof polled);
	uint64_t count;
	if ((polled[0].revents & POLLIN) && read(h->wake, &count, sizeof count) < 0) log_line(LOG_ERROR, "cannot read the wake-ups of control");
	if (h->client.mosq) {
		bool hung = polled[2].revents & (POLLHUP | POLLERR);
		bool readable = hung || (polled[2].revents & POLLIN), writable = polled[2].revents & POLLOUT;
		bool up = h->client.up;
		if (!client_step(&h->client, readable, writable, hung, host_monotonic())) {
			client_drop(&h->client);
			log_line(LOG_WARN, up ? "disconnected: %s" : "cannot connect: %s", h->client.why);
			host_lost(h, h->client.why);
		}
	}
	struct signalfd_siginfo info;
	return (polled[1].revents & POLLIN) && read(h->signals, &info, sizeof info) == (ssize_t)sizeof info;
}

/** Runs a boot to its end. */
static end_t live(host_t *h) {
	int64_t patience = 0;
	h->cut = true; /* the device knows of no network yet */
	for (;;) {
		follow_network(h);
		if (host_carry_out(h)) return h->leaving ? END_QUIT : END_RESTART;
		if (atomic_exchange(&h->reboot, false)) return END_POWER;
		if (wait_and_move(h)) {
			if (h->leaving) return END_QUIT; /* asked twice */
			log_line(LOG_INFO, "asked to end");
			h->leaving = true;
			patience = host_monotonic() + GOODBYE_MS;
			pthread_mutex_lock(&h->lock);
			cool_device_ask_restart(&h->device);
			pthread_mutex_unlock(&h->lock);
		}
		if (h->leaving && host_monotonic() >= patience) {
			log_line(LOG_WARN, "ending without a goodbye: the broker did not answer");
			return END_QUIT;
		}
	}
}

/** Lets a moment pass without a device. True: somebody asks the program to end. */
static bool dark(host_t *h, int ms) {
	struct pollfd p = {.fd = h->signals, .events = POLLIN};
	return poll(&p, 1, ms) > 0;
}

int host_run(host_t *h) {
	if (!provision_ca(h)) return 1;
	pthread_t control;
	/* Whole minutes, so that the pasts of two starts meet in the same points. */
	int64_t now = host_unix(), first = now;
	if (h->options->backlog_ms > 0) first = (now - h->options->backlog_ms + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS;
	if (first > now) first = now;
	h->started_ms = host_monotonic();
	h->zero_ms = h->started_ms - (now - first);
	rig_init(&h->rig, h->options->seed, host_weather, h, first);
	begin(h, "power_on", 0, first);
	if (first < now) {
		live_through(h, first, now - first);
		log_line(LOG_INFO, "lived through the past since Unix time %lld; %zu samples wait", (long long)(first / 1000),
			cool_device_health(&h->device, (uint32_t)(now - first)).backlog);
	}
	if (pthread_create(&control, NULL, host_control, h) != 0) {
		log_line(LOG_ERROR, "cannot start the control thread");
		return 1;
	}
	for (;;) {
		end_t why = live(h);
		end(h);
		if (why == END_QUIT) break;
		if (why == END_POWER) log_line(LOG_WARN, "the power was lost for a moment");
		if (dark(h, REBOOT_MS)) break;
		begin(h, why == END_POWER ? "power_on" : "software", host_now(h), host_unix());
	}
	atomic_store(&h->quit, true);
	pthread_join(control, NULL);
	return 0;
}
