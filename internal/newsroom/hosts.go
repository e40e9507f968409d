package newsroom

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"syscall"
)

// maxHosts bounds the loopback addresses that a set of sites is spread over.
const maxHosts = 1000

// hostAddress is the i-th of the addresses that generated sites are spread over: 127.0.0.2, 127.0.0.3 and so on.
func hostAddress(i int) string { return fmt.Sprintf("127.0.%d.%d", (i+2)/256, (i+2)%256) }

// base is the URL of site f, where that of the newsroom is given.
func (s *site) base(newsroom string, f int) string {
	u, err := url.Parse(newsroom)
	if s.hosts == 0 || err != nil {
		return newsroom
	}
	u.Host = net.JoinHostPort(hostAddress(f%s.hosts), u.Port())
	return u.String()
}

// listen listens on addr and, at the same port, on so many of the addresses of hosts.
func listen(ctx context.Context, addr string, hosts int) (all []net.Listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range all {
				l.Close()
			}
		}
	}()
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("newsroom: the address %s is taken by another program; stop that, or give another port (0 takes any free one): %w", addr, err)
	}
	if err != nil {
		return nil, fmt.Errorf("newsroom: listen on %s: %w; give an address of this machine such as 127.0.0.1:0", addr, err)
	}
	all = append(all, l)
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	for i := range hosts {
		l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(hostAddress(i), port))
		if err != nil {
			return all, fmt.Errorf("newsroom: listen on host %d of %d: %w; does this system answer on all of 127.0.0.0/8?", i+1, hosts, err)
		}
		all = append(all, l)
	}
	return all, nil
}
