#include "portal.h"

#include <stdlib.h>
#include <string.h>

#include "esp_http_server.h"
#include "esp_log.h"
#include "lwip/sockets.h"

#include "cool/form.h"
#include "cool/json.h"
#include "provisioning.h"
#include "tasks.h"
#include "wifi.h"

static const char TAG[] = "portal";

/* A form with certificates: base64 grows little by being encoded again. */
enum { BODY_MAX = 28 * 1024, ANSWER_MAX = 768, SOCKETS = 4 };

/* The page; main/CMakeLists.txt embeds it. */
extern const char page_begin[] asm("_binary_portal_html_start");
extern const char page_end[] asm("_binary_portal_html_end");

static httpd_handle_t server;
static uint32_t own; /* the access point's address */

/* Whether a request came to the access point's address: while it is open, the joined network reaches the server, too. */
static bool over_access_point(httpd_req_t *req) {
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	int socket = httpd_req_to_sockfd(req);
	if (socket < 0 || getsockname(socket, (struct sockaddr *)&at, &len) != 0) {
		return false;
	}
	if (at.ss_family == AF_INET) {
		return ((const struct sockaddr_in *)&at)->sin_addr.s_addr == own;
	}
	/* A server that listens on IPv6 sees IPv4 addresses in its last four bytes. */
	const uint8_t *bytes = (const uint8_t *)&((const struct sockaddr_in6 *)&at)->sin6_addr;
	return memcmp(bytes + 12, &own, sizeof own) == 0;
}

static esp_err_t refuse(httpd_req_t *req) { return httpd_resp_send_err(req, HTTPD_403_FORBIDDEN, "only over the device's access point"); }

static esp_err_t get_page(httpd_req_t *req) {
	if (!over_access_point(req)) {
		return refuse(req);
	}
	esp_err_t err = httpd_resp_set_type(req, "text/html; charset=utf-8");
	/* The text has a NUL behind it, which is not a part of the page. */
	return err == ESP_OK ? httpd_resp_send(req, page_begin, page_end - page_begin - 1) : err;
}

static esp_err_t send_json(httpd_req_t *req, const char *text, size_t len) {
	esp_err_t err = httpd_resp_set_type(req, "application/json");
	if (err == ESP_OK) {
		err = httpd_resp_set_hdr(req, "Cache-Control", "no-store");
	}
	return err == ESP_OK ? httpd_resp_send(req, text, (ssize_t)len) : err;
}

/* What the form shows at first. No secret leaves the device. */
static esp_err_t get_state(httpd_req_t *req) {
	if (!over_access_point(req)) {
		return refuse(req);
	}
	const cool_provision_t *p = provisioning_get();
	char text[ANSWER_MAX];
	cool_json_writer_t w;
	cool_json_writer_init(&w, text, sizeof text);
	cool_json_open_object(&w);
	cool_json_key(&w, "id");
	cool_json_put_string(&w, p->id);
	cool_json_key(&w, "name");
	cool_json_put_string(&w, p->name);
	cool_json_key(&w, "broker");
	cool_json_put_string(&w, p->broker.url);
	cool_json_key(&w, "username");
	cool_json_put_string(&w, p->broker.username);
	cool_json_key(&w, "joined");
	cool_json_put_bool(&w, wifi_joined());
	cool_json_close_object(&w);
	return send_json(req, text, w.len);
}

static esp_err_t answer(httpd_req_t *req, const char *error) {
	char text[ANSWER_MAX];
	cool_json_writer_t w;
	cool_json_writer_init(&w, text, sizeof text);
	cool_json_open_object(&w);
	cool_json_key(&w, "ok");
	cool_json_put_bool(&w, error == NULL);
	if (error != NULL) {
		cool_json_key(&w, "error");
		cool_json_put_string(&w, error);
	}
	cool_json_close_object(&w);
	return send_json(req, text, w.len);
}

/* Reads the whole body; NULL if it is too long, does not come, or there is no memory. */
static char *read_body(httpd_req_t *req) {
	if (req->content_len > BODY_MAX) {
		return NULL;
	}
	char *body = malloc(req->content_len + 1);
	size_t got = 0;
	while (body != NULL && got < req->content_len) {
		int n = httpd_req_recv(req, body + got, req->content_len - got);
		if (n <= 0) {
			free(body);
			return NULL;
		}
		got += (size_t)n;
	}
	return body;
}

