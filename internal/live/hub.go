package live

// Hub is the board of all devices and the sequence of events about them.
type Hub struct{}
