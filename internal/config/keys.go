package config

import (
	"fmt"
	"reflect"
	"strings"
)

const originDefault = "default"

// Keys returns the key of every value, in the order of the documentation. A list is one value.
func Keys() []string {
	var keys []string
	walkKeys(reflect.TypeFor[Config](), "", func(key string, _ reflect.StructField) { keys = append(keys, key) })
	return keys
}

// walkKeys calls fn for each value below the struct type t, a list being one value.
func walkKeys(t reflect.Type, prefix string, fn func(key string, f reflect.StructField)) {
	for f := range t.Fields() {
		switch {
		case !f.IsExported():
		case f.Type.Kind() == reflect.Struct:
			walkKeys(f.Type, join(prefix, f.Tag.Get("yaml")), fn)
		default:
			fn(join(prefix, f.Tag.Get("yaml")), f)
		}
	}
}

func keysOf(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		if f.IsExported() {
			names = append(names, f.Tag.Get("yaml"))
		}
	}
	return names
}

func fieldByKey(t reflect.Type, name string) (reflect.StructField, bool) {
	for f := range t.Fields() {
		if f.IsExported() && f.Tag.Get("yaml") == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// lookup finds the value that key names, a list being one value.
func (c *Config) lookup(key string) (reflect.Value, reflect.StructField, error) {
	v := reflect.ValueOf(c).Elem()
	var field reflect.StructField
	prefix := ""
	for name := range strings.SplitSeq(key, ".") {
		if v.Kind() != reflect.Struct {
			return v, field, fmt.Errorf("unknown key %q", key)
		}
		f, ok := fieldByKey(v.Type(), name)
		if !ok {
			return v, field, fmt.Errorf("unknown key %q%s", key, suggestKey(v.Type(), prefix, name))
		}
		v, field, prefix = v.FieldByIndex(f.Index), f, join(prefix, name)
	}
	if v.Kind() == reflect.Struct {
		return v, field, fmt.Errorf("%s is a group of keys; name one of %s", key, strings.Join(keysOf(v.Type()), ", "))
	}
	return v, field, nil
}

// Origin says where the value of a key was set: "default", "demo", file:line:col, or what [Config.Set] was told. For a
// value inside a list that was not set by itself it is the list's origin.
func (c *Config) Origin(key string) string {
	for key != "" {
		if o, ok := c.origins[key]; ok {
			return o
		}
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 || !strings.Contains(key, "[") {
			break // a group's origin says nothing of its keys
		}
		key = key[:cut]
	}
	return originDefault
}

func (c *Config) setOrigin(key, origin string) {
	if c.origins == nil {
		c.origins = map[string]string{}
	}
	c.origins[key] = origin
}

// forget drops the origins of a list's elements: the list is set anew.
func (c *Config) forget(key string) {
	for k := range c.origins {
		if strings.HasPrefix(k, key+"[") {
			delete(c.origins, k)
		}
	}
}
