#include "cool/probes.h"

#include <string.h>

#include "loop_util.h"
#include "test.h"

static cool_probes_t p;
static cool_settings_t s;
static cool_probe_read_t reads[COOL_MAX_PROBES];

static void begin(void) {
	memset(&p, 0, sizeof p);
	memset(reads, 0, sizeof reads);
	cool_settings_defaults(&s);
}

static void name(int rom, const char *role, double offset) {
	s.probes[s.probe_count].rom = loop_rom(rom);
	s.probes[s.probe_count].offset_k = offset;
	(void)cool_copy(s.probes[s.probe_count++].role, COOL_NAME_SIZE, role);
}

static void read(int at, int rom, double celsius) {
	reads[at] = (cool_probe_read_t){.rom = loop_rom(rom), .fresh = true, .present = true};
	loop_scratchpad(reads[at].pad, celsius);
}

static const char *role_of(int rom) {
	for (int i = 0; i < p.count; i++) {
		if (p.list[i].rom == loop_rom(rom)) return p.list[i].role;
	}
	return "";
}

TEST(water_roles) {
	static const char *const yes[] = {"water", "water2", "inlet", "outlet", "outlet12"};
	static const char *const no[] = {"", "ambient", "waters", "water_2", "wate", "outlet2b", "temp2"};
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		CHECK(cool_water_role(yes[i]));
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		CHECK(!cool_water_role(no[i]));
}

TEST(without_names_the_first_is_water) {
	begin();
	cool_probes_apply(&p, &s);
	CHECK_EQ_INT(p.count, 1);
	CHECK_STR(p.list[0].role, "water");
	CHECK_EQ_INT(p.list[0].latest.quality, COOL_DISCONNECTED);
	for (int i = 0; i < COOL_MAX_PROBES; i++)
		read(i, i, 20 + i);
	cool_probes_step(&p, reads, 250);
	CHECK_EQ_INT(p.count, 8);
	CHECK_STR(role_of(0), "water");
	CHECK_STR(role_of(1), "temp2");
	CHECK_STR(role_of(7), "temp8");
	CHECK_NEAR(cool_probes_role(&p, "temp3")->value, 22, 0);
	CHECK(cool_probes_role(&p, "ambient") == NULL);
}

TEST(names_and_those_without) {
	begin();
	name(5, "water", 0.5);
	name(6, "temp2", 0);
	cool_probes_apply(&p, &s);
	read(0, 1, 21);
	read(1, 5, 30);
	read(2, 2, 22);
	cool_probes_step(&p, reads, 250);
	CHECK_EQ_INT(p.count, 4);
	CHECK_STR(role_of(5), "water");
	CHECK_STR(role_of(6), "temp2"); /* configured, not found, and still there */
	CHECK_STR(role_of(1), "temp3");
	CHECK_STR(role_of(2), "temp4");
	CHECK_NEAR(p.list[0].latest.value, 30.5, 0);
	CHECK_EQ_INT(p.list[1].latest.quality, COOL_DISCONNECTED);
	cool_probes_step(&p, reads, 5000);
	CHECK(p.list[1].lost && !p.list[0].lost);
	CHECK_EQ_INT(p.list[1].latest.quality, COOL_DISCONNECTED);
}

TEST(other_names_keep_what_is_known) {
	begin();
	cool_probes_apply(&p, &s);
	read(0, 1, 21);
	read(1, 2, 22);
	cool_probes_step(&p, reads, 250);
	name(3, "ambient", 0);
	name(2, "water", -0.25);
	cool_probes_apply(&p, &s);
	CHECK_EQ_INT(p.count, 3);
	CHECK_STR(role_of(1), "temp2");
	const cool_probe_t *water = cool_probes_role(&p, "water");
	CHECK(cool_probe_usable(water));
	CHECK_NEAR(water->value, 21.75, 1e-9);
	CHECK_NEAR(water->latest.value, 21.75, 1e-9);
	CHECK(!cool_probe_usable(cool_probes_role(&p, "ambient")));
	s.probe_count = 0;
	cool_probes_apply(&p, &s);
	CHECK_EQ_INT(p.count, 2);       /* the one that was never found is forgotten */
	CHECK_STR(role_of(1), "water"); /* as they were found */
	CHECK_NEAR(cool_probes_role(&p, "water")->value, 21, 1e-9);
	CHECK_STR(role_of(2), "temp2");
	CHECK_NEAR(cool_probes_role(&p, "temp2")->value, 22, 1e-9);
}

