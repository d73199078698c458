package archive

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func date(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestParseTime(t *testing.T) {
	const second = "2021-06-16T17:03:15Z"
	tests := []struct {
		in   any
		want string
	}{
		{"2021-06-16T17:03:15Z", second},
		{"2021-06-16T17:03:15.1Z", "2021-06-16T17:03:15.1Z"},
		{"2021-06-16T17:03:15.123Z", "2021-06-16T17:03:15.123Z"},
		{"2021-06-16T17:03:15.123456789Z", "2021-06-16T17:03:15.123456789Z"},
		{"2021-06-16T19:03:15+02:00", second},
		{"2021-06-16T19:03:15+0200", second},
		{"2021-06-16T17:03:15", second},
		{"2021-06-16 17:03:15", second},
		{"2021-06-16 17:03:15 UTC", second},
		{"2021-06-16 17:03:15 +0000", second},
		{"Wed Jun 16 17:03:15 +0000 2021", second},
		{" 1623862995 ", second},
		{json.Number("1623862995"), second},
		{"1623862995000", second},
		{json.Number("1623862995391"), "2021-06-16T17:03:15.391Z"},
		{json.Number("1623862995.5"), "2021-06-16T17:03:15.5Z"},
		{json.Number("1.623862995e9"), second},
		{json.Number("1.623862995391e12"), "2021-06-16T17:03:15.391Z"},
		{"1623862995000000", second},
		{"1623862995000000000", second},
		{"", ""}, {nil, ""}, {true, ""}, {"yesterday", ""}, {"0", ""}, {json.Number("-5"), ""}, {"1e400", ""},
		{"0001-01-01T00:00:00Z", ""}, {"1970-01-01T00:00:00Z", ""}, {"9999-12-31T00:00:00Z", ""},
		{[]any{"2021-06-16T17:03:15Z"}, ""}, {"NaN", ""}, {strings.Repeat("1", 100), ""},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			got, ok := parseTime(tt.in)
			if !got.Equal(date(tt.want)) || ok != (tt.want != "") || ok && got.Location() != time.UTC {
				t.Errorf("parseTime(%#v) = %v, %v, want %q", tt.in, got, ok, tt.want)
			}
		})
	}
}

