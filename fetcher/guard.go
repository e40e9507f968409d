package fetcher

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// globalUnicast6 is the only block from which public IPv6 addresses are given out (RFC 4291 §2.4, IANA). Everything
// beside it is loopback, local, multicast, translated (64:ff9b::/96, ::ffff:0:0/96) or reserved.
var globalUnicast6 = netip.MustParsePrefix("2000::/3")

// special holds the ranges that are not for public hosts: the IANA IPv4 and IPv6 special-purpose address registries
// (RFC 6890), multicast and the reserved class E. IPv6 ranges outside globalUnicast6 need no entry.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("10.0.0.0/8"),      // private
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local, cloud metadata
	netip.MustParsePrefix("172.16.0.0/12"),   // private
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.31.196.0/24"), // AS112
	netip.MustParsePrefix("192.52.193.0/24"), // multicast tunnelling
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays, deprecated
	netip.MustParsePrefix("192.168.0.0/16"),  // private
	netip.MustParsePrefix("192.175.48.0/24"), // AS112
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarking
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/4"),     // multicast
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast

	netip.MustParsePrefix("2001::/23"),         // protocol assignments: Teredo, ORCHID, benchmarking
	netip.MustParsePrefix("2001:db8::/32"),     // documentation
	netip.MustParsePrefix("2002::/16"),         // 6to4: any IPv4 address inside
	netip.MustParsePrefix("2620:4f:8000::/48"), // AS112
	netip.MustParsePrefix("3fff::/20"),         // documentation
}

// Public tells whether addr is an address that a public host can have. It is false for every special-purpose range of
// the IANA registries, for multicast and reserved addresses, for the forms that carry an IPv4 address inside an IPv6
// one (mapped, NAT64, 6to4, Teredo, ISATAP) and for addresses with a zone.
func Public(addr netip.Addr) bool {
	if !addr.IsValid() || addr.Zone() != "" {
		return false
	}
	if addr.Is6() && (!globalUnicast6.Contains(addr) || isISATAP(addr)) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// isISATAP tells whether addr is of the form that carries an IPv4 address in its interface identifier (RFC 5214 §6.1),
// under any prefix.
func isISATAP(addr netip.Addr) bool {
	b := addr.As16()
	return b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// AllowCIDRs returns a function for [Options].Allow that admits the public addresses and those within prefixes.
func AllowCIDRs(prefixes []netip.Prefix) func(netip.Addr) bool {
	prefixes = slices.Clone(prefixes)
	return func(addr netip.Addr) bool {
		return Public(addr) || slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
}

// webPort admits the two ports of the web.
func webPort(_ netip.Addr, port uint16) bool { return port == 80 || port == 443 }

// guard decides which connections may be made.
type guard struct {
	allow     func(netip.Addr) bool
	allowPort func(netip.Addr, uint16) bool
}

// control is a net.Dialer's ControlContext. It sees the resolved address of each connection just before it is made, so
// that neither the spelling of a host nor a name that changes its address between two look-ups gets past it.
func (g guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return refused(fmt.Errorf("network %s is not allowed", network))
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return refused(fmt.Errorf("address %q: %w", address, err))
	}
	return g.check(ap)
}

func (g guard) check(ap netip.AddrPort) error {
	addr := ap.Addr()
	if addr.Zone() != "" || addr.Is4In6() || !g.allow(addr) {
		return refused(fmt.Errorf("address %s is neither public nor allowed", addr))
	}
	if !g.allowPort(addr, ap.Port()) {
		return refused(fmt.Errorf("port %d of %s is not allowed", ap.Port(), addr))
	}
	return nil
}