TEST(without_names_the_order_is_that_of_a_restart) {
	static cool_probes_t fresh;
	begin();
	name(7, "ambient", 0);
	name(6, "inlet", 0);
	name(5, "water", 0);
	cool_probes_apply(&p, &s);
	for (int i = 0; i < 4; i++)
		read(i, 5 + i, 21 + i);
	cool_probes_step(&p, reads, 250);
	s.probe_count = 0;
	cool_probes_apply(&p, &s);
	cool_probes_step(&p, reads, 250);
	cool_probes_apply(&fresh, &s);
	cool_probes_step(&fresh, reads, 250);
	for (int i = 0; i < fresh.count; i++)
		CHECK_STR(role_of(5 + i), fresh.list[i].role);
	CHECK_STR(role_of(5), "water");
}

TEST(the_same_names_disturb_nothing) {
	begin();
	name(1, "water", 0);
	cool_probes_apply(&p, &s);
	read(0, 1, 21);
	cool_probes_step(&p, reads, 250);
	p.list[0].stuck.seen[3] = true;
	cool_probes_apply(&p, &s);
	CHECK(p.list[0].stuck.seen[3]);
	s.probes[0].offset_k = 1;
	cool_probes_apply(&p, &s);
	CHECK(!p.list[0].stuck.seen[3]);
	CHECK_NEAR(p.list[0].value, 22, 0);
}

TEST(there_is_room_for_ten) {
	begin();
	for (int i = 0; i < 8; i++) {
		const char *const roles[] = {"water", "a", "b", "c", "d", "e", "f", "g"};
		name(20 + i, roles[i], 0);
	}
	cool_probes_apply(&p, &s);
	for (int i = 0; i < COOL_MAX_PROBES; i++)
		read(i, i, 20);
	cool_probes_step(&p, reads, 250);
	CHECK_EQ_INT(p.count, COOL_MAX_ROLES);
	CHECK_STR(role_of(1), "temp3");
	CHECK_STR(role_of(2), "");
	/* Of those without a name the last makes room for a name. */
	s.probes[3].rom = loop_rom(40);
	cool_probes_apply(&p, &s);
	CHECK_STR(role_of(40), "c");
	CHECK_EQ_INT(cool_probes_role(&p, "water")->rom, loop_rom(20));
	CHECK(p.count <= COOL_MAX_ROLES);
}

TEST(many_without_names_are_numbered) {
	begin();
	name(1, "water", 0);
	for (int i = 2; i < 9; i++) {
		char role[] = "temp2";
		role[4] = (char)('0' + i);
		name(i, role, 0);
	}
	cool_probes_apply(&p, &s);
	read(0, 30, 20);
	read(1, 31, 20);
	cool_probes_step(&p, reads, 250);
	CHECK_STR(role_of(30), "temp9");
	CHECK_STR(role_of(31), "temp10");
}

TEST(stale_after_five_seconds_without_a_conversion) {
	begin();
	cool_probes_apply(&p, &s);
	read(0, 1, 21);
	cool_probes_step(&p, reads, 250);
	reads[0].fresh = false;
	cool_probes_step(&p, reads, 4999);
	CHECK_EQ_INT(p.list[0].latest.quality, COOL_GOOD);
	CHECK(!p.list[0].lost);
	cool_probes_step(&p, reads, 1);
	CHECK_EQ_INT(p.list[0].latest.quality, COOL_STALE);
	CHECK(p.list[0].lost);
	for (int i = 0; i < 3; i++) { /* three in a row with pauses are none */
		read(0, 1, 21);
		cool_probes_step(&p, reads, 250);
		reads[0].fresh = false;
		cool_probes_step(&p, reads, 5000);
		CHECK(p.list[0].lost);
	}
}

