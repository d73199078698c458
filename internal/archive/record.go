package archive

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Section says what the archive has by way of spaces-metadata.js.
type Section string

const (
	SectionNone       Section = "none"       // no such file
	SectionEmpty      Section = "empty"      // the file lists no Space
	SectionPresent    Section = "present"    // it lists some
	SectionUnreadable Section = "unreadable" // the file is there, and nothing could be read
)

// A Record is what spaces-metadata.js says about one Space. X documents these
// fields; no file with any has been published, so their exact form is read
// with tolerance.
type Record struct {
	ID            string
	CreatorID     string
	HostIDs       []string
	Speakers      []SpeakerSessions // in the order of the record, one per user
	CreatedAt     time.Time         // UTC; zero if not told
	EndedAt       time.Time         // UTC; zero if not told
	Participating int64             // -1 if not told
	Participated  int64             // -1 if not told
	InvitedIDs    []string
	// Title is the title, if the record has one. X sends none.
	Title string
	// Raw is the record as it stands in the file, its wrapper included; only
	// bytes that are no text have been replaced.
	Raw json.RawMessage
}

// SpeakerSessions says when one user was on stage.
type SpeakerSessions struct {
	UserID   string
	Sessions []Session // as listed; empty where only the speaker is named
}

// A Session is one stay on stage. Either end may be zero.
type Session struct {
	Start, End time.Time
}

// Records reads spaces-metadata.js, in all its parts. Records of one id become
// one. What is odd goes to warn; the error is that of ctx.
func (a *Archive) Records(ctx context.Context, warn Warn) ([]Record, Section, error) {
	read, err := a.records.recall(a, warn, func(warn Warn) (r recordsRead, err error) {
		r.list, r.section, err = a.readRecords(ctx, warn)
		return r, err
	})
	return slices.Clone(read.list), read.section, err
}

type recordsRead struct {
	list    []Record
	section Section
}

func (a *Archive) readRecords(ctx context.Context, warn Warn) ([]Record, Section, error) {
	files := a.scripts[scriptSpaces]
	if len(files) == 0 {
		return nil, SectionNone, nil
	}
	var records []Record
	index := map[string]int{} // of records, by Space id
	elements, failed := 0, false
	for _, f := range files {
		subject := showName(f.name)
		watched := Warn(func(p Problem) {
			failed = failed || p.Kind != BadText
			if warn != nil {
				warn(p)
			}
		})
		n, err := a.each(ctx, f, watched, func(e []byte) error {
			r, odd := decodeRecord(e)
			for _, o := range odd {
				warn.problem(OddRecord, cmp.Or(r.ID, subject), "%s", o)
			}
			if r.ID == "" {
				return nil
			}
			i, known := index[r.ID]
			if !known {
				index[r.ID] = len(records)
				records = append(records, r)
				return nil
			}
			if !bytes.Equal(records[i].Raw, r.Raw) {
				warn.problem(DuplicateRecord, r.ID, "the archive has two different records of this Space; the second fills the gaps of the first")
				records[i].merge(r)
			}
			return nil
		})
		if err != nil {
			return records, SectionPresent, err
		}
		elements += n
	}
	switch {
	case elements > 0:
		return records, SectionPresent, nil
	case failed:
		return records, SectionUnreadable, nil
	default:
		return records, SectionEmpty, nil
	}
}

