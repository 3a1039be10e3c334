#include "device_util.h"

#include <string.h>

#include "cool/crc.h"
#include "cool/json.h"

bench_t bench;
cool_device_t device;

static char buffer[COOL_BUF_SIZE];
static const char *const capabilities[] = {"desired", "endpoint", NULL};

static void note(char what) {
	size_t len = strlen(bench.order);
	if (len + 1 < sizeof bench.order) {
		bench.order[len] = what;
		bench.order[len + 1] = '\0';
	}
}

void bench_init(uint32_t now) {
	memset(&bench, 0, sizeof bench);
	bench.now = now;
	bench.next_id = 1;
	cool_device_cfg_t *c = &bench.cfg;
	c->id = "loop-1";
	c->name = "";
	c->firmware = "1.0.0";
	c->chip = "linux";
	c->reset_reason = "power_on";
	c->capabilities = capabilities;
	c->board = (cool_board_t){.output_pins = 0xffff0, .input_pins = 0xffff0, .pwm_channels = 6, .counters = 4};
	cool_settings_defaults(&c->defaults);
	cool_output_defaults(&c->defaults.outputs[0], "pump", COOL_PUMP, COOL_PWM4);
	c->defaults.outputs[0].wiring.pin = 18;
	c->defaults.outputs[0].wiring.hz = 25000;
	c->defaults.output_count = 1;
	(void)cool_copy(c->provisioned.url, sizeof c->provisioned.url, "mqtts://home.example:8883");
	(void)cool_copy(c->provisioned.username, sizeof c->provisioned.username, "loop-1");
	(void)cool_copy(c->provisioned.password, sizeof c->provisioned.password, "secret");
	c->provisioned_ca = true;
	c->boot = 0xb007;
	c->seed = 1;
}

static size_t load(void *ctx, cool_blob_t blob, void *buf, size_t size) {
	(void)ctx;
	if (bench.flash_len[blob] > size) return 0;
	memcpy(buf, bench.flash[blob], bench.flash_len[blob]);
	return bench.flash_len[blob];
}

void bench_fan(void) {
	cool_settings_t *s = &bench.cfg.defaults;
	s->outputs[0].wiring.tacho_pin = 19;
	cool_output_defaults(&s->outputs[1], "fan", COOL_FAN, COOL_PWM4);
	s->outputs[1].wiring.pin = 16;
	s->outputs[1].wiring.hz = 25000;
	s->outputs[1].wiring.tacho_pin = 17;
	s->output_count = 2;
}

void bench_start(void) {
	bench.connected = bench.connecting = false;
	bench.sent_count = 0;
	bench.order[0] = '\0';
	cool_device_init(&device, &bench.cfg, load, NULL, bench.now);
}

static void copy(char *out, size_t size, const char *payload, size_t len) {
	if (len >= size) len = size - 1;
	memcpy(out, payload, len);
	out[len] = '\0';
}

static void take_publish(const cool_action_t *a) {
	cool_topic_t kind = cool_topic_kind(a->publish.topic, strlen(a->publish.topic), bench.cfg.id);
	struct {
		cool_topic_t kind;
		char letter;
		char *out;
		size_t size;
		int *count;
	} shelves[] = {
		{COOL_STATUS, 'P', bench.status, sizeof bench.status, &bench.statuses},
		{COOL_INFO, 'I', bench.info, sizeof bench.info, &bench.infos},
		{COOL_REPORTED, 'R', bench.reported, sizeof bench.reported, &bench.reports},
		{COOL_REPLY, 'r', bench.reply, sizeof bench.reply, &bench.replies},
		{COOL_TELEMETRY, 'T', bench.telemetry, sizeof bench.telemetry, &bench.telemetries},
	};
	for (size_t i = 0; i < sizeof shelves / sizeof shelves[0]; i++)
		if (shelves[i].kind == kind) {
			note(shelves[i].letter);
			copy(shelves[i].out, shelves[i].size, a->publish.payload, a->publish.len);
			++*shelves[i].count;
		}
	int id = bench.connected ? bench.next_id++ : -1;
	if (bench.next_id > 65535) bench.next_id = 1;
	// A broker on the same machine may answer before the id is known.
	bool early = !bench.silent && id % 2 == 0;
	if (id > 0 && kind == COOL_TELEMETRY && bench.on_telemetry != NULL) bench.on_telemetry(a->publish.payload, a->publish.len, id);
	if (early) cool_device_settled(&device, bench.now, id, true);
	cool_device_sent(&device, bench.now, a->publish.token, id);
	if (id > 0 && !bench.silent && !early) cool_device_settled(&device, bench.now, id, true);
	if (id > 0 && bench.silent && bench.sent_count < BENCH_QUEUE) bench.sent[bench.sent_count++] = (bench_sent_t){.id = id, .kind = kind};
}

static void take_connect(const cool_action_t *a) {
	note('C');
	bench.connects++;
	bench.to = a->connect.to;
	bench.ca = a->connect.ca;
	copy(bench.will, sizeof bench.will, a->connect.will, a->connect.will_len);
	if (bench.refuse || (bench.refused != NULL && strcmp(bench.refused, bench.to.url) == 0)) {
		cool_device_disconnected(&device, bench.now, "connection refused");
		return;
	}
	bench.connected = true;
	cool_device_connected(&device, bench.now);
}

