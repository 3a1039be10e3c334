package e2e

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
	"coolant/internal/broker/brokertest"
)

// atServer is how a host program reaches a server of ours.
func atServer(s *proc.Server, c proc.Credential, more ...string) firmwareOptions {
	_, port, _ := strings.Cut(s.Addr.MQTTS, ":")
	return firmwareOptions{
		credential: c, url: "mqtts://localhost:" + port, ca: filepath.Join(s.Dir, "tls", "ca.crt"),
		more: append([]string{"--interval", "1s"}, more...),
	}
}

// expectPresence waits until the server says that a device is there, or is not.
func expectPresence(t *testing.T, s *proc.Server, device string, online bool) {
	t.Helper()
	ctx := deadline(t, 30*time.Second)
	until(ctx, t, fmt.Sprintf("%s to be online: %v", device, online), func() error {
		var seen struct{ Presence *struct{ Online bool } }
		err := getJSON(ctx, s, "/api/v1/devices/"+device, &seen)
		if err == nil && (seen.Presence == nil || seen.Presence.Online != online) {
			err = fmt.Errorf("presence is %+v", seen.Presence)
		}
		return err
	})
}

// TestFirmwareBacklog lets a device that was offline for a day connect: each of its
// samples is stored once, the fresh ones too, and the chart shows them. At the end
// it says goodbye.
func TestFirmwareBacklog(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	dir := dataDir(t)
	creds := addDevices(ctx, t, dir, "fw", 1)
	s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dir})
	begun := time.Now()
	f := startFirmware(t, atServer(s, creds[0], "--backlog", "24h"))
	f.says(ctx, t, "lived through the past", 1)
	match := regexp.MustCompile(`; (\d+) samples wait`).FindStringSubmatch(f.log.String())
	if match == nil {
		t.Fatal("it does not say how many samples wait")
	}
	waiting, err := strconv.Atoi(match[1])
	if err != nil || waiting < 1440 {
		t.Fatalf("%d samples wait after a day at one a minute, %v", waiting, err)
	}
	f.says(ctx, t, "connected", 1)
	var times []int64
	until(ctx, t, "the backlog and five fresh samples", func() error {
		times, err = storedTimes(ctx, s, "fw-0", begun.Add(-25*time.Hour))
		if err == nil && len(times) < waiting+5 {
			err = fmt.Errorf("%d of %d samples are stored", len(times), waiting)
		}
		return err
	})
	old := 0
	for _, at := range times {
		if at <= begun.UnixMilli() {
			old++
		}
	}
	// The first fresh samples may be made before the count of what waits.
	if old > waiting || old < waiting-5 {
		t.Errorf("%d samples of the past are stored, %d waited", old, waiting)
	}
	// After the first two minutes alone it takes one a minute.
	for i := 121; i < old; i++ {
		if gap := times[i] - times[i-1]; gap > 60500 {
			t.Fatalf("between samples %d and %d of the past are %d ms", i-1, i, gap)
		}
	}
	var c chart
	from := begun.Add(-24 * time.Hour)
	if err := getJSON(ctx, s, fmt.Sprintf("/api/v1/devices/fw-0/series?metrics=water&from=%d&to=%d&width=300", from.UnixMilli(), begun.UnixMilli()), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Series) != 1 || len(c.Times) < 250 {
		t.Errorf("the chart of the day has %d series and %d points", len(c.Series), len(c.Times))
	}
	expectPresence(t, s, "fw-0", true)
	if code := f.leave(ctx, t); code != 0 {
		t.Errorf("the program ended with %d", code)
	}
	expectPresence(t, s, "fw-0", false)
	if !strings.Contains(f.log.String(), "has said goodbye") {
		t.Error("it did not say goodbye")
	}
}

