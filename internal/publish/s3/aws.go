package s3

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"os"
)

// A place is where requests go, as the variables and files say that Amazon's
// own programs read.
type place struct {
	endpoint, region string
	bundle           string // file of the certificates to trust, in place of the system's
}

// configured reads AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION,
// AWS_DEFAULT_REGION and AWS_CA_BUNDLE, then the profile in the AWS config file.
func configured(profile string) place {
	p := place{
		cmp.Or(os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL")),
		cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		os.Getenv("AWS_CA_BUNDLE"),
	}
	file, err := load(awsFile("AWS_CONFIG_FILE", "config"))
	if err != nil {
		return p // none that can be read has no keys either
	}
	profile = cmp.Or(cmp.Or(profile, os.Getenv("AWS_PROFILE")), "default")
	section, err := file.GetSection("profile " + profile)
	if err != nil {
		section, err = file.GetSection(profile)
	}
	if err != nil {
		return p
	}
	return place{
		cmp.Or(p.endpoint, section.Key("endpoint_url").String()),
		cmp.Or(p.region, section.Key("region").String()),
		cmp.Or(p.bundle, section.Key("ca_bundle").String()),
	}
}

// certificates reads a file of them.
func certificates(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificates in AWS_CA_BUNDLE: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s (AWS_CA_BUNDLE) contains no certificates", file)
	}
	return pool, nil
}
