// Package api is the HTTP side of Coolant: the REST interface under /api/v1 with
// its OpenAPI document, the event stream, the article's endpoints, health and
// metrics, and the files of the UI.
//
// It knows the vocabulary in package coolant and the live board in package live;
// what it needs of the store it declares itself. It writes nothing to the store.
// Each request has an audience, which it is told, and no route is without a rule that
// says to whom it answers.
// Handlers are safe for concurrent use and bound what a request can ask for.
package api
