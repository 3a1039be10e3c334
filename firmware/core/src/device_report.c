#include "cool/crc.h"
#include "cool/ds18b20.h"
#include "cool/overrides.h"
#include "device_parts.h"

enum {
	TELL_DUTY = 10,        /**< percent: a change of a duty that is told at once */
	TELL_AFTER_MS = 60000, /**< a smaller one is told after so long */
};

/** What every device with this core can do; the glue's and the board's own follow. */
static const char *const own[] = {
	"desired", "endpoint", "identify", "restart", "clear_fault", "watch", "zero", "autotune", "commission", "factory_reset"};

enum { OWN = sizeof own / sizeof own[0], MORE = 8 };

static void list_capabilities(const cool_device_t *d, const char *list[OWN + MORE + 4]) {
	int n = 0;
	for (size_t k = 0; k < OWN; k++)
		list[n++] = own[k];
	for (int k = 0; k < MORE && d->cfg->capabilities != NULL && d->cfg->capabilities[k] != NULL; k++)
		list[n++] = d->cfg->capabilities[k];
	if (d->cfg->board.leak) list[n++] = "leak";
	if (d->cfg->board.flow) list[n++] = "flow";
	if (d->cfg->board.humidity) list[n++] = "humidity";
	list[n] = NULL;
}

static bool tell_info(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf, size_t size) {
	const char *capabilities[OWN + MORE + 4];
	list_capabilities(d, capabilities);
	cool_info_t i = {
		.name = d->cfg->name,
		.firmware = d->cfg->firmware,
		.chip = d->cfg->chip,
		.ip = d->ip,
		.reset_reason = d->cfg->reset_reason,
		.boot = d->cfg->boot,
		.interval_ms = d->regulator.settings.interval_ms,
		.capabilities = capabilities,
		.endpoint = cool_home_info(&d->home),
		.board = &d->cfg->board,
		.own = &d->cfg->defaults,
	};
	for (int k = 0; k < COOL_MAX_PROBES; k++) {
		uint64_t rom = d->senses.probes[k].rom;
		if (rom == 0) continue;
		i.probes[i.probe_count].rom = rom;
		i.probes[i.probe_count].role = cool_regulator_role(&d->regulator, rom);
		i.probes[i.probe_count].clone = !cool_ds18b20_genuine(rom);
		i.probe_count++;
	}
	cool_metric_t metrics[COOL_MAX_METRICS];
	int count = cool_regulator_metrics(&d->regulator, metrics);
	i.metric_count = count < COOL_RING_METRICS ? count : COOL_RING_METRICS;
	for (int k = 0; k < i.metric_count; k++)
		i.metrics[k] = metrics[k].name;
	const cool_settings_t *s = &d->regulator.settings;
	for (i.output_count = 0; i.output_count < s->output_count; i.output_count++)
		i.outputs[i.output_count] = s->outputs[i.output_count].name;
	// What it is compared by leaves out the signal's strength, which changes all the time.
	uint32_t sum = cool_crc32(0, buf, cool_encode_info(buf, size, &i));
	if (d->info_told && sum == d->info_sum) return false;
	i.rssi = d->rssi;
	if (!cool_device_publish(d, now, a, COOL_INFO, cool_encode_info(buf, size, &i), buf, COOL_ABOUT_INFO, 0)) return false;
	d->info_told = true;
	d->info_sum = sum;
	return true;
}

/** A duty as it is told: whole percents. */
static int16_t percent(double duty) { return (int16_t)(duty + 0.5); }

/** Whether an output's override is in effect, or would be if nothing stronger claimed the output. */
static bool overridden(const cool_device_t *d, int k, uint64_t now) {
	const cool_output_cfg_t *o = &d->regulator.settings.outputs[k];
	bool cancelled = d->regulator.outputs[k].cancelled;
	int64_t unix_ms;
	bool clock = cool_clock_wall(&d->clock, now, &unix_ms);
	return cool_override_holds(o, &cancelled, clock, unix_ms);
}

