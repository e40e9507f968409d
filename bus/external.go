package bus

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/natscontext"
)

// connectExternal connects to servers that somebody else runs.
func (b *Bus) connectExternal() error {
	opts := b.natsOptions()
	if b.opts.Context != "" {
		nc, settings, err := natscontext.Connect(b.opts.Context, opts...)
		if err != nil {
			return b.unreachable("by the context "+b.opts.Context, err)
		}
		b.nc, b.domain, b.api = nc, settings.JSDomain, settings.JSAPIPrefix
		return nil
	}
	if b.opts.Creds != "" {
		opts = append(opts, nats.UserCredentials(b.opts.Creds))
	}
	if b.opts.NKey != "" {
		nk, err := nats.NkeyOptionFromSeed(b.opts.NKey)
		if err != nil {
			return fmt.Errorf("nats.nkey %s: %w; it must be a file with the seed of a user's key (SU…)", b.opts.NKey, err)
		}
		opts = append(opts, nk)
	}
	if b.opts.TLS.CA != "" {
		opts = append(opts, nats.RootCAs(b.opts.TLS.CA))
	}
	if b.opts.TLS.Cert != "" {
		opts = append(opts, nats.ClientCert(b.opts.TLS.Cert, b.opts.TLS.Key))
	}
	nc, err := nats.Connect(strings.Join(b.opts.URLs, ","), opts...)
	if err != nil {
		return b.unreachable("at "+strings.Join(b.redacted(), ","), err)
	}
	b.nc = nc
	return nil
}

// redacted returns the URLs without passwords and tokens.
func (b *Bus) redacted() []string {
	var all []string
	for _, u := range b.opts.URLs {
		if scheme, rest, ok := strings.Cut(u, "://"); ok {
			if i := strings.LastIndexByte(rest, '@'); i >= 0 {
				u = scheme + "://…" + rest[i:]
			}
		}
		all = append(all, u)
	}
	return all
}

// unreachable adds to an error of connecting what to do about it.
func (b *Bus) unreachable(where string, err error) error {
	return fmt.Errorf("connect to NATS %s: %w; %s", where, err, b.remedy(err))
}

func (b *Bus) remedy(err error) string {
	msg := err.Error()
	_, badCert := errors.AsType[*tls.CertificateVerificationError](err)
	_, unsigned := errors.AsType[x509.UnknownAuthorityError](err)
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return "the server is there and refuses " + b.credentials()
	case badCert, unsigned:
		return "the server's certificate cannot be checked: nats.tls.ca names the file of the authority that signed it, and the URL must have the name in the certificate"
	// In TLS 1.3 the server refuses after the handshake, and may have closed before its reason is read.
	case strings.Contains(msg, "certificate required"), strings.Contains(msg, "bad certificate"), strings.Contains(msg, "unknown certificate authority"),
		strings.Contains(msg, "closed by remote after TLS handshake"):
		return "the server wants a client's certificate that it can check: set nats.tls.cert and nats.tls.key"
	case errors.Is(err, nats.ErrSecureConnWanted):
		return "the server speaks no TLS: write nats:// in place of tls://, and leave nats.tls out"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return "the file must be there and readable by this user"
	case b.opts.Context != "" && strings.Contains(msg, "unknown context"):
		return "`nats context ls` lists the contexts; they are files in " + contextDir()
	}
	return "is nats-server running there, with -js?"
}

// credentials names what the server was shown.
func (b *Bus) credentials() string {
	switch {
	case b.opts.Context != "":
		return "the credentials of this context: `nats --context " + b.opts.Context + " account info` shows whether they work elsewhere"
	case b.opts.Creds != "":
		return "the credentials in " + b.opts.Creds + ": are they of a user of this server's operator, and not expired?"
	case b.opts.NKey != "":
		return "the key in " + b.opts.NKey + ": is its public half among the server's users?"
	case strings.Contains(strings.Join(b.opts.URLs, " "), "@"):
		return "the user or password in the URL"
	}
	return "connections without credentials: set nats.creds, nats.nkey, or a user and password in the URL"
}

// contextDir is where the nats command-line tool keeps its contexts.
func contextDir() string {
	if dir := os.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir + "/nats/context"
	}
	return "~/.config/nats/context"
}

// jetStream is the client of JetStream, in the domain that the context names.
func (b *Bus) jetStream(opts ...jetstream.JetStreamOpt) (jetstream.JetStream, error) {
	switch {
	case b.api != "":
		return jetstream.NewWithAPIPrefix(b.nc, b.api, opts...)
	case b.domain != "":
		return jetstream.NewWithDomain(b.nc, b.domain, opts...)
	}
	return jetstream.New(b.nc, opts...)
}

// apiPrefix is what the subjects of JetStream's API begin with.
func (b *Bus) apiPrefix() string {
	switch {
	case b.api != "":
		return strings.TrimSuffix(b.api, ".") + "."
	case b.domain != "":
		return "$JS." + b.domain + ".API."
	}
	return jetstream.DefaultAPIPrefix
}

// noJetStream adds to an error of JetStream what to do about it.
func (b *Bus) noJetStream(err error) error {
	next := "start nats-server with -js"
	if errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) {
		next = "the account of these credentials has none: give it JetStream, or use another account"
	}
	return fmt.Errorf("JetStream at %s: %w; %s", b.nc.ConnectedUrlRedacted(), err, next)
}
