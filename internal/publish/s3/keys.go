package s3

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gopkg.in/ini.v1"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// keys sign requests.
type keys struct {
	id, secret, token string
	expires           time.Time // zero: never
}

func (k *keys) known() bool { return k.id != "" || k.secret != "" }

// A keyring finds the keys where Amazon's own programs find them: in the
// environment, else in the profile in the AWS files (AWS SDKs and Tools
// Reference Guide, "Standardized credential providers"). Keys that expire are
// asked for again in time.
type keyring struct {
	profile string // asked for by name: it comes before the environment
	given   keys   // come before all
	rt      http.RoundTripper

	mu   sync.Mutex
	have keys
}

// get returns the keys; none if there are none. Why a profile gave none is not
// told: its keys may not be needed.
func (r *keyring) get(ctx context.Context) keys {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.have.known() && (r.have.expires.IsZero() || time.Until(r.have.expires) > time.Minute) {
		return r.have
	}
	switch env := environment(); {
	case r.given.known():
		r.have = r.given
	case r.profile == "" && env.known():
		r.have = env
	default:
		name := cmp.Or(r.profile, os.Getenv("AWS_PROFILE"), "default")
		if k, err := fromProfile(ctx, r.rt, name); err == nil {
			r.have = k
		}
	}
	return r.have
}

func environment() keys {
	return keys{
		id:     cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_ACCESS_KEY")),
		secret: cmp.Or(os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SECRET_KEY")),
		token:  os.Getenv("AWS_SESSION_TOKEN"),
	}
}

// awsFile is the path of a file in ~/.aws, which a variable may replace.
func awsFile(variable, name string) string {
	if file := os.Getenv(variable); file != "" {
		return file
	}
	if home, err := os.UserHomeDir(); err == nil && filepath.IsAbs(home) {
		return filepath.Join(home, ".aws", name)
	}
	return ""
}

// load reads an AWS file; one that is not there is empty.
func load(name string) (*ini.File, error) {
	if name == "" {
		return ini.Empty(), nil
	}
	file, err := ini.Load(name)
	if errors.Is(err, fs.ErrNotExist) {
		return ini.Empty(), nil
	}
	return file, err
}

// fromProfile reads the keys of a profile: those in the credentials file, else
// those in the config file, else those that its single sign-on or its program
// gives.
func fromProfile(ctx context.Context, rt http.RoundTripper, name string) (keys, error) {
	config, err := load(awsFile("AWS_CONFIG_FILE", "config"))
	if err != nil {
		return keys{}, err
	}
	credentials, err := load(awsFile("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
	if err != nil {
		return keys{}, err
	}
	var sections []*ini.Section
	if s, err := credentials.GetSection(name); err == nil {
		sections = append(sections, s)
	}
	if s, err := config.GetSection("profile " + name); err == nil {
		sections = append(sections, s)
	} else if s, err := config.GetSection(name); err == nil && strings.EqualFold(name, "default") {
		sections = append(sections, s)
	}
	for _, s := range sections {
		k := keys{id: s.Key("aws_access_key_id").String(), secret: s.Key("aws_secret_access_key").String(), token: s.Key("aws_session_token").String()}
		if k.id != "" && k.secret != "" {
			return k, nil
		}
	}
	value := func(key string) string {
		for _, s := range sections {
			if v := strings.TrimSpace(s.Key(key).String()); v != "" {
				return v
			}
		}
		return ""
	}
	if value("aws_access_key_id") != "" || value("aws_secret_access_key") != "" {
		return keys{}, fmt.Errorf("the profile %q has only one of aws_access_key_id and aws_secret_access_key", name)
	}
	if role := value("sso_role_name"); role != "" {
		session, _ := config.GetSection("sso-session " + value("sso_session"))
		return signedOn(ctx, rt, role, value, session)
	}
	if program := strings.Fields(value("credential_process")); len(program) > 0 {
		return fromProgram(ctx, program, programWait)
	}
	return keys{}, fmt.Errorf("the profile %q has no keys", name)
}

// programWait is how long the program of a profile may take. It may have somebody
// sign in with a browser.
const programWait = 2 * time.Minute

// fromProgram runs the program of a profile (AWS SDKs and Tools Reference
// Guide, "Process credential provider").
func fromProgram(ctx context.Context, args []string, wait time.Duration) (keys, error) {
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	cmd := exec.CommandContext(limited, args[0], args[1:]...)
	cmd.WaitDelay = min(wait, time.Second) // its children may hold the pipe
	out, err := cmd.Output()
	if limited.Err() != nil && ctx.Err() == nil {
		return keys{}, fmt.Errorf("the program of credential_process, %s, did not answer within %v", args[0], wait)
	}
	if err != nil {
		return keys{}, err
	}
	var said struct {
		AccessKeyID, SecretAccessKey, SessionToken string
		Expiration                                 time.Time
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return keys{}, err
	}
	return keys{said.AccessKeyID, said.SecretAccessKey, said.SessionToken, said.Expiration}, nil
}

// signedOn asks for the keys of a role with the token that "aws sso login" has
// left (AWS SDKs and Tools Reference Guide, "IAM Identity Center credential
// provider"; IAM Identity Center Portal API Reference, "GetRoleCredentials").
func signedOn(ctx context.Context, rt http.RoundTripper, role string, value func(string) string, session *ini.Section) (keys, error) {
	of := func(key string) string {
		if session != nil && session.HasKey(key) {
			return session.Key(key).String()
		}
		return value(key)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return keys{}, err
	}
	sum := sha1.Sum([]byte(cmp.Or(value("sso_session"), value("sso_start_url"))))
	text, err := os.ReadFile(filepath.Join(home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"))
	if err != nil {
		return keys{}, err
	}
	var token struct {
		AccessToken, Region string
		ExpiresAt           time.Time
	}
	if err := json.Unmarshal(text, &token); err != nil {
		return keys{}, err
	}
	if token.ExpiresAt.Before(time.Now()) {
		return keys{}, errors.New("the token of aws sso login has expired")
	}
	region := cmp.Or(of("sso_region"), token.Region)
	portal := "https://portal.sso." + region + "." + domain(region) + "/federation/credentials?" +
		url.Values{"account_id": {value("sso_account_id")}, "role_name": {role}}.Encode()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, portal, nil)
	if err != nil {
		return keys{}, err
	}
	req.Header.Set("X-Amz-Sso_bearer_token", token.AccessToken)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return keys{}, err
	}
	if err := wire.CheckStatus(resp, http.StatusOK); err != nil {
		return keys{}, err
	}
	defer resp.Body.Close()
	var said struct {
		RoleCredentials struct {
			AccessKeyID, SecretAccessKey, SessionToken string
			Expiration                                 int64 // ms since 1970
		}
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&said); err != nil {
		return keys{}, err
	}
	c := said.RoleCredentials
	return keys{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, time.UnixMilli(c.Expiration)}, nil
}

// domain is where Amazon's services of a region are.
func domain(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "amazonaws.com.cn"
	case strings.HasPrefix(region, "eusc-"):
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}
