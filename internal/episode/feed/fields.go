package feed

import (
	"slices"
	"strconv"
	"strings"
)

// text returns the text of a show that has a name for people, or nil.
func (s *Show) text(name string) *string {
	for _, p := range s.places() {
		if p.name == name {
			return p.url
		}
	}
	return map[string]*string{
		"title": &s.Title, "base-url": &s.BaseURL, "description": &s.Description, "author": &s.Author, "email": &s.Email,
		"language": &s.Language, "link": &s.Link, "copyright": &s.Copyright, "prefer": &s.Prefer, "guid": &s.GUID,
		"type": &s.Type, "new-feed-url": &s.NewFeedURL,
	}[name]
}

// Set changes what the show says under a name: a text, "image" (a URL or the
// name of a file, which is read), "explicit", "locked", "clips" and "site" (true or false), or one of the lists "category" and "person", which are
// replaced; an empty entry counts as none. It reports whether a show has such a
// name.
func (s *Show) Set(name string, values ...string) (known bool, err error) {
	if text := s.text(name); text != nil {
		*text = strings.TrimSpace(strings.Join(values, " "))
		return true, nil
	}
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	switch name {
	case "image":
		_, err = s.SetImage(strings.TrimSpace(strings.Join(values, "")), false)
	case "explicit":
		s.Explicit, err = strconv.ParseBool(strings.Join(values, ""))
	case "locked":
		locked, wrong := strconv.ParseBool(strings.Join(values, ""))
		s.Unlocked, err = !locked, wrong
	case "clips":
		clips, wrong := strconv.ParseBool(strings.Join(values, ""))
		s.NoClips, err = !clips, wrong
	case "site":
		pages, wrong := strconv.ParseBool(strings.Join(values, ""))
		s.Site, s.NoSite, err = pages && wrong == nil, !pages && wrong == nil, wrong
	case "category":
		s.Category = values
	case "person":
		s.People = nil
		for _, text := range values {
			p, err := ParsePerson(text)
			if err != nil {
				return true, err
			}
			s.People = append(s.People, p)
		}
	default:
		return false, nil
	}
	return true, err
}
