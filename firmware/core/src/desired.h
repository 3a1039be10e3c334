/* What the files of the desired state share. Private to the core. */
#ifndef COOL_SRC_DESIRED_H
#define COOL_SRC_DESIRED_H

#include "field.h"

/*
 * Reads an output; what is not said of it comes from the board's output of that name in defaults, or from its role and kind.
 * given_up says that it is not to be driven any more.
 */
bool cool_desired_output(const cool_fields_t *f, const cool_settings_t *defaults, cool_output_cfg_t *out, bool *given_up);

/* Reads `outputs` and joins them with the board's by name. With out NULL it only checks; otherwise out holds the settings of the board before. */
bool cool_desired_outputs(const cool_fields_t *f, const cool_settings_t *defaults, cool_settings_t *out);

/* Reads `auto`, the law and its input, into an output. */
bool cool_desired_law(const cool_fields_t *f, cool_output_cfg_t *out);

#endif
