// Package image reads a Dockerfile and lays out the files of its last stage, so
// that what an image will hold can be run and measured where no container
// engine is at hand. It knows the instructions that this project's Dockerfile
// uses and fails on every other, rather than guess.
package image
