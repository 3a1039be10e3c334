#include "name_server.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "lwip/sockets.h"

#include "cool/captive.h"
#include "tasks.h"

static const char TAG[] = "name_server";

enum { PORT = 53 };

static atomic_bool wanted;
static atomic_bool running;
static uint32_t own; /* of the task; in network order */

static int open_socket(void) {
	int s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	const struct timeval tick = {.tv_sec = 1};
	const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = own};
	if (s >= 0 && (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick) != 0 || bind(s, (const struct sockaddr *)&at, sizeof at) != 0)) {
		(void)close(s);
		s = -1;
	}
	return s;
}

static void answer(int s) {
	uint8_t query[COOL_DNS_SIZE], reply[COOL_DNS_SIZE], address[sizeof own];
	struct sockaddr_in from;
	socklen_t from_len = sizeof from;
	ssize_t len = recvfrom(s, query, sizeof query, 0, (struct sockaddr *)&from, &from_len);
	if (len <= 0) {
		return; /* the second is over */
	}
	memcpy(address, &own, sizeof address);
	size_t out = cool_captive_answer(query, (size_t)len, address, reply, sizeof reply);
	if (out > 0 && sendto(s, reply, out, 0, (const struct sockaddr *)&from, from_len) < 0) {
		ESP_LOGD(TAG, "answer: %s", strerror(errno)); /* whoever asked asks again */
	}
}

static void run(void *arg) {
	(void)arg;
	int s = open_socket();
	if (s < 0) {
		ESP_LOGE(TAG, "port %d: %s", PORT, strerror(errno));
	}
	while (s >= 0 && atomic_load(&wanted)) {
		answer(s);
	}
	if (s >= 0) {
		(void)close(s);
	}
	atomic_store(&running, false);
	vTaskDelete(NULL);
}

void name_server_start(uint32_t address) {
	atomic_store(&wanted, true);
	if (atomic_exchange(&running, true)) {
		return; /* it had not ended yet, and goes on */
	}
	own = address;
	if (xTaskCreate(run, "names", STACK_DNS, NULL, PRIORITY_SETUP, NULL) != pdPASS) {
		atomic_store(&running, false);
		ESP_LOGE(TAG, "no memory");
	}
}

void name_server_stop(void) { atomic_store(&wanted, false); }
