package backup

import "testing"

func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		want       bool
	}{
		{"the same", "file:///srv/show", "file:///srv/show", true},
		{"a slash at the end", "file:///srv/show/", "file:///srv/show", true},
		{"below", "file:///srv/show", "file:///srv/show/backup", true},
		{"above", "file:///srv/show", "file:///srv", true},
		{"beside", "file:///srv/show", "file:///srv/show2", false},
		{"a bucket", "s3://bucket", "s3://bucket/backup", true},
		{"another bucket", "s3://bucket/show", "s3://private/show", false},
		{"another endpoint", "s3://bucket?endpoint=https://a.example", "s3://bucket?endpoint=https://b.example", false},
		{"another user", "sftp://a@host/srv/show", "sftp://b@host/srv/show/backup", true},
		{"another kind", "webdavs://host/show", "sftp://host/show", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := overlap(c.a, c.b); got != c.want || overlap(c.b, c.a) != c.want {
				t.Errorf("overlap(%s, %s) = %v, want %v", c.a, c.b, got, c.want)
			}
		})
	}
}
