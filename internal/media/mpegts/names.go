package mpegts

import (
	"fmt"
	"strings"
)

// streamNames returns what people call streams of some types (ISO/IEC 13818-1
// table 2-34, ATSC A/53 part 3, the Blu-ray Disc specification).
func streamNames(types []byte) string {
	var list []string
	seen := make(map[string]bool)
	for _, t := range types {
		if name := streamName(t); !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

func streamName(t byte) string {
	switch t {
	case 0x01, 0x02, 0x10, 0x1B, 0x20, 0x24, 0x42, 0xD1, 0xEA:
		return "pictures"
	case 0x03, 0x04:
		return "MPEG audio (MP2 or MP3)"
	case 0x06:
		return "private data (such as AC-3 or subtitles)"
	case 0x05, 0x0B, 0x0C, 0x0D, 0x15, 0x86:
		return "data"
	case 0x2D, 0x2E:
		return "MPEG-H 3D Audio"
	case 0x80:
		return "PCM of Blu-ray discs"
	case 0x81:
		return "Dolby Digital (AC-3)"
	case 0x83:
		return "Dolby TrueHD"
	case 0x84, 0x87:
		return "Dolby Digital Plus (E-AC-3)"
	case 0x82, 0x85, 0x8A:
		return "DTS (the sound of films)"
	}
	return fmt.Sprintf("a stream of type %#02x", t)
}
