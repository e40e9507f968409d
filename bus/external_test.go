package bus_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/bus"
)

// serve starts a nats-server with JetStream on a free loopback port until the test ends.
func serve(t *testing.T, o *server.Options) (url string) {
	t.Helper()
	o.Host, o.Port, o.NoSigs = "127.0.0.1", server.RANDOM_PORT, true
	o.JetStream, o.StoreDir = true, t.TempDir()
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("nats-server is not ready")
	}
	return "nats://" + s.Addr().String()
}

// file writes a file for the test and returns its path.
func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// natsContext writes a context of the nats command-line tool, and returns its path, which names it too.
func natsContext(t *testing.T, settings map[string]string) string {
	t.Helper()
	raw, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	return file(t, "prod.json", raw)
}

// admitted wants a way in to be open, and the streams to be made there; refused wants an error that says what to do.
func admitted(t *testing.T, o bus.Options) {
	t.Helper()
	o.Prefix = "in."
	b, err := bus.Connect(t.Context(), o)
	if err != nil {
		t.Errorf("not admitted: %v", err)
		return
	}
	if _, err := b.Stream(t.Context(), bus.StreamPage); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func refused(t *testing.T, o bus.Options, want string) {
	t.Helper()
	o.AsIs = true
	b, err := bus.Connect(t.Context(), o)
	if err == nil {
		t.Errorf("admitted, want an error with %q", want)
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		return
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want it to say %q", err, want)
	}
}

func TestUserAndPassword(t *testing.T) {
	t.Parallel()
	url := serve(t, &server.Options{Username: "mill", Password: "stone-wheel"})
	with := strings.Replace(url, "://", "://mill:stone-wheel@", 1)
	admitted(t, bus.Options{URLs: []string{with}})
	admitted(t, bus.Options{Context: natsContext(t, map[string]string{"url": url, "user": "mill", "password": "stone-wheel"})})
	refused(t, bus.Options{URLs: []string{url}}, "refuses connections without credentials: set nats.creds")
	refused(t, bus.Options{URLs: []string{strings.Replace(url, "://", "://mill:other@", 1)}}, "refuses the user or password in the URL")
	refused(t, bus.Options{Context: natsContext(t, map[string]string{"url": url, "user": "mill", "password": "x"})}, "refuses the credentials of this context")
	refused(t, bus.Options{URLs: []string{strings.Replace(url, "://", "://mill:sec-ret@", 1)}}, "at nats://…@127.0.0.1")
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "nats://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, bus.Options{URLs: []string{url}}, "is nats-server running there, with -js?")
	refused(t, bus.Options{Context: "no-such-context-" + t.Name()}, "`nats context ls` lists the contexts")
	refused(t, bus.Options{Context: filepath.Join(t.TempDir(), "gone.json")}, "the file must be there")
}

func TestNKey(t *testing.T) {
	t.Parallel()
	key := func() (seed []byte, public string) {
		pair, err := nkeys.CreateUser()
		if err != nil {
			t.Fatal(err)
		}
		seed, err = pair.Seed()
		if err != nil {
			t.Fatal(err)
		}
		public, err = pair.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return seed, public
	}
	seed, public := key()
	other, _ := key()
	limited, limitedPublic := key()
	url := serve(t, &server.Options{Nkeys: []*server.NkeyUser{{Nkey: public}, {Nkey: limitedPublic, Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{"fm.>"}},
	}}}})
	admitted(t, bus.Options{URLs: []string{url}, NKey: file(t, "user.nk", seed)})
	admitted(t, bus.Options{Context: natsContext(t, map[string]string{"url": url, "nkey": file(t, "user.nk", seed)})})
	refused(t, bus.Options{URLs: []string{url}, NKey: file(t, "other.nk", other)}, "is its public half among the server's users?")
	refused(t, bus.Options{URLs: []string{url}, NKey: file(t, "text.nk", []byte("hello"))}, "it must be a file with the seed of a user's key")
	refused(t, bus.Options{URLs: []string{url}, NKey: "gone.nk"}, "gone.nk")
	refused(t, bus.Options{URLs: []string{url}, NKey: file(t, "limited.nk", limited)}, "these credentials do not admit it")
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pair := func(create func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		k, err := create()
		must(err)
		public, err := k.PublicKey()
		must(err)
		return k, public
	}
	operator, operatorID := pair(nkeys.CreateOperator)
	account, accountID := pair(nkeys.CreateAccount)
	bare, bareID := pair(nkeys.CreateAccount)
	_, systemID := pair(nkeys.CreateAccount)
	claims, err := jwt.NewOperatorClaims(operatorID).Encode(operator)
	must(err)
	trusted, err := jwt.DecodeOperatorClaims(claims)
	must(err)
	resolver := &server.MemAccResolver{}
	withJetStream := jwt.NewAccountClaims(accountID)
	withJetStream.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: -1, MemoryStorage: -1}
	for id, c := range map[string]*jwt.AccountClaims{accountID: withJetStream, bareID: jwt.NewAccountClaims(bareID), systemID: jwt.NewAccountClaims(systemID)} {
		token, err := c.Encode(operator)
		must(err)
		must(resolver.Store(id, token))
	}
	creds := func(account nkeys.KeyPair, expires time.Time) string {
		user, userID := pair(nkeys.CreateUser)
		c := jwt.NewUserClaims(userID)
		if !expires.IsZero() {
			c.Expires = expires.Unix()
		}
		token, err := c.Encode(account)
		must(err)
		seed, err := user.Seed()
		must(err)
		text, err := jwt.FormatUserConfig(token, seed)
		must(err)
		return file(t, "user.creds", text)
	}
	url := serve(t, &server.Options{TrustedOperators: []*jwt.OperatorClaims{trusted}, AccountResolver: resolver, SystemAccount: systemID})
	admitted(t, bus.Options{URLs: []string{url}, Creds: creds(account, time.Time{})})
	admitted(t, bus.Options{Context: natsContext(t, map[string]string{"url": url, "creds": creds(account, time.Time{})})})
	refused(t, bus.Options{URLs: []string{url}, Creds: creds(account, time.Now().Add(-time.Hour))}, "are they of a user of this server's operator, and not expired?")
	stranger, _ := pair(nkeys.CreateAccount)
	refused(t, bus.Options{URLs: []string{url}, Creds: creds(stranger, time.Time{})}, "are they of a user of this server's operator")
	refused(t, bus.Options{URLs: []string{url}, Creds: filepath.Join(t.TempDir(), "gone.creds")}, "the file must be there and readable")
	refused(t, bus.Options{URLs: []string{url}, Creds: creds(bare, time.Time{})}, "the account of these credentials has none: give it JetStream")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ca, caKey := certificate(t, nil, nil, "authority")
	cert, key := certificate(t, ca, caKey, "127.0.0.1")
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	caFile := file(t, "ca.pem", pemOf(t, ca, nil))
	certFile, keyFile := file(t, "cert.pem", pemOf(t, cert, nil)), file(t, "key.pem", pemOf(t, nil, key))
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	url := serve(t, &server.Options{TLSConfig: config, TLSTimeout: 10})
	admitted(t, bus.Options{URLs: []string{url}, TLS: bus.TLS{CA: caFile}})
	admitted(t, bus.Options{Context: natsContext(t, map[string]string{"url": url, "ca": caFile})})
	refused(t, bus.Options{URLs: []string{url}}, "nats.tls.ca names the file of the authority")
	refused(t, bus.Options{URLs: []string{url}, TLS: bus.TLS{CA: "gone.pem"}}, "the file must be there")

	mutual := config.Clone()
	mutual.ClientAuth, mutual.ClientCAs = tls.RequireAndVerifyClientCert, pool
	url = serve(t, &server.Options{TLSConfig: mutual, TLSVerify: true, TLSTimeout: 10})
	admitted(t, bus.Options{URLs: []string{url}, TLS: bus.TLS{CA: caFile, Cert: certFile, Key: keyFile}})
	refused(t, bus.Options{URLs: []string{url}, TLS: bus.TLS{CA: caFile}}, "set nats.tls.cert and nats.tls.key")

	plain := serve(t, &server.Options{})
	refused(t, bus.Options{URLs: []string{strings.Replace(plain, "nats://", "tls://", 1)}}, "the server speaks no TLS")
}

