#include "cable_port.h"

#include "sdkconfig.h"

#include "driver/uart.h"
#include "driver/uart_vfs.h"
#include "freertos/FreeRTOS.h"
#if SOC_USB_SERIAL_JTAG_SUPPORTED
#include "driver/usb_serial_jtag.h"
#include "driver/usb_serial_jtag_vfs.h"
#endif

enum {
	UART = 0,        /* of ESP-IDF's console by default */
	RX_BUFFER = 512, /* two packets */
	TX_BUFFER = 1024,
	READ_MS = 1000,
	WRITE_MS = 200, /* without a reader at the other end nothing drains */
};

static esp_err_t uart_open(void) {
	esp_err_t err = uart_driver_install((uart_port_t)UART, RX_BUFFER, 0, 0, NULL, 0);
	if (err == ESP_OK) {
		uart_vfs_dev_use_driver(UART);
	}
	return err;
}

static bool uart_read(uint8_t *byte) { return uart_read_bytes((uart_port_t)UART, byte, 1, pdMS_TO_TICKS(READ_MS)) == 1; }

/* Without a reader the bytes of a UART are gone all the same, so nothing is to be made of the result. */
static void uart_write(const uint8_t *data, size_t len) { (void)uart_write_bytes((uart_port_t)UART, data, len); }

#if SOC_USB_SERIAL_JTAG_SUPPORTED

static esp_err_t usb_open(void) {
	usb_serial_jtag_driver_config_t cfg = {.tx_buffer_size = TX_BUFFER, .rx_buffer_size = RX_BUFFER};
	esp_err_t err = usb_serial_jtag_driver_install(&cfg);
	if (err == ESP_OK) {
		usb_serial_jtag_vfs_use_driver();
	}
	return err;
}

static bool usb_read(uint8_t *byte) { return usb_serial_jtag_read_bytes(byte, 1, pdMS_TO_TICKS(READ_MS)) == 1; }

static void usb_write(const uint8_t *data, size_t len) { (void)usb_serial_jtag_write_bytes(data, len, pdMS_TO_TICKS(WRITE_MS)); }

#endif

const cable_port_t cable_ports[CABLE_PORTS] = {
	{.name = "uart", .open = uart_open, .read = uart_read, .write = uart_write},
#if SOC_USB_SERIAL_JTAG_SUPPORTED
	{.name = "usb", .open = usb_open, .read = usb_read, .write = usb_write},
#endif
};
