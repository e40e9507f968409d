// Package config reads feedmill's configuration: one YAML file, the same names as environment variables, and flags.
//
// [Default] holds every documented default, [Load] lays the file and the environment over it, and [Config.Set] lays a
// flag over both. Each value remembers where it was set ([Config.Origin]). Reading is strict: an unknown key, an unknown
// FEEDMILL_* variable or a value of the wrong type is an error that names its place, what was expected and an example;
// all errors of a file are reported together. [Config.Validate] then checks ranges and what belongs together.
//
// The package reads no other file and opens nothing: whether a directory exists or a port is free is left to the caller.
// Relative paths mean the working directory of the process.
package config
