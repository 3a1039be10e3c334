/**
 * @file plant.h
 * The thermal plant: a host with its cold plate, the water, the room. It is internal/sim/plant.go in C, with the
 * same equations and constants; docs/simulation.md derives and sources them.
 *
 * Pure: nothing here reads a clock or draws a random number.
 */
#ifndef COOL_HOST_PLANT_H
#define COOL_HOST_PLANT_H

/** The heat that water carries, in W per (L/min K): 4187 J/(kg K) at one kilogram a litre. */
#define PLANT_WATTS_PER_FLOW (4187.0 / 60)

/** The constants of a loop. */
typedef struct {
	double host_capacity;  /**< C_h, J/K */
	double water_capacity; /**< C_w, J/K */
	double plate;          /**< G_plate, W/K: cold plate at the reference flow */
	double still;          /**< G_still, W/K: the same without flow */
	double casing;         /**< G_ha, W/K: the host's own case to the room */
	double tube;           /**< G_tube, W/K: tubing and reservoir to the room */
	double wet;            /**< G_wet, W/K: water side of the radiator at the reference flow */
	double draught;        /**< G_draught, W/K: air side with the fan at rest */
	double forced;         /**< G_forced, W/K: what the fan adds at its greatest speed */
	double ref_flow;       /**< V_ref, L/min */
} plant_params_t;

/** A laptop with a cold plate, half a litre of water and a radiator for one 120 mm fan. */
plant_params_t plant_default_params(void);

/** Temperatures in C. */
typedef struct {
	double host, water;
} plant_state_t;

/** What acts on a plant during a step. */
typedef struct {
	double heat;      /**< Q, W, from the host */
	double pump_heat; /**< P, W, into the water */
	double ambient;   /**< T_a, C */
	double flow;      /**< V, L/min, not negative */
	double fan;       /**< n, 0 to 1 */
} plant_drive_t;

/** What a step moved, in J. in = rejected + stored. */
typedef struct {
	double in, rejected, stored;
} plant_energy_t;

/** A loop. */
typedef struct {
	plant_params_t params;
	plant_state_t state;
} plant_t;

/** The state that a constant drive leads to. */
plant_state_t plant_steady(const plant_params_t *p, const plant_drive_t *d);

/** Advances by seconds (not negative) under a constant drive, exactly, however long the step is. */
plant_energy_t plant_step(plant_t *p, const plant_drive_t *d, double seconds);

/** The water's temperatures before and after the cold plate, in C. */
void plant_legs(const plant_t *p, const plant_drive_t *d, double *inlet, double *outlet);

#endif
