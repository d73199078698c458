package feed

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"sync"
)

// mark stands before and after the name of an entity that XML does not have, in
// what the decoder puts in its place: so the check goes on behind it, as authors
// of feeds expect of browsers, and knows where it stood. It is a character that
// nobody has a use for.
const mark = "\U0010FFFD"

// marked are the entities of HTML: the name between marks, and the character.
var marked = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, len(xml.HTMLEntity))
	for name, character := range xml.HTMLEntity {
		m[name] = mark + name + mark + character
	}
	return m
})

// An entity of HTML in a feed.
type entity struct {
	finding int // index
	name    string
	times   int
}

// text tells of the entities of HTML in a text that begins on a line, and
// returns it with the characters that they stand for.
func (c *checker) text(line int, text []byte) []byte {
	if !bytes.Contains(text, []byte(mark)) {
		return text
	}
	var out []byte
	for {
		before, rest, ok := bytes.Cut(text, []byte(mark))
		out = append(out, before...)
		if !ok {
			return out
		}
		line += bytes.Count(before, []byte("\n"))
		name, after, ok := bytes.Cut(rest, []byte(mark))
		if _, known := xml.HTMLEntity[string(name)]; !ok || !known {
			out, text = append(out, mark...), rest
			continue
		}
		c.entity(line, string(name))
		text = after
	}
}

// entity tells of an entity once, wherever else it stands.
func (c *checker) entity(line int, name string) {
	if e := c.entities[name]; e != nil {
		e.times++
		return
	}
	if c.full {
		return
	}
	c.entities[name] = &entity{len(c.findings), name, 1}
	c.find(line, "xml-syntax", "%s", unknownEntity(name))
}

func unknownEntity(name string) string {
	r := []rune(xml.HTMLEntity[name])
	return fmt.Sprintf("unknown entity &%s;: write the character itself or &#%d;", name, r[0])
}

// count says of each entity how often it stands in the feed.
func (c *checker) count() {
	for _, e := range c.entities {
		if f := &c.findings[e.finding]; e.times > 1 && f.Rule == "xml-syntax" {
			f.Message = fmt.Sprintf("%s (%d times in total)", unknownEntity(e.name), e.times)
		}
	}
}

// attributes checks those of an element, and takes down which namespaces it
// declares for the usual prefixes.
func (c *checker) attributes(line int, t *xml.StartElement) {
	seen := make(map[xml.Name]bool, len(t.Attr))
	for i := range t.Attr {
		a := &t.Attr[i]
		if strings.Contains(a.Value, mark) {
			a.Value = string(c.text(line, []byte(a.Value)))
		}
		if seen[a.Name] {
			c.find(line, "xml-syntax", "%s has the attribute %s twice", brief(t.Name.Local), brief(a.Name.Local))
		}
		seen[a.Name] = true
		if a.Name.Space == "xmlns" && len(c.declared) < maxFindings {
			switch a.Name.Local {
			case "itunes", "podcast", "atom":
				c.declared[a.Value] = a.Name.Local
			}
		}
	}
}
