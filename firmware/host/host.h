/**
 * @file host.h
 * The host program's two threads around one device, as cool/device.h wants it: control steps the device and drives the
 * rig, network carries out what the device asks for. One lock guards the device and the rig's pins, and it is never held during I/O.
 * firmware/main does the same with tasks of FreeRTOS.
 */
#ifndef COOL_HOST_HOST_H
#define COOL_HOST_HOST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "cool/device.h"
#include "cool/device_state.h"
#include "options.h"
#include "rig.h"
#include "statedir.h"

enum { HOST_STEP_MS = 250 /**< between two steps of control */ };

/** The program. It is large; make it static. */
typedef struct {
	const options_t *options;
	statedir_t state;
	int64_t zero_ms; /**< monotonic: when the device's time is 0; before the start, where there is a backlog */
	bool past;       /**< the device lives through the past: its time is past_ms */
	uint32_t past_ms;
	int64_t started_ms; /**< monotonic: the times of faults count from here */
	int32_t zone_s;     /**< of this machine, for the workday */

	pthread_mutex_t lock;
	cool_device_t device;  /**< under the lock */
	cool_device_cfg_t cfg; /**< of the device; stays the same during a boot */
	bool running;          /**< under the lock: the device is up, and control steps it */
	rig_t rig;             /**< control's; its duties change under the lock */

	atomic_bool wifi;   /**< whether there is a network */
	atomic_bool reboot; /**< the power was lost for a moment */
	atomic_bool quit;   /**< control is to end */
	int wake;           /**< eventfd: control has done a step */
	int signals;        /**< signalfd: somebody asks the program to end */

	client_t client; /**< from here on the network thread's */
	bool leaving;    /**< the device was asked to say goodbye, and the program ends after that */
	bool cut;        /**< wifi as the device was last told, inverted */
	char buf[COOL_BUF_SIZE];
	char pem[COOL_BLOB_SIZE + 1];
} host_t;

/** The device's time. */
uint32_t host_now(const host_t *h);

/** Milliseconds of the machine's monotonic clock, and of its wall clock since 1970. */
int64_t host_monotonic(void);
int64_t host_unix(void);

/** The weather of the rig: ctx is the host. */
rig_weather_t host_weather(void *ctx, int64_t unix_ms);

/** The control thread; argument and result are pthread_create's. */
void *host_control(void *host);

/** One step of control: the rig up to a time, the device, the pins. Control's alone, or anybody's while control does not run. */
void host_step(host_t *h, uint32_t ms, uint32_t now, int64_t unix_ms);

/** Runs the device from boot to boot until the program is asked to end. Returns the exit code. */
int host_run(host_t *h);

/** Carries out what the device asks for, until there is nothing. True: a restart was asked for. */
bool host_carry_out(host_t *h);

/** The connection ended: for the device, and for the log. */
void host_lost(host_t *h, const char *why);

#endif
