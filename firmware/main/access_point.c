#include "access_point.h"

#include <stdio.h>
#include <string.h>

#include "esp_log.h"
#include "esp_netif.h"
#include "esp_wifi.h"

#include "name_server.h"
#include "portal.h"
#include "provisioning.h"

static const char TAG[] = "access_point";

enum { GUESTS = 2, CHANNEL = 1 };

static esp_netif_t *netif;

void access_point_init(void) { netif = esp_netif_create_default_wifi_ap(); }

static esp_err_t configure(void) {
	wifi_config_t cfg = {
		.ap =
			{
				.channel = CHANNEL, /* that of the station, once it is joined */
				.authmode = WIFI_AUTH_WPA2_PSK,
				.max_connection = GUESTS,
				.pmf_cfg.required = false,
			},
	};
	const char *password = provisioning_ap_password();
	/* The id has at most 32 bytes, which is what fits. A device that was not named has an id that says what it is. */
	cfg.ap.ssid_len = (uint8_t)strnlen(provisioning_get()->id, sizeof cfg.ap.ssid);
	memcpy(cfg.ap.ssid, provisioning_get()->id, cfg.ap.ssid_len);
	memcpy(cfg.ap.password, password, strnlen(password, sizeof cfg.ap.password - 1));
	return esp_wifi_set_config(WIFI_IF_AP, &cfg);
}

esp_err_t access_point_prepare(void) {
	esp_err_t err = esp_wifi_set_mode(WIFI_MODE_APSTA);
	return err == ESP_OK ? configure() : err;
}

esp_err_t access_point_open(void) {
	esp_netif_ip_info_t ip;
	esp_err_t err = access_point_prepare();
	if (err == ESP_OK) {
		err = esp_netif_get_ip_info(netif, &ip);
	}
	if (err == ESP_OK) {
		err = portal_start(ip.ip.addr);
	}
	if (err == ESP_OK) {
		name_server_start(ip.ip.addr);
		ESP_LOGW(TAG, "open: network %s, password %s, http://" IPSTR "/", provisioning_get()->id, provisioning_ap_password(), IP2STR(&ip.ip));
		return ESP_OK;
	}
	(void)access_point_close();
	return err;
}

esp_err_t access_point_close(void) {
	name_server_stop();
	portal_stop();
	return esp_wifi_set_mode(WIFI_MODE_STA);
}
