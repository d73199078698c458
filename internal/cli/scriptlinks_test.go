package cli

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/html"
)

// cmdLinks is "links DIR BASE": every address in the pages, the feed and the list of
// pages in a folder that lies below BASE, or beside the page, is that of a file of the
// folder, and every place in a page that is named is there.
func cmdLinks(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: links DIR BASE")
	}
	dir, base := ts.MkAbs(args[0]), args[1]
	entries, err := os.ReadDir(dir)
	ts.Check(err)
	ids, asked := map[string][]string{}, map[string][]string{} // by page
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		ts.Check(err)
		switch path.Ext(e.Name()) {
		case ".html":
			asked[e.Name()], ids[e.Name()] = addresses(ts, b)
		case ".xml":
			asked[e.Name()] = inXML(ts, b, base)
		}
	}
	n := 0
	for page, list := range asked {
		from, err := url.Parse(base + page)
		ts.Check(err)
		for _, text := range list {
			to, err := from.Parse(text)
			if err != nil {
				ts.Fatalf("%s: %q: %v", page, text, err)
			}
			name, ok := strings.CutPrefix(to.Scheme+"://"+to.Host+to.Path, base)
			if !ok {
				continue // elsewhere
			}
			n++
			if name == "" {
				name = "index.html"
			}
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
				ts.Fatalf("%s: %q is not there: %v", page, text, err)
			}
			if at := to.Fragment; at != "" && !strings.HasPrefix(at, "t=") && path.Ext(name) == ".html" && !slices.Contains(ids[name], at) {
				ts.Fatalf("%s: %s has no place %q", page, name, at)
			}
		}
	}
	ts.Logf("%d addresses in %d files", n, len(asked))
	if n < 20 || len(ids) < 3 {
		ts.Fatalf("only %d addresses in %d pages", n, len(ids))
	}
}

// addresses are those that a page names, and the ids in it.
func addresses(ts *testscript.TestScript, page []byte) (list, ids []string) {
	root, err := html.Parse(bytes.NewReader(page))
	ts.Check(err)
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "href" || a.Key == "src" || a.Key == "poster":
				list = append(list, a.Val)
			case a.Key == "srcset":
				for _, part := range strings.Split(a.Val, ",") {
					list = append(list, strings.Fields(part)[0])
				}
			case a.Key == "content" && strings.HasPrefix(a.Val, "https://"): // og:image and its like
				list = append(list, a.Val)
			case a.Key == "id":
				ids = append(ids, a.Val)
			}
		}
	}
	return list, ids
}

// inXML are the addresses below base that a feed or a list of pages has.
func inXML(ts *testscript.TestScript, b []byte, base string) (list []string) {
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return list
		}
		ts.Check(err)
		var found []string
		switch token := token.(type) {
		case xml.StartElement:
			for _, a := range token.Attr {
				found = append(found, a.Value)
			}
		case xml.CharData:
			found = append(found, strings.TrimSpace(string(token)))
		}
		for _, text := range found {
			if strings.HasPrefix(text, base) && !strings.ContainsAny(text, " \n<") {
				list = append(list, text)
			}
		}
	}
}
