package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// Process is the process that is shown. Its methods are called concurrently, from before its stages run until after
// they have ended, and answer at once.
type Process interface {
	// Stalled names what should go round and does not any more.
	Stalled() []Problem
	// NotReady names what is missing for the process to do its work.
	NotReady() []Problem
}

// Problem is one thing that is not as it should be.
type Problem struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Health is the answer of /livez and /readyz. Its status is 200 where OK is true, else 503.
type Health struct {
	OK       bool      `json:"ok"`
	Problems []Problem `json:"problems"`
}

// health answers with what a check finds.
func health(check func() []Problem) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := Health{Problems: check()}
		status := http.StatusServiceUnavailable
		if len(h.Problems) == 0 {
			h.OK, h.Problems, status = true, []Problem{}, http.StatusOK
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(h) // who asked is gone where that fails
	})
}

// maxHealth bounds the answer that Ask reads.
const maxHealth = 64 << 10

// Ask asks a process how it is, at the URL of its /livez or /readyz. It returns nil where the answer is 200, and else an
// error that names the problems, or why there is no answer.
func Ask(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	// No proxy, no redirects: the question is for the process itself.
	client := &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return err // it names the URL
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return nil
	}
	var h Health
	err = json.NewDecoder(io.LimitReader(res.Body, maxHealth)).Decode(&h)
	if err != nil || len(h.Problems) == 0 {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	var said []string
	for _, p := range h.Problems {
		said = append(said, p.Name+": "+p.Reason)
	}
	return errors.New(strings.Join(said, "; "))
}

// LocalURL is where a process on this machine is reached that listens at an address, host:port: an address of all
// interfaces is reached by loopback. It is "" where the port is not known beforehand.
func LocalURL(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "0" {
		return ""
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
