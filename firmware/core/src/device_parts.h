/**
 * @file device_parts.h
 * What the parts of the device do for each other. Private to the core: device.c has the control task's half, device_desired.c what
 * is wanted, device_net.c the connection and the actions, device_trial.c the endpoint, device_report.c the documents,
 * device_orders.c the commands, device_experiment.c those of experiments, device_flash.c what outlives a restart. Times are monotonic.
 */
#ifndef COOL_SRC_DEVICE_PARTS_H
#define COOL_SRC_DEVICE_PARTS_H

#include "cool/device_state.h"

enum {
	COOL_WATCH_MS = 2000, /**< between samples while somebody watches, for */
	COOL_WATCH_LEASE_MS = 5 * 60 * 1000,
	COOL_THIN_AFTER_MS = 2 * 60 * 1000, /**< alone for so long, a device takes fewer samples: one in */
	COOL_THIN_MS = 60 * 1000,
	COOL_TRIAL_MS = 10 * 1000,       /**< on trial the server needs something to say `committed` about */
	COOL_UNTIMED_MS = 2 * 60 * 1000, /**< connected for so long without a clock, samples go out with their age */
	COOL_RESTART_MS = 5 * 1000,      /**< a connection that does not close by then does not hold up a restart */
	COOL_SAVE_REST_MS = 60 * 1000,   /**< after flash could not be written */
	COOL_LOOK_MS = 250,              /**< between looks for what is new in the documents */
};

/* device.c */

/** The time between samples: as desired, or shorter while somebody watches. */
uint32_t cool_device_wanted_interval(const cool_device_t *d, uint64_t now);

/* device_desired.c */

/** Takes the desired state of the last boot from a blob's content. */
void cool_device_recall_desired(cool_device_t *d, const char *text, size_t len);

/** Judges a desired state, and applies it. */
void cool_device_take_desired(cool_device_t *d, uint64_t now, const char *text, size_t len);

/** Reports overrides that end too far ahead, which could not be seen before there was a clock. */
void cool_device_review_overrides(cool_device_t *d, uint64_t now);

/* device_net.c */

/** Fills in a publish. Returns false, having done nothing, if too many are under way. */
bool cool_device_publish(
	cool_device_t *d, uint64_t now, cool_action_t *a, cool_topic_t kind, size_t len, char *buf, cool_about_t about, uint64_t flight);

/* device_trial.c */

/** Begins the trial that the home has. */
void cool_device_try(cool_device_t *d, uint64_t now);

/** Ends a trial that is proven, or has taken too long. */
void cool_device_judge_trial(cool_device_t *d, uint64_t now);

/** Gives the trial up and goes back to the confirmed endpoint. */
void cool_device_roll_back(cool_device_t *d, uint64_t now, const char *why);

/* device_report.c */

/** Publishes `info` or `reported`, if it is news. */
bool cool_device_tell(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf, size_t size);

/* device_orders.c */

/** Takes a command. */
void cool_device_take_command(cool_device_t *d, uint64_t now, const char *text, size_t len, bool retained);

/** Takes the order at the front as far as it gets. Returns true if there is an action. */
bool cool_device_obey(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf, size_t size);

/** The reply of the order at the front is out, or cannot be got out: it is carried out. */
void cool_device_act(cool_device_t *d, uint64_t now);

/** Advances the comparison of probes. */
void cool_device_zero_step(cool_device_t *d, uint64_t now);

/* device_experiment.c */

/** Begins or ends an experiment, if that is what an order asks for; its answer says why not. */
void cool_device_experiment(cool_device_t *d, cool_order_t *o);

/** An order that had begun an experiment is not carried out after all. */
void cool_device_forgo(cool_device_t *d, const cool_order_t *o);

/** What `reported` says of the last experiment. */
cool_experiment_info_t cool_device_experiment_info(const cool_device_t *d);

/* device_flash.c */

/** Reads what the last boot left. */
void cool_device_recall(cool_device_t *d, cool_load_t load, void *ctx);

/** Whether the stage is free for something. */
bool cool_device_stage_free(const cool_device_t *d, cool_blob_t blob);

/** Says that a blob is to be written. */
void cool_device_keep(cool_device_t *d, cool_blob_t blob);

/** The next blob to be written. */
bool cool_device_save(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf, size_t size);

#endif
