// Package auth decides who may come in: it keeps the devices' passwords, the
// local certificate authority that devices trust, and the rule by which a request
// comes from the machine itself, which is all there is as long as no account exists.
// It knows the vocabulary in package coolant and nothing else of the project.
package auth
