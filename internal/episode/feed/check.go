package feed

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// A Finding is what the check of a feed finds.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Line     int      `json:"line"`           // of the element, from 1
	Item     string   `json:"item,omitempty"` // title or guid of the episode
	Message  string   `json:"message"`
}

// The bounds of a feed, so that a hostile one costs little.
const (
	maxFeed     = 32 << 20 // bytes
	maxDepth    = 64
	maxItems    = 100_000
	maxNodes    = 20_000   // elements of an item, and of the channel without its items
	maxTag      = 64 << 10 // bytes of a tag with its attributes
	maxText     = 64 << 10 // bytes of an element's text that are looked at
	maxFindings = 1000
)

// errTooLarge is the beginning of what is said of feeds beyond the bounds.
var errTooLarge = errors.New("the feed is too large")

// CheckBytes is Check for a feed in memory.
func CheckBytes(b []byte) ([]Finding, error) { return Check(bytes.NewReader(b)) }

// Check holds a feed against the rules. The findings are in the order of
// their lines, at most a thousand. The error is that of reading r: whatever is
// wrong with the feed is a finding.
func Check(r io.Reader) ([]Finding, error) { return CheckAt(r, time.Time{}) }

// CheckAt is Check at a time: dates after it are found too.
func CheckAt(r io.Reader, now time.Time) ([]Finding, error) {
	in := &guard{r: r}
	c := &checker{
		guids: map[string]int{}, numbers: map[[2]int]int{}, trailers: map[int]int{}, enclosures: map[string]int{}, prefixes: map[string]bool{},
		now: now, declared: map[string]string{}, entities: map[string]*entity{},
	}
	c.dec = xml.NewDecoder(in)
	c.dec.CharsetReader = c.charset
	c.dec.Entity = marked()
	err := c.walk()
	if in.err != nil {
		return nil, in.err
	}
	switch {
	case err == nil:
	case errors.Is(err, errTooLarge):
		c.broken = true
		c.find(c.line(), "xml-too-large", "%v", err)
	default:
		c.broken = true
		c.find(c.line(), "xml-syntax", "%s", strings.Replace(strings.TrimPrefix(err.Error(), "XML syntax error on "), "unexpected EOF", "the file ends too early", 1))
	}
	c.finish()
	return c.findings, nil
}

// A node is an element. Attributes and text are as decoded.
type node struct {
	name string // with the usual prefix: "itunes:image"; "?…" in a namespace that is not ours
	line int
	attr []xml.Attr
	text strings.Builder
	long int // bytes of text in all
	kids []*node
}

// attribute returns an attribute without namespace.
func (n *node) attribute(name string) (value string, ok bool) {
	for _, a := range n.attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return strings.TrimSpace(a.Value), true
		}
	}
	return "", false
}

// value is the text of a node, nil having none.
func (n *node) value() string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.text.String())
}

