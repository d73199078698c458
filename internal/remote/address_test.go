package remote

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		kind Kind
		name string
		said string
	}{
		"https://prod.video.pscp.tv/Transcoding/v1/hls/k3y/audio-space/playlist_1.m3u8?type=replay": {Playlist, "playlist_1.m3u8", "https://prod.video.pscp.tv/…/playlist_1.m3u8"},
		"HTTPS://x.com/i/spaces/1ypKdEXvkMLGW?s=20":                                                 {Space, "1ypKdEXvkMLGW", "https://x.com/i/spaces/1ypKdEXvkMLGW"},
		"m.twitter.com/i/spaces/1ypKdEXvkMLGW/peek":                                                 {Space, "1ypKdEXvkMLGW", "https://x.com/i/spaces/1ypKdEXvkMLGW"},
		"https://nas.example:8443/a/b/twitter.zip?sig=s3cret#part":                                  {Web, "twitter.zip", "https://nas.example:8443/…/twitter.zip"},
		"https://me:s3cret@nas.example/twitter.zip":                                                 {Web, "twitter.zip", "https://nas.example/twitter.zip"},
		"https://x.com/settings/download_your_data":                                                 {XPage, "download_your_data", "https://x.com/…/download_your_data"},
		"https://notx.com/twitter.zip":                                                              {Web, "twitter.zip", "https://notx.com/twitter.zip"},
		"http://nas.example":                                                                        {Web, "", "http://nas.example/"},
		"s3://bucket/years/twitter.zip":                                                             {Stored, "twitter.zip", "s3://bucket/…/twitter.zip"},
		"sftp://me@nas/volume1/twitter%20(1).zip":                                                   {Stored, "twitter (1).zip", "sftp://nas/…/twitter (1).zip"},
		"webdavs://cloud.example/remote.php/dav/files/me/twitter.zip":                               {Stored, "twitter.zip", "webdavs://cloud.example/…/twitter.zip"},
	} {
		if !Is(text) {
			t.Errorf("%s is taken for a path", text)
		}
		a, err := Parse(text)
		if err != nil || a.Kind != want.kind || a.Name() != want.name || a.String() != want.said {
			t.Errorf("%s: %s, %q, %s, %v", text, a.Kind, a.Name(), a, err)
		}
		if a.Kind == Space && a.SpaceID != "1ypKdEXvkMLGW" {
			t.Errorf("%s: id %q", text, a.SpaceID)
		}
	}
}

func TestIs(t *testing.T) {
	for _, text := range []string{"", "twitter.zip", `C:\Users\me\twitter.zip`, "c://x", "./x.com/i/spaces/1ypKdEXvkMLGW", "x.com/i/lists/1", "folder/a:b", "-"} {
		if Is(text) {
			t.Errorf("%q is taken for an address", text)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"file:///etc/passwd":                 "addresses with file:// are not supported",
		"ftp://host/a.zip":                   "addresses with ftp:// are not supported",
		"s3:///a.zip":                        "the address names no bucket",
		"https:///a.zip":                     "the address names no host",
		"sftp://host":                        "the address names no file",
		"s3://bucket/":                       "the address names no file",
		"https://me:s3cret@nas/%zz?k=s3cret": "the address cannot be read: invalid URL escape \"%zz\"",
	} {
		_, err := Parse(text)
		if err == nil || err.Error() != want || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	var scheme *SchemeError
	if _, err := Parse("gopher://a/b"); !errors.As(err, &scheme) || scheme.Scheme != "gopher" {
		t.Error(err)
	}
}
