package languages

import "strings"

// Locale is the language that a user has told the system, as a tag, or "". get
// looks a variable up: POSIX asks them in this order (XBD 8.2), and Windows has
// none of them.
func Locale(get func(string) (string, bool)) string {
	for _, name := range [...]string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value, _ := get(name); value != "" {
			value, _, _ = strings.Cut(value, ".")
			value, _, _ = strings.Cut(value, "@")
			if value == "C" || value == "POSIX" {
				return ""
			}
			return strings.ReplaceAll(value, "_", "-")
		}
	}
	return preferred()
}
