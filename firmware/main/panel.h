/**
 * @file panel.h
 * The status LED and the BOOT button.
 */
#ifndef MAIN_PANEL_H
#define MAIN_PANEL_H

/** Starts the task. */
void panel_start(void);

#endif
