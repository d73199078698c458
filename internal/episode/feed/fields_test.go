package feed

import (
	"reflect"
	"testing"
)

func TestSet(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		before Show
		want   Show
		fails  bool
	}{
		{name: "title", values: []string{" Open Mic "}, before: Show{Author: "Ann"}, want: Show{Author: "Ann", Title: "Open Mic"}},
		{name: "email", values: []string{""}, before: Show{Email: "a@example.com"}},
		{name: "explicit", values: []string{"true"}, want: Show{Explicit: true}},
		{name: "locked", values: []string{"false"}, want: Show{Unlocked: true}},
		{name: "locked", values: []string{"true"}, before: Show{Unlocked: true}},
		{name: "site", values: []string{"false"}, before: Show{Site: true}, want: Show{Places: Places{NoSite: true}}},
		{name: "site", values: []string{"true"}, before: Show{Places: Places{NoSite: true}}, want: Show{Site: true}},
		{name: "category", values: []string{"News", ""}, before: Show{Category: []string{"Arts"}}, want: Show{Category: []string{"News"}}},
		{name: "person", values: []string{"guest1=Bob"}, want: Show{People: []Person{{Handle: "guest1", Name: "Bob"}}}},
		{name: "person", values: []string{""}, before: Show{People: []Person{{Name: "Bob"}}}},
		{name: "person", values: []string{"="}, fails: true},
		{name: "explicit", values: []string{"maybe"}, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.before
			known, err := got.Set(c.name, c.values...)
			if !known || (err != nil) != c.fails {
				t.Fatal(known, err)
			}
			if !c.fails && !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
	if known, err := new(Show).Set("json", "true"); known || err != nil {
		t.Errorf("a name that no show has: %v, %v", known, err)
	}
}
