package intake

import "testing"

func TestCommandFor(t *testing.T) {
	const hint = "convert it: ffmpeg -i IN -c:a aac OUT.m4a"
	for member, want := range map[string]string{
		"memo.amr":        "convert it: ffmpeg -i memo.amr -c:a aac memo.m4a",
		"dir/my memo.3gp": `convert it: ffmpeg -i "my memo.3gp" -c:a aac "my memo.m4a"`,
		"memo.m4a":        "convert it: ffmpeg -i memo.m4a -c:a aac memo-converted.m4a",
		"$(rm).amr":       hint,
		"-rf.amr":         hint,
		".amr":            hint,
	} {
		if got := commandFor(hint, member); got != want {
			t.Errorf("%s: %s, want %s", member, got, want)
		}
	}
	if got := commandFor("", "a.amr"); got != "" {
		t.Error(got)
	}
}