static void take_save(const cool_action_t *a) {
	note('W');
	bench.saves++;
	if (!bench.broken_flash) {
		memcpy(bench.flash[a->save.blob], a->save.data, a->save.len);
		bench.flash_len[a->save.blob] = a->save.len;
	}
	cool_device_saved(&device, bench.now, a->save.blob, !bench.broken_flash);
}

void bench_run(void) {
	for (int i = 0; i < 200; i++) {
		cool_action_t a;
		cool_device_next(&device, bench.now, &a, buffer, sizeof buffer);
		switch (a.what) {
		case COOL_DO_NOTHING: return;
		case COOL_DO_CONNECT: take_connect(&a); break;
		case COOL_DO_CLOSE:
			note('X');
			bench.closes++;
			bench.goodbyes += a.close.goodbye;
			bench_cut("closed");
			break;
		case COOL_DO_SUBSCRIBE: note('S'); break;
		case COOL_DO_PUBLISH: take_publish(&a); break;
		case COOL_DO_SAVE: take_save(&a); break;
		case COOL_DO_RESTART:
			note('B');
			bench.restarts++;
			return;
		case COOL_DO_FACTORY_RESET: bench.resets++; return;
		case COOL_DO_IDENTIFY: bench.identifies++; break;
		case COOL_DO_OTA: bench.otas++; break;
		case COOL_DO_REWIRE: bench.rewires++; break;
		}
	}
}

void bench_pass(uint32_t ms) { bench_pass_by(ms, 250); }

void bench_pass_by(uint32_t ms, uint32_t step_ms) {
	for (uint32_t passed = 0; passed < ms; passed += step_ms) {
		bench.now += step_ms;
		(void)cool_device_step(&device, bench.now, &bench.senses);
		bench_run();
	}
}

void bench_committed(uint64_t boot, uint64_t through) {
	char text[80], hex[17];
	for (int i = 0; i < 16; i++)
		hex[i] = "0123456789abcdef"[boot >> (4 * (15 - i)) & 15];
	hex[16] = '\0';
	cool_json_writer_t w;
	cool_json_writer_init(&w, text, sizeof text);
	cool_json_open_object(&w);
	cool_json_key(&w, "boot");
	cool_json_put_string(&w, hex);
	cool_json_key(&w, "through");
	cool_json_put_uint(&w, through);
	cool_json_close_object(&w);
	bench_say(COOL_COMMITTED, text, false);
}

void bench_online(void) {
	cool_device_network(&device, bench.now, true, "192.0.2.7", -50);
	bench_run();
}

void bench_say(cool_topic_t kind, const char *payload, bool retained) {
	char topic[COOL_TOPIC_SIZE];
	(void)cool_topic(topic, bench.cfg.id, kind);
	cool_device_message(&device, bench.now, topic, strlen(topic), payload, strlen(payload), retained);
	bench_run();
}

void bench_command(const char *id, const char *name, const char *args, int64_t expires) {
	static char text[1024];
	cool_json_writer_t w;
	cool_json_writer_init(&w, text, sizeof text);
	cool_json_open_object(&w);
	cool_json_key(&w, "id");
	cool_json_put_string(&w, id);
	cool_json_key(&w, "name");
	cool_json_put_string(&w, name);
	cool_json_key(&w, "expires");
	cool_json_put_int(&w, expires);
	cool_json_close_object(&w);
	if (args != NULL) {
		text[strlen(text) - 1] = '\0';
		strcat(text, ",\"args\":");
		strcat(text, args);
		strcat(text, "}");
	}
	bench_say(COOL_COMMAND, text, false);
}

void bench_cut(const char *why) {
	bench.connected = false;
	bench.sent_count = 0;
	cool_device_disconnected(&device, bench.now, why);
}

void bench_probe(int index, double celsius) {
	cool_probe_read_t *p = &bench.senses.probes[index];
	uint8_t rom[8] = {0x28, (uint8_t)(index + 1), 2, 3, 4, 0, 0, 0};
	rom[7] = cool_crc8(rom, 7);
	p->rom = 0;
	for (int i = 0; i < 8; i++)
		p->rom = p->rom << 8 | rom[i];
	int16_t raw = (int16_t)(celsius * 16 + (celsius < 0 ? -0.5 : 0.5));
	p->pad[0] = (uint8_t)(raw & 0xff);
	p->pad[1] = (uint8_t)((uint16_t)raw >> 8);
	p->pad[2] = 0x4b;
	p->pad[3] = 0x46;
	p->pad[4] = 0x7f;
	p->pad[5] = 0xff;
	p->pad[6] = 0x10;
	p->pad[7] = 0x10;
	p->pad[8] = cool_crc8(p->pad, 8);
	p->fresh = p->present = true;
}

bool bench_has(const char *text, const char *part) { return strstr(text, part) != NULL; }
