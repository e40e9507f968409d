// Package check reads compose.yaml as Docker Compose does. It is a module of its own, so that the library that it takes is
// no dependency of feedmill.
package check