// TestFirmwareServerCrash kills the server again and again while a device reports
// once a second: every sample is stored once.
func TestFirmwareServerCrash(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	r := randomness(t)
	o := proc.Options{Binary: binary(t), Dir: dataDir(t)}
	creds := addDevices(ctx, t, o.Dir, "fw", 1)
	s := start(ctx, t, o)
	o.HTTP, o.MQTTS, o.MQTT = s.Addr.HTTP, s.Addr.MQTTS, s.Addr.MQTT
	begun := time.Now()
	f := startFirmware(t, atServer(s, creds[0]))
	const crashes = 3
	stored := func(more int) {
		t.Helper()
		before := -1
		until(ctx, t, "fresh samples", func() error {
			times, err := storedTimes(ctx, s, "fw-0", begun.Add(-time.Minute))
			if err != nil {
				return err
			}
			if before < 0 {
				before = len(times)
			}
			if len(times) < before+more {
				return fmt.Errorf("%d samples are stored", len(times))
			}
			return nil
		})
	}
	stored(3)
	for range crashes {
		runFor(ctx, time.Duration(r.IntN(1000))*time.Millisecond)
		s.Kill()
		runFor(ctx, time.Duration(500+r.IntN(2500))*time.Millisecond)
		s = start(ctx, t, o)
		stored(3)
	}
	f.leave(ctx, t)
	times, err := storedTimes(ctx, s, "fw-0", begun.Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := steady(times); err != nil {
		t.Error(err)
	}
	t.Logf("%d samples over %d crashes", len(times), crashes)
}

// TestFirmwareRefusesBrokers shows brokers to a device that it must not trust. It
// says why, and not one byte of MQTT is exchanged.
func TestFirmwareRefusesBrokers(t *testing.T) {
	ca, other := brokertest.NewAuthority(t, "Right CA"), brokertest.NewAuthority(t, "Wrong CA")
	year := time.Now().Add(365 * 24 * time.Hour)
	tests := []struct {
		name       string
		leaf       brokertest.Leaf
		ca         string
		serverName string
		says       string
	}{
		{"another authority", ca.Issue(t, "broker", year, "localhost"), other.File, "", `issued by "Right CA", which is not among the trusted`},
		{"another host", ca.Issue(t, "broker", year, "other.example"), ca.File, "", "certificate is not for localhost"},
		{"another name than the one wanted", ca.Issue(t, "broker", year, "localhost"), ca.File, "broker.example", "certificate is not for broker.example"},
		{"expired", ca.Issue(t, "broker", time.Now().Add(-time.Hour), "localhost"), ca.File, "", "certificate has expired"},
		{"no TLS", brokertest.Leaf{}, ca.File, "", "is this the port of MQTT over TLS"},
		{"a right one", ca.Issue(t, "broker", year, "localhost"), ca.File, "", ""},
		{"a right one by another name", ca.Issue(t, "broker", year, "broker.example"), ca.File, "broker.example", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := deadline(t, time.Minute)
			b := brokertest.Start(t, brokertest.Options{Leaf: tt.leaf})
			o := firmwareOptions{
				credential: proc.Credential{ID: "fw-0", Username: "fw-0", Password: "a password of the device"},
				url:        "mqtts://localhost:" + b.Port, ca: tt.ca, more: []string{"--interval", "1s"},
			}
			if tt.serverName != "" {
				o.more = append(o.more, "--server-name", tt.serverName)
			}
			mq := mqtt.Options{Addr: b.Addr}
			if tt.leaf != (brokertest.Leaf{}) {
				mq.TLS = &tls.Config{InsecureSkipVerify: true} // who looks on takes the bad certificate, too
			}
			looker := listen(ctx, t, mq, "coolant/#")
			f := startFirmware(t, o)
			if tt.says == "" {
				looker.waitFor(ctx, t, "coolant/fw-0/status", 0, func(p string) bool { return strings.Contains(p, `"online"`) })
				return
			}
			f.says(ctx, t, tt.says, 2) // it tries again, and refuses again
			if all := looker.of("coolant/fw-0/status"); len(all) > 0 || strings.Contains(f.log.String(), " connected") {
				t.Errorf("it connected to a broker that it must not trust: %q", all)
			}
		})
	}
}

