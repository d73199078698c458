package id3

import "strings"

// Tags returns what a standing tag says about the whole file, under the names
// "title", "artist", "album", "date" and "comment". Those it does not say, or
// leaves empty, are missing; of several the first counts. The date is as
// exact as the tag has it: "2022", "2022-03-22" or "2022-03-22T19:26:24".
func Tags(tag []byte) map[string]string {
	tags := make(map[string]string)
	var year, day string
	_ = Frames(tag, func(f Frame) error {
		value := strings.TrimSpace(strings.ReplaceAll(string(f.Value), "\x00", "; "))
		key := ""
		switch f.ID {
		case "TIT2":
			key = "title"
		case "TPE1":
			key = "artist"
		case "TALB":
			key = "album"
		case "TDRC":
			key = "date"
		case "TYER":
			year = value
		case "TDAT":
			day = value
		case "COMM":
			// A described comment is a program's own ("iTunNORM").
			if f.Name == "" {
				key = "comment"
			}
		}
		if key != "" && value != "" && tags[key] == "" {
			tags[key] = value
		}
		return nil
	})
	if tags["date"] == "" && year != "" {
		tags["date"] = year
		if len(year) == 4 && len(day) == 4 { // TDAT is DDMM (ID3v2.3.0 §4.2.1)
			tags["date"] = year + "-" + day[2:] + "-" + day[:2]
		}
	}
	return tags
}
