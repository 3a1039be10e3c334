package auth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"coolant"
)

// memory is a store of devices in memory.
type memory struct {
	devices     []coolant.Device
	credentials map[coolant.DeviceID]coolant.Credential
}

func (m *memory) AddDevice(_ context.Context, d coolant.Device, c coolant.Credential) error {
	if _, ok := m.credentials[d.ID]; ok {
		return coolant.Errorf(coolant.CodeConflict, "device %s exists", d.ID)
	}
	m.devices = append(m.devices, d)
	m.credentials[d.ID] = c
	return nil
}

func (m *memory) RemoveDevice(_ context.Context, id coolant.DeviceID, _ bool) error {
	if _, ok := m.credentials[id]; !ok {
		return coolant.Errorf(coolant.CodeNotFound, "no device %s", id)
	}
	delete(m.credentials, id)
	return nil
}

func (m *memory) SetCredential(_ context.Context, c coolant.Credential) error {
	if _, ok := m.credentials[c.Device]; !ok {
		return coolant.Errorf(coolant.CodeNotFound, "no device %s", c.Device)
	}
	m.credentials[c.Device] = c
	return nil
}

func (m *memory) Credentials(context.Context) (out []coolant.Credential, err error) {
	for _, c := range m.credentials {
		out = append(out, c)
	}
	return out, nil
}

func (m *memory) Devices(context.Context) ([]coolant.Device, error) { return m.devices, nil }

func TestBook(t *testing.T) {
	ctx := t.Context()
	store := &memory{credentials: map[coolant.DeviceID]coolant.Credential{}}
	book, err := OpenBook(ctx, store, nil)
	if err != nil {
		t.Fatal(err)
	}
	if book.Verify("loop", nil) || book.Verify("", nil) {
		t.Error("an unknown device came in")
	}
	password, err := book.Add(ctx, "loop", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(password) != 32 {
		t.Errorf("password %q has %d characters, want 32 (160 bits)", password, len(password))
	}
	if !book.Verify("loop", []byte(password)) || book.Verify("loop", []byte(password+"x")) || book.Verify("other", []byte(password)) {
		t.Error("the password does not decide")
	}
	if _, err := book.Add(ctx, "loop", ""); coolant.CodeOf(err) != coolant.CodeConflict {
		t.Errorf("adding twice: %v", err)
	}
	again, err := OpenBook(ctx, store, nil)
	if err != nil || !again.Verify("loop", []byte(password)) {
		t.Errorf("the password is lost after a restart: %v", err)
	}
	rotated, err := book.Rotate(ctx, "loop")
	if err != nil || rotated == password || book.Verify("loop", []byte(password)) || !book.Verify("loop", []byte(rotated)) {
		t.Errorf("rotation: %v", err)
	}
	if err := book.Remove(ctx, "loop", false); err != nil || book.Verify("loop", []byte(rotated)) {
		t.Errorf("removal: %v", err)
	}
	for name, err := range map[string]error{"remove": book.Remove(ctx, "loop", false), "rotate": second(book.Rotate(ctx, "loop"))} {
		if coolant.CodeOf(err) != coolant.CodeNotFound {
			t.Errorf("%s an unknown device: %v", name, err)
		}
	}
	if string(store.credentials["loop"].Hash) == password {
		t.Error("the store holds the password itself")
	}
}

func second(_ string, err error) error { return err }

func TestLocal(t *testing.T) {
	tests := []struct {
		name, remote, host, header string
		want                       bool
	}{
		{"IPv4", "127.0.0.1:5000", "127.0.0.1:8080", "", true},
		{"IPv6", "[::1]:5000", "[::1]:8080", "", true},
		{"IPv6 without port", "[::1]:5000", "[::1]", "", true},
		{"mapped IPv4", "[::ffff:127.0.0.1]:5000", "localhost", "", true},
		{"name in capitals", "127.0.0.2:5000", "LocalHost:8080", "", true},
		{"from the network", "192.168.1.5:5000", "localhost:8080", "", false},
		{"DNS rebinding", "127.0.0.1:5000", "evil.example:8080", "", false},
		{"a name that only begins like it", "127.0.0.1:5000", "localhost.evil.example", "", false},
		{"an address that only begins like it", "127.0.0.1:5000", "127.0.0.1.evil.example", "", false},
		{"no host", "127.0.0.1:5000", "", "", false},
		{"proxy", "127.0.0.1:5000", "localhost", "X-Forwarded-For", false},
		{"proxy, standard header", "127.0.0.1:5000", "localhost", "Forwarded", false},
		{"proxy, lower case", "127.0.0.1:5000", "localhost", "fly-client-ip", false},
		{"no address", "", "localhost", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr, r.Host = tt.remote, tt.host
			if tt.header != "" {
				r.Header.Set(tt.header, "")
			}
			if got := Local(r); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestIsLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1883": true, "[::1]:1883": true, "localhost:1883": true,
		":1883": false, "0.0.0.0:1883": false, "192.0.2.1:1883": false, "1883": false,
	} {
		if got := IsLoopback(address); got != want {
			t.Errorf("IsLoopback(%q) = %v, want %v", address, got, want)
		}
	}
}
