package encode

import "strings"

// imageType is the MIME type of a picture.
func imageType(b []byte) string {
	if strings.HasPrefix(string(b[:min(len(b), 4)]), "\x89PNG") {
		return "image/png"
	}
	return "image/jpeg"
}
