package mp4

import "fmt"

// codingName returns what people call the coding of a sample entry (the
// registry of the MP4 Registration Authority, QuickTime File Format).
func codingName(kind string) string {
	switch kind {
	case "ac-3", "sac3":
		return "Dolby Digital (AC-3)"
	case "ec-3":
		return "Dolby Digital Plus (E-AC-3)"
	case "ac-4":
		return "Dolby AC-4"
	case "mlpa":
		return "Dolby TrueHD"
	case "dtsc", "dtse", "dtsh", "dtsl", "dtsx":
		return "DTS (the sound of films)"
	case "samr":
		return "AMR (the voice coding of phones)"
	case "sawb", "sawp":
		return "AMR-WB (the voice coding of phones)"
	case "sevc", "secb", "sqcp", "Qclp":
		return "the speech coding of a phone (EVRC, QCELP)"
	case "ima4", "ms\x00\x02", "ms\x00\x11":
		return "ADPCM (an old compression of Windows and QuickTime)"
	case "MAC3", "MAC6":
		return "MACE"
	case "QDMC", "QDM2":
		return "QDesign Music"
	case "agsm":
		return "GSM 6.10"
	case "spex":
		return "Speex"
	case "wma ":
		return "Windows Media Audio (WMA)"
	case "mha1", "mha2", "mhm1", "mhm2":
		return "MPEG-H 3D Audio"
	}
	return fmt.Sprintf("%q", kind)
}

// objectName returns what people call the coding of an objectTypeIndication
// (the registry of the MP4 Registration Authority).
func objectName(object byte) string {
	switch object {
	case 0xA5:
		return "Dolby Digital (AC-3)"
	case 0xA6:
		return "Dolby Digital Plus (E-AC-3)"
	case 0xA9, 0xAA, 0xAB, 0xAC:
		return "DTS (the sound of films)"
	case 0xAD:
		return "Opus in mp4a"
	case 0xDD:
		return "Vorbis"
	case 0xE1:
		return "the speech coding of a phone (QCELP)"
	}
	return fmt.Sprintf("object type %#02x", object)
}
