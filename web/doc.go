// Package web holds the web page inside the binary. The page itself is written
// in TypeScript and Svelte beside this file and built into dist by
// `npm run build`; a binary gets it with the build tag "ui". Without the tag
// there is nothing to embed and the server says so.
//
// Larger files have a compressed sibling with the suffix ".gz". The package knows
// nothing of HTTP: package api serves the files.
package web
