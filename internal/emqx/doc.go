// Package emqx registers devices at an EMQX 5 broker through its management API:
// each as a user of the built-in database, with rules that let it publish and
// subscribe on its own topics by direction, and on no other.
//
// Self-managed EMQX serves the API under /api/v5, EMQX Cloud's Dedicated and BYOC
// deployments under the address that their console shows. EMQX Cloud Serverless
// offers an API for clients, subscriptions and publishing only: there users and rules
// are made by hand, in its console.
//
// What is done there is done again without harm: a user that exists gets the new
// password, rules that exist are replaced.
package emqx
