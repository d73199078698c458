package id3

import (
	"encoding/binary"
	"unicode/utf16"
)

// Append appends to b an ID3v2.3 tag with frames and returns the longer
// slice. Version 2.3 is the one that every player reads. Text is written as
// ISO-8859-1 where that holds it and as UTF-16 with a byte order mark where
// not (ID3v2.3 §3.3). Frames are text frames (their Value, as UTF-8), TXXX
// (Name is the description), COMM (Name likewise, language und) and others,
// whose Value is written as it is.
func Append(b []byte, frames []Frame) []byte {
	start := len(b)
	b = append(b, 'I', 'D', '3', 3, 0, 0, 0, 0, 0, 0)
	for _, f := range frames {
		at := len(b)
		b = append(b, f.ID...)
		b = append(b, 0, 0, 0, 0, 0, 0) // size, flags
		b = appendBody(b, f)
		binary.BigEndian.PutUint32(b[at+4:], uint32(len(b)-at-10))
	}
	size := len(b) - start - HeaderLen
	for i := range 4 { // sync-safe: 7 bits a byte (§3.1)
		b[start+9-i] = byte(size>>(7*i)) & 0x7F
	}
	return b
}

func appendBody(b []byte, f Frame) []byte {
	text := string(f.Value)
	switch {
	case f.ID == "COMM":
		wide := !isLatin1(f.Name) || !isLatin1(text)
		b = append(b, encodingByte(wide), 'u', 'n', 'd')
		b = appendText(b, f.Name, wide, true)
		return appendText(b, text, wide, false)
	case f.ID == "TXXX":
		wide := !isLatin1(f.Name) || !isLatin1(text)
		b = append(b, encodingByte(wide))
		b = appendText(b, f.Name, wide, true)
		return appendText(b, text, wide, false)
	case f.ID[0] == 'T':
		wide := !isLatin1(text)
		b = append(b, encodingByte(wide))
		return appendText(b, text, wide, false)
	}
	return append(b, f.Value...)
}

func encodingByte(wide bool) byte {
	if wide {
		return 1
	}
	return 0
}

func isLatin1(s string) bool {
	for _, r := range s {
		if r > 0xFF {
			return false
		}
	}
	return true
}

func appendText(b []byte, s string, wide, terminate bool) []byte {
	if !wide {
		for _, r := range s {
			b = append(b, byte(r))
		}
		if terminate {
			b = append(b, 0)
		}
		return b
	}
	b = append(b, 0xFF, 0xFE)
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	if terminate {
		b = append(b, 0, 0)
	}
	return b
}
