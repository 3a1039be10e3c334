#include "device_parts.h"

/** Goes over to the endpoint that is the one to use now. */
static void move(cool_device_t *d, uint64_t now) {
	d->elsewhere = true;
	cool_link_usable(&d->link, true, now);
	cool_link_leave(&d->link, false, now);
}

void cool_device_try(cool_device_t *d, uint64_t now) {
	uint64_t most = d->proof.most;
	// The connection that is being left is judged as what it was.
	bool on_trial = d->proof.on_trial;
	d->proof = (cool_proof_t){
		.on_trial = on_trial,
		.begun = true,
		.until = now + (uint64_t)d->home.trial.trial_s * 1000,
		.most = most,
		.known = most,
	};
	cool_ring_hold(&d->ring, true);
	move(d, now);
}

/** The trial is over, one way or the other. */
static void conclude(cool_device_t *d) {
	d->proof.begun = d->proof.proven = false;
	cool_device_keep(d, COOL_BLOB_HOME);
}

void cool_device_roll_back(cool_device_t *d, uint64_t now, const char *why) {
	bool away = d->proof.begun || d->proof.on_trial;
	cool_home_roll_back(&d->home, why);
	conclude(d);
	if (away) move(d, now);
	if (d->home.confirmed.url[0] == '\0') cool_link_usable(&d->link, false, now);
}

void cool_device_judge_trial(cool_device_t *d, uint64_t now) {
	if (!d->proof.begun) return;
	if (d->proof.proven) {
		cool_home_confirm(&d->home);
		conclude(d);
		cool_ring_hold(&d->ring, false);
		d->proof.on_trial = false;
	} else if (now >= d->proof.until) {
		char why[COOL_TRIAL_REASON_SIZE];
		cool_home_why(&d->home, &d->proof, why, sizeof why);
		cool_device_roll_back(d, now, why);
	}
}
