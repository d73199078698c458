package feed

// A Credit is somebody whom the feed names, and the pages beside it.
type Credit struct{ Name, Role, URL string }

// Credits are the people of an episode whom the feed names.
func (s *Show) Credits(e *Episode) []Credit {
	var list []Credit
	for _, p := range s.personsOf(e) {
		list = append(list, Credit{p.Name, p.Role, p.Href})
	}
	return list
}

// NameOf is the name that the show's owner has given somebody with a handle, ""
// if there is none.
func (s *Show) NameOf(handle string) string {
	if p := s.named(handle); p != nil {
		return p.Name
	}
	return ""
}
