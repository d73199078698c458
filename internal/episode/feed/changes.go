package feed

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Changes are what subscribers see when a feed takes the place of another.
type Changes struct {
	Added, Changed, Removed []Change
}

// A Change is an item that comes, goes, or is another by now.
type Change struct {
	GUID  string   `json:"guid"`
	Title string   `json:"title"`
	URL   string   `json:"url"`            // of its audio, as it is from now on
	What  []string `json:"what,omitempty"` // that has changed: title, audio, date, text
}

// None reports whether nothing changes.
func (c *Changes) None() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) == 0 }

// A listed item is what Compare looks at.
type listedItem struct {
	Title     string `xml:"title"`
	GUID      string `xml:"guid"`
	PubDate   string `xml:"pubDate"`
	Enclosure struct {
		URL    string `xml:"url,attr"`
		Length string `xml:"length,attr"`
		Type   string `xml:"type,attr"`
	} `xml:"enclosure"`
	All string `xml:",innerxml"`
}

// Compare tells the items of two feeds apart by their guids. There may be no
// feed yet: was is nil then.
func Compare(was, is []byte) (*Changes, error) {
	old, err := items(was)
	if err != nil {
		return nil, err
	}
	now, err := items(is)
	if err != nil {
		return nil, err
	}
	byGUID := make(map[string]*listedItem)
	for _, it := range old {
		byGUID[it.GUID] = it
	}
	c := &Changes{[]Change{}, []Change{}, []Change{}}
	for _, it := range now {
		before := byGUID[it.GUID]
		delete(byGUID, it.GUID)
		switch {
		case before == nil:
			c.Added = append(c.Added, it.change())
		case before.All != it.All:
			change := it.change()
			change.What = it.differs(before)
			c.Changed = append(c.Changed, change)
		}
	}
	for _, it := range old {
		if byGUID[it.GUID] == it {
			c.Removed = append(c.Removed, it.change())
		}
	}
	return c, nil
}

func (it *listedItem) change() Change {
	return Change{GUID: it.GUID, Title: clean(it.Title), URL: it.Enclosure.URL}
}

// differs says in words what of an item is not as it was.
func (it *listedItem) differs(was *listedItem) []string {
	var list []string
	if it.Title != was.Title {
		list = append(list, "title")
	}
	if it.Enclosure != was.Enclosure {
		list = append(list, "audio")
	}
	if it.PubDate != was.PubDate {
		list = append(list, "date")
	}
	if len(list) == 0 {
		list = append(list, "text")
	}
	return list
}

// items reads the items of a feed, whoever has written it.
func items(text []byte) ([]*listedItem, error) {
	var list []*listedItem
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read the feed: %w", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "item" {
			continue
		}
		it := new(listedItem)
		if err := d.DecodeElement(it, &e); err != nil {
			return nil, fmt.Errorf("cannot read the feed: %w", err)
		}
		it.GUID = strings.TrimSpace(it.GUID)
		list = append(list, it)
		if len(list) > maxItems {
			return nil, fmt.Errorf("cannot read the feed: it has more than %d items", maxItems)
		}
	}
}

// Made reports whether a feed was made by this package, of whatever show.
func Made(text []byte) bool {
	return bytes.Contains(text, []byte("<generator>"+generator+"</generator>"))
}

// Owns reports whether a feed is one of this show, by its podcast:guid.
func (s *Show) Owns(text []byte) bool {
	return s.GUID != "" && bytes.Contains(text, []byte("<podcast:guid>"+s.GUID+"</podcast:guid>"))
}