func TestDecodeRecord(t *testing.T) {
	t0, t1, t2 := date("2021-06-14T18:00:00Z"), date("2021-06-14T18:10:00Z"), date("2021-06-14T19:04:55.123456789Z")
	full := Record{
		ID: idA, CreatorID: "2244994945", HostIDs: []string{"2244994945"},
		Speakers: []SpeakerSessions{
			{"2244994945", []Session{{t0, t2}}},
			{"783214", []Session{{t0, t1}, {t1, t2}}},
		},
		CreatedAt: t0, EndedAt: t2, Participating: 0, Participated: 31, InvitedIDs: []string{"783214"},
	}
	bare := Record{ID: idA, Participating: -1, Participated: -1}
	with := func(change func(*Record)) Record {
		r := bare
		change(&r)
		return r
	}
	speakers := func(s ...SpeakerSessions) Record { return with(func(r *Record) { r.Speakers = s }) }
	const (
		s0 = "2021-06-14T18:00:00.000Z"
		s1 = "2021-06-14T18:10:00Z"
		s2 = "2021-06-14T19:04:55.123456789Z"
	)
	tests := []struct {
		name, in string
		want     Record
		odd      int
	}{
		{"as X documents", `{"spacesMetadata":{"id":"` + idA + `","creatorUserId":"2244994945","hostUserIds":["2244994945"],
			"speakers":[{"userId":"2244994945","sessions":[{"startTime":"` + s0 + `","endTime":"` + s2 + `"}]},
			{"userId":"783214","sessions":[{"startTime":"` + s0 + `","endTime":"` + s1 + `"},{"startTime":"` + s1 + `","endTime":"` + s2 + `"}]}],
			"createdAt":"` + s0 + `","endedAt":"` + s2 + `","totalParticipating":"0","totalParticipated":"31","invitedUserIds":["783214"]}}`, full, 0},
		{"numbers, underscores, flat speakers", `{"rest_id":"` + idA + `","creator_user_id":2244994945,"host_user_ids":2.244994945e9,
			"Speakers":[{"speaker":{"user_id":2244994945,"started_at":1623693600000,"ended_at":"` + s2 + `"}},
			{"id":"783214","start":"1623693600","end":1623694200},{"id":783214,"start":1623694200,"end":"` + s2 + `"}],
			"CREATED_AT":1623693600,"ended-at":"` + s2 + `","total_participating":0,"total_participated":31,"invited_user_ids":"783214"}`, full, 0},
		{"two wrappers", `{"a":{"b":{"space_id":"` + idA + `","x":null}}}`, bare, 0},
		{"only an id", `{"spacesMetadata":{"id":"` + idA + `"}}`, bare, 0},
		{"ids of speakers", `{"id":"` + idA + `","speakers":["1",2,"1"]}`, speakers(SpeakerSessions{UserID: "1"}, SpeakerSessions{UserID: "2"}), 0},
		{"ids in one string", `{"id":"` + idA + `","speakers":"1, 2"}`, speakers(SpeakerSessions{UserID: "1"}, SpeakerSessions{UserID: "2"}), 0},
		{"speakers by id", `{"id":"` + idA + `","speakers":{"2":[["` + s0 + `","` + s1 + `"]],"1":{"start":"` + s0 + `"}}}`,
			speakers(SpeakerSessions{"1", []Session{{Start: t0}}}, SpeakerSessions{"2", []Session{{t0, t1}}}), 0},
		{"user as an object", `{"id":"` + idA + `","speakers":[{"user":{"id":"1","name":"x"},"sessions":[{"session":{"start":"` + s0 + `","end":"` + s1 + `"}}]}]}`,
			speakers(SpeakerSessions{"1", []Session{{t0, t1}}}), 0},
		{"nulls", `{"id":"` + idA + `","speakers":null,"endedAt":null,"createdAt":"","totalParticipated":null}`, bare, 0},
		{"a title", `{"id":"` + idA + `","title":" a\n b "}`, with(func(r *Record) { r.Title = "a b" }), 0},
		{"keys twice", `{"id":"` + idA + `","created_at":null,"createdAt":"` + s0 + `"}`, with(func(r *Record) { r.CreatedAt = t0 }), 0},

		{"odd date", `{"id":"` + idA + `","createdAt":"soon"}`, bare, 1},
		{"odd speakers", `{"id":"` + idA + `","speakers":[true,{"sessions":[]},{"id":"1","sessions":"all of it"}]}`, speakers(SpeakerSessions{UserID: "1"}), 3},
		{"ended before it began", `{"id":"` + idA + `","createdAt":"` + s1 + `","endedAt":"` + s0 + `"}`,
			with(func(r *Record) { r.CreatedAt, r.EndedAt = t1, t0 }), 1},
		{"no id", `{"spacesMetadata":{"createdAt":"` + s0 + `"}}`, Record{}, 1},
		{"odd id", `{"id":"../../../etc","x":1}`, Record{}, 1},
		{"no object", `"` + idA + `"`, Record{}, 1},
		{"no JSON", `{"id":}`, Record{}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, odd := decodeRecord([]byte(tt.in))
			if got.ID != "" && string(got.Raw) != tt.in {
				t.Errorf("Raw is %s", got.Raw)
			}
			got.Raw = nil
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if len(odd) != tt.odd {
				t.Errorf("odd: %q, want %d", odd, tt.odd)
			}
		})
	}
}

