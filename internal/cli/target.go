package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	osuser "os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/folder"
	"github.com/spaces-cli/spaces/internal/publish/ia"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/s3"
	"github.com/spaces-cli/spaces/internal/publish/sftp"
	"github.com/spaces-cli/spaces/internal/publish/webdav"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// targetConfig is what the config file says of a target, below targets.
type targetConfig struct {
	URL     string `yaml:"url"`
	Access  string `yaml:"access"`   // private or public
	BaseURL string `yaml:"base_url"` // where everybody finds what lies at the target's root

	// Of S3.
	Endpoint  string `yaml:"endpoint"`
	Region    string `yaml:"region"`
	Profile   string `yaml:"profile"`
	PathStyle *bool  `yaml:"path_style"`
	PartSize  string `yaml:"part_size"`
	Checksums *bool  `yaml:"checksums"`
	ACL       *bool  `yaml:"acl"`

	// Of WebDAV and SFTP.
	User       string   `yaml:"user"`
	Keys       []string `yaml:"keys"`        // files of private keys, for SFTP
	KnownHosts string   `yaml:"known_hosts"` // file, for SFTP

	// Of the Internet Archive.
	Collection string `yaml:"collection"`
	MediaType  string `yaml:"media_type"`
	Derive     *bool  `yaml:"derive"`

	name string   // in the config file, or ""
	url  *url.URL // parsed
	// acceptNew trusts a host that no file knows.
	acceptNew bool
}

// public says that everybody may read what is sent.
func (t *targetConfig) public() bool { return t.Access == "public" }

// account is the name under which secrets are kept: the target's, or what in
// its URL says who lets in.
func (t *targetConfig) account() string {
	switch {
	case t.name != "":
		return t.name
	case t.url.Scheme == "ia":
		return "ia://" // one account for all items
	}
	return t.url.Scheme + "://" + t.url.Host
}

// schemes are the kinds of targets that there are.
func schemes() []string { return []string{"file", "s3", "webdav", "webdavs", "sftp", "ia"} }

