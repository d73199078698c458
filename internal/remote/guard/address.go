package guard

import (
	"net/netip"
	"strings"
)

// reserved are networks that are not on the internet, with what they are for.
// Loopback, private, link-local and multicast addresses are known to netip.
var reserved = [...]struct {
	net  netip.Prefix
	what string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "an unspecified address"},      // RFC 1122, 3.2.1.3
	{netip.MustParsePrefix("100.64.0.0/10"), "an address of a carrier"}, // RFC 6598
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved address"},       // RFC 6890
	{netip.MustParsePrefix("192.0.2.0/24"), "a reserved address"},       // RFC 5737
	{netip.MustParsePrefix("198.18.0.0/15"), "a reserved address"},      // RFC 2544
	{netip.MustParsePrefix("198.51.100.0/24"), "a reserved address"},    // RFC 5737
	{netip.MustParsePrefix("203.0.113.0/24"), "a reserved address"},     // RFC 5737
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address"},        // RFC 1112, broadcast too
	{netip.MustParsePrefix("::/96"), "a reserved address"},              // RFC 4291, 2.5.5.1
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a private address"},      // RFC 8215
	{netip.MustParsePrefix("100::/64"), "a reserved address"},           // RFC 6666
	{netip.MustParsePrefix("2001::/23"), "a reserved address"},          // RFC 2928, Teredo too
	{netip.MustParsePrefix("2001:db8::/32"), "a reserved address"},      // RFC 3849
	{netip.MustParsePrefix("3fff::/20"), "a reserved address"},          // RFC 9637
	{netip.MustParsePrefix("5f00::/16"), "a reserved address"},          // RFC 9602
	{netip.MustParsePrefix("fec0::/10"), "a private address"},           // RFC 3879
}

// carriers are networks of IPv6 in whose addresses those of IPv4 stand, from
// the byte at on: a gateway connects there.
var carriers = [...]struct {
	net netip.Prefix
	at  int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // RFC 3056
}

// notPublic says what an address is that is not on the internet, or "".
func notPublic(a netip.Addr) string {
	a = a.WithZone("").Unmap() // ::ffff:127.0.0.1 is 127.0.0.1 (RFC 4291, 2.5.5.2)
	switch {
	case !a.IsValid():
		return "an invalid address"
	case a.IsUnspecified():
		return "an unspecified address"
	case a.IsLoopback():
		return "this computer"
	case a.IsPrivate():
		return "a private address"
	case a.IsLinkLocalUnicast():
		return "a link-local address"
	case a.IsMulticast():
		return "a multicast address"
	}
	for _, r := range &reserved {
		if r.net.Contains(a) {
			return r.what
		}
	}
	for _, c := range &carriers {
		if c.net.Contains(a) {
			b := a.As16()
			return notPublic(netip.AddrFrom4([4]byte(b[c.at : c.at+4])))
		}
	}
	return ""
}

// notPublicName says what a host is that is not on the internet, as far as its
// name tells, or "". Besides the address that Go reads there are 127.1,
// 2130706433 and 0x7f000001, which other programs take for one: no domain has
// a last part that is a number (URL Standard, 3.5, "ends in a number").
func notPublicName(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return notPublic(a)
	}
	last := strings.ToLower(strings.TrimSuffix(host, "."))
	last = last[strings.LastIndexByte(last, '.')+1:]
	switch hex, isHex := strings.CutPrefix(last, "0x"); {
	case last == "localhost": // RFC 6761, 6.3
		return "this computer"
	case last != "" && strings.Trim(last, "0123456789") == "", isHex && strings.Trim(hex, "0123456789abcdef") == "":
		return "an invalid address"
	}
	return ""
}
