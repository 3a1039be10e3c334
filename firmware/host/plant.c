#include "plant.h"

#include <math.h>

/** Below this flow, in L/min, the water at the cold plate stands still and has the reservoir's temperature. */
static const double min_carry = 0.01;

plant_params_t plant_default_params(void) {
	return (plant_params_t){
		.host_capacity = 210,
		.water_capacity = 2450,
		.plate = 12,
		.still = 0.01,
		.casing = 0.8,
		.tube = 0.8,
		.wet = 25,
		.draught = 1,
		.forced = 7,
		.ref_flow = 1.3,
	};
}

/** Finds G_hw and G_wa. */
static void conductances(const plant_params_t *c, const plant_drive_t *d, double *hw, double *wa) {
	double stirred = pow(fmax(d->flow, 0) / c->ref_flow, 0.8);
	*hw = c->still + c->plate * stirred;
	*wa = c->tube;
	if (stirred > 0) {
		double air = c->draught + c->forced * pow(fmin(fmax(d->fan, 0), 1), 0.6);
		*wa += 1 / (1 / (c->wet * stirred) + 1 / air);
	}
}

plant_state_t plant_steady(const plant_params_t *c, const plant_drive_t *d) {
	double hw, wa, ha = c->casing;
	conductances(c, d, &hw, &wa);
	/* Cramer's rule on the two balances with all derivatives zero. */
	double det = (hw + ha) * (hw + wa) - hw * hw;
	return (plant_state_t){
		.host = d->ambient + (d->heat * (hw + wa) + d->pump_heat * hw) / det,
		.water = d->ambient + (d->pump_heat * (hw + ha) + d->heat * hw) / det,
	};
}

plant_energy_t plant_step(plant_t *p, const plant_drive_t *d, double seconds) {
	double t = fmax(seconds, 0), hw, wa;
	conductances(&p->params, d, &hw, &wa);
	double ch = p->params.host_capacity, cw = p->params.water_capacity, ha = p->params.casing;
	/* The distance x from the steady state obeys x' = M x with real, negative
	 * eigenvalues m+s and m-s, so x(t) = (k1 + k2 (M - m)) x(0). */
	double m11 = -(hw + ha) / ch, m12 = hw / ch;
	double m21 = hw / cw, m22 = -(hw + wa) / cw;
	double m = (m11 + m22) / 2;
	double s = sqrt((m11 - m22) * (m11 - m22) / 4 + m12 * m21);
	double slow = exp((m + s) * t), fast = exp((m - s) * t);
	double k1 = (slow + fast) / 2, k2 = (slow - fast) / (2 * s);

	plant_state_t end = plant_steady(&p->params, d);
	double h0 = p->state.host - end.host, w0 = p->state.water - end.water;
	double h1 = (k1 + k2 * (m11 - m)) * h0 + k2 * m12 * w0;
	double w1 = k2 * m21 * h0 + (k1 + k2 * (m22 - m)) * w0;

	/* The integral of x over the step is the inverse of M times x1 - x0. */
	double dh = h1 - h0, dw = w1 - w0;
	double det = m11 * m22 - m12 * m21;
	double int_host = (m22 * dh - m12 * dw) / det;
	double int_water = (m11 * dw - m21 * dh) / det;

	p->state = (plant_state_t){end.host + h1, end.water + w1};
	return (plant_energy_t){
		.in = (d->heat + d->pump_heat) * t,
		.rejected = ha * (int_host + (end.host - d->ambient) * t) + wa * (int_water + (end.water - d->ambient) * t),
		.stored = ch * dh + cw * dw,
	};
}

void plant_legs(const plant_t *p, const plant_drive_t *d, double *inlet, double *outlet) {
	double w = p->state.water;
	*inlet = *outlet = w;
	if (d->flow < min_carry) return;
	double hw, wa;
	conductances(&p->params, d, &hw, &wa);
	double half = hw * (p->state.host - w) / (PLANT_WATTS_PER_FLOW * d->flow) / 2;
	*inlet = w - half;
	*outlet = w + half;
}