// child returns the first child of a name, or nil.
func (n *node) child(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// children returns all children of a name.
func (n *node) children(name string) []*node {
	var list []*node
	for _, k := range n.kids {
		if k.name == name {
			list = append(list, k)
		}
	}
	return list
}

// A checker walks through a feed once, and keeps of it the channel's own
// elements and one item at a time.
type checker struct {
	dec      *xml.Decoder
	findings []Finding
	item     string // what findings are about

	root, channel *node
	items         int
	guids         map[string]int // line of the first
	enclosures    map[string]int
	numbers       map[[2]int]int  // of season and episode: line of the first
	trailers      map[int]int     // of a season, 0 for the show: line of the first
	unnumbered    int             // full episodes without a number
	prefixes      map[string]bool // that were complained of
	full          bool
	broken        bool // nothing is known of what stands after the fault

	now      time.Time          // or zero
	declared map[string]string  // the usual prefix that a namespace of another name was declared for
	entities map[string]*entity // of HTML, by name
	outside  bool               // text outside of the root was found
}

func (c *checker) line() int {
	line, _ := c.dec.InputPos()
	return line
}

func (c *checker) find(line int, rule, format string, args ...any) {
	if c.full {
		return
	}
	severity, ok := severityOf()[rule]
	if !ok {
		panic("feed: no rule " + rule)
	}
	if len(c.findings) == maxFindings-1 {
		c.full = true
		rule, severity, format, args = "xml-too-large", Error, "more problems were found than are listed", nil
	}
	c.findings = append(c.findings, Finding{rule, severity, line, c.item, fmt.Sprintf(format, args...)})
}

// walk reads the feed to its end.
func (c *checker) walk() error {
	var stack []*node
	nodes := 0 // of the item, or of the channel
	bom := 0   // length of the byte order mark, which may stand before all else
	for {
		line, at := c.line(), c.dec.InputOffset()
		tok, err := c.dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.ProcInst:
			if t.Target == "xml" && at > int64(bom) {
				c.find(line, "xml-syntax", "the XML declaration must come first: remove everything before it, including blank lines")
			}
		case xml.StartElement:
			c.attributes(line, &t)
			if len(stack) == 0 && c.root != nil {
				c.find(line, "xml-syntax", "a second root element, %s", brief(t.Name.Local))
			}
			n := &node{name: c.nameOf(line, t.Name), line: line, attr: t.Attr}
			if len(stack) >= maxDepth {
				return fmt.Errorf("%w: elements nested %d deep", errTooLarge, maxDepth)
			}
			if c.isItem(stack, n) {
				if nodes = 0; c.items == maxItems {
					return fmt.Errorf("%w: more than %d episodes", errTooLarge, maxItems)
				}
			} else if nodes++; nodes > maxNodes {
				return fmt.Errorf("%w: more than %d elements in one element", errTooLarge, maxNodes)
			}
			c.open(stack, n)
			stack = append(stack, n)
		case xml.EndElement:
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if c.isItem(stack, n) {
				c.checkItem(n)
				nodes = len(c.channel.kids)
			}
		case xml.CharData:
			if at == 0 && bytes.HasPrefix(t, []byte("\uFEFF")) {
				bom, t = len("\uFEFF"), t[len("\uFEFF"):]
			}
			if t = c.text(line, t); len(stack) == 0 && len(bytes.TrimSpace(t)) > 0 && !c.outside {
				c.outside = true
				c.find(line, "xml-syntax", "text outside the root element")
			}
			if len(stack) > 0 {
				n := stack[len(stack)-1]
				n.long += len(t)
				n.text.Write(t[:min(len(t), maxText-n.text.Len())])
			}
		case xml.Directive:
			c.find(line, "xml-doctype", "<!%s…> is not allowed in a feed", firstWord(string(t)))
		}
	}
}

// open puts a node in its place. Items are kept no longer than they are open.
func (c *checker) open(stack []*node, n *node) {
	switch {
	case len(stack) == 0:
		if c.root == nil {
			c.root = n
		}
	case len(stack) == 1 && stack[0] == c.root && n.name == "channel":
		if c.channel != nil {
			c.find(n.line, "rss-root", "a second channel")
		} else {
			c.channel = n
		}
	case !c.isItem(stack, n):
		parent := stack[len(stack)-1]
		parent.kids = append(parent.kids, n)
	}
}

// isItem reports whether n, below stack, is an item of the channel.
func (c *checker) isItem(stack []*node, n *node) bool {
	return len(stack) == 2 && stack[1] == c.channel && c.channel != nil && n.name == "item"
}

// oldPodcastNS is what the podcast namespace was called at first.
const oldPodcastNS = "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"

