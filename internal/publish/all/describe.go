package all

import (
	"fmt"
	"net/url"

	"github.com/spaces-cli/spaces/internal/publish"
)

// A Description is a target as somebody wrote it down, checked.
type Description struct {
	Backend publish.Backend
	URL     *url.URL
	Public  bool // everybody may read what is sent
}

// Account is the name under which the secrets of the target are kept, if it has
// no name of its own: what in its URL says who lets in.
func (d *Description) Account() string {
	if d.Backend.OneAccount {
		return d.URL.Scheme + "://"
	}
	return d.URL.Scheme + "://" + d.URL.Host
}

// A Fault is what is wrong with the description of a target.
type Fault string

const (
	NoURL       Fault = "no-url"
	HasPassword Fault = "password"    // in the URL, where others may read it
	Unsupported Fault = "unsupported" // no backend has the scheme
	HasQuery    Fault = "query"       // a ? or # in the URL
	BadBaseURL  Fault = "base-url"    // not a web address
	BadAccess   Fault = "access"      // neither private nor public
)

// A DescriptionError says what is wrong with the description of a target.
type DescriptionError struct {
	Fault Fault
	Value string // what is wrong: scheme, base URL or access; of HasPassword, whose password it is
}

func (e *DescriptionError) Error() string {
	switch e.Fault {
	case NoURL:
		return "not a URL"
	case HasPassword:
		return "the URL contains a password, which others may read"
	case Unsupported:
		return fmt.Sprintf("unsupported target type %q", e.Value)
	case HasQuery:
		return "the URL must not contain ? or #"
	case BadBaseURL:
		return fmt.Sprintf("the base URL must be a web address, not %q", e.Value)
	}
	return fmt.Sprintf("access must be private or public, not %q", e.Value)
}

// Describe checks what somebody wrote of a target. baseURL and access may be
// empty: then what is sent is as public as its kind makes it. The error is a
// *DescriptionError.
func Describe(address, baseURL, access string) (*Description, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return nil, &DescriptionError{NoURL, address}
	}
	if _, has := u.User.Password(); has {
		return nil, &DescriptionError{HasPassword, u.Scheme + "://" + u.Host}
	}
	b, known := Of(u.Scheme)
	if !known {
		return nil, &DescriptionError{Unsupported, u.Scheme}
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, &DescriptionError{HasQuery, ""}
	}
	if baseURL != "" {
		if base, err := url.Parse(baseURL); err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
			return nil, &DescriptionError{BadBaseURL, baseURL}
		} else if _, has := base.User.Password(); has {
			return nil, &DescriptionError{HasPassword, u.Scheme + "://" + u.Host}
		}
	}
	d := &Description{Backend: b, URL: u, Public: b.Public}
	switch access {
	case "":
	case "private", "public":
		d.Public = access == "public"
	default:
		return nil, &DescriptionError{BadAccess, access}
	}
	return d, nil
}
