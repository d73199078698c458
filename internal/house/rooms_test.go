package house

import (
	"go/ast"
	"strings"
	"testing"
)

// The arithmetic of a timeline has two rooms: library/space knows its gaps and
// its clock, recording walks along it. Who else loops over the runs stands
// here, with the reason.
func TestTimelineHasItsRooms(t *testing.T) {
	rooms := []string{"internal/library/space", "internal/recording"}
	others := map[string]string{
		"internal/clip/moments/cache.go": "takes the whole timeline into a hash",
		"internal/studio/recordings.go":  "hands the whole timeline to the page",
	}
	for _, s := range tree(t) {
		if s.test || isFixture(s.pkg) || strings.HasPrefix(s.name, rooms[0]+"/") || strings.HasPrefix(s.name, rooms[1]+"/") {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			loop, ok := n.(*ast.RangeStmt)
			if !ok {
				return true
			}
			if x, ok := loop.X.(*ast.SelectorExpr); ok && x.Sel.Name == "Timeline" && others[s.name] == "" {
				t.Errorf("%s loops over a timeline; %s do that", s.name, strings.Join(rooms, " and "))
			}
			return true
		})
	}
}
