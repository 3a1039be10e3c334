#include <string.h>

#include "device_parts.h"

const char *cool_blob_key(cool_blob_t b) {
	static const char *const keys[COOL_BLOB_COUNT] = {"desired", "executed", "home", "ca_provisioned", "ca_a", "ca_b", "leak"};
	return b < COOL_BLOB_COUNT ? keys[b] : "";
}

/** Reads a blob into the stage; NULL if there is none. One that is damaged is a fault. */
static const uint8_t *recall(cool_device_t *d, cool_load_t load, void *ctx, cool_blob_t blob, size_t *len) {
	const uint8_t *content = NULL;
	*len = 0;
	size_t size = load(ctx, blob, d->stage, sizeof d->stage);
	if (size == 0) return NULL;
	if (!cool_flash_open((const uint8_t *)d->stage, size, (uint8_t)blob, &content, len)) {
		*len = 0;
		cool_regulator_event(&d->regulator, COOL_FAULT_SETTINGS_LOST);
		return NULL;
	}
	return content;
}

void cool_device_recall(cool_device_t *d, cool_load_t load, void *ctx) {
	size_t len;
	const uint8_t *content = recall(d, load, ctx, COOL_BLOB_DESIRED, &len);
	if (content != NULL) cool_device_recall_desired(d, (const char *)content, len);
	content = recall(d, load, ctx, COOL_BLOB_LEAK, &len);
	d->leak_kept = len > 0 && content[0] != 0;
	if (d->leak_kept) cool_regulator_leaked(&d->regulator);
	d->cancelled_kept = len > 1 ? content[1] : 0; // older firmware kept the leak alone
	cool_regulator_cancel(&d->regulator, d->cancelled_kept);
	bool lost = false;
	content = recall(d, load, ctx, COOL_BLOB_EXECUTED, &len);
	if (content != NULL) lost = !cool_executed_load(&d->executed, content, len);
	content = recall(d, load, ctx, COOL_BLOB_HOME, &len);
	cool_blob_t ca = d->cfg->provisioned_ca ? COOL_BLOB_CA_PROVISIONED : COOL_BLOB_COUNT;
	if (!cool_home_load(&d->home, &d->cfg->provisioned, (uint8_t)ca, content, len)) lost = true;
	if (lost) cool_regulator_event(&d->regulator, COOL_FAULT_SETTINGS_LOST);
	if (d->home.trying) {
		// How much of its time is left cannot be known, and it may be what made the device restart.
		cool_home_roll_back(&d->home, "the device restarted during the trial");
		cool_device_keep(d, COOL_BLOB_HOME);
	}
}

bool cool_device_stage_free(const cool_device_t *d, cool_blob_t blob) { return d->staged == COOL_BLOB_COUNT || d->staged == blob; }

void cool_device_keep(cool_device_t *d, cool_blob_t blob) { d->unsaved |= 1u << blob; }

/** Writes the content of a blob; 0 if there is nothing to be written. */
static size_t content_of(const cool_device_t *d, cool_blob_t blob, char *out, size_t size) {
	switch (blob) {
	case COOL_BLOB_EXECUTED: return cool_executed_store(&d->executed, out, size);
	case COOL_BLOB_HOME: return cool_home_store(&d->home, out, size);
	case COOL_BLOB_LEAK:
		out[0] = d->leak_kept;
		out[1] = (char)d->cancelled_kept;
		return 2;
	default:
		if (d->staged != blob || d->stage_len > size) return 0;
		memcpy(out, d->stage, d->stage_len);
		return d->stage_len;
	}
}

/** Whether nobody waits for a blob, so that flash may be given time. A move waits for its home. */
static bool patient(const cool_device_t *d, cool_blob_t blob) {
	bool move = d->order_count > 0 && !d->orders[0].stored && d->orders[0].kind == COOL_ORDER_ENDPOINT;
	return blob == COOL_BLOB_LEAK || blob == COOL_BLOB_DESIRED || (blob == COOL_BLOB_HOME && !move);
}

bool cool_device_save(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf, size_t size) {
	// Certificates come before the home that names them, and both before the answer that promises them.
	static const cool_blob_t order[] = {COOL_BLOB_LEAK, COOL_BLOB_CA_A, COOL_BLOB_CA_B, COOL_BLOB_HOME, COOL_BLOB_EXECUTED, COOL_BLOB_DESIRED};
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		if ((d->unsaved & 1u << order[i]) == 0 || (now < d->save_rest && patient(d, order[i]))) continue;
		d->unsaved &= ~(1u << order[i]);
		size_t len = content_of(d, order[i], buf + COOL_SEAL_SIZE, size - COOL_SEAL_SIZE);
		d->saving = true;
		d->saved = order[i];
		*a = (cool_action_t){.what = COOL_DO_SAVE};
		a->save.blob = order[i];
		a->save.data = buf;
		a->save.len = cool_flash_seal((uint8_t *)buf, (uint8_t)order[i], len);
		return true;
	}
	return false;
}

/** Gives up what waits for a blob that could not be written, or has it written later. */
static void give_up(cool_device_t *d, uint64_t now, cool_blob_t blob) {
	cool_order_t *o = d->order_count > 0 && !d->orders[0].stored ? &d->orders[0] : NULL;
	bool move = o != NULL && o->kind == COOL_ORDER_ENDPOINT;
	bool moving = move && d->home.trying && strcmp(d->home.command, o->answer.id) == 0;
	bool later = blob == COOL_BLOB_DESIRED || blob == COOL_BLOB_LEAK;
	if (later || (blob == COOL_BLOB_HOME && !moving)) {
		// A desired state is in effect, and a leak or how a trial ended is known, until the next restart; they are written as soon as they can be.
		cool_device_keep(d, blob);
		d->save_rest = now + COOL_SAVE_REST_MS;
	}
	if (later || o == NULL || (blob != COOL_BLOB_EXECUTED && !move)) return;
	const uint32_t parts = 1u << COOL_BLOB_CA_A | 1u << COOL_BLOB_CA_B | 1u << COOL_BLOB_EXECUTED;
	d->unsaved &= ~parts;
	if (d->staged == COOL_BLOB_CA_A || d->staged == COOL_BLOB_CA_B) d->staged = COOL_BLOB_COUNT;
	cool_executed_remove(&d->executed, o->answer.id);
	o->stored = true;
	if (moving) {
		cool_device_roll_back(d, now, "it could not be kept in flash");
		d->save_rest = now + COOL_SAVE_REST_MS;
	}
	if (o->kind == COOL_ORDER_CLEAR_FAULT || o->kind == COOL_ORDER_ABORT) return; // it is done already, and doing it again does no harm
	cool_device_forgo(d, o);
	o->kind = COOL_ORDER_NONE;
	(void)cool_copy(o->answer.error, sizeof o->answer.error, "flash could not be written, so the command is not carried out");
}

void cool_device_saved(cool_device_t *d, uint32_t now_ms, cool_blob_t blob, bool ok) {
	uint64_t now = cool_clock_at(&d->clock, now_ms);
	if (!d->saving || d->saved != blob) return;
	d->saving = false;
	bool again = (d->unsaved & 1u << blob) != 0;
	if (ok && d->staged == blob && !again) d->staged = COOL_BLOB_COUNT;
	if (!ok)
		give_up(d, now, blob);
	else if (blob == COOL_BLOB_EXECUTED && d->order_count > 0 && !again)
		d->orders[0].stored = true;
}
