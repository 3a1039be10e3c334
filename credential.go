package coolant

// Credential is what is kept of a device's password: a salt and a fast hash.
// The password has at least 128 random bits, so it cannot be guessed, and a
// slow hash would only make a storm of reconnecting devices take minutes.
type Credential struct {
	Device DeviceID
	Salt   []byte
	Hash   []byte
}