TEST(an_85_is_judged_without_the_offset) {
	begin();
	name(1, "water", -5);
	cool_probes_apply(&p, &s);
	read(0, 1, 75);
	cool_probes_step(&p, reads, 250);
	read(0, 1, 85);
	cool_probes_step(&p, reads, 250);
	CHECK_EQ_INT(p.list[0].latest.quality, COOL_GOOD);
	CHECK_NEAR(p.list[0].latest.value, 80, 0);
	read(0, 1, 30);
	cool_probes_step(&p, reads, 250);
	read(0, 1, 85);
	cool_probes_step(&p, reads, 250);
	CHECK_EQ_INT(p.list[0].latest.quality, COOL_POR85);
	CHECK_NEAR(p.list[0].value, 25, 0); /* the last good one goes on */
}

static bool watch(cool_stuck_t *w, double value, bool good, double other, uint32_t dt) {
	cool_other_t others[COOL_STUCK_OTHERS] = {{.good = false}};
	others[4] = (cool_other_t){.good = good, .value = other};
	return cool_stuck_step(w, value, others, dt);
}

TEST(stuck) {
	cool_stuck_t w = {.started = false};
	CHECK(!watch(&w, 21.5, true, 28, 1000));
	CHECK(!watch(&w, 21.5, true, 29, COOL_STUCK_MS - 1));
	CHECK(watch(&w, 21.5, true, 28.5, 1));
	CHECK(watch(&w, 21.5, false, 0, 1000) == false); /* nobody says so now */
	CHECK(watch(&w, 21.5, true, 28.5, 1000));
	CHECK(!watch(&w, 21.5625, true, 28.5, 1000)); /* one step is enough */
	CHECK(!watch(&w, 21.5625, true, 28.5, COOL_STUCK_MS));
	CHECK(!watch(&w, 21.5625, true, 29.4375, 1000)); /* the other one moved less than 1 K */
	CHECK(watch(&w, 21.5625, true, 28.4375, 1000));
}

TEST(air_may_stand_still) {
	begin();
	name(1, "water", 0);
	name(2, "ambient", 0);
	cool_probes_apply(&p, &s);
	for (int i = 0; i < 200; i++) {
		read(0, 1, 25 + i % 3);
		read(1, 2, 22);
		cool_probes_step(&p, reads, 60000);
	}
	CHECK_EQ_INT(p.list[1].latest.quality, COOL_GOOD);
}

/* Reads the same temperatures for some seconds. */
static void pass(int seconds) {
	for (int i = 0; i < seconds; i++)
		cool_probes_step(&p, reads, 1000);
}

TEST(a_probe_that_was_put_in_takes_the_vacant_role) {
	begin();
	name(5, "water", 0.5);
	name(6, "ambient", 0);
	cool_probes_apply(&p, &s);
	read(0, 6, 21);
	read(1, 1, 30);
	pass(9);
	CHECK_STR(role_of(1), "temp2");
	CHECK(!p.replaced);
	pass(1);
	CHECK(p.replaced);
	CHECK_STR(role_of(1), "water");
	CHECK_STR(role_of(6), "ambient");
	CHECK_EQ_INT(p.count, 2);
	CHECK(cool_probe_usable(cool_probes_role(&p, "water")));
	CHECK_NEAR(cool_probes_role(&p, "water")->value, 30, 0); /* the offset was the other one's */
	pass(1);
	CHECK(!p.replaced);
	/* The same settings once more change nothing. */
	cool_probes_apply(&p, &s);
	CHECK_STR(role_of(1), "water");
	CHECK(cool_probe_usable(cool_probes_role(&p, "water")));
	/* The old one answers after all, and gets its role back with its own offset only by the settings. */
	read(2, 5, 31);
	pass(3);
	CHECK_STR(role_of(5), "water");
	CHECK_STR(role_of(1), "temp2");
	CHECK_NEAR(cool_probes_role(&p, "water")->latest.value, 31.5, 0);
	/* Settings that name the new one. */
	s.probes[0].rom = loop_rom(1);
	s.probes[0].offset_k = 0;
	cool_probes_apply(&p, &s);
	pass(20);
	CHECK_STR(role_of(1), "water");
	CHECK_STR(role_of(5), "temp2");
}