// TestFirmwareMoves moves a device from one server to another by the command that
// people use, with everything in between: the certificates of the other one, the
// trial, and what proves it.
func TestFirmwareMoves(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	here, there := dataDir(t), dataDir(t)
	creds := addDevices(ctx, t, here, "fw", 1)
	others := addDevices(ctx, t, there, "fw", 1)
	from := start(ctx, t, proc.Options{Binary: binary(t), Dir: here})
	to := start(ctx, t, proc.Options{Binary: binary(t), Dir: there})
	f := startFirmware(t, atServer(from, creds[0]))
	expectPresence(t, from, "fw-0", true)

	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(others[0].Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(to.Addr.MQTTS, ":")
	res, err := binary(t).Run(ctx, "device", "move", "fw-0", "--data", here, "--to", "mqtts://localhost:"+port,
		"--ca-file", filepath.Join(there, "tls", "ca.crt"), "--password-file", password, "--trial", "60s", "--no-wait")
	if err != nil || res.Code != 0 {
		t.Fatalf("device move: %+v, %v", res, err)
	}
	expectPresence(t, from, "fw-0", false)
	expectPresence(t, to, "fw-0", true)
	until(ctx, t, "the endpoint to be confirmed", func() error {
		_, body, err := to.Get(ctx, "/api/v1/devices/fw-0")
		if err == nil && !strings.Contains(string(body), `"confirmed"`) {
			err = fmt.Errorf("the device is %s", body)
		}
		return err
	})
	// It is kept: after a power cut the device comes back to its new home.
	f.kill()
	expectPresence(t, to, "fw-0", false)
	o := atServer(from, creds[0])
	o.state = f.state
	startFirmware(t, o)
	expectPresence(t, to, "fw-0", true)
	expectPresence(t, from, "fw-0", false)
}

// TestFirmwareInDemo runs the demo with the host program as its first device.
func TestFirmwareInDemo(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	dir := dataDir(t)
	begun := time.Now()
	s := start(ctx, t, proc.Options{Dir: dir, Command: []string{
		string(binary(t)), "demo", "--data", dir, "--http", "127.0.0.1:0", "--devices", "2", "--firmware-host", firmwareProgram(t),
	}})
	for _, device := range []string{"demo-1", "demo-2"} {
		expectPresence(t, s, device, true)
		until(ctx, t, "a day of "+device, func() error {
			times, err := storedTimes(ctx, s, device, begun.Add(-25*time.Hour))
			if err == nil && len(times) < 1440 {
				err = fmt.Errorf("%d samples are stored", len(times))
			}
			return err
		})
	}
	_, body, err := s.Get(ctx, "/api/v1/devices/demo-1")
	if err != nil || !strings.Contains(string(body), `"linux"`) {
		t.Errorf("the first device is %s, %v", body, err)
	}
	child := onlyChild(t, s)
	if err := child.Kill(); err != nil {
		t.Fatal(err)
	}
	until(ctx, t, "a second program", func() error {
		if n := strings.Count(s.Log(), "device demo-1 is up"); n < 2 {
			return fmt.Errorf("it was started %d times", n)
		}
		return nil
	})
	expectPresence(t, s, "demo-1", true)
	code, err := s.Terminate(ctx)
	if err != nil || code != 0 {
		t.Errorf("exit code %d, %v", code, err)
	}
	if log := s.Log(); !strings.Contains(log, "has said goodbye") || !strings.Contains(log, "it is started again") {
		t.Errorf("the log of the demo is\n%s", log)
	}
}

// onlyChild is the one process that a server has started.
func onlyChild(t *testing.T, s *proc.Server) *os.Process {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.PID()))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range tasks {
		text, err := os.ReadFile(file)
		if err == nil { // a thread may have ended meanwhile
			all = append(all, strings.Fields(string(text))...)
		}
	}
	if len(all) != 1 {
		t.Fatalf("the server has the children %q", all)
	}
	pid, err := strconv.Atoi(all[0])
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
