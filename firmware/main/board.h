/**
 * @file board.h
 * Which pins the board has and what is wired to them by menuconfig (Kconfig.projbuild). Everything that `desired` can wire is
 * checked against it by the core.
 */
#ifndef MAIN_BOARD_H
#define MAIN_BOARD_H

#include "cool/settings.h"

/** The chip's word in `info`: "esp32", "esp32s3" or "esp32c3". */
const char *board_chip(void);

/** What the board can do. */
void board_describe(cool_board_t *b);

/** Bit n: nothing but an output can be at GPIO n, so that it may float until it is known to be one. */
uint64_t board_loose_pins(const cool_board_t *b);

/** The settings that apply while nobody has asked for others: the outputs of menuconfig by the defaults of their roles. */
void board_defaults(cool_settings_t *s);

#endif