// targets reads what the config file says of targets.
func (a *App) targets() (map[string]*targetConfig, error) {
	content, err := os.ReadFile(a.configFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var doc struct {
		Targets map[string]yaml.Node `yaml:"targets"`
	}
	if err := yaml.Unmarshal(content, &doc); err != nil {
		return nil, usage("%s: %w", a.configFile(), err)
	}
	list := make(map[string]*targetConfig)
	for name, node := range doc.Targets {
		for i := 0; i+1 < len(node.Content); i += 2 {
			switch key := node.Content[i].Value; key {
			case "password", "passphrase", "access_key", "secret_key", "session_token", "secret", "token":
				return nil, hinted(usage("%s: %s of the target %s does not belong here, where others may read it", a.configFile(), key, name),
					"take it out and type: spaces auth set "+name)
			}
		}
		text, err := yaml.Marshal(&node)
		if err != nil {
			return nil, err
		}
		t := new(targetConfig)
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(t); err != nil {
			return nil, usage("%s: the target %s: %s", a.configFile(), name, yamlError(err))
		}
		t.name = name
		list[name] = t
	}
	return list, nil
}

// yamlError says what is wrong without the words of Go.
func yamlError(err error) string {
	var types *yaml.TypeError
	if !errors.As(err, &types) {
		return strings.TrimPrefix(err.Error(), "yaml: ")
	}
	_, text, _ := strings.Cut(types.Errors[0], ": ") // the line is one of the target, not of the file
	if key, ok := strings.CutPrefix(text, "field "); ok {
		key, _, _ = strings.Cut(key, " ")
		return "there is no key " + key
	}
	return text
}

// target finds what a word on the command line means: a URL, or a target of
// the config file.
func (a *App) target(word string) (*targetConfig, error) {
	t := &targetConfig{URL: word}
	if !strings.Contains(word, "://") {
		all, err := a.targets()
		if err != nil {
			return nil, err
		}
		if t = all[word]; t == nil {
			return nil, noTarget(word, all)
		}
		word = t.URL
	}
	where := "the target"
	if t.name != "" {
		where = a.configFile() + ": the target " + t.name
	}
	u, err := url.Parse(word)
	if err != nil || u.Scheme == "" {
		return nil, hinted(usage("%s is no URL", where), "such as s3://bucket/folder or file:///media/disk/folder; % and spaces in it are %25 and %20")
	}
	if _, has := u.User.Password(); has {
		return nil, hinted(usage("%s has a password in its URL, where others may read it", where), "leave it out and type: spaces auth set "+or(t.name, u.Scheme+"://"+u.Host))
	}
	if !slices.Contains(schemes(), u.Scheme) {
		return nil, usage("%s is of a kind that there is not, %s: there are %s", where, u.Scheme, strings.Join(schemes(), ", "))
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, hinted(usage("%s has a ? or # in its URL", where), "if they are part of a name, write %3F and %23")
	}
	if t.BaseURL != "" {
		if b, err := url.Parse(t.BaseURL); err != nil || b.Host == "" || b.Scheme != "http" && b.Scheme != "https" {
			return nil, usage("%s: base_url wants a web address, not %q", where, t.BaseURL)
		}
	}
	switch t.Access {
	case "":
		t.Access = "private"
		if u.Scheme == "ia" {
			t.Access = "public" // all that the Archive has is
		}
	case "private", "public":
	default:
		return nil, usage("%s: access is private or public, not %q", where, t.Access)
	}
	t.url = u
	return t, nil
}

func noTarget(word string, all map[string]*targetConfig) error {
	f := &failure{exitNotThere, "no-such-target", "name a URL, such as s3://bucket/folder; docs/uploading.md tells how to give it a name", fmt.Errorf("there is no target %q", word)}
	if len(all) > 0 {
		var names []string
		for name := range all {
			names = append(names, name)
		}
		slices.Sort(names)
		f.hint = "there are: " + strings.Join(names, ", ")
	} else if abs, err := filepath.Abs(word); err == nil {
		if info, err := os.Stat(abs); err == nil && info.IsDir() {
			f.code, f.kind, f.hint = exitUsage, "usage", "a folder is written so: "+fileURL(abs)
		}
	}
	return f
}

func fileURL(abs string) string {
	p := filepath.ToSlash(abs)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return (&url.URL{Scheme: "file", Path: p}).String()
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// wireOptions say how to talk to targets.
func (a *App) wireOptions(bandwidth int64) wire.Options {
	return wire.Options{
		Limit:     wire.NewLimiter(bandwidth),
		UserAgent: "spaces/" + a.Version,
		Retried: func(err error, wait time.Duration) {
			a.retried(err, wait)
		},
	}
}

// secrets is where credentials are kept.
func (a *App) secrets() *keyring.Store {
	kept, _ := a.Env("SPACES_KEYRING")
	return &keyring.Store{File: filepath.Join(a.ConfigDir, "credentials.json"), FileOnly: kept == "file"}
}

// netrc is the file in which other programs keep passwords of hosts.
func (a *App) netrc() string {
	if name, _ := a.Env("NETRC"); name != "" {
		return name
	}
	if runtime.GOOS == "windows" {
		return filepath.Join(a.Home, "_netrc")
	}
	return filepath.Join(a.Home, ".netrc")
}

// openTarget makes a target; nothing is connected to.
func (a *App) openTarget(t *targetConfig, w wire.Options) (publish.Target, error) {
	if t.url.Scheme == "file" {
		dir := filepath.FromSlash(t.url.Path)
		if vol := strings.TrimPrefix(dir, string(filepath.Separator)); filepath.VolumeName(vol) != "" {
			dir = vol // file:///C:/…
		}
		if t.url.Host != "" && t.url.Host != "localhost" || !filepath.IsAbs(dir) {
			return nil, hinted(usage("%s is not the URL of a folder here", t.URL), "such as file:///media/disk/folder, with three slashes")
		}
		return folder.New(filepath.Clean(dir)), nil
	}
	if t.url.Host == "" {
		return nil, usage("%s names no %s", t.URL, map[bool]string{true: "bucket", false: "host"}[t.url.Scheme == "s3"])
	}
	secret, err := a.secrets().Get(t.account())
	if err != nil && !errors.Is(err, keyring.ErrNone) {
		return nil, authError(err)
	}
	user := or(or(t.url.User.Username(), t.User), secret["user"])
	switch t.url.Scheme {
	case "s3":
		part, err := parseSize("part_size", t.PartSize)
		if err != nil {
			return nil, err
		}
		target, err := s3.New(s3.Options{
			Bucket: t.url.Host, Prefix: strings.Trim(t.url.Path, "/"), Endpoint: t.Endpoint, Region: t.Region, Profile: t.Profile,
			PathStyle: t.PathStyle, PartSize: part, NoChecksums: t.Checksums != nil && !*t.Checksums, NoACL: t.ACL != nil && !*t.ACL,
			Public: t.public(), AccessKey: secret["access_key"], SecretKey: secret["secret_key"], SessionToken: secret["session_token"],
			Wire: w, Version: a.Version,
		})
		if err != nil {
			return nil, usage("%w", err)
		}
		return target, nil
	case "sftp":
		return a.openSFTP(t, user, secret, w)
	case "ia":
		get := func(name string) string { v, _ := a.Env(name); return v }
		target, err := ia.New(ia.Config{
			URL: t.url.String(), Access: or(secret["access_key"], get("IA_ACCESS_KEY")), Secret: or(secret["secret_key"], get("IA_SECRET_KEY")),
			Collection: t.Collection, MediaType: t.MediaType, NoDerive: t.Derive != nil && !*t.Derive, API: t.Endpoint, Site: t.Endpoint, Wire: w,
		})
		if err != nil {
			return nil, usage("%w", err)
		}
		return target, nil
	default: // webdav, webdavs
		if secret["password"] == "" {
			secret, err = keyring.Netrc(a.netrc(), t.url.Hostname(), user)
			if err != nil && !errors.Is(err, keyring.ErrNone) {
				return nil, authError(err)
			}
			user = or(user, secret["user"])
		}
		target, err := webdav.New(webdav.Config{URL: withoutUser(t.url), User: user, Password: secret["password"], Wire: w})
		if err != nil {
			return nil, usage("%w", err)
		}
		return target, nil
	}
}

func withoutUser(u *url.URL) string {
	c := *u
	c.User = nil
	return c.String()
}

// openSFTP makes a target that is reached over SSH, with the keys and known
// hosts that ssh itself takes unless the settings name others.
func (a *App) openSFTP(t *targetConfig, user string, secret keyring.Secret, w wire.Options) (publish.Target, error) {
	dir := filepath.Join(a.Home, ".ssh")
	c := sftp.Config{URL: t.url.String(), User: user, Password: secret["password"], Passphrase: secret["passphrase"], KnownHosts: []string{filepath.Join(dir, "known_hosts")}, Wire: w}
	if c.User == "" {
		if me, err := osuser.Current(); err == nil {
			c.User = me.Username
		}
	}
	c.Agent, _ = a.Env("SSH_AUTH_SOCK")
	for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
		c.KeyFiles = append(c.KeyFiles, filepath.Join(dir, name))
	}
	if t.Keys != nil {
		c.KeyFiles = nil
		for _, name := range t.Keys {
			c.KeyFiles = append(c.KeyFiles, a.expandHome(name))
		}
	}
	if t.KnownHosts != "" {
		c.KnownHosts[0] = a.expandHome(t.KnownHosts)
	}
	c.AcceptNew = func(e *sftp.HostKeyError) bool {
		if t.acceptNew {
			a.warn("%s is trusted from now on: its host key %s %s is remembered in %s", e.Host, e.Type, e.Fingerprint, c.KnownHosts[0])
			return true
		}
		if !a.InTTY || a.set.JSON {
			return false
		}
		fmt.Fprintln(a.Err, safeLines(e.Error()))
		yes, err := a.confirm(context.Background(), "Is that the server, and is its key to be remembered?")
		return yes && err == nil
	}
	target, err := sftp.New(c)
	if err != nil {
		return nil, usage("%w", err)
	}
	return target, nil
}

// parseSize reads a number of bytes: 500000, 2M (mebibytes), 2MB (millions).
// The empty text is 0.
func parseSize(what, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	s := strings.TrimSpace(text)
	digits := strings.TrimRight(s, "kKMGiB ")
	units := map[string]float64{
		"": 1, "B": 1, "k": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30,
		"kiB": 1 << 10, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9,
	}
	unit, known := units[strings.TrimSpace(s[len(digits):])]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known || !(n > 0) || n*unit > 1<<50 || n*unit < 1 {
		return 0, usage("%s wants a number of bytes such as 500k, 2M or 1.5G, not %q", what, text)
	}
	return int64(n * unit), nil
}