// nameOf gives an element's name the usual prefix.
func (c *checker) nameOf(line int, n xml.Name) string {
	known := map[string]string{"": "", itunesNS: "itunes:", podcastNS: "podcast:", oldPodcastNS: "podcast:", atomNS: "atom:"}
	if prefix, ok := known[n.Space]; ok {
		return prefix + n.Local
	}
	for ns, prefix := range known {
		// Readers that compare exactly do not see such elements; all else that
		// is wrong with them is said as well.
		if ns != "" && strings.EqualFold(strings.TrimRight(n.Space, "/"), ns) {
			c.complain(line, n.Space, "the namespace %q must be spelled %q", n.Space, ns)
			return prefix + n.Local
		}
	}
	if prefix, ok := c.declared[n.Space]; ok {
		for ns, known := range known {
			if known == prefix+":" && ns != oldPodcastNS {
				c.complain(line, n.Space, "the namespace of the prefix %s is %q, not %q", prefix, ns, n.Space)
			}
		}
		return prefix + ":" + n.Local
	}
	// The decoder leaves a prefix that nobody has declared where the
	// namespace would be.
	if !strings.ContainsAny(n.Space, ":/") {
		c.complain(line, n.Space, "the prefix %q is not declared", n.Space)
		return n.Space + ":" + n.Local
	}
	return "?" + n.Local
}

// complain tells of a namespace or prefix, once.
func (c *checker) complain(line int, space, format string, args ...any) {
	if !c.prefixes[space] && len(c.prefixes) < maxFindings {
		c.prefixes[space] = true
		c.find(line, "xml-namespace", format, args...)
	}
}

// charset decodes what is not UTF-8, so that the rest can be looked at.
func (c *checker) charset(label string, in io.Reader) (io.Reader, error) {
	const message = "the text is %s, not UTF-8"
	switch strings.ToLower(label) {
	case "us-ascii", "ascii":
		c.find(1, "xml-encoding", message, label)
		return in, nil
	case "iso-8859-1", "latin1", "windows-1252":
		c.find(1, "xml-encoding", message, label)
		return charmap.Windows1252.NewDecoder().Reader(in), nil
	}
	return nil, fmt.Errorf("cannot decode text in %q", label)
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return word[:min(len(word), 20)]
}

// A guard passes on a feed within bounds: of the whole, and of each tag, since
// a tag is held in memory with all its attributes.
type guard struct {
	r    io.Reader
	err  error // of r
	read int64
	tag  int     // bytes of the tag so far; 0 outside
	quot byte    // that ends the attribute's value, or 0
	end  string  // that ends the comment, CDATA section or instruction, or ""
	last [2]byte // the latest bytes
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if err != nil && err != io.EOF {
		g.err = err
	}
	g.read += int64(n)
	if g.read > maxFeed {
		return 0, fmt.Errorf("%w: more than %d MiB", errTooLarge, maxFeed>>20)
	}
	for _, b := range p[:n] {
		if g.step(b); g.tag > maxTag {
			return 0, fmt.Errorf("%w: a tag of more than %d KiB", errTooLarge, maxTag>>10)
		}
		g.last = [2]byte{g.last[1], b}
	}
	return n, err
}

// step follows the structure of the text by one byte. Comments and the like
// are no tags: they may be long, and quotes mean nothing in them.
func (g *guard) step(b byte) {
	switch {
	case g.end != "":
		if b == '>' && strings.HasSuffix(string(g.last[:]), g.end) {
			g.end = ""
		}
	case g.tag == 0:
		if b == '<' {
			g.tag = 1
		}
	case g.tag == 1 && b == '?':
		g.within("?")
	case g.tag == 3 && g.last == [2]byte{'!', '-'} && b == '-':
		g.within("--")
	case g.tag == 2 && g.last == [2]byte{'<', '!'} && b == '[':
		g.within("]]")
	case g.quot != 0:
		g.tag++
		if b == g.quot {
			g.quot = 0
		}
	case b == '>':
		g.tag = 0
	default:
		g.tag++
		if b == '"' || b == '\'' {
			g.quot = b
		}
	}
}

// within leaves the tag for what ends with end and a >.
func (g *guard) within(end string) { g.tag, g.end, g.last = 0, end, [2]byte{} }