// certificate makes a key and a certificate for it, signed by the given one, or by itself.
func certificate(t *testing.T, by *x509.Certificate, byKey *ecdsa.PrivateKey, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: by == nil, BasicConstraintsValid: true,
	}
	if by == nil {
		by, byKey = c, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	return c, key
}

func pemOf(t *testing.T, c *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	if c != nil {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// TestPlanOnAnEmptyServer wants looking to create nothing, and a stream of somebody else's to be left alone.
func TestPlanOnAnEmptyServer(t *testing.T) {
	t.Parallel()
	url := serve(t, &server.Options{})
	look, err := bus.Connect(t.Context(), bus.Options{URLs: []string{url}, AsIs: true})
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	plan, err := look.Plan(t.Context(), 0)
	if err != nil || len(plan) != 10 {
		t.Fatalf("plan %+v, %v; want nine streams and a bucket", plan, err)
	}
	for _, c := range plan {
		if c.Action != "create" {
			t.Errorf("change %+v, want a creation", c)
		}
	}
	if _, err := look.JetStream().Stream(t.Context(), "FM_PAGE"); err == nil {
		t.Error("looking made a stream")
	}
	if _, err := look.Apply(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if plan, err = look.Apply(t.Context(), 0); err != nil || len(plan) != 0 {
		t.Errorf("second time: %+v, %v; want nothing to do", plan, err)
	}

	// Other streams with our names, or with our subjects.
	js := look.JetStream()
	theirs := jetstream.StreamConfig{Name: "OTHER_PAGE", Subjects: []string{"theirs.>"}}
	if _, err := js.CreateStream(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	_, err = bus.Connect(t.Context(), bus.Options{URLs: []string{url}, Prefix: "other."})
	if err == nil || !strings.Contains(err.Error(), "the stream is not feedmill's; choose another nats.prefix") {
		t.Errorf("a stream of somebody else's: %v", err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ALL", Subjects: []string{"all.>"}}); err != nil {
		t.Fatal(err)
	}
	_, err = bus.Connect(t.Context(), bus.Options{URLs: []string{url}, Prefix: "all."})
	if err == nil || !strings.Contains(err.Error(), "choose another nats.prefix") {
		t.Errorf("subjects of somebody else's: %v", err)
	}
	s, err := js.Stream(t.Context(), "OTHER_PAGE")
	if err != nil || len(s.CachedInfo().Config.Subjects) != 1 || s.CachedInfo().Config.Subjects[0] != "theirs.>" {
		t.Errorf("the stream of somebody else's is %+v, %v", s, err)
	}
}

// TestWorkInADomain runs a worker at a leaf node that has a JetStream of its own, over the one of the hub.
func TestWorkInADomain(t *testing.T) {
	t.Parallel()
	hub := &server.Options{JetStreamDomain: "hub", LeafNode: server.LeafNodeOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT}}
	serve(t, hub)
	link := &url.URL{Scheme: "nats", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(hub.LeafNode.Port))}
	leaf := serve(t, &server.Options{JetStreamDomain: "leaf", LeafNode: server.LeafNodeOpts{
		ReconnectInterval: 50 * time.Millisecond, Remotes: []*server.RemoteLeafOpts{{URLs: []*url.URL{link}}}}})
	for setting, value := range map[string]string{
		"jetstream_domain":     "hub",
		"jetstream_api_prefix": "$JS.hub.API",
	} {
		t.Run(setting, func(t *testing.T) {
			o := bus.Options{Prefix: setting + ".", Context: natsContext(t, map[string]string{"url": leaf, setting: value})}
			b, err := bus.Connect(t.Context(), o)
			for end := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(end); { // the leaf is not linked yet
				b, err = bus.Connect(t.Context(), o)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}()
			sent := &feedmill.Article{ID: "a", URL: "https://news.example/a"}
			if err := b.Send(t.Context(), "test", "1", func(o *bus.Outbox) { bus.Put(o, bus.Articles, sent) }); err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			w := &bus.Worker[*feedmill.Article]{Name: "enrich", From: bus.Articles,
				Handle: func(_ context.Context, a *feedmill.Article, out *bus.Outbox) error {
					if a.ID != sent.ID {
						t.Errorf("got %v, want %v", a, sent)
					}
					out.Then(func(context.Context) error { close(done); return nil })
					return nil
				}}
			runUntil(t, done, func(ctx context.Context) error { return w.Run(ctx, b) })
		})
	}
}
