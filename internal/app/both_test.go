package app

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/app/config"
	"coolant/internal/broker/brokertest"
	"coolant/internal/wire"
)

// story is a device that is moved about between the two brokers of a service.
type story struct {
	t        *testing.T
	c        config.Config
	r        Running
	id       coolant.DeviceID
	commands DeviceCommands
	outside  *outside
	witness  *witness
	conn     uint64 // the number of its newest connection that was looked at
}

// status is the device's last word on its presence.
func (s *story) status() wire.StatusPayload {
	s.t.Helper()
	doc, err := s.commands.Document(s.t.Context(), s.id, coolant.DocStatus)
	if err != nil {
		s.t.Fatal(err)
	}
	status, err := wire.DecodeStatus(doc.Body)
	if doc.Received > 0 && err != nil {
		s.t.Fatal(err)
	}
	return status
}

// ask returns what the service's page is answered.
func (s *story) ask(path string) string {
	s.t.Helper()
	res, err := http.Get("http://" + s.r.Addresses.HTTP + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %s, %v", path, res.StatusCode, body, err)
	}
	return string(body)
}

// at waits until the device is at one of the brokers and only there, online by its
// own word over a new connection, and until the server has said there that it has
// everything that was sent there since.
func (s *story) at(embedded bool) {
	s.t.Helper()
	clients := 0
	if embedded {
		clients = 1
	}
	until(s.t, fmt.Sprintf("there are %d clients at the embedded broker", clients), func() bool {
		return strings.Contains(s.ask("/metrics"), fmt.Sprintf("\ncoolant_broker_connected_clients %d\n", clients))
	})
	until(s.t, "it has taken leave of the other broker, or greeted this one", func() bool {
		s.witness.mu.Lock()
		defer s.witness.mu.Unlock()
		d := s.witness.devices[s.id]
		return (d != nil && d.online) == !embedded
	})
	until(s.t, "it is online over a new connection", func() bool {
		status := s.status()
		return status.Online && status.Conn > s.conn
	})
	s.conn = s.status().Conn
	if body := s.ask("/api/v1/devices/" + string(s.id)); !strings.Contains(body, `"presence":{"online":true`) {
		s.t.Errorf("the page does not show it online: %s", body)
	}
	seen := s.seen()
	if embedded {
		before := s.stored()
		until(s.t, "samples are stored by the embedded broker", func() bool { return s.stored() > before+2 })
		if now := s.seen(); now != seen {
			s.t.Errorf("the outside broker still has samples of the device, up to %d, before %d", now, seen)
		}
		return
	}
	until(s.t, "samples come by the outside broker", func() bool { return s.seen() > seen+2 })
	sent := s.seen() // more are sent meanwhile: the server need not be level with the newest
	until(s.t, "the server says there that it has them", func() bool { return s.witness.committed(s.id) >= sent })
}

// seen is the newest sample that passed the outside broker.
func (s *story) seen() uint64 {
	s.witness.mu.Lock()
	defer s.witness.mu.Unlock()
	if d := s.witness.devices[s.id]; d != nil {
		return d.newest
	}
	return 0
}

// stored counts the samples that the running service has stored.
func (s *story) stored() (n int) {
	s.t.Helper()
	for line := range strings.Lines(s.ask("/metrics")) {
		if _, err := fmt.Sscanf(line, "coolant_ingest_samples_total %d", &n); err == nil {
			return n
		}
	}
	s.t.Fatal("there is no counter of samples")
	return 0
}

// move sends the device to a broker and returns what became of it.
func (s *story) move(url, caFile, password string, trial time.Duration) Moved {
	s.t.Helper()
	ca, err := os.ReadFile(caFile)
	if err != nil {
		s.t.Fatal(err)
	}
	m := Move{URL: url, CA: string(ca), Trial: trial, Patience: 20 * time.Second}
	command, err := m.Ask(s.t.Context(), s.commands, s.id, Login{string(s.id), password})
	if err != nil {
		s.t.Fatal(err)
	}
	began := time.Now()
	moved, err := m.Wait(s.t.Context(), s.commands, s.id, command)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Logf("to %s: %s after %v %s", url, moved.State, time.Since(began).Round(time.Millisecond), moved.Reason)
	return moved
}