func TestRecords(t *testing.T) {
	script := func(s string) zipMember {
		return zipMember{name: "data/spaces-metadata.js", content: "window.YTD.spaces_metadata.part0 = " + s, method: 8}
	}
	a1 := `{"spacesMetadata":{"id":"` + idA + `","createdAt":"2021-06-14T18:00:00Z"}}`
	a2 := `{"spacesMetadata":{"id":"` + idA + `","endedAt":"2021-06-14T19:00:00Z","hostUserIds":["1"],"totalParticipated":"5"}}`
	b := `{"spacesMetadata":{"id":"` + idB + `","x":0}}`
	bad := script("[" + b + "]")
	bad.badCRC = true
	tests := []struct {
		name    string
		members []zipMember
		ids     []string
		section Section
		warns   []ProblemKind
	}{
		{"no section", nil, nil, SectionNone, nil},
		{"empty", []zipMember{script("[ ]")}, nil, SectionEmpty, nil},
		{"two", []zipMember{script("[" + a1 + "," + b + "]")}, []string{idA, idB}, SectionPresent, nil},
		{"two parts", []zipMember{script("[" + a1 + "]"), {name: "data/spaces-metadata-part1.js", content: "[" + b + "]"}}, []string{idA, idB}, SectionPresent, nil},
		{"same twice", []zipMember{script("[" + a1 + "," + a1 + "]")}, []string{idA}, SectionPresent, nil},
		{"merged", []zipMember{script("[" + a1 + "," + a2 + "]")}, []string{idA}, SectionPresent, []ProblemKind{DuplicateRecord}},
		{"one odd", []zipMember{script(`[{"spacesMetadata":{"id":"?","x":1}},` + b + "]")}, []string{idB}, SectionPresent, []ProblemKind{OddRecord}},
		{"one broken", []zipMember{script(`[{"spacesMetadata":{"id":[},` + b + "]")}, []string{idB}, SectionPresent, []ProblemKind{BadJSON}},
		{"cut", []zipMember{script("[" + b + `,{"spacesMeta`)}, []string{idB}, SectionPresent, []ProblemKind{CutJSON}},
		{"cut at once", []zipMember{script("[")}, nil, SectionUnreadable, []ProblemKind{CutJSON}},
		{"a web page", []zipMember{script("<html>")}, nil, SectionUnreadable, []ProblemKind{BadJSON}},
		{"half a character", []zipMember{script("[" + strings.Replace(b, `"x"`, "\"\xff\"", 1) + "]")}, []string{idB}, SectionPresent, []ProblemKind{BadText}},
		{"bad CRC", []zipMember{bad}, []string{idB}, SectionPresent, []ProblemKind{BadCRC}},
		{"encrypted", []zipMember{{name: "data/spaces-metadata.js", content: "x", flags: 1}}, nil, SectionUnreadable, []ProblemKind{Encrypted}},
		{"deep", []zipMember{script("[" + strings.Repeat(`{"a":[`, 500_000))}, nil, SectionUnreadable, []ProblemKind{TooBig, CutJSON}},
		{"semicolon, CRLF, BOM", []zipMember{{name: "data/spaces-metadata.js", content: "\ufeffwindow.YTD.spaces_metadata.part0 = [\r\n" + b + "\r\n];\r\n"}}, []string{idB}, SectionPresent, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := openMembers(t, append(tt.members, zipMember{name: nameA0, content: audioA0})...)
			warn, problems := collect()
			records, section, err := a.Records(t.Context(), warn)
			var ids []string
			for _, r := range records {
				ids = append(ids, r.ID)
			}
			if err != nil || section != tt.section || !slices.Equal(ids, tt.ids) {
				t.Errorf("got %q, %s, %v; want %q, %s", ids, section, err, tt.ids, tt.section)
			}
			if got := kinds(*problems); !slices.Equal(got, tt.warns) {
				t.Errorf("problems %+v, want %v", *problems, tt.warns)
			}
			if tt.name == "merged" {
				r := records[0]
				if r.CreatedAt.IsZero() || r.EndedAt.IsZero() || r.Participated != 5 || len(r.HostIDs) != 1 {
					t.Errorf("merged to %+v", r)
				}
			}
		})
	}
}