// merge takes from b what r lacks.
func (r *Record) merge(b Record) {
	r.CreatorID = cmp.Or(r.CreatorID, b.CreatorID)
	r.Title = cmp.Or(r.Title, b.Title)
	if r.CreatedAt.IsZero() {
		r.CreatedAt = b.CreatedAt
	}
	if r.EndedAt.IsZero() {
		r.EndedAt = b.EndedAt
	}
	r.Participating = max(r.Participating, b.Participating)
	r.Participated = max(r.Participated, b.Participated)
	r.HostIDs = union(r.HostIDs, b.HostIDs)
	r.InvitedIDs = union(r.InvitedIDs, b.InvitedIDs)
	for _, s := range b.Speakers {
		r.addSpeaker(s.UserID, s.Sessions...)
	}
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// decodeRecord reads one element of spaces-metadata.js and says what is odd
// about it. Without an id there is no record.
func decodeRecord(e []byte) (r Record, odd []string) {
	o, ok := decodeObject(e)
	if !ok {
		return r, []string{"skipped an entry that is not a record of a Space"}
	}
	id := o.id("id", "spaceid", "restid", "broadcastid")
	if !IsSpaceID(id) {
		if id == "" {
			return r, []string{"skipped a record without a Space id"}
		}
		return r, []string{fmt.Sprintf("skipped a record: %q is not a Space id", showName(id))}
	}
	d := recordDecoder{object: o}
	d.Record = Record{
		ID:            id,
		CreatorID:     o.id("creatoruserid", "creatorid", "creator", "userid"),
		HostIDs:       idList(o.get("hostuserids", "hostids", "hosts", "hostuserid")),
		CreatedAt:     d.time("createdat", "startedat", "starttime", "started", "created", "start"),
		EndedAt:       d.time("endedat", "endtime", "ended", "end"),
		Participating: o.count("totalparticipating", "participating"),
		Participated:  o.count("totalparticipated", "participated", "totalparticipants"),
		InvitedIDs:    idList(o.get("inviteduserids", "invitedids", "invited", "invitees")),
		Title:         foldSpace(o.text("title", "name", "spacetitle")),
		Raw:           bytes.Clone(e),
	}
	d.speakers(o.get("speakers", "speakeruserids", "speakerids", "speaker"))
	if !d.CreatedAt.IsZero() && !d.EndedAt.IsZero() && d.EndedAt.Before(d.CreatedAt) {
		d.odd = append(d.odd, "the record says that the Space ended before it began")
	}
	return d.Record, d.odd
}

type recordDecoder struct {
	Record
	object object
	odd    []string
}

func (d *recordDecoder) time(names ...string) time.Time {
	return d.timeIn(d.object, names...)
}

// timeIn reads a date of o, and notes one that cannot be read.
func (d *recordDecoder) timeIn(o object, names ...string) time.Time {
	v := o.get(names...)
	t, ok := parseTime(v)
	if !ok && v != nil && v != "" {
		s, _ := scalar(v)
		d.odd = append(d.odd, fmt.Sprintf("invalid date in the record: %q", showName(s)))
	}
	return t
}

var (
	userNames    = []string{"userid", "id", "restid", "speakeruserid", "speakerid", "speaker", "user"}
	sessionNames = []string{"sessions", "session", "speakersessions", "spokensessions", "intervals", "times"}
	startNames   = []string{"starttime", "startedat", "start", "startat", "from", "begin", "joinedat", "sessionstart"}
	endNames     = []string{"endtime", "endedat", "end", "endat", "to", "until", "leftat", "sessionend"}
)

// speakers reads who was on stage: ids; objects of an id and sessions; flat
// objects of id, start and end; or one object that has the ids as its keys.
func (d *recordDecoder) speakers(v any) {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, e := range v {
			d.speaker(e)
		}
	case map[string]any:
		byID := make([]string, 0, len(v))
		for k := range v {
			if isDigits(k) {
				byID = append(byID, k)
			}
		}
		if len(byID) == 0 || len(byID) < len(v) {
			d.speaker(v)
			return
		}
		slices.Sort(byID)
		for _, id := range byID {
			d.addSpeaker(id, d.sessions(v[id])...)
		}
	default:
		for _, id := range idList(v) {
			d.addSpeaker(id)
		}
	}
}

func (d *recordDecoder) speaker(v any) {
	o, ok := newObject(v)
	if !ok {
		if id := idText(v); id != "" {
			d.addSpeaker(id)
		} else {
			d.odd = append(d.odd, "the record has a speaker that could not be read")
		}
		return
	}
	id := o.id(userNames...)
	if id == "" {
		for _, name := range userNames { // an object of its own: "user": {"id": …}
			if id = o.object(name).id(userNames...); id != "" {
				break
			}
		}
	}
	if id == "" {
		d.odd = append(d.odd, "the record has a speaker without an id")
		return
	}
	sessions := o.get(sessionNames...)
	if sessions == nil {
		d.addSpeaker(id, d.session(o)...)
		return
	}
	d.addSpeaker(id, d.sessions(sessions)...)
}

// sessions reads one session or an array of them.
func (d *recordDecoder) sessions(v any) (sessions []Session) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, e := range list {
		if o, ok := newObject(e); ok {
			if nested := o.get(sessionNames...); nested != nil {
				o, _ = newObject(nested)
			}
			sessions = append(sessions, d.session(o)...)
		} else if pair, ok := e.([]any); ok && len(pair) == 2 {
			sessions = append(sessions, d.session(object{startNames[0]: pair[0], endNames[0]: pair[1]})...)
		}
	}
	if len(sessions) == 0 && len(list) > 0 {
		d.odd = append(d.odd, "the record has speaker sessions that could not be read")
	}
	return sessions
}

// session reads the start and end that stand in o, if any do.
func (d *recordDecoder) session(o object) []Session {
	s := Session{d.timeIn(o, startNames...), d.timeIn(o, endNames...)}
	if s.Start.IsZero() && s.End.IsZero() {
		return nil
	}
	return []Session{s}
}

// addSpeaker adds sessions of a user that are not known yet.
func (r *Record) addSpeaker(id string, sessions ...Session) {
	i := slices.IndexFunc(r.Speakers, func(s SpeakerSessions) bool { return s.UserID == id })
	if i < 0 {
		i = len(r.Speakers)
		r.Speakers = append(r.Speakers, SpeakerSessions{UserID: id})
	}
	s := &r.Speakers[i]
	for _, session := range sessions {
		if !slices.Contains(s.Sessions, session) {
			s.Sessions = append(s.Sessions, session)
		}
	}
}

// idList reads user ids: an array of ids or of objects that have one, or ids
// with commas between them.
func idList(v any) (ids []string) {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, e := range v {
			id := idText(e)
			if o, ok := newObject(e); ok {
				id = o.id(userNames...)
			}
			if id != "" {
				ids = union(ids, []string{id})
			}
		}
	case map[string]any:
		return idList([]any{v})
	default:
		for id := range strings.FieldsFuncSeq(idText(v), func(r rune) bool { return r == ',' || r == ' ' }) {
			ids = union(ids, []string{id})
		}
	}
	return ids
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