// TestMoveThereAndBack moves a device from the embedded broker to an outside one and
// back, and to brokers that do not answer. One service listens to both. Of one long
// life of the device every sample is stored, once.
func TestMoveThereAndBack(t *testing.T) {
	t.Parallel()
	const id = "loop"
	b := startOutside(t, brokertest.Options{}, id)
	silent := startOutside(t, brokertest.Options{}, id) // nobody listens behind it
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	c := b.configure(t, "both")
	r, stopService := serve(t, c)
	s := &story{t: t, c: c, r: r, id: id, commands: twinsOf(t, c), outside: b, witness: b.watch(t)}
	const trial = 5 * time.Second
	there, here, ownCA := b.url(), "mqtts://"+r.Addresses.MQTTS, filepath.Join(r.Data, "tls", "ca.crt")

	began := time.Now()
	stopDevice := simulate(t, r, id)
	s.at(true)
	if moved := s.move(there, b.ca.File, passwordThere(id), 20*time.Second); moved != (Moved{URL: there, State: wire.EndpointConfirmed}) {
		t.Fatalf("there: %+v", moved)
	}
	s.at(false)
	nobody := "mqtts://" + closed.Addr().String()
	if moved := s.move(nobody, b.ca.File, passwordThere(id), trial); moved.URL != there || moved.State != wire.EndpointRolledBack ||
		!strings.Contains(moved.Reason, nobody+": not connected within 5s") || !strings.Contains(moved.Reason, "refused") {
		t.Errorf("to nobody: %+v", moved)
	}
	s.at(false)
	password, err := r.Devices.Rotate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if moved := s.move(here, ownCA, password, 20*time.Second); moved != (Moved{URL: here, State: wire.EndpointConfirmed}) {
		t.Fatalf("back: %+v", moved)
	}
	s.at(true)
	if moved := s.move(silent.url(), silent.ca.File, passwordThere(id), trial); moved.URL != here || moved.State != wire.EndpointRolledBack ||
		!strings.Contains(moved.Reason, silent.url()+": the broker took the device, but no server said `committed` within 5s") {
		t.Errorf("to a broker without a service: %+v", moved)
	}
	s.at(true)
	// What the outside broker kept of the first stay is there still.
	if moved := s.move(there, b.ca.File, passwordThere(id), 20*time.Second); moved != (Moved{URL: there, State: wire.EndpointConfirmed}) {
		t.Fatalf("there again: %+v", moved)
	}
	s.at(false)

	stopDevice()
	lasted := time.Since(began)
	until(t, "the goodbye", func() bool { return !s.status().Online })
	until(t, "everything is committed", func() bool { return s.witness.settled(1) })
	stopService()
	d := s.witness.devices[id]
	rows := storedRows(t, c, id, d.boot, d.newest)
	if uint64(len(rows)) != d.newest {
		t.Errorf("the device made %d samples, %d are stored", d.newest, len(rows))
	}
	for seq, sample := range d.samples {
		if _, ok := rows[sample.Time]; !ok {
			t.Errorf("sample %d of %v is not stored", seq, sample.Time)
		}
	}
	if want := uint64(lasted.Seconds() * 0.8); d.newest < want {
		t.Errorf("only %d samples in %v", d.newest, lasted)
	}
	// What another broker acknowledged is sent again unless the server has said there that
	// it is stored. There were three stays at the embedded broker, of three samples or more.
	if only := int(d.newest) - len(d.samples); only < 6 {
		t.Errorf("only %d samples did not pass the outside broker: `committed` does not reach the device by the embedded one", only)
	}
	t.Logf("%d samples in %v, %d of them by the outside broker", d.newest, lasted.Round(time.Second), len(d.samples))
}