// post returns an element of tweets.js.
func post(id, created, text, links string) string {
	return `{"tweet":{"id_str":"` + id + `","created_at":"` + created + `","full_text":"` + text + `","entities":{"urls":[` + links + `],"hashtags":[],"user_mentions":[]}}}`
}

func link(url, to string) string { return `{"url":"` + url + `","expanded_url":"` + to + `"}` }

func TestPostFacts(t *testing.T) {
	toA := link("https://t.co/a", "https://twitter.com/i/spaces/"+idA)
	const (
		early = "Mon Jun 14 17:00:00 +0000 2021"
		late  = "Tue Jun 15 17:00:00 +0000 2021"
	)
	note := func(created, text string) string {
		return `[{"noteTweet":{"noteTweetId":"99","createdAt":"` + created + `","lifecycle":{"value":"Publish","name":"x"},"core":{"text":"` + text + `","urls":[{"expandedUrl":"https://x.com/i/spaces/` + idA + `","shortUrl":"https://t.co/a"}],"mentions":[],"hashtags":[]}}}]`
	}
	tests := []struct {
		name  string
		files map[string]string
		want  map[string]string // Space id → title
	}{
		{"plain", map[string]string{"tweets.js": "[" + post("1", early, "Débat : l’été #Spaces https://t.co/a", toA) + "]"}, map[string]string{idA: "Débat : l’été #Spaces"}},
		{"tweet.js", map[string]string{"tweet.js": "[" + post("1", early, "Old days https://t.co/a", toA) + "]"}, map[string]string{idA: "Old days"}},
		{"the earliest, in any part", map[string]string{
			"tweets.js":       "[" + post("5", late, "Later https://t.co/a", toA) + "]",
			"tweets-part1.js": "[" + post("4", early, "First https://t.co/a", toA) + "]",
			"tweets-part2.js": "[" + post("6", late, "Last https://t.co/a", toA) + "]"}, map[string]string{idA: "First"}},
		{"without words", map[string]string{"tweets.js": "[" + post("1", early, "https://t.co/a", toA) + "," + post("2", late, "Words https://t.co/a", toA) + "]"}, map[string]string{idA: "Words"}},
		{"not my words", map[string]string{"tweets.js": "[" + post("1", early, "RT @x: Theirs https://t.co/a", toA) + "]"}, nil},
		{"entities", map[string]string{"tweets.js": "[" + post("1", early, "A &amp; B &lt;3 &amp;copy; &copy;\\nC https://t.co/a https://t.co/zz9", toA) + "]"}, map[string]string{idA: "A & B <3 &copy; &copy; C"}},
		{"link in the middle", map[string]string{"tweets.js": "[" + post("1", early, "See https://t.co/a now https://t.co/ab or", toA) + "]"}, map[string]string{idA: "See now https://t.co/ab or"}},
		{"two Spaces", map[string]string{"tweets.js": "[" + post("1", early, "Both https://t.co/a https://t.co/b", toA+","+link("https://t.co/b", "https://x.com/i/spaces/"+idB+"?s=20")) + "]"}, map[string]string{idA: "Both", idB: "Both"}},
		{"escaped slashes", map[string]string{"tweets.js": "[" + strings.ReplaceAll(post("1", early, "Words", toA), "/", `\/`) + "]"}, map[string]string{idA: "Words"}},
		{"not a Space", map[string]string{"tweets.js": "[" + post("1", early, "a i/spaces/ https://t.co/a", link("https://t.co/a", "https://evil.example/i/spaces/"+idA)) + "]"}, nil},
		{"full text", map[string]string{
			"tweets.js":     "[" + post("1", early, "A long tale… https://t.co/a", toA) + "," + post("2", late, "Again https://t.co/a", toA) + "]",
			"note-tweet.js": note("2021-06-14T17:00:01.000Z", "A long tale that goes on &amp; on https://t.co/a")}, map[string]string{idA: "A long tale that goes on & on"}},
		{"later note", map[string]string{
			"tweets.js":     "[" + post("1", early, "Short https://t.co/a", toA) + "]",
			"note-tweet.js": note("2021-06-16T17:00:01.000Z", "Another https://t.co/a")}, map[string]string{idA: "Short"}},
		{"the note of a reply", map[string]string{
			"tweets.js":     "[" + answering(post("1", early, "@bob it is… https://t.co/a", toA), "7", "7") + "," + post("2", late, "Jazz https://t.co/a", toA) + "]",
			"note-tweet.js": note("2021-06-14T17:00:01.000Z", "@bob it is there https://t.co/a")}, map[string]string{idA: "Jazz"}},
		{"a reply before the announcement", map[string]string{"tweets.js": "[" + answering(post("1", early, "@bob come along https://t.co/a", toA), "7", "7") + "," +
			post("2", late, "Jazz https://t.co/a", toA) + "]"}, map[string]string{idA: "Jazz"}},
		{"a thread goes on before another post", map[string]string{"tweets.js": "[" + answering(post("1", early, "It is here https://t.co/a", toA), "7", "2244994945") + "," +
			post("2", late, "Jazz https://t.co/a", toA) + "]"}, map[string]string{idA: "Jazz"}},
		{"an own thread before an answer", map[string]string{"tweets.js": "[" + answering(post("1", early, "Here https://t.co/a", toA), "7", "9") + "," +
			answering(post("2", late, "It is here https://t.co/a", toA), "7", "2244994945") + "]"}, map[string]string{idA: "It is here"}},
		{"only a reply", map[string]string{"tweets.js": "[" + answering(post("1", early, "@bob come along https://t.co/a", toA), "7", "7") + "]"}, map[string]string{idA: "@bob come along"}},
		{"a reply to somebody who is gone", map[string]string{"tweets.js": "[" + answering(post("1", early, "Come https://t.co/a", toA), "7", "") + "," +
			post("2", late, "Jazz https://t.co/a", toA) + "]"}, map[string]string{idA: "Jazz"}},
		{"a repost that says so", map[string]string{"tweets.js": "[" + strings.Replace(post("1", early, "Theirs https://t.co/a", toA), `{"tweet":{`, `{"tweet":{"retweeted_status":{"id":"3"},`, 1) + "]"}, nil},
		{"in a community", map[string]string{"community-tweet.js": "[" + post("1", early, "For us https://t.co/a", toA) + "]"}, map[string]string{idA: "For us"}},
		{"an address in the text", map[string]string{"tweets.js": "[" + post("1", early, "Jazz: https://x.com/i/spaces/"+idA+"?s=20", "") + "," +
			post("2", late, "More (m.twitter.com/i/spaces/"+idB+"/peek).", "") + "]"}, map[string]string{idA: "Jazz:", idB: "More ()."}},
		{"behind another short link", map[string]string{"tweets.js": "[" + post("1", early, "Jazz https://t.co/a",
			`{"url":"https://t.co/a","expanded_url":"https://bit.ly/x","unwound_url":{"url":"https://twitter.com/i/spaces/`+idA+`"}}`) + "]"}, map[string]string{idA: "Jazz"}},
		{"other hosts", map[string]string{"tweets.js": "[" + post("1", early, "Jazz https://t.co/a", link("https://t.co/a", "https://mobile.x.com/i/spaces/"+idA+"/peek?s=20")) + "," +
			post("2", late, "Blues https://t.co/a", link("https://t.co/a", "http://m.twitter.com/i/spaces/"+idB)) + "]"}, map[string]string{idA: "Jazz", idB: "Blues"}},
		{"note alone", map[string]string{"note-tweet.js": note("2021-06-16T17:00:01.000Z", "Alone https://t.co/a")}, map[string]string{idA: "Alone"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			members := []zipMember{{name: nameA0, content: audioA0}, {name: "data/account.js", content: accountJS}}
			for n, c := range tt.files {
				members = append(members, zipMember{name: "data/" + n, content: "window.YTD.x.part0 = " + c, method: 8})
			}
			warn, problems := collect()
			facts, err := openMembers(t, members...).PostFacts(t.Context(), warn)
			if err != nil || len(*problems) > 0 {
				t.Fatal(err, *problems)
			}
			got := map[string]string{}
			for id, f := range facts.Titles {
				got[id] = f.Title
				if strings.HasPrefix(tt.name, "full text") && (f.PostID != "1" || !f.Time.Equal(date("2021-06-14T17:00:00Z"))) {
					t.Errorf("full text comes from %+v", f)
				}
			}
			if !maps.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// answering makes a reply of a post.
func answering(post, status, user string) string {
	reply := `"in_reply_to_status_id_str":"` + status + `",`
	if user != "" {
		reply += `"in_reply_to_user_id_str":"` + user + `",`
	}
	return strings.Replace(post, `{"tweet":{`, `{"tweet":{`+reply, 1)
}

// Addresses that stand in the text itself are links, and nothing else is.
func TestSpacesInText(t *testing.T) {
	for text, want := range map[string]string{
		"https://x.com/i/spaces/" + idA:                         idA,
		"join x.com/i/spaces/" + idA + ", now":                  idA,
		"Twitter.com/i/spaces/" + idA + "/peek?s=20":            idA,
		"mobile.twitter.com/i/spaces/" + idA + "…":              idA,
		"mobile.x.com/i/spaces/" + idA + "!!":                   idA,
		"„https://www.x.com/i/spaces/" + idA + "“":              idA,
		"https://x.com/i/spaces/" + idA + "，後で":                 idA,
		"x.com/i/spaces/" + idA + " x.com/i/spaces/" + idB:      idA + " " + idB,
		"notx.com/i/spaces/" + idA:                              "",
		"https://evil.example/x.com/i/spaces/" + idA:            "",
		"bob@x.com/i/spaces/" + idA:                             "",
		"https://x.com.evil.example/i/spaces/" + idA:            "",
		"x.com/i/spaces/short":                                  "",
		"x.com/i/spaces/" + idA + "000000000000":                "",
		"x.com/hostess/status/1?u=https://x.com/i/space/" + idA: "",
	} {
		var ids []string
		for _, l := range spacesInText(text) {
			if !strings.Contains(text, l.URL) {
				t.Errorf("%q: the link %q does not stand there", text, l.URL)
			}
			ids = append(ids, l.SpaceID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestHandles(t *testing.T) {
	tweets := `[{"tweet":{"full_text":"RT @x: hi","entities":{"user_mentions":[{"name":"Guest","screen_name":"guest1","id_str":"783214"},{"screen_name":"@guest2","id":555000111}]}}},
		{"tweet":{"full_text":"\"user_mentions\" : [","entities":{"user_mentions" : [ ]}}},
		{"tweet":{"full_text":"i/spaces/`
	a := openMembers(t, standard(zipMember{name: "data/tweets.js", content: "window.YTD.tweets.part0 = " + tweets})...)
	warn, problems := collect()
	facts, err := a.PostFacts(t.Context(), warn)
	want := map[string]string{"2244994945": "hostess", "783214": "guest1", "555000111": "guest2"}
	if err != nil || !maps.Equal(facts.Handles, want) {
		t.Errorf("got %v, %v, want %v", facts.Handles, err, want)
	}
	if got := kinds(*problems); !slices.Equal(got, []ProblemKind{CutJSON}) {
		t.Errorf("problems %v", *problems)
	}
	stop := errors.New("stop")
	if err := a.Posts(t.Context(), func(*Post) error { return stop }, nil); err != stop {
		t.Errorf("Posts returns %v, want what visit does", err)
	}
}

func TestTags(t *testing.T) {
	const text = "#Spaces #été2022 a#b #1 ＃日本語 &#39; #Spaces https://x.com/#no @guest1 mail@host.org @guest1, @Guest_2: @a_name_that_is_too_long"
	if got, want := Hashtags(text), []string{"spaces", "été2022", "日本語"}; !slices.Equal(got, want) {
		t.Errorf("hashtags %q, want %q", got, want)
	}
	if got, want := Mentions(text), []string{"guest1", "Guest_2"}; !slices.Equal(got, want) {
		t.Errorf("mentions %q, want %q", got, want)
	}
}

func TestTitleBound(t *testing.T) {
	p := Post{Text: strings.Repeat("été ", 2000)}
	if got := p.Title(); len(got) > maxTitle+len("…") || !utf8.ValidString(got) || !strings.HasSuffix(got, "été…") {
		t.Errorf("title of %d bytes ends with %q", len(got), got[len(got)-10:])
	}
}

func TestReadSidecar(t *testing.T) {
	twspace := `{"data":{"audioSpace":{"metadata":{"rest_id":"` + idA + `","state":"Ended","title":"Débat : l’été","created_at":1623693500000,"started_at":1623693600391,"ended_at":"1623697495367",
		"creator_results":{"result":{"__typename":"User","rest_id":"2244994945","legacy":{"name":"Hôtesse","screen_name":"hostess"}}}},
		"participants":{"total":31,"admins":[{"periscope_user_id":"1PX","twitter_screen_name":"hostess","display_name":"Hôtesse","user":{"rest_id":"2244994945"}}],
		"speakers":[{"periscope_user_id":"1PY","twitter_screen_name":"guest1","display_name":"Guest","user":{"rest_id":"783214"}},{"twitter_screen_name":"Guest1"}],"listeners":[{"twitter_screen_name":"nobody"}]}}}}`
	ytdlp := `{"id":"` + idA + `","title":"Débat : l’été","uploader":"Hôtesse","uploader_id":"hostess","timestamp":1623693600,"webpage_url":"https://twitter.com/i/spaces/` + idA + `","extractor":"twitter:spaces","formats":[]}`
	host := Participant{Handle: "hostess", Name: "Hôtesse", Host: true}
	hostWithID := host
	hostWithID.UserID = "2244994945"
	tests := []struct {
		file, content string
		want          Sidecar
	}{
		{"talk.json", twspace, Sidecar{SpaceID: idA, Title: "Débat : l’été", StartedAt: date("2021-06-14T18:00:00.391Z"), EndedAt: date("2021-06-14T19:04:55.367Z"),
			Host: hostWithID, Participants: []Participant{hostWithID, {UserID: "783214", Handle: "guest1", Name: "Guest"}}}},
		{"talk.info.json", ytdlp, Sidecar{SpaceID: idA, Title: "Débat : l’été", StartedAt: date("2021-06-14T18:00:00Z"), Host: host}},
		{"talk.m4a.json", `{"title":"only a title","id":"` + strings.Repeat("x", 30) + `"}`, Sidecar{Title: "only a title"}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			dir := writeFolder(t, map[string]string{"talk.m4a": "x", tt.file: tt.content})
			got, err := ReadSidecar(filepath.Join(dir, "talk.m4a"))
			tt.want.Path = filepath.Join(dir, tt.file)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: %v\ngot  %+v\nwant %+v", tt.file, err, got, tt.want)
			}
		})
	}
	dir := writeFolder(t, map[string]string{"talk.m4a": "x", "bad.json": "{", "list.json": "[]", "none.json": `{"a":1}`})
	if _, err := ReadSidecar(filepath.Join(dir, "talk.m4a")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a sidecar: %v", err)
	}
	for _, name := range []string{"bad", "list", "none"} {
		var p *Problem
		if _, err := ReadSidecar(filepath.Join(dir, name+".m4a")); !errors.As(err, &p) || p.Kind != BadJSON {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "talk.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSidecar(filepath.Join(dir, "talk.m4a")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder as sidecar: %v", err)
	}
}

func TestAccount(t *testing.T) {
	a := openMembers(t, standard(zipMember{name: "data/profile.js", content: `window.YTD.profile.part0 = [ { "profile" : { "description" : { "bio" : "Bio", "website" : "https://t.co/x" } } } ]`})...)
	want := Account{"2244994945", "hostess", "Hôtesse", "Bio", "https://t.co/x", date("2013-12-14T04:35:55.036Z")}
	if got := a.Account(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	bare := openMembers(t, zipMember{name: "data/account.js", content: accountJS})
	if m := bare.Manifest(); m.Present || m.AccountID != "2244994945" || m.Handle != "hostess" {
		t.Errorf("without a manifest: %+v", m)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"spacesMetadata":{"id":"` + idA + `","speakers":[{"userId":"1","sessions":[{"startTime":"2021-06-14T18:00:00Z","endTime":1}]}],"createdAt":1623693600.5}}`))
	f.Add([]byte(`{"id":"` + idA + `","speakers":{"1":[["a",2]]},"hosts":[{"user":1}],"title":"x"}`))
	f.Add([]byte(`{"ID":"` + idA + `","i_d":1e999999,"speakers":"1,2"}`))
	f.Fuzz(func(t *testing.T, e []byte) {
		r, odd := decodeRecord(e)
		again, _ := decodeRecord(e)
		if !reflect.DeepEqual(r, again) {
			t.Fatalf("%+v, and again %+v", r, again)
		}
		if r.ID == "" {
			if len(odd) == 0 {
				t.Fatal("no record and no word about it")
			}
			return
		}
		if !IsSpaceID(r.ID) || string(r.Raw) != string(e) || r.Participated < -1 || r.Participating < -1 {
			t.Fatalf("%+v", r)
		}
		seen := map[string]bool{}
		for _, s := range r.Speakers {
			if s.UserID == "" || seen[s.UserID] {
				t.Fatalf("speakers %+v", r.Speakers)
			}
			seen[s.UserID] = true
			for _, x := range append(s.Sessions, Session{r.CreatedAt, r.EndedAt}) {
				for _, at := range []time.Time{x.Start, x.End} {
					if !at.IsZero() && (at.Before(firstTime) || !at.Before(lastTime)) {
						t.Fatalf("time %v", at)
					}
				}
			}
		}
	})
}

func FuzzPost(f *testing.F) {
	f.Add([]byte(post("1", "Mon Jun 14 17:00:00 +0000 2021", "#Words @x &amp; https://t.co/a", link("https://t.co/a", "https://x.com/i/spaces/"+idA))))
	f.Add([]byte(`{"user_mentions":[{"screen_name":"a","id_str":"1"}]}`))
	f.Add([]byte(`{"a":"user_mentions`))
	f.Add([]byte(`"user_mentions" : [`))
	f.Fuzz(func(t *testing.T, e []byte) {
		p, ok := decodePost(e, Account{})
		if p == nil {
			return
		}
		if !ok {
			t.Fatal("a post out of what cannot be decoded")
		}
		for _, l := range p.Spaces {
			if !IsSpaceID(l.SpaceID) {
				t.Fatalf("link %+v", l)
			}
		}
		for _, m := range p.Mentions {
			if m.UserID == "" || m.Handle == "" {
				t.Fatalf("mention %+v", m)
			}
		}
		title := p.title()
		if len(title.Title) > maxTitle+len("…") || strings.ContainsAny(title.Title, "\n\t\r") {
			t.Fatalf("title %q", title.Title)
		}
		decodeSidecar(e)
	})
}
