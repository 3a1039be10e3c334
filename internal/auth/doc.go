// Package auth decides who may come in: it keeps the devices' passwords, the
// local certificate authority that devices trust, and the rule that the page is
// reachable from the same machine only as long as no account exists. It knows
// the vocabulary in package coolant and nothing else of the project.
package auth
