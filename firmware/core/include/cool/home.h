/**
 * @file home.h
 * Where the device lives: the confirmed endpoint, the one on trial, how the last trial ended, and which
 * `committed` proves an endpoint (contract/README.md, "Moving a device").
 */
#ifndef COOL_HOME_H
#define COOL_HOME_H

#include "cool/messages.h"

/** How the last trial ended. */
typedef enum { COOL_HOME_NEVER, COOL_HOME_CONFIRMED, COOL_HOME_ROLLED_BACK } cool_outcome_t;

enum { COOL_TRIAL_REASON_SIZE = 512 };

/** What is kept in flash of it, without certificates. */
typedef struct {
	cool_endpoint_t confirmed, trial;
	uint8_t confirmed_ca, trial_ca; /**< cool_blob_t of the certificates */
	bool moved;                     /**< confirmed came by a command, not from provisioning */
	bool trying;                    /**< there is a trial */
	cool_outcome_t outcome;
	char reason[COOL_TRIAL_REASON_SIZE]; /**< why it was rolled back */
	char command[COOL_WORD_SIZE];        /**< of the trial, or of the last one */
	uint32_t origin;                     /**< of the provisioned endpoint; provisioning again wins over it */
} cool_home_t;

/** The proof of the endpoint on trial, within a boot. */
typedef struct {
	bool on_trial;  /**< the present link is on trial */
	bool begun;     /**< the trial has begun: the device left for it */
	uint64_t until; /**< then it has failed; monotonic */
	uint64_t most;  /**< the greatest number that any endpoint said of this boot */
	uint64_t known; /**< most, as the trial began */
	bool proven;
	bool taken;                     /**< the broker took the device */
	char failure[COOL_REASON_SIZE]; /**< why it did not */
} cool_proof_t;

/** Whether a `committed` over an endpoint on trial shows that the server reads and writes there; next is the number of the next sample. */
bool cool_home_proves(uint64_t said_boot, uint64_t through, bool retained, uint64_t boot, uint64_t known, uint64_t next);

/** Hears a `committed`; says whether it is to be believed. */
bool cool_proof_committed(cool_proof_t *p, const cool_committed_t *c, bool retained, uint64_t boot, uint64_t next);

/** Begins with what is provisioned, unless flash knows better. content is the blob's, len 0 if there is none; false if it cannot be read. */
bool cool_home_load(cool_home_t *h, const cool_endpoint_t *provisioned, uint8_t ca, const void *content, size_t len);

/** Writes the content of the blob; returns its length, 0 if it does not fit. */
size_t cool_home_store(const cool_home_t *h, void *out, size_t size);

/** The endpoint on trial is the one to stay at. */
void cool_home_confirm(cool_home_t *h);

/** The trial is given up, with the reason. */
void cool_home_roll_back(cool_home_t *h, const char *reason);

/** Says in English why the trial did not succeed. */
void cool_home_why(const cool_home_t *h, const cool_proof_t *p, char *out, size_t size);

/** What `info` says; the strings are h's. */
cool_endpoint_info_t cool_home_info(const cool_home_t *h);

#endif
