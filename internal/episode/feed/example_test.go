package feed_test

import (
	"fmt"
	"strings"

	"github.com/spaces-cli/spaces/internal/episode/feed"
)

// Check reads any podcast's feed and says what directories and apps would
// refuse or miss. That it finds something is not an error.
func ExampleCheck() {
	findings, err := feed.Check(strings.NewReader(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">
<channel>
<title>Open Mic</title>
<item>
<title>Office hours</title>
<enclosure url="https://example.com/a.m4a" length="0" type="audio/x-m4a"/>
</item>
</channel>
</rss>
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range findings {
		if f.Severity == feed.Error {
			fmt.Printf("line %d: %s\n", f.Line, f.Rule)
		}
	}
	// Output:
	// line 3: channel-link
	// line 3: channel-description
	// line 3: channel-language
	// line 3: channel-image
	// line 3: channel-category
	// line 3: channel-explicit
	// line 5: guid-missing
	// line 5: date-missing
	// line 7: enclosure-length
}
