package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"

	"coolant"
)

const (
	passwordBytes = 20 // 160 bits, a whole number of base32 characters
	saltBytes     = 16
)

// NewPassword draws a password of 160 random bits: 32 lower-case letters and
// digits, which survive being typed, put into C source, or read out.
func NewPassword() string {
	raw := make([]byte, passwordBytes)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw))
}

// NewCredential makes what is kept of a password.
func NewCredential(id coolant.DeviceID, password string) coolant.Credential {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)
	return coolant.Credential{Device: id, Salt: salt, Hash: hash(salt, []byte(password))}
}

// hash is SHA-256 over salt and password: fast on purpose, see
// [coolant.Credential].
func hash(salt, password []byte) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(password)
	return h.Sum(nil)
}

func matches(c coolant.Credential, password []byte) bool {
	return subtle.ConstantTimeCompare(c.Hash, hash(c.Salt, password)) == 1
}
