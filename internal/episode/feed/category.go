package feed

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// categories are Apple's, with their subcategories. Spotify and others take
// the same ones. Case counts.
var categories = sync.OnceValue(func() map[string][]string {
	return map[string][]string{
		"Arts":                    {"Books", "Design", "Fashion & Beauty", "Food", "Performing Arts", "Visual Arts"},
		"Business":                {"Careers", "Entrepreneurship", "Investing", "Management", "Marketing", "Non-Profit"},
		"Comedy":                  {"Comedy Interviews", "Improv", "Stand-Up"},
		"Education":               {"Courses", "How To", "Language Learning", "Self-Improvement"},
		"Fiction":                 {"Comedy Fiction", "Drama", "Science Fiction"},
		"Government":              nil,
		"History":                 nil,
		"Health & Fitness":        {"Alternative Health", "Fitness", "Medicine", "Mental Health", "Nutrition", "Sexuality"},
		"Kids & Family":           {"Education for Kids", "Parenting", "Pets & Animals", "Stories for Kids"},
		"Leisure":                 {"Animation & Manga", "Automotive", "Aviation", "Crafts", "Games", "Hobbies", "Home & Garden", "Video Games"},
		"Music":                   {"Music Commentary", "Music History", "Music Interviews"},
		"News":                    {"Business News", "Daily News", "Entertainment News", "News Commentary", "Politics", "Sports News", "Tech News"},
		"Religion & Spirituality": {"Buddhism", "Christianity", "Hinduism", "Islam", "Judaism", "Religion", "Spirituality"},
		"Science":                 {"Astronomy", "Chemistry", "Earth Sciences", "Life Sciences", "Mathematics", "Natural Sciences", "Nature", "Physics", "Social Sciences"},
		"Society & Culture":       {"Documentary", "Personal Journals", "Philosophy", "Places & Travel", "Relationships"},
		"Sports": {"Baseball", "Basketball", "Cricket", "Fantasy Sports", "Football", "Golf", "Hockey", "Rugby", "Running", "Soccer",
			"Swimming", "Tennis", "Volleyball", "Wilderness", "Wrestling"},
		"Technology": nil,
		"True Crime": nil,
		"TV & Film":  {"After Shows", "Film History", "Film Interviews", "Film Reviews", "TV Reviews"},
	}
})

// splitCategory divides "News > Politics" at the sign.
func splitCategory(text string) (top, sub string) {
	top, sub, _ = strings.Cut(text, ">")
	return strings.TrimSpace(top), strings.TrimSpace(sub)
}

// checkCategory says what is wrong with a category, and which are right.
func checkCategory(text string) error {
	top, sub := splitCategory(text)
	subs, ok := categories()[top]
	switch {
	case !ok:
		var names []string
		for name := range categories() {
			if strings.EqualFold(name, top) {
				//lint:ignore ST1005 Apple is a name
				return fmt.Errorf("Apple spells the category %q as %q", top, name)
			}
			names = append(names, name)
		}
		slices.Sort(names)
		return fmt.Errorf("unknown category %q (use %s)", top, strings.Join(names, ", "))
	case sub != "" && len(subs) == 0:
		return fmt.Errorf("the category %s has no subcategories, so not %q", top, sub)
	case sub != "" && !slices.Contains(subs, sub):
		return fmt.Errorf("%q is not a subcategory of %s (use %s)", sub, top, strings.Join(subs, ", "))
	}
	return nil
}