/* The network of the form, if it names one. */
static bool save_network(const char *body, size_t len, char reason[COOL_REASON_SIZE]) {
	char ssid[COOL_SSID_SIZE], password[COOL_PASSPHRASE_SIZE];
	cool_form_t found = cool_form_field(body, len, "ssid", ssid, sizeof ssid, NULL);
	if (found == COOL_FORM_MISSING || (found == COOL_FORM_FOUND && ssid[0] == '\0')) {
		return true;
	}
	if (found != COOL_FORM_FOUND || cool_form_field(body, len, "wifi_password", password, sizeof password, NULL) > COOL_FORM_MISSING) {
		(void)cool_copy(reason, COOL_REASON_SIZE, "the name or the password of the network is too long");
		return false;
	}
	return provisioning_add_network(ssid, password, reason);
}

/* The broker of the form, if it names one; *kept says whether the device has to restart. */
static bool save_broker(const char *body, size_t len, bool *kept, char reason[COOL_REASON_SIZE]) {
	char broker[COOL_URL_SIZE];
	*kept = false;
	if (cool_form_field(body, len, "broker", broker, sizeof broker, NULL) == COOL_FORM_FOUND && broker[0] == '\0') return true;
	cool_draft_t *d = provisioning_draft();
	if (d == NULL) {
		(void)cool_copy(reason, COOL_REASON_SIZE, "there is not enough memory; restart the device and try again");
		return false;
	}
	*kept = cool_draft_form(d, body, len, reason) && provisioning_apply(d, reason);
	provisioning_drop(d);
	return *kept;
}

static esp_err_t post_setup(httpd_req_t *req) {
	if (!over_access_point(req)) {
		return refuse(req);
	}
	char *body = read_body(req);
	if (body == NULL) {
		return httpd_resp_send_err(req, HTTPD_400_BAD_REQUEST, "the form did not arrive whole");
	}
	char reason[COOL_REASON_SIZE] = "";
	bool kept;
	/* The network last: trying it may end the connection to whoever sent the form. */
	bool ok = save_broker(body, req->content_len, &kept, reason) && save_network(body, req->content_len, reason);
	free(body);
	esp_err_t err = answer(req, ok ? NULL : reason);
	if (ok && kept) provisioning_restart();
	return err;
}

/* Phones ask for pages of their makers to see whether they are online; sending them to the form makes them show it. */
static esp_err_t redirect(httpd_req_t *req, httpd_err_code_t code) {
	(void)code;
	esp_err_t err = httpd_resp_set_status(req, "302 Found");
	if (err == ESP_OK) {
		err = httpd_resp_set_hdr(req, "Location", "/");
	}
	/* Some phones take an empty answer for a broken network. */
	return err == ESP_OK ? httpd_resp_sendstr(req, "/") : err;
}

static esp_err_t add_pages(void) {
	static const httpd_uri_t pages[] = {
		{.uri = "/", .method = HTTP_GET, .handler = get_page},
		{.uri = "/state", .method = HTTP_GET, .handler = get_state},
		{.uri = "/setup", .method = HTTP_POST, .handler = post_setup},
	};
	esp_err_t err = ESP_OK;
	for (size_t i = 0; i < sizeof pages / sizeof pages[0] && err == ESP_OK; i++) {
		err = httpd_register_uri_handler(server, &pages[i]);
	}
	return err == ESP_OK ? httpd_register_err_handler(server, HTTPD_404_NOT_FOUND, redirect) : err;
}

esp_err_t portal_start(uint32_t address) {
	if (server != NULL) {
		return ESP_OK;
	}
	httpd_config_t cfg = HTTPD_DEFAULT_CONFIG();
	cfg.stack_size = STACK_HTTPD;
	cfg.task_priority = PRIORITY_SETUP;
	cfg.max_open_sockets = SOCKETS;
	cfg.lru_purge_enable = true; /* phones keep connections open that they do not use */
	own = address;
	esp_err_t err = httpd_start(&server, &cfg);
	if (err == ESP_OK) {
		err = add_pages();
	}
	if (err != ESP_OK) {
		ESP_LOGE(TAG, "%s", esp_err_to_name(err));
		portal_stop();
	}
	return err;
}

void portal_stop(void) {
	if (server != NULL) {
		ESP_ERROR_CHECK_WITHOUT_ABORT(httpd_stop(server));
		server = NULL;
	}
}
