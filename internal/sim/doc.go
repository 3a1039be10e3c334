// Package sim is a simulated ESP32 on a simulated loop: the other end of the
// device contract, for the demo and for tests. It speaks the same MQTT over the
// same TLS as a real device; the server cannot tell the difference and has no
// second path for it.
//
// It is made of parts that know only what is below them:
//
//   - [Plant] is the physics: a host, its water, a radiator, the air of a room.
//     [Workday] says how much heat the host makes and how warm the room is.
//   - [Rig] adds the parts that are wired to the ESP32 (probes, tachometers,
//     motors, a flow meter) and the firmware's fast loop, which is
//     [control.Regulator]. A [Rig] is a pure function of its seed, of the times it
//     is advanced to, and of what it is told to do.
//   - A board says what can be asked of a device, and settings are what its owner
//     asked for on top of what the board has by itself.
//   - The outbox and its uplink keep each sample until the server has it on disk.
//     They know a transport only as something that publishes.
//   - A road leads from one broker to another: a device may be moved by the command
//     `endpoint`, and comes back if no server proves to listen at the new one.
//   - [Run] starts one or many devices and connects them over MQTT.
//
// # Physics
//
// Two heat capacities, the host with its cold plate (h) and the water with the
// metal that it wets (w), exchange heat with each other and with the room (a):
//
//	C_h dT_h/dt = Q - G_hw (T_h - T_w) - G_ha (T_h - T_a)
//	C_w dT_w/dt = P + G_hw (T_h - T_w) - G_wa (T_w - T_a)
//
//	G_hw = G_still + G_plate (V/V_ref)^0.8
//	G_wa = G_tube + 1 / (1/(G_wet (V/V_ref)^0.8) + 1/(G_draught + G_forced n^0.6))
//
// Q is the host's heat in W, P what the pump adds to the water, V the flow in
// L/min, n the fan's speed as a part of its greatest. 0.8 is the exponent of
// turbulent flow in a channel (Dittus and Boelter), 0.6 a usual one for air across
// fins and tubes. For constant Q, P, V, n and T_a the system is linear, and
// [Plant.Step] uses its exact solution: it has no error of integration, and no
// step is too long to be stable.
//
// The water that passes the cold plate warms by
//
//	dT = G_hw (T_h - T_w) / (69.8 V)        in K, V in L/min
//
// because water carries 4187 J/(kg K), which is 69.8 W per (L/min K). The probe at
// the cold plate's inlet reads T_w - dT/2, the one at its outlet T_w + dT/2, the
// one in the reservoir T_w.
//
// Without flow the host and the water part company: G_hw falls to G_still, the
// reservoir drifts toward the room, and the host heats until its own case carries
// the heat away. A dead pump looks like a cold loop.
//
// docs/simulation.md has the constants and where they come from.
package sim
