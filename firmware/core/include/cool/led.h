/**
 * @file led.h
 * What the status LED says. A pattern is a pure function of the state and the time, so that nothing keeps a timer.
 */
#ifndef COOL_LED_H
#define COOL_LED_H

#include "cool/types.h"

/** What the LED shows. */
typedef enum {
	COOL_LED_CRITICAL,
	COOL_LED_FAULT,
	COOL_LED_PROVISIONING,
	COOL_LED_NO_NETWORK,
	COOL_LED_NO_BROKER,
	COOL_LED_OK,
	COOL_LED_IDENTIFY
} cool_led_t;

/** What is known of the device. */
typedef struct {
	bool identify;     /**< somebody asked which device this is */
	bool critical;     /**< a critical fault is present */
	bool fault;        /**< any fault is present or latched */
	bool provisioning; /**< it waits for the data of its network */
	bool network;      /**< it has an address */
	bool broker;       /**< it is connected to the broker */
} cool_led_facts_t;

/** The state to show: what a person asked for first, then what endangers the loop, then what is missing. */
cool_led_t cool_led_choose(const cool_led_facts_t *f);

/**
 * Whether the LED is lit in a state at a time, by any millisecond counter that may wrap.
 *
 * - identify: flickers, ten times a second;
 * - critical: blinks fast, five times in two seconds;
 * - fault: three short flashes every two seconds;
 * - no broker: two short flashes every two seconds;
 * - no network: one short flash every two seconds;
 * - provisioning: half a second on, half a second off;
 * - ok: on.
 */
bool cool_led_lit(cool_led_t state, uint32_t now_ms);

#endif