TEST(a_probe_that_is_put_in_late_proves_itself_first) {
	begin();
	name(5, "water", 0);
	cool_probes_apply(&p, &s);
	pass(20);
	CHECK(cool_probes_role(&p, "water")->lost);
	read(0, 1, 30);
	pass(COOL_RECOVERY_READINGS - 1);
	CHECK_STR(role_of(1), "temp2");
	CHECK(!cool_probe_usable(cool_probes_role(&p, "water")));
	pass(1);
	CHECK_STR(role_of(1), "water");
	CHECK(cool_probe_usable(cool_probes_role(&p, "water")));
}

TEST(a_probe_that_answers_after_all_has_the_offset_of_the_latest_settings) {
	begin();
	name(5, "water", 0.5);
	cool_probes_apply(&p, &s);
	read(0, 1, 30);
	pass(11);
	CHECK_STR(role_of(1), "water");
	s.probes[0].offset_k = -1;
	cool_probes_apply(&p, &s);
	pass(1);
	CHECK_STR(role_of(1), "water");
	CHECK_NEAR(cool_probes_role(&p, "water")->value, 30, 0);
	read(1, 5, 31);
	pass(3);
	CHECK_STR(role_of(5), "water");
	CHECK_NEAR(cool_probes_role(&p, "water")->value, 30, 0);
}

TEST(a_role_that_changes_its_probe_is_no_move_of_the_water) {
	begin();
	name(5, "water", 0);
	name(6, "inlet", 0);
	cool_probes_apply(&p, &s);
	read(0, 1, 30);
	read(1, 6, 30);
	pass(11);
	CHECK_STR(role_of(1), "water");
	read(2, 5, 31.5); /* it shows 1.5 K more than the one that stood in for it */
	pass(3);
	CHECK_STR(role_of(5), "water");
	for (int i = 0; i < 130; i++)
		cool_probes_step(&p, reads, 60000);
	CHECK_EQ_INT(cool_probes_role(&p, "inlet")->latest.quality, COOL_GOOD);
}

TEST(a_role_is_taken_over_only_where_there_is_no_doubt) {
	static const struct {
		const char *name;
		bool named, second_role, second_spare, seen_before, spare_bad;
	} cases[] = {
		{"no names: the first is water anyway", false, false, false, false, false},
		{"two vacant roles", true, true, false, false, false},
		{"two spare probes", true, false, true, false, false},
		{"the probe was there since the start", true, false, false, true, false},
		{"the spare one is broken", true, false, false, false, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		begin();
		if (cases[i].named) name(5, "water", 0);
		if (cases[i].second_role) name(6, "inlet", 0);
		cool_probes_apply(&p, &s);
		if (cases[i].seen_before) {
			read(2, 5, 30);
			pass(5);
			reads[2] = (cool_probe_read_t){.rom = loop_rom(5), .fresh = true, .present = false};
		}
		read(0, 1, 30);
		if (cases[i].spare_bad) reads[0].present = false;
		if (cases[i].second_spare) read(1, 2, 31);
		pass(60);
		CHECK_STR(role_of(1), cases[i].named ? "temp2" : "water");
		CHECK(!p.replaced);
	}
}

TEST(a_probe_that_is_named_no_more_loses_its_role) {
	begin();
	name(5, "water", 0);
	name(6, "ambient", 0);
	cool_probes_apply(&p, &s);
	read(0, 5, 30);
	read(1, 6, 21);
	pass(3);
	s.probe_count = 1;
	cool_probes_apply(&p, &s);
	CHECK_STR(role_of(5), "water");
	CHECK_STR(role_of(6), "temp2");
	s.probe_count = 0;
	cool_probes_apply(&p, &s);
	CHECK_STR(role_of(5), "water");
	CHECK_STR(role_of(6), "temp2");
}
