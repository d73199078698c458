package bag

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// What is new in space.json has to be looked at before everybody gets it.
func TestPublicFieldsAreKnown(t *testing.T) {
	open := []string{"Schema", "ID", "Title", "TitleSource", "StartedAt", "EndedAt", "Duration", "Samples", "Host", "Speakers", "Hashtags", "Mentions",
		"Audio", "Pieces", "Order", "State", "Damage", "Folder", "File", "Files", "Sources", "Timeline", "Configs", "FileSHA256", "Provenance", "WrittenBy"}
	closed := []string{"Account", "Note", "Record", "Sidecar", "Parts", "Earlier", "Unedited"}
	var s space.Space
	for _, f := range reflect.VisibleFields(reflect.TypeOf(s)) {
		if !f.Anonymous && !slices.Contains(open, f.Name) && !slices.Contains(closed, f.Name) {
			t.Errorf("may everybody know %s?", f.Name)
		}
	}
	s.Account, s.Note, s.Record, s.Sidecar = &space.Person{ID: "1"}, "n", json.RawMessage("{}"), json.RawMessage("{}")
	s.Parts, s.Earlier = []space.Part{{}}, []space.Earlier{{}}
	s.Unedited = &space.Naming{}
	p := reflect.ValueOf(public(&s)).Elem()
	for _, name := range closed {
		if !p.FieldByName(name).IsZero() {
			t.Errorf("%s is told", name)
		}
	}
	if s.Account == nil || s.Note == "" {
		t.Error("the library's own facts were changed")
	}
}

// A bag holds what the library has, under names that validators take.
func TestPlans(t *testing.T) {
	a := fixture.One()
	a.Spaces[0].Post.Text = "100 % sûr"
	zip := filepath.Join(t.TempDir(), "a.zip")
	if _, err := a.WriteZIP(zip); err != nil {
		t.Fatal(err)
	}
	o := library.Options{Dir: t.TempDir(), Version: "test", LockWait: time.Second}
	l, err := library.OpenWrite(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := intake.Import(t.Context(), l, []string{zip}, intake.Options{}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		access    Access
		originals bool
		files     int
	}{{Restricted, false, 6}, {Open, false, 2}, {Open, true, 3}} {
		t.Run(fmt.Sprintf("%s, originals %v", c.access, c.originals), func(t *testing.T) {
			plan, err := NewPlan(l, []string{a.Spaces[0].ID}, Options{Access: c.access, Originals: c.originals, Now: time.Now()})
			if err != nil || len(plan.Files) != c.files {
				t.Fatalf("%+v: %+v, %v", c, plan, err)
			}
			dir := filepath.Join(t.TempDir(), "bag")
			oxum, err := plan.Write(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, dir)
			info, _ := os.ReadFile(filepath.Join(dir, "bag-info.txt"))
			if !strings.Contains(string(info), "Payload-Oxum: "+oxum+"\n") || !strings.Contains(string(info), "Access: "+string(c.access)+"\n") {
				t.Errorf("%s", info)
			}
			manifest, _ := os.ReadFile(filepath.Join(dir, "manifest-sha256.txt"))
			if strings.Contains(string(manifest), "%") || strings.Count(string(manifest), "\n") != c.files {
				t.Errorf("%s", manifest)
			}
		})
	}
	if _, err := NewPlan(l, []string{"nobody"}, Options{}); err == nil {
		t.Error("a Space that there is not")
	}
}