static void fill_outputs(const cool_device_t *d, uint64_t now, cool_reported_t *r) {
	r->output_count = d->regulator.settings.output_count;
	for (int k = 0; k < r->output_count; k++) {
		const cool_drive_t *drive = &d->regulator.drives[k];
		r->outputs[k].name = d->regulator.settings.outputs[k].name;
		r->outputs[k].mode = overridden(d, k, now) ? "override" : "auto";
		r->outputs[k].claim = cool_by_word(drive->by);
		r->outputs[k].supervised = drive->supervised;
		r->outputs[k].cycles = drive->cycles;
		r->outputs[k].duty = percent(drive->duty);
	}
}

static void fill_zero(const cool_device_t *d, cool_reported_t *r) {
	const cool_zeroing_t *z = &d->zeroing;
	if (!z->done) return;
	r->zero.command = z->command;
	r->zero.error = z->error;
	for (int k = 0; k < z->what.count && z->error[0] == '\0'; k++) {
		r->zero.offsets[k].role = z->what.roles[k];
		r->zero.offsets[k].offset_k = z->offsets[k];
		r->zero.count++;
	}
}

/** Everything that `reported` says; list has room for the names of the faults. */
static cool_reported_t state(const cool_device_t *d, uint64_t now, cool_fault_t list[COOL_MAX_FAULTS]) {
	cool_reported_t r = {
		.epoch = d->judged.epoch,
		.version = d->judged.version,
		.refused = d->refused,
		.interval_ms = cool_device_wanted_interval(d, now),
		.dropped = d->ring.dropped,
	};
	fill_outputs(d, now, &r);
	r.fault_count = cool_faults_list(&d->regulator.faults, list);
	for (int k = 0; k < r.fault_count; k++) {
		r.faults[k].name = list[k].name;
		r.faults[k].occurrence = list[k].occurrence;
		r.faults[k].active = list[k].active;
	}
	fill_zero(d, &r);
	r.ota.version = d->ota.what.version;
	r.ota.state = d->ota.error[0] == '\0' ? "installing" : "failed";
	r.ota.reason = d->ota.error;
	r.experiment = cool_device_experiment_info(d);
	return r;
}

/** A checksum over what is news however little of it changes: everything but duties and counters. */
static uint32_t hard_sum(const cool_reported_t *r, char *buf, size_t size) {
	cool_reported_t h = *r;
	h.dropped = 0;
	for (int k = 0; k < h.output_count; k++) {
		h.outputs[k].duty = 0;
		h.outputs[k].cycles = 0;
	}
	return cool_crc32(0, buf, cool_encode_reported(buf, size, &h));
}

/** How far the duties moved since they were told, in percent. */
static int moved(const cool_told_t *told, const cool_reported_t *r) {
	int most = 0;
	for (int k = 0; k < r->output_count; k++) {
		int by = (int)r->outputs[k].duty - told->duties[k];
		if (by < 0) by = -by;
		if (by > most) most = by;
	}
	return most;
}

static bool tell_reported(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf, size_t size) {
	cool_fault_t list[COOL_MAX_FAULTS];
	cool_reported_t r = state(d, now, list);
	uint32_t sum = hard_sum(&r, buf, size);
	if (d->told.told && sum == d->told.hard) {
		int by = moved(&d->told, &r);
		if (by == 0 || (by < TELL_DUTY && now - d->told.at < TELL_AFTER_MS)) return false;
	}
	if (!cool_device_publish(d, now, a, COOL_REPORTED, cool_encode_reported(buf, size, &r), buf, COOL_ABOUT_REPORTED, 0)) return false;
	d->told = (cool_told_t){.told = true, .at = now, .hard = sum};
	for (int k = 0; k < r.output_count; k++)
		d->told.duties[k] = (int16_t)r.outputs[k].duty;
	return true;
}

bool cool_device_tell(cool_device_t *d, uint64_t now, cool_action_t *a, char *buf, size_t size) {
	if (now < d->voice_rest || (d->looked != 0 && now - d->looked < COOL_LOOK_MS)) return false;
	// One of each at a time: the newest of two that are under way might arrive first.
	if (cool_uplink_count(&d->uplink, COOL_ABOUT_INFO) == 0 && tell_info(d, now, a, buf, size)) return true;
	if (cool_uplink_count(&d->uplink, COOL_ABOUT_REPORTED) == 0 && tell_reported(d, now, a, buf, size)) return true;
	d->looked = now;
	return false;
}
