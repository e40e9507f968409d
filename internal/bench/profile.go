package bench

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
)

// startProfile writes a CPU profile to a file until stop is called; no file, no profile.
func startProfile(file string) (stop func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, fmt.Errorf("profile: %w", errors.Join(err, f.Close()))
	}
	return func() error {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		return nil
	}, nil
}

// writeHeap writes a profile of the memory in use beside the file of a CPU profile; no file, no profile.
func writeHeap(file string) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file + ".heap")
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if err := errors.Join(pprof.Lookup("heap").WriteTo(f, 0), f.Close()); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return nil
}

// sample is one stack of a CPU profile, from the leaf up, with its nanoseconds.
type sample struct {
	functions []string
	cpu       int64
}

// readProfile reads the stacks of a CPU profile of runtime/pprof: a gzipped protocol buffer (google/pprof,
// proto/profile.proto). Only what is asked for here is read; the format's other fields are passed over.
func readProfile(data []byte) ([]sample, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	var samples []rawSample
	var texts []string
	lines := map[uint64][]uint64{}   // location to functions, innermost first
	functions := map[uint64]uint64{} // to the number of its name
	err = eachField(raw, func(field int, _ uint64, b []byte) error {
		switch field {
		case 2:
			s, err := readSample(b)
			samples = append(samples, s)
			return err
		case 4:
			return readLocation(b, lines)
		case 5:
			return readFunction(b, functions)
		case 6:
			texts = append(texts, string(b))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	list := make([]sample, len(samples))
	for i, s := range samples {
		if len(s.values) > 0 {
			list[i].cpu = int64(s.values[len(s.values)-1]) // the last value is the time
		}
		for _, l := range s.locations {
			for _, f := range lines[l] {
				if name := functions[f]; name < uint64(len(texts)) {
					list[i].functions = append(list[i].functions, texts[name])
				}
			}
		}
	}
	return list, nil
}

type rawSample struct{ locations, values []uint64 }

func readSample(b []byte) (s rawSample, err error) {
	err = eachField(b, func(field int, v uint64, b []byte) error {
		to := &s.locations
		switch field {
		case 1:
		case 2:
			to = &s.values
		default:
			return nil
		}
		if b == nil {
			*to = append(*to, v)
			return nil
		}
		for len(b) > 0 {
			v, n := binary.Uvarint(b)
			if n <= 0 {
				return errMalformed
			}
			*to, b = append(*to, v), b[n:]
		}
		return nil
	})
	return s, err
}

func readLocation(b []byte, lines map[uint64][]uint64) error {
	var id uint64
	var functions []uint64
	err := eachField(b, func(field int, v uint64, b []byte) error {
		switch field {
		case 1:
			id = v
		case 4:
			return eachField(b, func(field int, v uint64, _ []byte) error {
				if field == 1 {
					functions = append(functions, v)
				}
				return nil
			})
		}
		return nil
	})
	lines[id] = functions
	return err
}

func readFunction(b []byte, functions map[uint64]uint64) error {
	var id, name uint64
	err := eachField(b, func(field int, v uint64, _ []byte) error {
		switch field {
		case 1:
			id = v
		case 2:
			name = v
		}
		return nil
	})
	functions[id] = name
	return err
}

var errMalformed = errors.New("malformed protocol buffer")

// eachField calls do for each field of a message: with its number, or with its bytes where it has a length.
func eachField(b []byte, do func(field int, v uint64, b []byte) error) error {
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			return errMalformed
		}
		b = b[n:]
		var v uint64
		var part []byte
		switch key & 7 {
		case 0:
			if v, n = binary.Uvarint(b); n <= 0 {
				return errMalformed
			}
			b = b[n:]
		case 1, 5:
			size := 8
			if key&7 == 5 {
				size = 4
			}
			if len(b) < size {
				return errMalformed
			}
			b = b[size:]
			continue
		case 2:
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return errMalformed
			}
			part, b = b[n:n+int(size):n+int(size)], b[n+int(size):]
		default:
			return errMalformed
		}
		if err := do(int(key>>3), v, part); err != nil {
			return err
		}
	}
	return nil
}
