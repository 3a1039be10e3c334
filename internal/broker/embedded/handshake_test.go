package embedded

import (
	"errors"
	"strings"
	"testing"
)

func TestHandshakeFailure(t *testing.T) {
	cause := errors.New("local error: tls: bad record MAC")
	if err := handshakeFailure(cause); !errors.Is(err, cause) || !strings.Contains(err.Error(), "tls/ca.crt") {
		t.Errorf("a client that does not trust us: %v", err)
	}
	cause = errors.New("remote error: tls: unknown certificate authority")
	if err := handshakeFailure(cause); err.Error() != "TLS handshake: "+cause.Error() {
		t.Errorf("a client that says so: %v", err)
	}
}
