package app

import (
	"context"
	"os"
	"strings"
	"sync/atomic"

	"coolant"
	"coolant/internal/app/config"
	"coolant/internal/auth"
	"coolant/internal/emqx"
)

// EMQX registers devices at an EMQX broker beside this service.
type EMQX struct {
	client  *emqx.Client
	article config.Article
	changed atomic.Bool // there are rules of ours
}

// OpenEMQX takes the address of a management API, and the key for it from the
// environment: COOLANT_EMQX_API_KEY and COOLANT_EMQX_API_SECRET, or the files that
// these names with _FILE point to. It does not connect.
func OpenEMQX(address string, env []string, c config.Config) (*EMQX, error) {
	key, err := secretFrom(env, "COOLANT_EMQX_API_KEY")
	if err != nil {
		return nil, err
	}
	secret, err := secretFrom(env, "COOLANT_EMQX_API_SECRET")
	if err != nil {
		return nil, err
	}
	client, err := emqx.New(emqx.Options{URL: address, Key: key, Secret: secret})
	if err != nil {
		return nil, err
	}
	return &EMQX{client: client, article: c.Article}, nil
}

// Put makes the device a user there, or gives the user that there is this password
// and the rules of the contract. The article's device may publish to the article's
// topic too.
func (e *EMQX) Put(ctx context.Context, id coolant.DeviceID, password string) error {
	var also []string
	if e.article.Topic != "" && id == e.article.Device {
		also = append(also, e.article.Topic)
	}
	err := e.client.Put(ctx, id, password, also...)
	if err == nil {
		e.changed.Store(true)
	}
	return err
}

// Rotate is Put, and ends a connection that was made with an earlier password.
func (e *EMQX) Rotate(ctx context.Context, id coolant.DeviceID, password string) error {
	if err := e.Put(ctx, id, password); err != nil {
		return err
	}
	return e.client.Kick(ctx, id)
}

// Loophole says why the devices' rules may not be what decides there, and what to do
// about it; "" if they are, or if this EMQX has set none.
func (e *EMQX) Loophole(ctx context.Context) string {
	if !e.changed.Load() {
		return ""
	}
	return e.client.Loophole(ctx)
}

// Remove takes the device's user, connection and rules away, where they are.
func (e *EMQX) Remove(ctx context.Context, id coolant.DeviceID) error {
	return e.client.Remove(ctx, id)
}

// NewDevicePassword draws a password for a device at another broker.
func NewDevicePassword() string { return auth.NewPassword() }

// secretFrom reads a variable, or the file that the variable with _FILE names.
func secretFrom(env []string, name string) (string, error) {
	var text, file string
	for _, e := range env {
		switch key, value, _ := strings.Cut(e, "="); key {
		case name:
			text = value
		case name + "_FILE":
			file = value
		}
	}
	switch {
	case file == "":
		return text, nil
	case text != "":
		return "", coolant.Errorf(coolant.CodeInvalid, "%s_FILE is set together with %s; set one of them", name, name)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", coolant.Errorf(coolant.CodeInvalid, "%s_FILE: %w", name, err)
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}
