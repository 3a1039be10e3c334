/* The device as a whole: any order of events, with any bytes as messages. A letter is an event; what it means stands in do_event. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cool/device_state.h"

#define MUST(cond)            \
	do {                      \
		if (!(cond)) abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static cool_device_t device;
static cool_device_cfg_t cfg;
static char buffer[COOL_BUF_SIZE];
static uint8_t flash[COOL_BLOB_COUNT][COOL_BLOB_SIZE];
static size_t flash_len[COOL_BLOB_COUNT];

/** What the glue sees. */
static struct {
	uint32_t now;
	bool connecting, connected, broken_flash, over;
	int oldest, next; /**< message ids under way */
} glue;

static size_t load(void *ctx, cool_blob_t blob, void *buf, size_t size) {
	(void)ctx;
	if (flash_len[blob] > size) return 0;
	memcpy(buf, flash[blob], flash_len[blob]);
	return flash_len[blob];
}

static void boot(void) {
	glue.connecting = glue.connected = glue.over = false;
	glue.oldest = glue.next = 1;
	cool_device_init(&device, &cfg, load, NULL, glue.now);
}

static void configure(void) {
	memset(&cfg, 0, sizeof cfg);
	cfg.id = "loop-1";
	cfg.name = "";
	cfg.firmware = "1.0.0";
	cfg.chip = "linux";
	cfg.reset_reason = "power_on";
	cfg.board = (cool_board_t){.output_pins = 0xffff0, .input_pins = 0xffff0, .pwm_channels = 6, .counters = 4};
	cool_settings_defaults(&cfg.defaults);
	(void)cool_copy(cfg.provisioned.url, sizeof cfg.provisioned.url, "mqtts://home.example:8883");
	cfg.boot = 0xb007;
	cfg.seed = 1;
}

static void save(const cool_action_t *a) {
	const uint8_t *content;
	size_t len;
	MUST(a->save.len <= COOL_BLOB_SIZE && cool_flash_open(a->save.data, a->save.len, (uint8_t)a->save.blob, &content, &len));
	if (!glue.broken_flash) {
		memcpy(flash[a->save.blob], a->save.data, a->save.len);
		flash_len[a->save.blob] = a->save.len;
	}
	cool_device_saved(&device, glue.now, a->save.blob, !glue.broken_flash);
}

/** Carries out what the device wants. It never wants two connections, or to speak without one. */
static void carry_out(void) {
	for (int i = 0; i < 100 && !glue.over; i++) {
		cool_action_t a;
		cool_device_next(&device, glue.now, &a, buffer, sizeof buffer);
		switch (a.what) {
		case COOL_DO_NOTHING: return;
		case COOL_DO_CONNECT:
			MUST(!glue.connecting && !glue.connected && a.connect.to.url[0] != 0 && a.connect.will_len > 0);
			glue.connecting = true;
			break;
		case COOL_DO_CLOSE:
			MUST(glue.connecting || glue.connected);
			glue.connecting = glue.connected = false;
			cool_device_disconnected(&device, glue.now, "closed");
			break;
		case COOL_DO_SUBSCRIBE: MUST(glue.connected); break;
		case COOL_DO_PUBLISH:
			MUST(glue.connected && a.publish.len > 0 && a.publish.len < COOL_BUF_SIZE);
			cool_device_sent(&device, glue.now, a.publish.token, glue.next++);
			break;
		case COOL_DO_SAVE: save(&a); break;
		case COOL_DO_RESTART:
		case COOL_DO_FACTORY_RESET: glue.over = true; break;
		case COOL_DO_OTA: cool_device_ota_done(&device, glue.now, "no"); break;
		default: break;
		}
	}
}

static void lose(void) {
	if (!glue.connected && !glue.connecting) return;
	glue.connected = glue.connecting = false;
	cool_device_disconnected(&device, glue.now, "lost");
}

/** A message: a digit for its kind, then its bytes up to a line's end. Returns how many bytes it took. */
static size_t message(const uint8_t *data, size_t size) {
	if (size == 0) return 0;
	char topic[COOL_TOPIC_SIZE];
	const uint8_t *end = memchr(data + 1, '\n', size - 1);
	size_t len = end != NULL ? (size_t)(end - data) - 1 : size - 1;
	(void)cool_topic(topic, cfg.id, (cool_topic_t)(data[0] % COOL_NO_TOPIC));
	if (glue.connected) cool_device_message(&device, glue.now, topic, strlen(topic), (const char *)data + 1, len, (data[0] & 0x40) != 0);
	return 1 + len;
}

/** Does one event; returns how many bytes belong to it beside its letter. */
static size_t do_event(uint8_t letter, const uint8_t *rest, size_t size) {
	static const cool_senses_t senses;
	uint32_t factor = size > 0 ? rest[0] : 1u;
	switch (letter) {
	case 's': // a step
		glue.now += 50 * factor;
		(void)cool_device_step(&device, glue.now, &senses);
		return size > 0;
	case 't': // a long time
		glue.now += 60000 * factor;
		(void)cool_device_step(&device, glue.now, &senses);
		return size > 0;
	case 'u': cool_device_network(&device, glue.now, true, "192.0.2.1", -50); return 0;
	case 'd': cool_device_network(&device, glue.now, false, NULL, 0); return 0;
	case 'c':
		if (glue.connecting) cool_device_connected(&device, glue.now);
		glue.connected = glue.connected || glue.connecting;
		glue.connecting = false;
		return 0;
	case 'x': lose(); return 0;
	case 'a':
	case 'l':
		if (glue.oldest < glue.next) cool_device_settled(&device, glue.now, glue.oldest++, letter == 'a');
		return 0;
	case 'k': cool_device_clock(&device, glue.now, 1764000000000 + (int64_t)factor * 1000); return size > 0;
	case 'f': glue.broken_flash = !glue.broken_flash; return 0;
	case 'r': boot(); return 0;
	case 'm': return message(rest, size);
	default: return 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	memset(&glue, 0, sizeof glue);
	memset(flash_len, 0, sizeof flash_len);
	glue.now = UINT32_MAX - 30000;
	configure();
	boot();
	for (size_t at = 0; at < size && !glue.over; at++) {
		at += do_event(data[at], data + at + 1, size - at - 1);
		carry_out();
		MUST(device.ring.first <= device.ring.next && device.order_count <= COOL_ORDERS);
		MUST(cool_settings_check(&device.regulator.settings, &cfg.board, (char[COOL_REASON_SIZE]){0}));
	}
	return 0;
}
